"""An incident calls who is on call, then the next one, each once; a ticket system hears of the same incidents."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from people_desk import Wall, wall
from state_samples import ANNA, opened

from tocsin import limits
from tocsin.ledger.entry import NODE
from tocsin.node.service.calling import Called, Caller, acknowledged
from tocsin.node.store import oncall, outbox
from tocsin.node.store.database import Store, open_store
from tocsin.node.store.incident_state import Acknowledged, Assigned, Restricted, Ruling, Status, StatusSet
from tocsin.node.store.incidents import Decision, change, open_incident, present
from tocsin.node.store.outbox import Message
from tocsin.node.upkeep.notify_settings import MailSettings, NotifySettings, Security, TicketSettings
from tocsin.triage.on_call import Duty

__all__ = ["wall"]

SERVER = MailSettings("localhost", 25, Security.NONE, "tocsin@cert.example")
DESK = TicketSettings("https://desk.example/", "s" * 32, frozenset())
PEOPLE = [
    Duty("Ana", "ana@cert.example", 1),
    Duty("Ben", "ben@cert.example", 2, begins="18:00", ends="02:00"),
    Duty("Eva", "eva@cert.example", 3),
]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Store]:
    """A state with an on-call list of three steps; nobody has the second one at this hour."""
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", create=True)
    yield store
    store.close()


def caller(state: Store, wall: Wall, *, people: list[Duty] = PEOPLE, **more: object) -> Caller:
    with state.write() as connection:
        oncall.replace_all(connection, people, ANNA, wall.now())
    settings = {"level": "high", "minutes": 15, "link": "https://t.example/", "webhook": "", "webhook_secret": ""}
    return Caller(state, "examplia", NotifySettings(**{**settings, "mail": SERVER, **more}))  # type: ignore[arg-type]


def begin(state: Store, wall: Wall, incident: str = "I-1", points: int = 50) -> None:
    with state.write() as connection:
        open_incident(connection, incident, opened(title="A title that stays here", points=points), wall.now())


def decide(
    state: Store, wall: Wall, body: Acknowledged | Assigned | StatusSet | Restricted, incident: str = "I-1"
) -> None:
    with state.write() as connection:
        version = present(connection, incident, ANNA).version
        change(connection, Decision(incident, version, ANNA, wall.now()), body)


def sent(state: Store) -> list[Message]:
    with state.read() as connection:
        return outbox.messages(connection, 100)[::-1]


def called(state: Store) -> list[tuple[str, int]]:
    """Who got mail, at which step."""
    letters = [json.loads(each.body) for each in sent(state) if each.destination == "mail"]
    return [(letter["person"], letter.get("step", 1)) for letter in letters]


def test_each_step_is_told_once_and_one_without_anybody_is_passed(state: Store, wall: Wall) -> None:
    node = caller(state, wall)
    begin(state, wall)
    assert node.look() == Called(1, 0)
    for _ in range(3):
        assert node.look() == Called(0, 0)
    wall.turn(minutes=14)
    assert node.look() == Called(0, 0)
    wall.turn(minutes=1)
    assert node.look() == Called(1, 0)  # nobody has the second step at this hour
    wall.turn(days=3)
    assert node.look() == Called(0, 0)
    assert called(state) == [("Ana", 1), ("Eva", 3)]


def test_where_nobody_is_on_call_the_webhook_hears_it_and_who_comes_next_is_told(state: Store, wall: Wall) -> None:
    morning = [Duty("Ana", "ana@cert.example", 2, days="wed", begins="08:00", ends="18:00")]
    node = caller(state, wall, people=morning, webhook="https://chat.example/")
    begin(state, wall)  # on Monday
    assert [node.look(), node.look()] == [Called(1, 0), Called(0, 0)]
    wall.turn(hours=53)
    assert [node.look(), node.look()] == [Called(2, 0), Called(0, 0)]
    assert called(state) == [("Ana", 2)]
    assert [json.loads(each.body)["about"]["step"] for each in sent(state) if each.destination == "webhook"] == [0, 2]


def test_a_restart_in_between_tells_nothing_again(state: Store, wall: Wall) -> None:
    begin(state, wall)
    caller(state, wall).look()
    caller(state, wall).look()
    assert called(state) == [("Ana", 1)]


@pytest.mark.parametrize(
    "body",
    [
        Acknowledged(),
        Assigned(ANNA),
        StatusSet(Status.INVESTIGATING),
        StatusSet(Status.CLOSED, Ruling.HARMLESS),
        Restricted((ANNA,)),
    ],
)
def test_whoever_takes_it_ends_the_calling(
    state: Store, wall: Wall, body: Acknowledged | Assigned | StatusSet | Restricted
) -> None:
    node = caller(state, wall)
    begin(state, wall)
    node.look()
    decide(state, wall, body)
    wall.turn(hours=2)
    assert node.look() == Called(0, 0)


def test_acknowledged_is_what_somebody_has_or_people_moved_on(state: Store, wall: Wall) -> None:
    begin(state, wall)
    with state.read() as connection:
        assert not acknowledged(present(connection, "I-1", NODE))
    decide(state, wall, Assigned(ANNA))
    with state.read() as connection:
        assert acknowledged(present(connection, "I-1", NODE))


def test_nothing_but_id_rank_and_link_leaves(state: Store, wall: Wall) -> None:
    node = caller(state, wall, webhook="https://chat.example/", tickets=DESK)
    begin(state, wall)
    node.look()
    messages = sent(state)
    assert [each.destination for each in messages] == ["mail", "webhook", "tickets"]
    for each in messages:
        for secret in ("title", "PC-1", "anna", "because", "why", "T1059"):
            assert secret not in each.body
        assert "I-1" in each.body and "https://t.example/I-1" in each.body
    assert json.loads(messages[1].body)["about"] == {
        "incident": "I-1", "level": "high", "points": 50, "step": 1, "link": "https://t.example/I-1",
    }  # fmt: skip
    assert json.loads(messages[2].body)["incident"] == {
        "id": "I-1", "level": "high", "points": 50, "link": "https://t.example/I-1",
    }  # fmt: skip


def test_a_flood_is_one_mail_a_round_and_ends_with_all_told(state: Store, wall: Wall) -> None:
    node = caller(state, wall)
    for number in range(limits.CALLS_AT_ONCE + 5):
        begin(state, wall, f"I-{number:02}", points=number)
    assert node.look() == Called(1, 0)
    assert node.look() == Called(1, 0)
    letters = [json.loads(each.body)["incidents"] for each in sent(state)]
    assert [len(each) for each in letters] == [limits.CALLS_AT_ONCE, 5]
    assert [each["points"] for each in letters[0]] == list(range(24, 4, -1))


def test_with_a_webhook_alone_the_first_step_is_told(state: Store, wall: Wall) -> None:
    node = caller(state, wall, people=[], mail=None, webhook="https://chat.example/")
    begin(state, wall)
    wall.turn(seconds=1)
    node.look()
    wall.turn(hours=1)
    node.look()
    assert [each.destination for each in sent(state)] == ["webhook"]


def test_a_node_that_gets_its_list_later_wakes_nobody_for_what_is_old(state: Store, wall: Wall) -> None:
    begin(state, wall)
    wall.turn(seconds=limits.CALL_FRESH_SECONDS + 1)
    assert caller(state, wall).look() == Called(0, 0)


def test_a_ticket_system_hears_each_turn_once(state: Store, wall: Wall) -> None:
    node = caller(state, wall, mail=None, tickets=DESK)
    begin(state, wall)
    heard = []
    for body in (None, Assigned(ANNA), StatusSet(Status.CLOSED, Ruling.HARMLESS), StatusSet(Status.OPEN)):
        if body is not None:
            decide(state, wall, body)
        for _ in range(2):
            heard.append(node.look().tickets)
    assert heard == [1, 0, 1, 0, 1, 0, 1, 0]
    assert [each.kind for each in sent(state)] == ["opened", "acknowledged", "closed", "reopened"]

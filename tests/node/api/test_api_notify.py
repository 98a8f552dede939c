"""The on-call list, messages and tests over the API; what a ticket system may answer, and what not."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_clients import Api, api_of
from node_folders import make_folder
from people_desk import Wall
from state_samples import finding, shown

from tocsin import clock, limits
from tocsin.ledger.entry import Kind
from tocsin.node.people.accounts import Role
from tocsin.node.people.desk import Desk
from tocsin.node.people.tokens import Scope
from tocsin.node.store import findings, ledger, oncall, outbox, tickets
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_state import IncidentState, Opened, Restricted, Ruling, Status
from tocsin.node.store.incidents import Decision, change, open_incident, present
from tocsin.node.upkeep.shell import OpenNode
from tocsin.node.upkeep.signature import signed
from tocsin.triage.on_call import Duty

ONCALL, MESSAGES, TEST = "/api/v1/notify/oncall", "/api/v1/notify/messages", "/api/v1/notify/test"
SECRET = "0123456789abcdef0123456789abcdef"
ANA, BEN = Duty("Ana", "ana@cert.example"), Duty("Ben", "ben@cert.example", 2, "mon-fri", "08:00", "18:00")
CONFIG = """
[notify]
webhook = "https://chat.example/hook"
[notify.mail]
host = "localhost"
security = "none"
sender = "tocsin@cert.example"
[notify.tickets]
url = "https://desk.example/hook"
secret_file = "keys/tickets"
allow = {}
"""


def made(desk: Desk, path: Path, text: str = "") -> Api:
    folder, config, _ = make_folder(path)
    (folder.keys / "tickets").write_text(SECRET)
    (folder.keys / "tickets").chmod(0o600)
    if text:
        folder.config.write_text(text)
        from tocsin.node.service.config import load_config

        config = load_config(folder.config)
    return api_of(desk, node=OpenNode(folder, config, desk.store))


@pytest.fixture
def api(desk: Desk, tmp_path: Path) -> Api:
    """A node that tells by mail, webhook and tickets, and takes everything from the ticket system."""
    return made(desk, tmp_path / "node", CONFIG.format('["note", "acknowledge", "close"]'))


@pytest.fixture
def told(api: Api) -> Iterator[dict[str, str]]:
    """A ticket system that has heard of the incident I-1."""
    with api.desk.store.write() as connection:
        findings.put(connection, [StoredFinding("f-1", finding(organisation="examplia"), clock.now())])
        open_incident(connection, "I-1", Opened(shown(), ("f-1",)), clock.now())
        tickets.hear(connection, "I-1", "opened", clock.now())
    yield api.machine(Scope.TICKETS)


def answer(
    api: Api, machine: dict[str, str], secret: str = SECRET, incident: str = "I-1", **said: Any
) -> httpx.Response:
    return sent_to(api, machine, incident, secret, incident=incident, **said)


def sent_to(api: Api, machine: dict[str, str], path: str, secret: str = SECRET, **said: Any) -> httpx.Response:
    body = json.dumps({"id": "m-1", **said}).encode()
    headers = {**machine, "Content-Type": "application/json", **signed(secret, clock.now(), body)}
    return api.call("POST", f"/api/v1/tickets/{path}", headers, content=body)


def state(api: Api) -> IncidentState:
    with api.desk.store.read() as connection:
        return present(connection, "I-1", "node")


def test_a_lead_changes_the_list_and_everybody_who_works_here_reads_it(api: Api, wall: Wall) -> None:
    wall.turn(hours=5)  # Monday, 08:00 UTC
    lead = api.person(Role.LEAD)
    said = {"duties": [asdict(ANA), asdict(BEN)]}
    assert api.call("POST", ONCALL, lead, json=said).json()["now"] == {"1": ["Ana"], "2": ["Ben"]}
    found = api.call("GET", ONCALL, api.person(Role.ANALYST)).json()
    assert [each["name"] for each in found["duties"]] == ["Ana", "Ben"]
    later = {**asdict(ANA), "step": 3}
    changed = api.call("POST", ONCALL, lead, json={"duties": [later], "person": "Ana"}).json()
    assert [(each["name"], each["step"]) for each in changed["duties"]] == [("Ben", 2), ("Ana", 3)]
    gone = api.call("POST", ONCALL, lead, json={"duties": [], "person": "Ben"}).json()
    assert [each["name"] for each in gone["duties"]] == ["Ana"]
    with api.desk.store.read() as connection:
        entries = [each for each in ledger.entries(connection) if each.subject == "notify:oncall"]
    assert [each.detail["lines"] for each in entries] == [2, 2, 1]
    assert {each.kind for each in entries} == {Kind.CONFIGURATION_CHANGE}
    assert "Ana" not in str(entries) and "@" not in str(entries)


@pytest.mark.parametrize(
    "said",
    [
        {"duties": [{**asdict(ANA), "mail": "ana"}]},
        {"duties": [{**asdict(ANA), "zone": "Mars"}]},
        {"duties": [asdict(BEN)], "person": "Ana"},
        {"duties": [{**asdict(ANA), "phone": "1"}]} | {"more": 1},
        {"duties": [asdict(ANA)] * (limits.CALL_DUTIES + 1)},
    ],
)
def test_a_list_with_one_wrong_line_changes_nothing(api: Api, said: dict[str, object]) -> None:
    lead = api.person(Role.LEAD)
    api.call("POST", ONCALL, lead, json={"duties": [asdict(ANA)]})
    refused = api.call("POST", ONCALL, lead, json=said)
    assert refused.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
    with api.desk.store.read() as connection:
        assert oncall.duties(connection) == [ANA]


def test_a_test_goes_every_way_and_is_listed_without_what_it_says(api: Api) -> None:
    lead = api.person(Role.LEAD)
    nobody = api.call("POST", TEST, lead, json={})
    assert nobody.status_code == HTTPStatus.NOT_FOUND and "nobody is on call" in nobody.json()["detail"]
    api.call("POST", ONCALL, lead, json={"duties": [asdict(ANA), asdict(BEN)]})
    ids = api.call("POST", TEST, lead, json={"person": "Ben"}).json()["ids"]
    found = api.call("GET", MESSAGES, lead, params={"ids": ",".join(map(str, ids))}).json()["messages"]
    assert [(each["destination"], each["kind"], each["person"]) for each in found] == [
        ("tickets", "test", ""), ("webhook", "test", ""), ("mail", "test", "Ben"),
    ]  # fmt: skip
    with api.desk.store.write() as connection:
        outbox.failed(connection, ids[0], "the mail server answered 550", clock.now())
        outbox.sent(connection, ids[1])
    waits = api.call("GET", MESSAGES, lead).json()
    assert {each["id"]: each["error"] for each in waits["messages"]} == {
        ids[0]: "the mail server answered 550", ids[2]: "",
    }  # fmt: skip
    assert waits["counts"]["sent"] == 1 and "body" not in waits["messages"][0]


def test_a_node_that_tells_nobody_says_so(desk: Desk, tmp_path: Path) -> None:
    api = made(desk, tmp_path / "silent")
    refused = api.call("POST", TEST, api.person(Role.LEAD), json={})
    assert refused.status_code == HTTPStatus.NOT_FOUND and "docs/notify.md" in refused.json()["advice"]
    machine = api.machine(Scope.TICKETS)
    assert answer(api, machine).json()["detail"] == "this node has no ticket system"


def test_a_ticket_system_gives_its_number_notes_and_takes_it(api: Api, told: dict[str, str]) -> None:
    done = answer(api, told, number="INC-77", note="We look at it.", acknowledge=True)
    assert done.json() == {"incident": "I-1", "done": ["number", "note", "acknowledge"], "again": False}
    after = state(api)
    assert [each.text for each in after.notes] == ["Its ticket is INC-77.", "We look at it."]
    assert after.acknowledged_by.startswith("token:") and after.status is Status.OPEN
    with api.desk.store.read() as connection:
        known = tickets.ticket(connection, "I-1")
        entries = [each for each in ledger.entries(connection) if each.subject == "incident:I-1"]
    assert known is not None and known.number == "INC-77"
    assert len(entries) == 3 and all(each.actor.startswith("token:") for each in entries)


def test_the_same_message_counts_once(api: Api, told: dict[str, str]) -> None:
    answer(api, told, note="once")
    again = answer(api, told, note="once")
    assert again.status_code == HTTPStatus.OK and again.json()["again"] is True
    assert len(state(api).notes) == 1
    assert answer(api, told, id="m-2", note="twice").json()["done"] == ["note"]


def test_a_recorded_request_is_of_no_use_later(api: Api, told: dict[str, str], wall: Wall) -> None:
    body = json.dumps({"id": "m-1", "incident": "I-1", "note": "old"}).encode()
    headers = {**told, "Content-Type": "application/json", **signed(SECRET, clock.now(), body)}
    wall.turn(seconds=limits.SIGNATURE_SECONDS + 1)
    late = api.call("POST", "/api/v1/tickets/I-1", headers, content=body)
    assert late.status_code == HTTPStatus.FORBIDDEN and state(api).notes == ()


def test_an_id_is_remembered_for_as_long_as_its_signature_counts(api: Api, told: dict[str, str], wall: Wall) -> None:
    body = json.dumps({"id": "m-1", "incident": "I-1", "note": "early"}).encode()
    early = signed(SECRET, clock.now().fromtimestamp(clock.now().timestamp() + 290, clock.now().tzinfo), body)
    headers = {**told, "Content-Type": "application/json", **early}
    assert api.call("POST", "/api/v1/tickets/I-1", headers, content=body).json()["done"] == ["note"]
    wall.turn(seconds=585)
    assert api.call("POST", "/api/v1/tickets/I-1", headers, content=body).json()["again"] is True


def test_closing_needs_a_ruling_and_a_reason(api: Api, told: dict[str, str]) -> None:
    assert answer(api, told, close="harmless").status_code == HTTPStatus.BAD_REQUEST
    assert answer(api, told, id="m-2", close="boring", why="x").status_code == HTTPStatus.BAD_REQUEST
    assert answer(api, told, id="m-3", close="harmless", why="A planned test.").json()["done"] == ["close"]
    assert (state(api).status, state(api).ruling) == (Status.CLOSED, Ruling.HARMLESS)
    assert answer(api, told, id="m-4", close="harmless", why="again").json()["done"] == []


@pytest.mark.parametrize("said", [{"note": "x"}, {"acknowledge": True}, {"close": "harmless", "why": "x"}])
def test_what_the_configuration_does_not_allow_is_refused_as_a_whole(
    desk: Desk, tmp_path: Path, said: dict[str, object]
) -> None:
    api = made(desk, tmp_path / "strict", CONFIG.format("[]"))
    with desk.store.write() as connection:
        findings.put(connection, [StoredFinding("f-1", finding(organisation="examplia"), clock.now())])
        open_incident(connection, "I-1", Opened(shown(), ("f-1",)), clock.now())
        tickets.hear(connection, "I-1", "opened", clock.now())
    machine = api.machine(Scope.TICKETS)
    refused = answer(api, machine, number="INC-1", **said)
    assert refused.status_code == HTTPStatus.FORBIDDEN and state(api).version == 1
    assert answer(api, machine, number="INC-1").json()["done"] == ["number"]


def test_who_is_not_the_ticket_system_changes_nothing(api: Api, told: dict[str, str]) -> None:
    wrong = {
        "secret": answer(api, told, secret="x" * 32, note="x"),
        "scope": answer(api, api.machine(Scope.READ_INCIDENTS), note="x"),
        "organisation": answer(api, api.machine(Scope.TICKETS, organisation="other"), note="x"),
        "nobody": answer(api, {}, note="x"),
        "person": answer(api, api.person(Role.LEAD), note="x"),
    }
    assert {name: each.status_code for name, each in wrong.items()} == {
        "secret": 403, "scope": 403, "organisation": 404, "nobody": 401, "person": 403,
    }  # fmt: skip
    assert state(api).version == 1


def test_only_what_the_ticket_system_has_heard_of_can_be_answered(api: Api, told: dict[str, str]) -> None:
    with api.desk.store.write() as connection:
        findings.put(connection, [StoredFinding("f-2", finding(organisation="examplia"), clock.now())])
        open_incident(connection, "I-2", Opened(shown(), ("f-2",)), clock.now())
        change(connection, Decision("I-1", 1, "account:a", clock.now()), Restricted(("account:a",)))
    assert answer(api, told, incident="I-2", note="x").status_code == HTTPStatus.NOT_FOUND
    assert answer(api, told, incident="I-1", note="x").status_code == HTTPStatus.NOT_FOUND  # restricted since


def test_a_signed_message_is_about_one_incident_whatever_path_it_is_sent_to(api: Api, told: dict[str, str]) -> None:
    moved = sent_to(api, told, "I-1", incident="I-2", note="x")
    assert moved.status_code == HTTPStatus.BAD_REQUEST and "two incidents" in moved.json()["detail"]
    assert state(api).notes == ()


def test_a_hostile_number_is_a_note_like_any_other(api: Api, told: dict[str, str]) -> None:
    assert answer(api, told, number="INC\x1b[2J\u202e").json()["done"] == ["number"]
    assert state(api).notes[0].text == "Its ticket is INC<ESC>[2J<U+202E>."

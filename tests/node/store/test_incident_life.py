"""The life of an incident at rest: by hand, acknowledged, closed, reopened, merged, split; and what always holds."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import update
from state_samples import ANNA, BORIS, CARLA, NOW, agrees, begin, decision, opened, shown

from tocsin import limits
from tocsin.errors import LimitExceeded, StateError
from tocsin.lake.value import Value
from tocsin.node.store import findings, holds, incident_lists, incidents
from tocsin.node.store.codec import decode, encode
from tocsin.node.store.database import Store, open_store
from tocsin.node.store.erasure import erase_from_state, find_in_state
from tocsin.node.store.holds import Held
from tocsin.node.store.incident_check import derive_anew, faults
from tocsin.node.store.incident_places import organisations, with_parts
from tocsin.node.store.incident_rows import INCIDENTS
from tocsin.node.store.incident_state import (
    Absorbed,
    Acknowledged,
    Assigned,
    Body,
    Divided,
    Grown,
    IncidentState,
    Marked,
    Merged,
    Noted,
    Opened,
    Reason,
    Restricted,
    Ruling,
    Status,
    StatusSet,
)
from tocsin.node.store.incident_words import what

MEMORY = Path("/dev/shm")  # a file there needs no disk
CLOSED = StatusSet(Status.CLOSED, Ruling.HARMLESS)


def state(store: Store, incident: str = "I-1") -> IncidentState:
    with store.read() as connection:
        return incidents.present(connection, incident, "node")


def decided(store: Store, body: Acknowledged | Assigned | StatusSet | Noted | Restricted, actor: str = ANNA,
            incident: str = "I-1") -> IncidentState:  # fmt: skip
    with store.write() as connection:
        return incidents.change(connection, decision(incident, state(store, incident).version, actor), body)


def reported(store: Store, incident: str = "I-9", note: str = "", organisation: str = "") -> IncidentState:
    with store.write() as connection:
        begun = structs.replace(opened(), organisation=organisation)
        return incidents.report(connection, replace(decision(incident, 0), time=NOW), begun, note)


def test_the_first_acknowledgement_counts(store: Store) -> None:
    begin(store)
    assert state(store).acknowledged is None
    first = decided(store, Acknowledged(), BORIS)
    assert (first.acknowledged, first.acknowledged_by) == (NOW + timedelta(minutes=1), BORIS)
    assert decided(store, CLOSED).acknowledged_by == BORIS
    with store.write() as connection:
        assert incidents.undo(connection, decision("I-1", 3), 2).acknowledged_by == ANNA, "the close is the first now"
    assert agrees(store) == 4


@pytest.mark.parametrize(
    ("body", "counts"),
    [
        (Assigned(ANNA), True),
        (Assigned(BORIS), False),
        (Assigned(""), False),
        (StatusSet(Status.INVESTIGATING), True),
        (StatusSet(Status.CONTAINED), True),
        (CLOSED, True),
        (StatusSet(Status.OPEN), False),
        (Noted("x"), False),
        (Restricted((ANNA,)), False),
    ],
)
def test_who_takes_it_or_moves_it_on_has_seen_it(store: Store, body: Assigned, counts: bool) -> None:
    begin(store)
    assert (decided(store, body).acknowledged_by == ANNA) is counts


def test_closing_counts_until_it_is_opened_again(store: Store) -> None:
    begin(store)
    first = decided(store, CLOSED, BORIS)
    assert (first.closed, first.closed_by) == (NOW + timedelta(minutes=1), BORIS)
    other = decided(store, StatusSet(Status.CLOSED, Ruling.ATTACK))
    assert (other.closed_by, other.ruling) == (BORIS, Ruling.ATTACK), "another ruling is no other close"
    again = decided(store, StatusSet(Status.OPEN))
    assert (again.closed, again.closed_by, again.acknowledged_by) == (None, "", BORIS)
    agrees(store)


def test_one_by_hand_has_no_finding_and_stands_in_the_ledger(store: Store) -> None:
    made = reported(store, note="called at eight")
    assert (made.reported, made.queued, made.findings, made.version) == (True, True, (), 2)
    assert [note.text for note in made.notes] == ["called at eight"]
    assert agrees(store) == 2
    with store.read() as connection:
        told = [what(each.body) for each in incidents.told_history(connection, "I-9", ANNA)]
    assert told == ["opened it by hand as “Something happened”", "wrote a note"]


@pytest.mark.parametrize(
    "begun",
    [
        opened(title=" "),
        opened(title="x" * (limits.INCIDENT_TITLE_CHARACTERS + 1)),
        Opened(replace(shown(), hosts=("h",) * limits.INCIDENT_NAMES), ()),
        Opened(replace(shown(), users=("u" * (limits.LABEL_CHARACTERS + 1),)), ()),
    ],
)
def test_one_by_hand_is_bounded(store: Store, begun: Opened) -> None:
    with pytest.raises(LimitExceeded) as refused, store.write() as connection:
        incidents.report(connection, decision("I-9", 0), begun)
    assert refused.value.advice()


def test_a_weak_one_by_hand_is_queued_too(store: Store) -> None:
    with store.write() as connection:
        weak = Opened(shown(level="low"), (), reported=True)
        incidents.report(connection, decision("I-9", 0), weak)
    with store.read() as connection:
        assert [each.id for each in incidents.listed(connection, ANNA, 9, queued=True)] == ["I-9"]


def test_the_one_that_stays_keeps_its_owner_or_takes_the_others(store: Store) -> None:
    for name in ("I-1", "I-2", "I-3"):
        begin(store, name)
    decided(store, Assigned(BORIS), BORIS, "I-1")
    decided(store, Assigned(CARLA), CARLA, "I-3")
    with store.write() as connection:
        whole = incidents.merge(connection, decision("I-1", 2), "I-2")
        assert (whole.owner, whole.acknowledged_by) == (BORIS, BORIS)
        whole = incidents.merge(connection, decision("I-3", 2), "I-2")
        assert (whole.owner, whole.acknowledged_by) == (BORIS, BORIS), "the first stays"
        after = incidents.undo(connection, decision("I-2", 3), 2)
    assert (after.owner, after.merged_from) == (CARLA, ("I-3",)), "now the other's is the only one"
    with store.write() as connection:
        after = incidents.undo(connection, decision("I-2", 4), 3)
    assert (after.owner, after.acknowledged) == ("", None)
    agrees(store)


def test_what_is_split_off_is_marked_and_restricted_as_the_whole(store: Store) -> None:
    """Else a part of what is TLP:RED would go to constituents by the node's own marking."""
    begin(store, "I-1", "f-1", "f-2")
    with store.write() as connection:
        incidents.change(connection, decision("I-1", 1), Marked("TLP:RED PAP:RED"))
        incidents.change(connection, decision("I-1", 2), Restricted((ANNA,)))
        part = incidents.split(connection, decision("I-1", 3), "I-2", opened("f-1"))
    assert (part.marking, part.readers) == ("TLP:RED PAP:RED", (ANNA,))
    agrees(store)


def test_a_merge_never_shows_more_people_what_is_restricted(store: Store) -> None:
    for name in ("I-1", "I-2"):
        begin(store, name)
    decided(store, Restricted((ANNA, BORIS)), incident="I-1")
    with pytest.raises(incidents.Impossible, match="more people") as refused, store.write() as connection:
        incidents.merge(connection, decision("I-1", 2), "I-2")
    assert "I-2" in refused.value.advice()
    decided(store, Restricted((ANNA,)), incident="I-2")
    with store.write() as connection:
        incidents.merge(connection, decision("I-1", 2), "I-2")
    agrees(store)


def test_a_whole_is_of_all_organisations_of_its_parts(store: Store) -> None:
    begin(store, "I-1", "f-1")
    reported(store, "I-8", organisation="examplia")
    reported(store, "I-9", organisation="other")
    with store.write() as connection:
        incidents.merge(connection, decision("I-9", 1), "I-8")
        incidents.merge(connection, decision("I-8", 2), "I-1")
    with store.read() as connection:
        assert with_parts(connection, ["I-1", "I-8"]) == {"I-1": ("I-1", "I-8", "I-9"), "I-8": ("I-8", "I-9")}
        assert organisations(connection, ["I-1", "I-8", "I-9"]) == {
            "I-1": frozenset({"", "examplia", "other"}), "I-8": frozenset({"examplia", "other"}),
            "I-9": frozenset({"other"}),
        }  # fmt: skip


def test_a_hold_keeps_what_became_a_part(store: Store) -> None:
    begin(store, "I-1", "f-1")
    begin(store, "I-2", "f-2")
    with store.write() as connection:
        holds.hold(connection, "I-1", ANNA, "a court asks", NOW)
        assert holds.held(connection).incidents == {"I-1"}
        incidents.merge(connection, decision("I-2", 1), "I-1")
        assert holds.held(connection).incidents == {"I-1", "I-2"}


def test_a_part_says_from_what_it_is_kept_apart(store: Store) -> None:
    begin(store, "I-1", "f-1", "f-2", "f-3")
    with store.write() as connection:
        reasons = (Reason("host", "PC-1"),)
        incidents.split(connection, decision("I-1", 1), "I-2", opened("f-2"), reasons)
        part = incidents.split(connection, decision("I-1", 2), "I-3", opened("f-3"))
        assert part.apart == ("I-1", "I-2"), "also from what the whole was kept apart from"
        divided = incidents.told_history(connection, "I-1", ANNA)[1].body
    assert what(divided) == "split 1 finding off as I-2, which were joined by host PC-1"
    assert state(store).apart == ("I-2", "I-3") and state(store).shaped
    assert isinstance(divided, Divided) and divided.reasons == reasons
    agrees(store)


def test_a_person_named_in_one_by_hand_is_found_and_erased(store: Store) -> None:
    with store.write() as connection:
        told = replace(shown("Carla Kola's screen"), hosts=("PC-7",), users=("carla.kola",))
        incidents.report(connection, decision("I-9", 0), Opened(told, ()), "Carla Kola called")
        value = Value("Carla Kola")
        assert find_in_state(connection, value, Held()).incidents == 1
        erase_from_state(connection, value, Held(), ANNA, NOW)
        assert find_in_state(connection, value, Held()).incidents == 0
        assert list(faults(connection)) == []
    assert "Carla Kola" not in repr(state(store, "I-9")) and state(store, "I-9").reported


def test_older_histories_still_read(store: Store) -> None:
    """What an earlier Tocsin wrote knows neither acknowledgements nor owners that a merge hands on."""
    older = (
        ('{"type":"merged","other":"I-2","at":2}', Merged("I-2", 2)),
        ('{"type":"absorbed","other":"I-2","at":2}', Absorbed("I-2", 2)),
        ('{"type":"split","other":"I-2","findings":["f-1"]}', Divided("I-2", ("f-1",))),
    )
    for text, body in older:
        assert decode(text, Body, "here") == body  # type: ignore[arg-type, comparison-overlap]


def test_an_upgrade_says_of_older_incidents_who_had_seen_them(store: Store) -> None:
    begin(store, "I-1", "f-1", "f-2")
    decided(store, Assigned(ANNA))
    now = state(store)
    with store.write() as connection:
        older = replace(now, acknowledged=None, acknowledged_by="")
        connection.execute(update(INCIDENTS).values(state=encode(older)))
        assert list(faults(connection))
        derive_anew(connection)
        assert list(faults(connection)) == []
    assert state(store) == now


def test_what_people_work_on_is_read_in_pages(store: Store) -> None:
    for number in range(5):
        begin(store, f"I-{number}")
    decided(store, CLOSED, incident="I-3")
    reported(store)
    with store.read() as connection:
        late = NOW + timedelta(hours=1)
        first = incident_lists.worked_on(connection, ANNA, late, 3)
        rest = incident_lists.worked_on(connection, ANNA, late, 3, first[-1].id)
        assert [each.id for each in (*first, *rest)] == ["I-0", "I-1", "I-2", "I-4", "I-9"]
        assert "I-3" in [each.id for each in incident_lists.worked_on(connection, ANNA, NOW, 9)]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "state.sqlite"
    open_store(f"sqlite:///{path}", create=True).close()
    return path


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["grow", "acknowledge", "take", "close", "reopen", "merge", "split", "undo", "report"]),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    max_size=14,
)


@settings(max_examples=12, deadline=None)
@given(ACTIONS)
def test_whatever_people_do_the_state_is_what_the_events_say(empty: Path, actions: list[tuple[str, int, int]]) -> None:
    live(empty, actions)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(ACTIONS)
def test_whatever_people_do_at_length_the_state_is_what_the_events_say(
    empty: Path, actions: list[tuple[str, int, int]]
) -> None:
    live(empty, actions)


def live(empty: Path, actions: list[tuple[str, int, int]]) -> None:
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        store = open_store(f"sqlite:///{shutil.copy(empty, folder)}")
        try:
            Life(store).live(actions)
        finally:
            store.close()


class Life:
    """Incidents to which anything happens that a person or the node can do."""

    def __init__(self, store: Store) -> None:
        self.store, self.made = store, 0
        for number in range(3):
            self.made += 1
            begin(store, f"I-{number}", f"f-{number}-1", f"f-{number}-2")

    def live(self, actions: list[tuple[str, int, int]]) -> None:
        for name, one, other in actions:
            before = self.states()
            mine = list(before.values())[one % len(before)]
            yours = list(before.values())[other % len(before)]
            try:
                getattr(self, name)(mine, yours)
            except StateError as refused:  # not in this state: then nothing has happened
                assert refused.advice()
                assert self.states() == before
            self.check()

    def states(self) -> dict[str, IncidentState]:
        with self.store.read() as connection:
            return {each.id: each for each in incidents.listed(connection, "node", 99, merged=True)}

    def check(self) -> None:
        agrees(self.store)
        states = self.states()
        of = [finding for each in states.values() for finding in each.findings]
        assert len(of) == len(set(of)), "a finding in one incident"
        for each in states.values():
            if each.merged_into:
                assert each.id in states[each.merged_into].merged_from
            assert all(states[part].merged_into == each.id for part in each.merged_from)
            assert (each.closed is not None) == (each.status is Status.CLOSED)
            assert not set(each.findings) & set(each.held_out)

    def grow(self, mine: IncidentState, _: IncidentState) -> None:
        self.made += 1
        new = f"f-new-{self.made}"
        with self.store.write() as connection:
            findings.put(connection, [])
            incidents.grow(connection, mine.id, Grown(shown("It grew", 90), (new,)), NOW)

    def acknowledge(self, mine: IncidentState, _: IncidentState) -> None:
        self.changed(mine, Acknowledged())

    def take(self, mine: IncidentState, _: IncidentState) -> None:
        self.changed(mine, Assigned(ANNA))

    def close(self, mine: IncidentState, _: IncidentState) -> None:
        self.changed(mine, CLOSED)

    def reopen(self, mine: IncidentState, _: IncidentState) -> None:
        self.changed(mine, StatusSet(Status.OPEN))

    def changed(self, mine: IncidentState, body: Acknowledged | Assigned | StatusSet) -> None:
        after = decided(self.store, body, incident=mine.id)
        self.undone(mine.id, after.version, {mine.id: mine})

    def report(self, mine: IncidentState, _: IncidentState) -> None:
        self.made += 1
        reported(self.store, f"I-{self.made + 10}")

    def merge(self, mine: IncidentState, yours: IncidentState) -> None:
        with self.store.write() as connection:
            whole = incidents.merge(connection, decision(mine.id, mine.version), yours.id)
        self.undone(whole.id, whole.version, {mine.id: mine, yours.id: yours})

    def split(self, mine: IncidentState, _: IncidentState) -> None:
        self.made += 1
        begun = opened(*mine.findings[:1])
        with self.store.write() as connection:
            part = incidents.split(connection, decision(mine.id, mine.version), f"I-{self.made + 10}", begun)
        assert set(part.findings) | set(self.states()[mine.id].findings) == set(mine.findings)

    def undo(self, mine: IncidentState, yours: IncidentState) -> None:
        version = 1 + len(yours.id + yours.owner) % max(mine.version, 1)
        with self.store.write() as connection:
            incidents.undo(connection, decision(mine.id, mine.version), version)

    def undone(self, incident: str, version: int, before: dict[str, IncidentState]) -> None:
        """An undo of what was just decided restores what was, and an undo of that undo decides it again."""
        after = self.states()
        for known in (before, after):
            with self.store.write() as connection:
                at = self.states()[incident].version
                version = incidents.undo(connection, decision(incident, at), version).version
            for id in before:
                assert plain(self.states()[id]) == plain(known[id])


def plain(told: IncidentState) -> IncidentState:
    return replace(told, version=0, changed=NOW)

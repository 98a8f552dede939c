"""The fold over an incident's events, without a database."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from state_samples import NOW, opened, shown

from tocsin.ledger.entry import NODE
from tocsin.node.store.codec import decode, encode
from tocsin.node.store.incident_state import (
    Assigned,
    Body,
    Divided,
    Event,
    Grown,
    IncidentState,
    Noted,
    Restricted,
    Ruling,
    Status,
    StatusSet,
    Undone,
    active,
    derive,
    follow,
)

IDS = st.lists(st.sampled_from(["f-1", "f-2", "f-3", "f-4"]), max_size=3).map(tuple)
PEOPLE = st.sampled_from(["account:anna", "account:boris"])
NODE_BODIES = st.builds(Grown, st.just(shown("It grew", 90)), IDS, IDS)
PERSON_BODIES = st.one_of(
    st.builds(Assigned, PEOPLE),
    st.builds(StatusSet, st.sampled_from(Status), st.none() | st.sampled_from(Ruling)),
    st.builds(Noted, st.text(max_size=5)),
    st.builds(Restricted, st.lists(PEOPLE, max_size=2).map(tuple)),
    st.builds(Divided, st.just("I-2"), IDS),
)


def told(bodies: list[Body]) -> list[Event]:
    events = [Event("I-1", 1, NOW, NODE, opened("f-1", "f-2"))]
    for body in bodies:
        actor = NODE if isinstance(body, Grown) else "account:anna"
        events.append(Event("I-1", len(events) + 1, NOW, actor, body))
    return events


@given(st.lists(NODE_BODIES | PERSON_BODIES, max_size=8))
def test_following_step_by_step_is_the_fold(bodies: list[Body]) -> None:
    events = told(bodies)
    state = derive(events[:1])
    for event in events[1:]:
        state = follow(state, event)
    assert state == derive(events)
    assert decode(encode(state), IncidentState, "here") == state


@given(st.lists(NODE_BODIES | PERSON_BODIES, min_size=1, max_size=8), st.data())
def test_an_undone_event_counts_as_if_it_had_never_been(bodies: list[Body], data: st.DataObject) -> None:
    events = told(bodies)
    version = data.draw(st.sampled_from([event.version for event in events[1:]]))
    undone = [*events, Event("I-1", len(events) + 1, NOW, "account:anna", Undone(version))]
    without = [event for event in events if event.version != version]
    assert replace(derive(undone), version=0) == replace(derive(without), version=0)
    again = [*undone, Event("I-1", len(undone) + 1, NOW, "account:boris", Undone(len(undone)))]
    assert replace(derive(again), version=0) == replace(derive(events), version=0)


@given(st.integers(1, 12))
def test_undos_of_undos_alternate(depth: int) -> None:
    events = told([Assigned("account:anna")])
    for _ in range(depth):
        events.append(Event("I-1", len(events) + 1, NOW, "account:anna", Undone(len(events))))
    assert derive(events).owner == ("" if depth % 2 else "account:anna")
    assert (2 in active(events)) == (depth % 2 == 0)


@given(st.lists(PERSON_BODIES, max_size=5), st.lists(NODE_BODIES, max_size=5), st.randoms())
def test_node_and_people_never_overwrite_one_another(people: list[Body], node: list[Body], chance: object) -> None:
    """However their events interleave, what people set and what the node says come out the same."""
    mixed: list[Body] = []
    one, other = list(people), list(node)
    while one or other:
        mixed.append((one if one and (not other or chance.random() < 0.5) else other).pop(0))  # type: ignore[attr-defined]
    state, alone = derive(told(mixed)), derive(told(people))
    assert (state.owner, state.status, state.ruling, state.readers) == (
        alone.owner, alone.status, alone.ruling, alone.readers
    )  # fmt: skip
    assert [note.text for note in state.notes] == [note.text for note in alone.notes]
    assert state.held_out == alone.held_out
    assert not set(state.findings) & set(state.held_out)
    assert (state.title, state.score) == (derive(told(node)).title, derive(told(node)).score)


def test_a_closed_incident_that_grows_stays_closed_and_says_so() -> None:
    closed: list[Body] = [StatusSet(Status.CLOSED, Ruling.ATTACK)]
    assert derive(told([*closed, Grown(shown())])).grown_since_closed is False
    grown = derive(told([*closed, Grown(shown(), ("f-9",))]))
    assert (grown.status, grown.grown_since_closed) == (Status.CLOSED, True)
    assert derive(told([*closed, Grown(shown(), ("f-9",)), Grown(shown())])).grown_since_closed

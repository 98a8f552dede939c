"""Counting by quarters and minutes: what comes in any order and any portions is the same."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.node.sensors.pulse import ends, in_quarter, joined, of_minutes, pauses

MINUTES = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 50)), max_size=60)


@given(MINUTES, st.randoms())
def test_neither_order_nor_portions_matter(counts: list[tuple[int, int]], random: object) -> None:
    whole = of_minutes(counts)
    random.shuffle(counts)  # type: ignore[attr-defined]
    cut = len(counts) // 2
    parts = [*of_minutes(counts[:cut]).items(), *of_minutes(counts[cut:]).items()]
    assert joined(parts) == whole


@given(MINUTES)
def test_every_event_is_in_its_quarter(counts: list[tuple[int, int]]) -> None:
    pulse = of_minutes(counts)
    for quarter in range(30):
        assert in_quarter(pulse, quarter) == sum(events for minute, events in counts if minute // 15 == quarter)


@given(MINUTES)
def test_pauses_are_the_minutes_without_events_between_the_first_and_the_last(counts: list[tuple[int, int]]) -> None:
    there = sorted({minute for minute, _ in counts})
    pulse = of_minutes(counts)
    empty = [minute for pause in pauses(pulse) for minute in range(pause.start, pause.end)]
    assert empty == [minute for minute in range(there[0], there[-1]) if minute not in there] if there else not empty
    assert ends(pulse) == ((there[0], there[-1] + 1) if there else None)


def test_a_pause_over_hours_is_one() -> None:
    (pause,) = pauses(of_minutes([(5, 1), (500, 1)]))
    assert (pause.start, pause.end, pause.minutes) == (6, 500, 494)

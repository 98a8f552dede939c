"""Plays a week: slot by slot, actors do something until the slot has its share of the records.

1. What the attack planted is counted first; the background gets the rest, so the total is as asked.
2. Each slot's share is what its actors are worth together, beside the whole week: nights are quiet, Mondays are not.
3. Within a slot actors are drawn by their rates; an action may reach beyond its slot.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.exercise.calendar import Slot, slots
from tocsin.exercise.chance import Chance, Wheel
from tocsin.exercise.timeline import Timeline

Progress = Callable[[int, int], None]  # records written, records in all


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone or something with a rate that depends on the hour, and an action at a time."""

    rate: Callable[[Slot], float]
    act: Callable[[int], object]


def play_week(
    timeline: Timeline,
    records: int,
    actors: Sequence[Actor],
    chance: Chance,
    progress: Progress,
    before: Callable[[Slot], None] = lambda _slot: None,
) -> None:
    """Plays the whole week; `before` is called at the start of each slot."""
    budget = records - timeline.planted
    timeline.limit(budget)
    week = slots()
    rates = [[actor.rate(slot) for actor in actors] for slot in week]
    total = sum(map(sum, rates))
    share = 0.0
    for slot, of_actors in zip(week, rates, strict=True):
        share += sum(of_actors)
        before(slot)
        _fill(slot, actors, Wheel(of_actors), timeline, round(budget * share / total), chance)
        timeline.play(slot.end_us)
        progress(timeline.written, records)
    timeline.finish()
    progress(timeline.written, records)


def _fill(slot: Slot, actors: Sequence[Actor], wheel: Wheel, timeline: Timeline, until: int, chance: Chance) -> None:
    """Draws actors until that many background records are on the timeline."""
    length = slot.end_us - slot.start_us
    while timeline.taken < until:
        actors[wheel.spin(chance)].act(slot.start_us + int(chance.share() * length))

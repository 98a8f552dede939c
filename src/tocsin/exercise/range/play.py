"""Plays a scenario: founds the alliance, plans, writes member by member and day by day.

Every part of the background has a random generator of its own for each member and day, so that the same seed gives the
same bytes in whatever order things are made (with the same version of numpy). A day of a member is in memory, not more.
"""

from collections.abc import Callable
from pathlib import Path

from tocsin.errors import UsageError
from tocsin.exercise.range.alliance import Alliance, Member
from tocsin.exercise.range.background import background
from tocsin.exercise.range.batches import Batch
from tocsin.exercise.range.scenario import Plot, Scenario
from tocsin.exercise.range.sizing import sized
from tocsin.exercise.range.streams import STREAMS, rotation
from tocsin.exercise.range.times import DAY, HOUR, offset_us
from tocsin.exercise.range.truth import Ledger, Truth
from tocsin.exercise.range.writer import MemberWriter

MOST_FILES = 280
MOST_MEMBERS = 20
MOST_DAYS = 1_000
MOST_HOSTS = 60_000  # of the largest member: more do not fit its addresses
LEAST_HOSTS = 60
Progress = Callable[[float, int], None]  # share that is done, records so far


def play(
    scenario: Scenario,
    out: Path,
    *,
    seed: int = 1,
    members: int = 4,
    days: int | None = None,
    scale: float = 1.0,
    attack: bool = True,
    progress: Progress = lambda _share, _records: None,
) -> Truth:
    """Writes the exercise into `out` and gives its answer sheet. Raises UsageError for sizes that make no sense."""
    length = scenario.days if days is None else days
    hosts = round(scenario.hosts * scale)
    _check(members, length, hosts, scale)
    alliance = sized(members, hosts, seed, scenario.setting)
    plot = Plot(alliance, seed, scenario.first_day, length, attack)
    scenario.plan(plot)
    ledger = Ledger(plot.stages)
    done = 0.0
    for member in alliance.members:
        writer = _writer(alliance, member, plot, out, ledger)
        for day in range(plot.first_day, plot.first_day + length + 1):  # local days; the last reaches into the exercise
            writer.day(_batches(member, day, plot), _horizon(member, day) if day < plot.first_day + length else None)
            done += member.share / (length + 1)
            progress(done, sum(ledger.files.values()) + writer.written)
        writer.close()
    truth = ledger.document(scenario.id, seed, length, (plot.first_us, plot.last_us), alliance, plot.surprises)
    truth.save(out)
    return truth


def _check(members: int, days: int, hosts: int, scale: float) -> None:
    for name, value, least, most in (
        ("--members", members, 1, MOST_MEMBERS),
        ("--days", days, 1, MOST_DAYS),
        (f"--scale {scale:g}: hosts of the largest member", hosts, LEAST_HOSTS, MOST_HOSTS),
    ):
        if not least <= value <= most:
            raise UsageError(
                f"{name}: {value:,} is not between {least:,} and {most:,}", "Choose a number between them."
            )


def _writer(alliance: Alliance, member: Member, plot: Plot, out: Path, ledger: Ledger) -> MemberWriter:
    streams = sum(len(one.logging.streams & STREAMS.keys()) for one in alliance.members)
    return MemberWriter(member, out, rotation(streams, plot.first_day, plot.days, MOST_FILES), ledger)


def _horizon(member: Member, day: int) -> int:
    """Until when the records of that local day may be written: those of the next day do not begin earlier."""
    return (day + 1) * DAY - offset_us(member.zone, day + 1) - HOUR


def _batches(member: Member, day: int, plot: Plot) -> list[Batch]:
    """All that happens at a member on a day, less what silences take away."""
    made = background(member, day, plot.seed, (plot.first_us, plot.last_us))
    made += plot.planned.pop((member.folder, day), [])
    for silence in plot.silences.get(member.folder, ()):
        made = [silence.left(batch) for batch in made]
    return made

"""Legal clocks: what a law wants told to whom by when, from the moment at which somebody became aware.

Rules:
1. A clock is data: one TOML file with its steps. A step is due a period after `aware`, or after another step was done;
   one without a period is due whenever it is asked for (`optional`).
2. A clock runs by the file that it was started with: it is kept with the clock, so that a later file changes nothing.
3. A step that waits for another which is not done yet is estimated from when that one is due.
4. What is not done is late when `due` (periods, rule 3) has passed; what was done later than that was done late.
   Optional steps are late only once what they count from has happened.
5. A clock that was stopped is due no more. Who stopped it said why.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct, field

from tocsin import limits
from tocsin.errors import ConfigError, Conflict, NotFound, UsageError
from tocsin.triage.drafts import check_template
from tocsin.triage.periods import Period, due, latest

AWARE = "aware"
_HELP = "docs/clocks.md tells what a file of a clock holds; `tocsin clock kinds` lists those that can be used."
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_OWED = frozenset({"late", "due", "expected"})
_AHEAD = timedelta(seconds=limits.CLOCK_AHEAD_SECONDS)


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One duty: `source` is its place in the law, `asks` a condition in words, `draft` a template of what is sent."""

    id: str
    title: str
    source: str
    after: str = AWARE
    hours: int = 0
    days: int = 0
    months: int = 0
    optional: bool = False
    asks: str = ""
    draft: str = ""

    @property
    def period(self) -> Period | None:
        """How long there is time for it, None where no period is named."""
        named = self.hours or self.days or self.months
        return Period(self.hours, self.days, self.months) if named else None


class Clock(Struct, frozen=True, forbid_unknown_fields=True):
    """One file. `zone` and `holidays` are for periods of days and months."""

    id: str
    title: str
    law: str
    starts: str
    to: str
    steps: tuple[Step, ...] = field(name="step")
    zone: str = "UTC"
    holidays: tuple[date, ...] = ()

    def step(self, name: str) -> Step:
        """A step by its id. NotFound."""
        for step in self.steps:
            if step.id == name:
                return step
        raise NotFound(f"the clock {self.id} has no step {name[:80]!r}", f"Steps: {', '.join(_ids(self))}.")


class Mark(Struct, frozen=True):
    """A step that was done: when, by whom it was entered, and a note."""

    step: str
    time: datetime
    actor: str
    entered: datetime
    note: str = ""


class Running(Struct, frozen=True):
    """A clock of one incident, from awareness on."""

    id: str
    incident: str
    clock: Clock
    aware: datetime
    actor: str
    started: datetime
    why: str = ""
    marks: tuple[Mark, ...] = ()
    stopped: datetime | None = None
    stopped_by: str = ""
    stopped_why: str = ""


class Row(Struct, frozen=True):
    """How one step of a running clock stands. `state`: done, done late, late, due, expected, on request, stopped."""

    incident: str
    clock: str
    step: str
    title: str
    source: str
    state: str
    due: datetime | None
    latest: datetime | None
    done: datetime | None
    asks: str = ""


def parse_clock(name: str, text: str) -> Clock:
    """The clock of a file's text; ConfigError with the file and what is wrong."""
    try:
        clock = msgspec.convert(tomllib.loads(text), Clock)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise ConfigError(f"{name}: {error}", _HELP) from error
    for fault in _faults(clock, name):
        raise ConfigError(f"{name}: {fault}", _HELP)
    return clock


def begin(id: str, incident: str, clock: Clock, aware: datetime, actor: str, now: datetime, why: str = "") -> Running:
    """A clock that begins to run. UsageError for an awareness that lies ahead."""
    _check_past(aware, now, "nobody can have become aware in the future")
    return Running(id, incident, clock, aware.astimezone(UTC), actor, now, why)


def mark(running: Running, step: str, time: datetime, actor: str, now: datetime, note: str = "") -> Running:
    """The clock with a step done at a time. NotFound, Conflict or UsageError where that cannot be."""
    _check_running(running)
    running.clock.step(step)
    if any(each.step == step for each in running.marks):
        raise Conflict(f"{step} is done already", "`tocsin clock list` shows when.")
    _check_past(time, now, "a step cannot have been done in the future")
    if time < running.aware:
        raise UsageError("this is before the clock began", "Name a time after the awareness.")
    made = Mark(step, time.astimezone(UTC), actor, now, note)
    return msgspec.structs.replace(running, marks=(*running.marks, made))


def stop(running: Running, actor: str, now: datetime, why: str) -> Running:
    """The clock, stopped. Conflict where it was."""
    _check_running(running)
    return msgspec.structs.replace(running, stopped=now, stopped_by=actor, stopped_why=why)


def rows(running: Running, now: datetime) -> tuple[Row, ...]:
    """How each step stands, in the order of the law."""
    zone, done = ZoneInfo(running.clock.zone), {each.step: each.time for each in running.marks}
    ends: dict[str, datetime | None] = {AWARE: running.aware}
    found = []
    for step in running.clock.steps:
        start, known = ends[step.after], step.after == AWARE or step.after in done
        by = until = None
        if step.period and start:
            by = due(step.period, start, zone)
            until = latest(step.period, start, zone, running.clock.holidays)
        state = _state(running, step, by, done.get(step.id), known, now)
        found.append(
            Row(running.incident, running.clock.id, step.id, step.title, step.source, state, by, until,
                done.get(step.id), step.asks)
        )  # fmt: skip
        ends[step.id] = done.get(step.id, by if not step.optional else None)
    return tuple(found)


def clock_rows(clocks: Iterable[Running], now: datetime) -> list[Row]:
    """What is owed on all clocks, the most urgent first; what is done, stopped or not asked for is left out."""
    return owed([row for running in clocks for row in rows(running, now)])


def owed(found: Iterable[Row]) -> list[Row]:
    """Of rows those that are owed, the most urgent first."""
    waiting = [(row.due, row) for row in found if row.due is not None and row.state in _OWED]
    return [
        row for _, row in sorted(waiting, key=lambda each: (each[0], each[1].incident, each[1].clock, each[1].step))
    ]


def _state(running: Running, step: Step, by: datetime | None, done: datetime | None, known: bool, now: datetime) -> str:
    if done is not None:
        return "done late" if by is not None and known and done > by else "done"
    if running.stopped is not None:
        return "stopped"
    if by is None:
        return "on request"
    if not known:
        return "on request" if step.optional else "expected"
    return "late" if now > by else "due"


def _check_running(running: Running) -> None:
    if running.stopped is not None:
        raise Conflict(f"the clock {running.clock.id} was stopped", "Start it anew where it has to run again.")


def _check_past(time: datetime, now: datetime, why: str) -> None:
    if time.tzinfo is None or time - now > _AHEAD:
        raise UsageError(why, "Write the time like 2026-12-01T09:40 (UTC), or with --tz.")


def _ids(clock: Clock) -> Sequence[str]:
    return [step.id for step in clock.steps]


def _faults(clock: Clock, name: str) -> Iterable[str]:
    """What is wrong with a file that has the right form."""
    ids = _ids(clock)
    if name.rpartition("/")[2] != f"{clock.id}.toml":
        yield f"the clock is called {clock.id!r}: name the file {clock.id}.toml"
    if not 0 < len(ids) <= limits.CLOCK_STEPS or len(set(ids)) < len(ids) or AWARE in ids:
        yield f"a clock has 1 to {limits.CLOCK_STEPS} steps with different ids, none of them `{AWARE}`"
    if not all(map(_ID.fullmatch, (clock.id, *ids))):
        yield "ids are small letters, digits and hyphens, at most 64"
    try:
        ZoneInfo(clock.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"there is no time zone {clock.zone!r}"
    for number, step in enumerate(clock.steps):
        yield from (f"step {step.id}: {fault}" for fault in _step_faults(step, ids[:number]))


def _step_faults(step: Step, before: Sequence[str]) -> Iterable[str]:
    named = [each for each in (step.hours, step.days, step.months) if each]
    if len(named) > 1 or any(not 0 < each <= limits.CLOCK_PERIOD for each in named):
        yield f"name hours, days or months, one of them, of 1 to {limits.CLOCK_PERIOD}"
    if not named and not step.optional:
        yield "a step without a period is `optional = true`"
    if step.after != AWARE and step.after not in before:
        yield f"`after` is `{AWARE}` or a step that stands before it, not {step.after!r}"
    if fault := check_template(step.draft):
        yield f"draft: {fault}"

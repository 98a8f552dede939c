"""Sensors that fall silent or far under their rhythm, and a node that hears nothing: who needs to be told.

Rules:
1. A sensor is silent when nothing of it was stored for the configured time, and for twice of what is its habit: its
   usual pause, and by how much its events usually come late. Where its rhythm is known, something has to be missing as
   well: five events that are usual in that time, or twice its longest pause.
2. A sensor that stays far under its rhythm for longer than that counts as silent does.
3. Either is told once, and once more when it is over. The same counts for the node as a whole, from its start on.
4. Who has more waiting in the journal than limits.SENSOR_BEHIND_BYTES stays as it was: it was heard, only not read yet.
5. After the clock jumped, or the machine slept, everybody stays as they were for the configured time: by the new clock
   all of them would have been silent for long. The same counts after the node was paused (`pauses`), when the lake took
   in nothing.
6. Who is retired is not judged, until something of it arrives (`retired`).
7. Deciding is pure; `Watch` does what it says.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from tocsin import clock, limits
from tocsin.lake.catalog import Catalog
from tocsin.node.sensors.gaps import MINUTE, gaps, minute_of, with_filled
from tocsin.node.sensors.heard import Expected, heard
from tocsin.node.sensors.marks import marked
from tocsin.node.sensors.pulse import HOUR_MINUTES, Pulse, pauses
from tocsin.node.sensors.pulse_records import Pulses
from tocsin.node.sensors.rhythm import Rate, expected, lateness, rate, usual_pause, usually_late
from tocsin.node.sensors.telling import retired_told, sensors_told
from tocsin.node.service.retired import heard_notice, is_heard, rested
from tocsin.node.store import people, retirements
from tocsin.node.store import sensors as stored
from tocsin.node.store.database import Store
from tocsin.node.store.retirements import Retirement
from tocsin.node.store.sensors import Gap, Quiet, Rhythm, Sensor, SensorId
from tocsin.node.upkeep.believed_day import stands_since, this_moment
from tocsin.node.upkeep.notify import Notice, put
from tocsin.words.messages import say

JUMP_SECONDS = 30.0  # by which the clock may stray from the machine's running time
HABITS = 2  # times a habit
LEAST_MISSING = 5  # events


@dataclass(frozen=True, slots=True)
class Judged:
    """Sensors as they are now, and what somebody should know. `back` are retirements of which something arrived."""

    sensors: tuple[Sensor, ...]
    notices: tuple[Notice, ...]
    back: tuple[Retirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known beside the lake's sources when sensors are judged.

    `before` are the pulses of the look before; `behind` are sensors that are not judged by what the lake has.
    """

    now: datetime
    pulses: Pulses = field(default_factory=Pulses)
    before: Pulses = field(default_factory=Pulses)
    behind: Collection[SensorId] = ()
    retired: Mapping[SensorId, Retirement] = field(default_factory=dict)


def judge(present: Sequence[Sensor], known: Mapping[SensorId, Sensor], seen: Seen, silent_after: timedelta) -> Judged:
    """How each sensor does, who fell silent and who is back."""
    sensors, notices, back = [], [], []
    for sensor in present:
        before = known.get(sensor.id)
        old = before.rhythm if before else Rhythm()
        kept = replace(sensor, first_seen=min(sensor.first_seen, before.first_seen)) if before else sensor
        old = replace(old, marks=marked(old.marks, before, kept, seen.now))
        gone = seen.retired.get(sensor.id)
        if gone is not None and not is_heard(kept, before, gone, seen.now):
            sensors.append(replace(kept, rhythm=rested(old, kept, seen.now)))
            continue
        if gone is not None:
            back.append(gone)
            notices.append(heard_notice(gone))
        rhythm = _rhythm(kept, old, seen, silent_after)
        sensors.append(replace(kept, rhythm=rhythm))
        if (rhythm.quiet is Quiet.NOT) != (old.quiet is Quiet.NOT):
            notices.append(_notice(kept, rhythm, seen.now))
    return Judged(tuple(sensors), tuple(notices), tuple(back))


def _rhythm(sensor: Sensor, old: Rhythm, seen: Seen, silent_after: timedelta) -> Rhythm:
    """Steps: 1. how late events come; 2. rate and gaps as of the last count; 3. whether that is too little."""
    if sensor.id in seen.behind:
        return replace(old, judged=seen.now, ways=sensor.rhythm.ways)
    pulse = seen.pulses.of.get(sensor.id, {})
    counted = minute_of(seen.pulses.counted or seen.now)
    late, late_hour = _late(sensor.id, old, seen, counted)
    usually = usually_late(late)
    found = rate(pulse, counted, usually)
    now = replace(
        old,
        judged=seen.now,
        measured=found.measured if found else None,
        expected=round(found.expected, 1) if found else None,
        low_since=(old.low_since or seen.now) if found and found.far_under else None,
        late=late,
        late_hour=late_hour,
        gaps=with_filled(old.gaps, gaps(pulse, counted, usually), pulse, counted),
        ways=sensor.rhythm.ways,
    )
    return replace(now, quiet=_quiet(sensor, now, pulse, seen, silent_after))


def _late(id: SensorId, old: Rhythm, seen: Seen, counted: int) -> tuple[tuple[int, ...], int]:
    """By how much events came late, one number an hour; nothing is learnt at the first look or where none came."""
    before, now = seen.before.of.get(id), seen.pulses.of.get(id)
    came = lateness(before, now, counted) if before is not None and now is not None else None
    if came is None:
        return old.late, old.late_hour
    hour = counted // HOUR_MINUTES
    if hour == old.late_hour and old.late:
        return (*old.late[:-1], max(old.late[-1], came)), hour
    return (*old.late, came)[-limits.SENSOR_LATE_SAMPLES :], hour


def _quiet(sensor: Sensor, rhythm: Rhythm, pulse: Pulse, seen: Seen, silent_after: timedelta) -> Quiet:
    """Rules 1 and 2."""
    between = pauses(pulse)
    habit = max(usual_pause(pulse, between), usually_late(rhythm.late)) * MINUTE
    limit = max(silent_after, HABITS * habit)
    last = sensor.last_received or sensor.first_seen
    if seen.now - last > limit:
        own = [pause.minutes for pause in between if not _within(pause.start, rhythm.gaps)]
        longest = HABITS * max(own, default=0) * MINUTE
        start, end = minute_of(last), minute_of(seen.now)
        missing = expected(pulse, start, end, end // HOUR_MINUTES)
        if missing is None or missing >= LEAST_MISSING or seen.now - last > longest:
            return Quiet.SILENT
    low = rhythm.low_since is not None and seen.now - rhythm.low_since > limit
    return Quiet.LOW if low else Quiet.NOT


def _within(minute: int, gaps: Iterable[Gap]) -> bool:
    return any(minute_of(gap.start) == minute for gap in gaps)


def _notice(sensor: Sensor, rhythm: Rhythm, now: datetime) -> Notice:
    id = sensor.id
    name = id.name or say("without a name")
    about: dict[str, str | int] = {"sensor": id.name, "organisation": id.organisation, "network": id.network}
    if rhythm.quiet is Quiet.NOT:
        return Notice("sensor-back", say("The sensor {name} is heard again.", name=name), about)
    if rhythm.quiet is Quiet.LOW:
        found = Rate(rhythm.measured or 0, rhythm.expected or 0.0)
        text = say(
            "The sensor {name} sends far less than usual: {n} events in an hour, and {usual} are its rhythm.",
            name=name, n=found.measured, usual=round(found.expected),
        )  # fmt: skip
        return Notice("sensor-low", text, {**about, "events": found.measured, "usual": round(found.expected)})
    minutes = int((now - (sensor.last_received or sensor.first_seen)).total_seconds() // 60)
    text = say("Nothing came from the sensor {name} for {n} minutes.", name=name, n=minutes)
    return Notice("sensor-silent", text, {**about, "minutes": minutes})


@dataclass(frozen=True, slots=True)
class Sources:
    """What a `Watch` asks beside the lake, each as of the moment it is asked."""

    expected: Callable[[datetime], Sequence[Expected]] = lambda now: ()
    pulses: Callable[[datetime], Pulses] = lambda now: Pulses()
    behind: Callable[[], Collection[SensorId]] = frozenset
    dropped: Callable[[], Mapping[SensorId, int]] = dict
    """Lost at the inputs since the node's start."""
    since_pause: Callable[[], float] = lambda: float("inf")
    """Seconds since the node was paused, 0 while it is."""


class Watch:
    """Looks at the lake now and then, keeps the sensors in the store, and puts notices into the outbox."""

    def __init__(
        self, lake: Path, store: Store, node: str, silent_after: timedelta, sources: Sources | None = None
    ) -> None:
        self._lake, self._store, self._node, self._after = lake, store, node, silent_after
        self._sources = sources or Sources()
        self._begun = clock.now()
        self._beginning = self._stands = this_moment()
        self._told = False  # that nothing comes at all
        self._pulses = Pulses()
        self._dropped: Mapping[SensorId, int] = {}
        self.told: list[dict[str, object]] = []  # the sensors as they were judged last, for a status
        self.retired: list[dict[str, object]] = []  # those that are out of service

    def look(self) -> Judged:
        """One look; what it judged."""
        now = clock.now()
        with closing(Catalog(self._lake)) as catalog:
            present = heard(catalog.streams_heard(), self._sources.expected(now), now)
        pulses, dropped = self._sources.pulses(now), self._sources.dropped()
        unsure = self._unsure()
        with self._store.read() as connection:
            known = {each.id: each for each in stored.sensors(connection)}
            retired = {each.sensor: each for each in retirements.standing(connection)}
            names = {each.actor: each.name for each in people.accounts(connection)} if retired else {}
        seen = Seen(now, pulses, self._pulses, known.keys() if unsure else self._sources.behind(), retired)
        lossy = [self._with_drops(each, known.get(each.id), dropped) for each in present]
        judged = judge(lossy, known, seen, self._after)
        notices = [*judged.notices, *([] if unsure else self._of_the_node(present, now))]
        self._keep(judged, known.keys(), notices, now)
        self._pulses, self._dropped = pulses, dropped
        resting = [gone for gone in retired.values() if gone not in judged.back]
        self.told = sensors_told(judged.sensors, resting)
        self.retired = retired_told(resting, judged.sensors, names)
        return replace(judged, notices=tuple(notices))

    def _unsure(self) -> bool:
        """Rule 5."""
        now, after = this_moment(), self._after.total_seconds()
        self._stands = stands_since(self._stands, now, JUMP_SECONDS)
        jumped = self._stands is not self._beginning and now.ran - self._stands.ran < after
        return jumped or self._sources.since_pause() < after

    def _keep(self, judged: Judged, known: Iterable[SensorId], notices: Iterable[Notice], now: datetime) -> None:
        with self._store.write() as connection:
            stored.put(connection, judged.sensors)
            for gone in set(known) - {each.id for each in judged.sensors}:
                stored.forget(connection, gone)
            for notice in notices:
                put(connection, self._node, notice, now)
            retirements.end_where_heard(connection, judged.back, now)

    def _with_drops(self, sensor: Sensor, known: Sensor | None, dropped: Mapping[SensorId, int]) -> Sensor:
        """With what was lost before this run, and in it."""
        more = dropped.get(sensor.id, 0) - self._dropped.get(sensor.id, 0)
        return replace(sensor, dropped=more + (known.dropped if known else 0))

    def _of_the_node(self, present: Sequence[Sensor], now: datetime) -> list[Notice]:
        last = max((each.last_received for each in present if each.last_received), default=self._begun)
        nothing = now - max(last, self._begun) > self._after
        if nothing == self._told:
            return []
        self._told = nothing
        if not nothing:
            return [Notice("node-hears", say("The node hears its sensors again."))]
        return [Notice("node-hears-nothing", say("The node has heard nothing from any sensor."))]

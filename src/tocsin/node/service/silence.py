"""Sensors that fall silent, and a node that hears nothing: who was heard when, and who needs to be asked.

Rules:
1. What was heard is what is in the lake: a sensor's newest event by its own clock, and when the node stored something
   of it last. A sensor that was never heard is not known here; `source list` shows what is configured.
2. A sensor is silent when nothing of it was stored for the configured time. That is told once, and once more when it is
   back. The same counts for the node as a whole, from its start on.
3. Deciding is a pure function; `Watch` does what it says.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from tocsin import clock
from tocsin.lake.catalog import Catalog, SourceRecord
from tocsin.node.found import moment
from tocsin.node.store import sensors as stored
from tocsin.node.store.database import Store
from tocsin.node.store.sensors import Sensor, SensorId
from tocsin.node.upkeep.notify import Notice, put
from tocsin.words.messages import say

SILENT = "silent"  # in a sensor's rhythm: it was told that it is silent


@dataclass(frozen=True, slots=True)
class Judged:
    """Sensors as they are now, and what somebody should know."""

    sensors: tuple[Sensor, ...]
    notices: tuple[Notice, ...]


def heard(sources: Sequence[SourceRecord], input_of: str, now: datetime) -> list[Sensor]:
    """The sensors behind the lake's sources (rule 1)."""
    found: dict[SensorId, Sensor] = {}
    for source in sources:
        origin = source.origin
        id = SensorId(origin.organisation, origin.network, origin.sensor)
        at = datetime.fromisoformat(source.ingested_at) if source.ingested_at else now
        old = found.get(id) or Sensor(id, input_of, at)
        last = max(filter(None, (old.last_event, moment(source.last_us))), default=None)
        received = max(filter(None, (old.last_received, at)))
        found[id] = replace(
            old,
            first_seen=min(old.first_seen, at),
            last_event=last,
            last_received=received,
            events=old.events + source.records,
            rejected=old.rejected + source.rejects,
            skew_seconds=(last - received).total_seconds() if last and last > received else None,
        )
    return list(found.values())


def judge(
    present: Sequence[Sensor], known: Mapping[SensorId, Sensor], now: datetime, silent_after: timedelta
) -> Judged:
    """Who fell silent and who is back (rule 2)."""
    sensors, notices = [], []
    for sensor in present:
        before = known.get(sensor.id)
        was = bool(before and before.rhythm.get(SILENT))
        silent = sensor.last_received is not None and now - sensor.last_received > silent_after
        kept = replace(sensor, first_seen=min(sensor.first_seen, before.first_seen)) if before else sensor
        sensors.append(replace(kept, rhythm={SILENT: 1.0} if silent else {}))
        if silent != was:
            notices.append(_notice(sensor, silent, now))
    return Judged(tuple(sensors), tuple(notices))


def _notice(sensor: Sensor, silent: bool, now: datetime) -> Notice:
    id = sensor.id
    name = id.name or say("without a name")
    about: dict[str, str | int] = {"sensor": id.name, "organisation": id.organisation, "network": id.network}
    if not silent:
        return Notice("sensor-back", say("The sensor {name} is heard again.", name=name), about)
    minutes = int((now - (sensor.last_received or now)).total_seconds() // 60)
    text = say("Nothing came from the sensor {name} for {n} minutes.", name=name, n=minutes)
    return Notice("sensor-silent", text, {**about, "minutes": minutes})


class Watch:
    """Looks at the lake now and then, keeps the sensors in the store, and puts notices into the outbox."""

    def __init__(self, lake: Path, store: Store, node: str, silent_after: timedelta) -> None:
        self._lake, self._store, self._node, self._after = lake, store, node, silent_after
        self._begun = clock.now()
        self._told = False  # that nothing comes at all

    def look(self) -> Judged:
        """One look; what it judged."""
        now = clock.now()
        with closing(Catalog(self._lake)) as catalog:
            present = heard(catalog.sources(), "", now)
        with self._store.write() as connection:
            known = {each.id: each for each in stored.sensors(connection)}
            judged = judge(present, known, now, self._after)
            notices = [*judged.notices, *self._of_the_node(present, now)]
            stored.put(connection, judged.sensors)
            for notice in notices:
                put(connection, self._node, notice, now)
        return replace(judged, notices=tuple(notices))

    def _of_the_node(self, present: Sequence[Sensor], now: datetime) -> list[Notice]:
        last = max((each.last_received for each in present if each.last_received), default=self._begun)
        nothing = now - max(last, self._begun) > self._after
        if nothing == self._told:
            return []
        self._told = nothing
        if not nothing:
            return [Notice("node-hears", say("The node hears its sensors again."))]
        return [Notice("node-hears-nothing", say("The node has heard nothing from any sensor."))]

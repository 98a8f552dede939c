"""Which sensors there are, and what was heard of each: from the lake's sources, the configuration and the tokens.

Rules:
1. A sensor is what organisation, network and name say. It may come in by several ways: push, otlp, syslog (a stream of
   the journal), or a watched path.
2. What was heard is what is in the lake: the newest event by the sensor's own clock, and when the node stored
   something of it last. By how much its clock is ahead tells the newest of its sources: a clock can be set right.
3. Who is configured or has a token that may send is a sensor before anything was heard of it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tocsin.lake.catalog import Origin, SourceRecord
from tocsin.node.found import microseconds, moment
from tocsin.node.people.tokens import Scope, Token
from tocsin.node.service.config import Config, NodeFolder, below, watch_origin
from tocsin.node.store.sensors import Sensor, SensorId, Way

SYSLOG, WATCH = "syslog", "watch"
_STREAMED = re.compile(r"(push|otlp|syslog)/.*/\d{8}", re.DOTALL)  # a segment of the journal: way, sender, number
_SCOPES = {Scope.PUSH: "push", Scope.OTLP: "otlp"}
_STREAMS = frozenset({*_SCOPES.values(), SYSLOG})


@dataclass(frozen=True, slots=True)
class Expected:
    """A sensor that may send, and by which way."""

    id: SensorId
    way: str


def sensor_id(origin: Origin) -> SensorId:
    """The sensor of an origin."""
    return SensorId(origin.organisation, origin.network, origin.sensor)


def way_of(name: str, watched: Sequence[str]) -> str:
    """The way by which a source came in; `watch` where its path is no longer configured."""
    streamed = _STREAMED.fullmatch(name)
    if streamed:
        return streamed[1]
    above = [path for path in watched if name == path or name.startswith(path.rstrip("/") + "/")]
    return max(above, key=len, default=WATCH)


def expected(folder: NodeFolder, config: Config, tokens: Iterable[Token], now: datetime) -> list[Expected]:
    """Rule 3."""
    found = [Expected(sensor_id(watch_origin(config, watch)), str(below(folder, watch.path))) for watch in config.watch]
    for syslog in config.syslog:
        found += [Expected(sensor_id(watch_origin(config, sender)), SYSLOG) for sender in syslog.senders]
    for token in tokens:
        if token.alive(microseconds(now)):
            id = SensorId(token.organisation, token.network, token.sensor)
            found += [Expected(id, way) for scope, way in _SCOPES.items() if scope in token.scopes]
    return found


def heard(sources: Iterable[SourceRecord], expected: Sequence[Expected], now: datetime) -> list[Sensor]:
    """All sensors with what was heard of them (rules 1 to 3)."""
    found: dict[SensorId, Sensor] = {}
    ways: dict[SensorId, dict[str, Way]] = {}
    watched = [each.way for each in expected if each.way not in _STREAMS]
    for each in expected:
        found.setdefault(each.id, Sensor(each.id, "", now))
        ways.setdefault(each.id, {}).setdefault(each.way, Way(each.way))
    for source in sources:
        id, name = sensor_id(source.origin), way_of(source.name, watched)
        at = datetime.fromisoformat(source.ingested_at) if source.ingested_at else now
        found[id] = _with(found.get(id) or Sensor(id, "", at), source, at)
        mine = ways.setdefault(id, {})
        mine[name] = _way(mine.get(name) or Way(name), source, at)
    return [_told(sensor, ways[id].values()) for id, sensor in found.items()]


def _with(sensor: Sensor, source: SourceRecord, at: datetime) -> Sensor:
    last = moment(source.last_us)
    newest = sensor.last_received is None or at >= sensor.last_received
    ahead = (last - at).total_seconds() if last and last > at else None
    return replace(
        sensor,
        first_seen=min(sensor.first_seen, at),
        last_event=_newest(sensor.last_event, last),
        last_received=at if newest else sensor.last_received,
        events=sensor.events + source.records,
        rejected=sensor.rejected + source.rejects,
        skew_seconds=ahead if newest else sensor.skew_seconds,
    )


def _way(way: Way, source: SourceRecord, at: datetime) -> Way:
    return Way(
        way.name,
        _newest(way.last_event, moment(source.last_us)),
        max(way.last_received or at, at),
        way.events + source.records,
    )


def _told(sensor: Sensor, ways: Iterable[Way]) -> Sensor:
    ordered = tuple(sorted(ways, key=lambda way: way.name))
    kinds = {way.name if way.name in _STREAMS else WATCH for way in ordered}
    return replace(sensor, input=", ".join(sorted(kinds)), rhythm=replace(sensor.rhythm, ways=ordered))


def _newest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)

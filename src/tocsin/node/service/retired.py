"""Sensors that are out of service, as the watch sees them: not judged, until something of them arrives.

Rules:
1. What was stored after a sensor was retired is something that arrived. What was on its way at that moment counts, too.
2. Where the clock was set back behind that moment since, times tell nothing: then it counts that more is there than at
   the look before.
3. Whoever is heard again is in service again, and told once: else nobody would see who takes an old name.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from tocsin.node.store.retirements import Retirement
from tocsin.node.store.sensors import Quiet, Rhythm, Sensor
from tocsin.node.upkeep.notify import Notice
from tocsin.words.dates import utc
from tocsin.words.messages import say

SET_BACK = timedelta(seconds=30)  # a moment so far ahead was told by another clock


def is_heard(sensor: Sensor, before: Sensor | None, gone: Retirement, now: datetime) -> bool:
    """Rules 1 and 2; `before` is the sensor as it was at the last look."""
    since = max(gone.time, gone.last_received or gone.time)
    if since - now > SET_BACK:
        return before is not None and _total(sensor) > _total(before)
    return sensor.last_received is not None and sensor.last_received > since


def rested(rhythm: Rhythm, sensor: Sensor, now: datetime) -> Rhythm:
    """What is kept of a sensor's rhythm while nobody judges it."""
    closed = tuple(gap for gap in rhythm.gaps if gap.end is not None)
    return replace(
        rhythm, quiet=Quiet.NOT, judged=now, measured=None, expected=None, low_since=None, gaps=closed,
        ways=sensor.rhythm.ways,
    )  # fmt: skip


def heard_notice(gone: Retirement) -> Notice:
    """Rule 3."""
    id = gone.sensor
    text = say(
        "The sensor {name}, retired since {since}, is heard again: is that yours? It is in service again.",
        name=id.name or say("without a name"), since=utc(gone.time),
    )  # fmt: skip
    about = {"sensor": id.name, "organisation": id.organisation, "network": id.network, "retirement": gone.id}
    return Notice("sensor-retired-heard", text, about)


def _total(sensor: Sensor) -> int:
    return sensor.events + sensor.rejected

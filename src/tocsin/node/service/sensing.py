"""What the watch over the sensors asks the running server: who may send, what waits, what was lost."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from tocsin import limits
from tocsin.node.inputs.counters import Counts
from tocsin.node.sensors.heard import Expected, expected, sensor_id
from tocsin.node.sensors.pulse_records import read
from tocsin.node.service.config import Config, NodeFolder
from tocsin.node.service.silence import Sources
from tocsin.node.store.database import Store
from tocsin.node.store.people import tokens
from tocsin.node.store.sensors import SensorId


def sources(
    folder: NodeFolder,
    config: Callable[[], Config],
    store: Store,
    counts: Callable[[], Sequence[Counts]],
    unread: Callable[[], Mapping[str, int]],
    since_pause: Callable[[], float],
) -> Sources:
    """For a `Watch`. `unread` are the journal's bytes by stream that wait for the lake; the rest as in `Sources`."""

    def may_send(now: datetime) -> list[Expected]:
        with store.read() as connection:
            known = tokens(connection)
        return expected(folder, config(), known, now)

    return Sources(
        may_send,
        lambda now: read(folder.cache, now),
        lambda: behind(counts(), unread()),
        lambda: dropped(counts()),
        since_pause,
    )


def behind(counts: Sequence[Counts], unread: Mapping[str, int]) -> frozenset[SensorId]:
    """Sensors of which more waits than the lake's word may be believed for."""
    waiting: Counter[SensorId] = Counter()
    for stream, origin in {each.sender: each.origin for each in counts}.items():
        if origin is not None:
            waiting[sensor_id(origin)] += unread.get(stream, 0)
    return frozenset(id for id, size in waiting.items() if size > limits.SENSOR_BEHIND_BYTES)


def dropped(counts: Sequence[Counts]) -> dict[SensorId, int]:
    """What was lost at the inputs since the start, by sensor."""
    lost: Counter[SensorId] = Counter()
    for each in counts:
        if each.origin is not None:
            lost[sensor_id(each.origin)] += each.dropped
    return dict(lost)

"""One JSON record inside a line of another format, such as syslog: the row that its own file would give.

Rules:
1. The record must be of a shape that is known and likely; other JSON stays a message.
2. Objects are flattened to dotted names and named as in `json_reader`; the time is the first that the shape names.
3. `@cee:` before the record (Lumberjack) is passed over.
"""

from typing import NamedTuple

import msgspec

from tocsin.telemetry.json_fields import flat
from tocsin.telemetry.json_shapes import JsonShape, shape_of
from tocsin.telemetry.json_wrappings import unwrapped
from tocsin.telemetry.line_reader import Row, foreign_name
from tocsin.telemetry.reader import LIKELY
from tocsin.telemetry.times import EventClock

_COOKIE = "@cee:"
_DECODER = msgspec.json.Decoder()


class Inside(NamedTuple):
    """Where a record belongs, its fields, and its own time where it has one."""

    table: str
    row: Row
    time: int | None


def json_inside(message: str, name: str, clock: EventClock) -> Inside | None:
    """The record that a message consists of, None when it is none of a known kind. `name` may name a Zeek log."""
    text = message.removeprefix(_COOKIE).strip()
    if not text.startswith("{"):
        return None
    try:
        record = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    record = unwrapped(record)
    shape, score = shape_of([record])
    if score < LIKELY:
        return None
    if shape.complete is not None:
        record = shape.complete(record)
    rename = shape.rename or str
    row = {foreign_name(rename(key)): value for key, value in flat(record)}
    return Inside(shape.table(record, name), row, _time(shape, row, clock))


def _time(shape: JsonShape, row: Row, clock: EventClock) -> int | None:
    texts = {name.lower(): str(value) for name, value in row.items()}
    for name in shape.time_fields:
        time = clock.read(texts.get(name.rstrip("_").lower(), ""))
        if time is not None:
            return time
    return None

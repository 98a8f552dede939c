"""The fields of one JSON object: nested names joined by dots, lists as they are."""

from collections.abc import Iterator, Mapping

import msgspec

from tocsin import limits
from tocsin.telemetry.json_wrappings import Record
from tocsin.telemetry.line_reader import Row, foreign_name

_DECODER = msgspec.json.Decoder()


def flat(record: Record, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    """Names and values that are there; an object below limits.JSON_DEPTH stays one value."""
    for key, value in record.items():
        if isinstance(value, Mapping) and value and depth < limits.JSON_DEPTH:
            yield from flat(value, f"{prefix}{key}.", depth + 1)
        elif value is not None:
            yield prefix + key, value


def json_fields(text: str) -> Row | None:
    """The fields of a text that is one JSON object, None where it is none."""
    try:
        record = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return {foreign_name(name): value for name, value in flat(record)} if isinstance(record, dict) else None

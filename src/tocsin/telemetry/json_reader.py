"""JSON telemetry: one record a line, an array, a wrapper object such as `{"Records": […]}`, or documents in a row.

`evtx_dump -o json` writes a line `Record 7` before each of its documents; such lines are passed over.

Lines are decoded a block at a time; only when a block fails are its lines tried one by one, so one bad line costs
its own rejection and nothing else. RFC 8259; duplicate keys: the last value counts.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from tocsin import limits
from tocsin.model import Chunk, Reject
from tocsin.telemetry.encodings import decoded_bytes, line_blocks
from tocsin.telemetry.json_shapes import SHAPES, JsonShape, Record, shape_of
from tocsin.telemetry.json_wrappings import unwrapped_all
from tocsin.telemetry.line_reader import TIME_KEY, foreign_name
from tocsin.telemetry.reader import CHUNK_ROWS, NO, Content, Head, LineBlock, ReadContext

WRAPPERS = ("Records", "records", "value", "Events", "events", "items", "entries", "logs", "hits", "data")
"""Keys under which exports put their list of records."""

_OPENINGS = tuple(f'{{"{key}":[' for key in WRAPPERS)
_DECODER = msgspec.json.Decoder()
_SNIFFED_RECORDS = 20
_RECORD_LINE = re.compile(r"Record \d{1,20}\r?\n(?=[ \t]*\{)", re.ASCII)
_BAD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class JsonReader:
    """Reads one shape; `generic-json` reads whatever no other shape claims."""

    lines = True

    def __init__(self, shape: JsonShape) -> None:
        self.name = shape.name
        self.title = shape.title
        self._shape = shape

    def sniff(self, head: Head) -> int:
        """The shape's own score over the first records, 0 when another shape fits better or it is no JSON."""
        shape, score = _sniffed(head.text)
        return score if shape is self._shape else NO

    def read(self, content: Content, context: ReadContext) -> Iterator[Chunk | Reject]:
        """All records in order; positions are line numbers, or ordinals where records are not lines."""
        if _is_lines(content, context):
            yield from self._read_lines(content, context)
        else:
            yield from self._read_documents(content, context)

    def follow(self, begin: Content, context: ReadContext) -> "_JsonLines | None":
        """Lines can be followed, documents cannot."""
        return _JsonLines(self, begin.name) if _is_lines(begin, context) else None

    def _read_lines(self, content: Content, context: ReadContext) -> Iterator[Chunk | Reject]:
        follower = _JsonLines(self, content.name)
        for block in line_blocks(content, context.encoding):
            if isinstance(block, Reject):
                yield block
            else:
                yield from follower.feed(block)

    def _read_documents(self, content: Content, context: ReadContext) -> Iterator[Chunk | Reject]:
        if content.size > limits.DOCUMENT_BYTES:
            reason = f"one JSON document of {content.size} bytes is more than is held in memory; convert it to NDJSON"
            yield Reject(1, 0, reason)
            return
        positions: list[int] = []
        records: list[Record] = []
        size = content.size
        for position, record in enumerate(_documents(decoded_bytes(content, context.encoding)), 1):
            if isinstance(record, Mapping):
                positions.append(position)
                records.append(record)
            else:
                reason, offset, sample = (
                    record if isinstance(record, tuple) else ("not a JSON object", None, str(record))
                )
                yield Reject(position, offset, reason, sample[: limits.REJECT_SAMPLE_CHARACTERS])
            if len(records) >= CHUNK_ROWS:
                yield from self.chunks(positions, records, content.name, min(size, limits.BATCH_BYTES))
                positions, records, size = [], [], 0
        yield from self.chunks(positions, records, content.name, size)

    def chunks(self, positions: Sequence[int], records: Sequence[Record], name: str, size: int) -> Iterator[Chunk]:
        """The records of a source of that name as rows of their tables."""
        shape = self._shape
        if not records:
            return
        records = unwrapped_all(records)
        if shape.complete is not None:
            records = [shape.complete(record) for record in records]
        if any(TIME_KEY in record for record in records):
            records = [{foreign_name(key): value for key, value in record.items()} for record in records]
        if not shape.mixed:
            yield Chunk(shape.table(records[0], name), positions, records, shape.time_fields, shape.rename, size)
            return
        tables: dict[str, tuple[list[int], list[Record]]] = {}
        for position, record in zip(positions, records, strict=True):
            numbers, members = tables.setdefault(shape.table(record, name), ([], []))
            numbers.append(position)
            members.append(record)
        for table, (numbers, members) in tables.items():
            share = size * len(members) // len(records)
            yield Chunk(table, numbers, members, shape.time_fields, shape.rename, share)


@dataclass(frozen=True, slots=True)
class _JsonLines:
    """A line is a record and stands alone: nothing is held back."""

    reader: JsonReader
    name: str
    held_from: None = None

    def feed(self, block: LineBlock) -> Iterator[Chunk | Reject]:
        positions, records, rejects = _decode_block(block)
        yield from rejects
        yield from self.reader.chunks(positions, records, self.name, len(block.data))

    def rest(self) -> Iterator[Chunk | Reject]:
        yield from ()


@lru_cache(1)
def _sniffed(text: str) -> tuple[JsonShape | None, int]:
    """The shape of a head; every shape's reader asks for the same head in turn."""
    records = first_records(text)
    return shape_of(records) if records else (None, NO)


def _decode_block(block: LineBlock) -> tuple[Sequence[int], Sequence[Record], list[Reject]]:
    """All lines at once; line by line when that fails or when a line is empty or no object."""
    try:
        records = _DECODER.decode_lines(block.data)
    except _BAD:
        return _decode_lines(block)
    lines = block.ends + (not block.data.endswith(b"\n"))
    if len(records) != lines or set(map(type, records)) != {dict}:
        return _decode_lines(block)
    return range(block.first_line, block.first_line + lines), records, []


def _decode_lines(block: LineBlock) -> tuple[Sequence[int], Sequence[Record], list[Reject]]:
    positions: list[int] = []
    records: list[Record] = []
    rejects: list[Reject] = []
    offset = block.offset
    for number, line in enumerate(block.data.split(b"\n"), block.first_line):
        text = line.strip(b" \t\r\xef\xbb\xbf")
        if text:
            record, reason = _decode_line(text)
            if record is not None:
                positions.append(number)
                records.append(record)
            else:
                sample = text[: limits.REJECT_SAMPLE_CHARACTERS].decode("utf-8", "replace")
                rejects.append(Reject(number, offset, reason, sample))
        offset += len(line) + 1
    return positions, records, rejects


def _decode_line(text: bytes) -> tuple[Record | None, str]:
    try:
        record = _DECODER.decode(text)
    except UnicodeDecodeError:
        return _decode_line(text.decode("utf-8", "replace").encode())
    except RecursionError:
        return None, "nested too deeply"
    except msgspec.DecodeError as error:
        repaired = text.decode("utf-8", "replace").encode()
        if repaired != text:  # invalid UTF-8 inside a string: keep the record with replacement characters
            return _decode_line(repaired)
        return None, f"not JSON: {error}"
    return (record, "") if isinstance(record, dict) else (None, "not a JSON object")


def _is_lines(content: Content, context: ReadContext) -> bool:
    """One object a line, unless that object is a wrapper or the text starts with an array or goes over lines."""
    with content.open() as stream:
        head = stream.read(limits.SNIFF_BYTES)
    text = head.decode(context.encoding, "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("[") or _RECORD_LINE.match(text):
        return False
    first, ended, _rest = text.partition("\n")
    if not ended and content.size > len(head):
        return not first.startswith(_OPENINGS)
    record, _reason = _decode_line(first.strip().encode("utf-8", "replace"))
    if record is not None:
        return _wrapped(record) is None
    return not _goes_over_lines(text)


def _goes_over_lines(text: str) -> bool:
    """The first line is well-formed as far as it goes, and opens a wrapper or the next begins no record of its own."""
    first, _ended, rest = text.partition("\n")
    line = first.rstrip()
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        opens = line.replace(" ", "") in _OPENINGS
        return line.startswith("{") and error.pos >= len(line) and (opens or not rest.lstrip().startswith("{"))
    except RecursionError:
        return False
    return False


def _wrapped(record: Record) -> Sequence[object] | None:
    for key in WRAPPERS:
        inner = record.get(key)
        if isinstance(inner, Mapping) and key == "hits":  # Elasticsearch: {"hits": {"hits": […]}}
            inner = inner.get("hits")
        if isinstance(inner, list) and inner and all(isinstance(item, Mapping) for item in inner):
            return inner
    return None


def _documents(data: bytes) -> Iterator[object]:
    """Records of an array, a wrapper, or documents in a row; a (reason, offset, sample) where decoding failed."""
    try:
        whole = _DECODER.decode(data)
    except _BAD:
        yield from _documents_in_a_row(data.decode("utf-8", "replace"))
        return
    records = whole if isinstance(whole, list) else _wrapped(whole) if isinstance(whole, Mapping) else None
    yield from records if records is not None else [whole]


def _documents_in_a_row(text: str) -> Iterator[object]:
    decoder = json.JSONDecoder()
    position = _next_value(text, 0, "\ufeff \t\r\n,[")
    while position < len(text):
        try:
            record, position = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError) as error:
            sample = text[position : position + limits.REJECT_SAMPLE_CHARACTERS]
            yield f"not JSON: {error}", position, sample
            position = text.find("\n{", position + 1) + 1 or len(text)
            continue
        yield from (_wrapped(record) if isinstance(record, Mapping) else None) or [record]
        position = _next_value(text, position, " \t\r\n,]\x1e")


def _next_value(text: str, position: int, skipped: str) -> int:
    while position < len(text) and text[position] in skipped:
        position += 1
    record_line = _RECORD_LINE.match(text, position)
    return record_line.end() if record_line else position


def first_records(text: str) -> list[Record]:
    """The first records of a head, however they are laid out; empty when it is no JSON."""
    start = text.lstrip("\ufeff \t\r\n")
    start = start[_next_value(start, 0, "") :]
    if not start.startswith(("{", "[")):
        return []
    records: list[Record] = []
    decoder = json.JSONDecoder()
    opening = start[1:].lstrip(" \t\r\n")
    for key in WRAPPERS:
        if start.startswith("{") and opening.startswith(f'"{key}"'):
            inner = opening[len(key) + 2 :].lstrip(" \t\r\n:")
            start = inner if inner.startswith("[") else start
    position = _next_value(start, 0, "[ \t\r\n")
    while position < len(start) and len(records) < _SNIFFED_RECORDS:
        try:
            record, position = decoder.raw_decode(start, position)
        except (json.JSONDecodeError, RecursionError):
            return records or _cut_record(start)
        if isinstance(record, dict):
            records.extend(_dicts(_wrapped(record) or [record]))
        position = _next_value(start, position, ", \t\r\n]")
    return records


def _dicts(items: Sequence[object]) -> list[Record]:
    return [item for item in items if isinstance(item, dict)]


def _cut_record(text: str) -> list[Record]:
    """What can be told of a single record longer than the head: its top-level keys up to the cut."""
    keys: dict[str, object] = {}
    decoder = json.JSONDecoder()
    position = _next_value(text, 1, " \t\r\n")
    while position < len(text) and text[position] == '"':
        try:
            key, position = decoder.raw_decode(text, position)
            position = _next_value(text, position, " \t\r\n:")
            keys[str(key)] = {} if text[position : position + 1] == "{" else ""
            keys[str(key)], position = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError):
            break
        position = _next_value(text, position, ", \t\r\n")
    return [keys] if keys else []


READERS = tuple(JsonReader(shape) for shape in SHAPES)

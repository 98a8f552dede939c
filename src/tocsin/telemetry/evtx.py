"""Windows event logs in their binary form (`.evtx`), read by the Rust library `evtx`.

Rules:
1. Positions are ordinals of records in the file, bad ones included.
2. A record that cannot be decoded is a reject; the records after it are still read. Where the library gives up on
   the whole file (a panic, too many errors in a row), a last reject says so. A file cut inside a chunk gives the
   chunk's records up to the cut and a reject.
3. Rows keep the event's tree (`System`, `EventData`, `UserData`); `windows_names.rename` gives the flat names.

Format: [MS-EVEN6] and the EVTX file format (magic `ElfFile`, chunks `ElfChnk` of 64 KiB).
"""

import io
from collections.abc import Iterator
from typing import BinaryIO

import msgspec
from evtx import PyEvtxParser

from tocsin import limits
from tocsin.model import Chunk, Reject
from tocsin.telemetry.encodings import EVENT_LOG_MAGIC
from tocsin.telemetry.reader import CERTAIN, CHUNK_BYTES, CHUNK_ROWS, NO, Content, Head, ReadContext
from tocsin.telemetry.windows_names import rename

TABLE = "windows"
TIME_FIELDS = ("SystemTime", "UtcTime")

_FILE_MAGIC, _CHUNK_MAGIC = EVENT_LOG_MAGIC, b"ElfChnk\x00"
_FILE_HEADER_BYTES, _CHUNK_BYTES = 4_096, 65_536
_RECORD_NUMBERS_AT = (8, 16)  # first and last record number in a chunk's header, 8 bytes each
_ERRORS_IN_A_ROW = 10_000  # after so many without a good record between, the rest of the file is given up
_PANIC = "PanicException"  # a Rust panic arrives as a BaseException of this name
_DECODER = msgspec.json.Decoder()


class EvtxReader:
    """`windows-evtx`: binary event logs."""

    name = "windows-evtx"
    title = "Windows event log (EVTX)"
    lines = False

    def sniff(self, head: Head) -> int:
        """Certain by the file magic."""
        return CERTAIN if head.data.startswith(_FILE_MAGIC) else NO

    def read(self, content: Content, context: ReadContext) -> Iterator[Chunk | Reject]:
        """All records in the order of the file."""
        positions: list[int] = []
        rows: list[dict[str, object]] = []
        size = 0
        for position, found in enumerate(_records(content), 1):
            if isinstance(found, str):
                yield Reject(position, None, found)
                continue
            data = found["data"]
            row = _decoded(data)
            if row is None:
                yield Reject(position, None, "record is not an event", str(data)[: limits.REJECT_SAMPLE_CHARACTERS])
                continue
            positions.append(position)
            rows.append(row)
            size += len(data)
            if len(rows) >= CHUNK_ROWS or size >= CHUNK_BYTES:
                yield Chunk(TABLE, positions, rows, TIME_FIELDS, rename, size)
                positions, rows, size = [], [], 0
        if rows:
            yield Chunk(TABLE, positions, rows, TIME_FIELDS, rename, size)


def _records(content: Content) -> Iterator[dict[str, str] | str]:
    """All records, and a reason for each that cannot be read; last the records of a chunk that the file's end cuts."""
    yield from _parsed(str(content.path) if content.path is not None else content.open())
    cut = (content.size - _FILE_HEADER_BYTES) % _CHUNK_BYTES
    if content.size > _FILE_HEADER_BYTES and cut:
        yield from _cut_chunk(content, cut)


def _cut_chunk(content: Content, cut: int) -> Iterator[dict[str, str] | str]:
    """The library passes over a chunk that is not whole: it is filled up with zeros and read on its own."""
    with content.open() as stream:
        header = stream.read(_FILE_HEADER_BYTES)
        stream.seek(content.size - cut)
        chunk = stream.read(cut)
    read = 0
    if chunk.startswith(_CHUNK_MAGIC):
        for record in _parsed(io.BytesIO(header + chunk.ljust(_CHUNK_BYTES, b"\x00"))):
            read += not isinstance(record, str)
            yield record
    yield f"file is cut off inside its last chunk: {read} of {_records_claimed(chunk)} records could be read"


def _records_claimed(chunk: bytes) -> int | str:
    """How many records a chunk's header says it holds."""
    first, last = (int.from_bytes(chunk[at : at + 8], "little") for at in _RECORD_NUMBERS_AT)
    count = last - first + 1
    return count if 0 <= count <= _CHUNK_BYTES and len(chunk) >= max(_RECORD_NUMBERS_AT) + 8 else "an unknown number of"


def _parsed(source: str | BinaryIO) -> Iterator[dict[str, str] | str]:
    """The library's records, and a reason for each that it cannot read."""
    try:
        records = iter(PyEvtxParser(source, number_of_threads=1).records_json())
    except Exception as error:
        yield f"file cannot be opened as EVTX: {error}"
        return
    errors = 0
    while errors < _ERRORS_IN_A_ROW:
        try:
            record = next(records)
        except StopIteration:
            return
        except BaseException as error:
            if not isinstance(error, Exception) and type(error).__name__ != _PANIC:
                raise
            errors = errors + 1 if isinstance(error, Exception) else _ERRORS_IN_A_ROW
            yield str(error)[: limits.REJECT_SAMPLE_CHARACTERS]
        else:
            errors = 0
            if record is not None:
                yield record
    yield "the rest of the file is unreadable"


def _decoded(data: str) -> dict[str, object] | None:
    try:
        record = _DECODER.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    event = record.get("Event") if isinstance(record, dict) else None
    if not isinstance(event, dict) or not isinstance(event.get("System"), dict):
        return None
    return _pruned(event)


def _pruned(event: dict[str, object]) -> dict[str, object]:
    """The event without namespaces and empty containers, which would become columns without a value."""
    event.pop("#attributes", None)
    for name in ("EventData", "UserData"):
        if event.get(name, 0) is None:
            del event[name]
    system = event["System"]
    if isinstance(system, dict):
        for name in ("Correlation", "Security"):
            if system.get(name, 0) is None:
                del system[name]
    user = event.get("UserData")
    if isinstance(user, dict):
        for inner in user.values():
            if isinstance(inner, dict) and isinstance(inner.get("#attributes"), dict):
                inner["#attributes"].pop("xmlns", None)
                if not inner["#attributes"]:
                    del inner["#attributes"]
    return event


READERS = (EvtxReader(),)

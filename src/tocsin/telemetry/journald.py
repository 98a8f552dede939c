"""The systemd journal export format (`journalctl -o export`); the JSON export is read by the JSON reader.

Rules (systemd.io, "Journal Export Formats"):
1. Entries are separated by blank lines. A field is `NAME=text` up to the line end, or for binary values `NAME`, line
   end, 64-bit little-endian size, the bytes, line end.
2. A field that comes twice holds a list. Text is UTF-8; bytes that are not become U+FFFD.
3. Time is `__REALTIME_TIMESTAMP`, microseconds since 1970 UTC.
4. After damage the rest of the entry is passed over up to the next blank line, as one reject.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from tocsin import limits
from tocsin.model import Chunk, Reject
from tocsin.telemetry.key_values import put
from tocsin.telemetry.line_reader import TIME_KEY, Row
from tocsin.telemetry.reader import CERTAIN, CHUNK_BYTES, CHUNK_ROWS, NO, Content, Head, ReadContext
from tocsin.telemetry.times import parse_time

TABLE = "linux_journald"
SIZE_BYTES = 8
_NAME = re.compile(rb"[A-Z_][A-Z0-9_]{0,255}")
_MARK = re.compile(r"^(?:__CURSOR=s=|__REALTIME_TIMESTAMP=\d{9,20}$)", re.MULTILINE | re.ASCII)
_TIME = "__REALTIME_TIMESTAMP"


class JournalExport:
    """Reads the export format; positions are ordinals of entries."""

    name = "journald-export"
    title = "systemd journal export"
    lines = False

    def sniff(self, head: Head) -> int:
        """Certain when an entry begins with the journal's own address fields."""
        start = head.data.lstrip(b"\n")[:2]
        return CERTAIN if start == b"__" and _MARK.search(head.text) else NO

    def read(self, content: Content, context: ReadContext) -> Iterator[Chunk | Reject]:
        """All entries in order. The format is UTF-8 by definition; `context.encoding` is not asked."""
        positions: list[int] = []
        rows: list[Row] = []
        size = 0
        with content.open() as stream:
            for position, entry in enumerate(_Entries(stream), 1):
                if isinstance(entry, _Damage):
                    yield Reject(position, entry.offset, entry.reason, entry.sample)
                    continue
                positions.append(position)
                rows.append(entry.row)
                size += entry.size
                if len(rows) >= CHUNK_ROWS or size >= CHUNK_BYTES:
                    yield Chunk(TABLE, positions, rows, size=size)
                    positions, rows, size = [], [], 0
        if rows:
            yield Chunk(TABLE, positions, rows, size=size)


class _Damage(Exception):
    """An entry that cannot be read."""

    def __init__(self, offset: int, reason: str, sample: bytes = b"") -> None:
        super().__init__(reason)
        self.offset = offset
        self.reason = reason
        self.sample = sample[: limits.REJECT_SAMPLE_CHARACTERS].decode("utf-8", "replace")


class _Entry:
    def __init__(self) -> None:
        self.row: Row = {}
        self.size = 0


class _Entries:
    """Entries and damage in order."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._offset = 0

    def __iter__(self) -> Iterator["_Entry | _Damage"]:
        while True:
            try:
                entry = self._entry()
            except _Damage as damage:
                yield damage
                self._pass_over()
                continue
            if entry is None:
                return
            yield entry

    def _entry(self) -> _Entry | None:
        """The next entry, None at the end."""
        entry = _Entry()
        start = self._offset
        while line := self._line():
            if line == b"\n":
                if entry.row:
                    break
                continue
            if len(entry.row) >= limits.RECORD_FIELDS:
                raise _Damage(start, f"entry with more than {limits.RECORD_FIELDS} fields")
            name, value = self._field(line)
            put(entry.row, name, value)
        entry.size = self._offset - start
        time = parse_time(str(entry.row.get(_TIME, "")))
        if time is not None:
            entry.row[TIME_KEY] = time
        return entry if entry.row else None

    def _field(self, line: bytes) -> tuple[str, str]:
        start = self._offset - len(line)
        name, equals, value = line.rstrip(b"\n").partition(b"=")
        if not _NAME.fullmatch(name):
            raise _Damage(start, "not a journal field", line)
        if not equals:
            value = self._binary(start)
        return name.decode("ascii"), value.decode("utf-8", "replace")

    def _binary(self, start: int) -> bytes:
        size = int.from_bytes(self._take(SIZE_BYTES, start), "little")
        if size > limits.LINE_BYTES:
            raise _Damage(start, f"field of {size} bytes, more than {limits.LINE_BYTES}")
        value = self._take(size, start)
        if self._take(1, start) != b"\n":
            raise _Damage(start, "binary field without its line end")
        return value

    def _take(self, size: int, start: int) -> bytes:
        data = self._stream.read(size)
        self._offset += len(data)
        if len(data) < size:
            raise _Damage(start, "cut inside a binary field")
        return data

    def _line(self) -> bytes:
        line = self._stream.readline(limits.LINE_BYTES)
        self._offset += len(line)
        if len(line) >= limits.LINE_BYTES:
            raise _Damage(self._offset - len(line), f"line longer than {limits.LINE_BYTES} bytes", line)
        return line

    def _pass_over(self) -> None:
        """Skip to behind the next blank line."""
        whole = True
        while line := self._stream.readline(limits.LINE_BYTES):
            self._offset += len(line)
            if whole and line == b"\n":
                return
            whole = line.endswith(b"\n")


READERS = (JournalExport(),)

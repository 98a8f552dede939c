"""Network flows as CSV: `nfdump -o csv` and Argus (`ra -c ,`, the `.binetflow` files of research sets).

Rules:
1. The header names the columns; commas, tabs, semicolons and bars separate them. Names are the tool's own.
2. Padding around values is dropped; an empty value is a missing one.
3. nfdump's summary at the end and headers repeated by concatenation carry no flow. Other lines with another number
   of columns are rejects. Times without zone take the source's zone.

Formats: nfdump(1) output format csv, ra(1) option -c.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tocsin import limits
from tocsin.model import Chunk, Reject
from tocsin.telemetry.encodings import line_blocks
from tocsin.telemetry.reader import CERTAIN, NO, Content, Head, LineBlock, ReadContext

_BLOCK_BYTES = 512 * limits.KIB
_SEPARATORS = ",\t;|"
_SUMMARY = "Summary"
_HEADER_LINES = 10  # looked at to find the header …
_HEADER_CHARACTERS = 4_096  # … which is no longer than this


@dataclass(frozen=True, slots=True)
class Dialect:
    """One tool's CSV: which columns give it away, where its rows go, which columns hold the time."""

    name: str
    title: str
    table: str
    marks: tuple[frozenset[str], ...]  # any of these sets of lower-case column names
    time_fields: tuple[str, ...]

    def is_header(self, columns: Sequence[str]) -> bool:
        """Whether these are the names of this dialect's columns."""
        names = frozenset(column.lower() for column in columns)
        return any(marks <= names for marks in self.marks)


NFDUMP = Dialect(
    "nfdump-csv",
    "NetFlow/IPFIX as nfdump CSV",
    "flow_netflow",
    (frozenset({"ts", "sa", "da", "sp", "dp"}), frozenset({"firstseen", "srcaddr", "dstaddr"})),
    ("ts", "firstSeen", "te"),
)
ARGUS = Dialect(
    "argus-csv",
    "Argus flows as CSV (binetflow)",
    "flow_argus",
    (frozenset({"starttime", "proto", "srcaddr", "dstaddr"}), frozenset({"stime", "proto", "saddr", "daddr"})),
    ("StartTime", "stime", "LastTime"),
)


def split_row(line: str, separator: str) -> list[str]:
    """The values of one line, without padding."""
    if '"' not in line:
        return [value.strip() for value in line.split(separator)]
    try:
        return [value.strip() for value in next(csv.reader([line], delimiter=separator))]
    except (csv.Error, StopIteration):
        return []


def find_header(text: str, dialect: Dialect) -> tuple[list[str], str] | None:
    """The column names and the separator, from one of the first lines."""
    for line in text.split("\n", _HEADER_LINES)[:_HEADER_LINES]:
        if len(line) > _HEADER_CHARACTERS:
            continue
        for separator in _SEPARATORS:
            columns = split_row(line, separator) if separator in line else []
            if dialect.is_header(columns):
                return columns, separator
    return None


@dataclass(slots=True)
class _Rows:
    """The state of reading one source."""

    dialect: Dialect
    header: list[str]
    separator: str
    started: bool = False  # the first header has been passed
    in_summary: bool = False
    positions: list[int] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def add(self, number: int, offset: int, line: str) -> None:
        """Take one line."""
        if not line.strip() or self._structural(line):
            return
        values = split_row(line, self.separator)
        if len(values) != len(self.header):
            reason = f"{len(values)} columns where the header names {len(self.header)}"
            self.rejects.append(Reject(number, offset, reason, line[: limits.REJECT_SAMPLE_CHARACTERS]))
            return
        self.positions.append(number)
        self.rows.append({name: value or None for name, value in zip(self.header, values, strict=True)})

    def _structural(self, line: str) -> bool:
        """Headers, the summary, and what stands before the first header."""
        if line[:1].isalpha():
            columns = split_row(line, self.separator)
            if self.dialect.is_header(columns):
                self.header, self.started, self.in_summary = columns, True, False
                return True
            if line.startswith(_SUMMARY):
                self.in_summary = True
        return self.in_summary or not self.started

    def take(self, size: int) -> Iterator[Chunk | Reject]:
        """Hand on what was collected."""
        yield from self.rejects
        if self.rows:
            yield Chunk(self.dialect.table, self.positions, self.rows, self.dialect.time_fields, None, size)
        self.positions, self.rows, self.rejects = [], [], []


class FlowCsvReader:
    """Reads one dialect."""

    lines = True

    def __init__(self, dialect: Dialect) -> None:
        self.name = dialect.name
        self.title = dialect.title
        self._dialect = dialect

    def sniff(self, head: Head) -> int:
        """Certain when one of the first lines is the dialect's header."""
        return CERTAIN if find_header(head.text, self._dialect) else NO

    def read(self, content: Content, context: ReadContext) -> Iterator[Chunk | Reject]:
        """All flows in order."""
        follower = self.follow(content, context)
        for block in line_blocks(content, context.encoding, _BLOCK_BYTES):
            if isinstance(block, Reject):
                yield block
            else:
                yield from follower.feed(block)

    def follow(self, begin: Content, context: ReadContext) -> "_FlowLines":
        """From the header on."""
        return _FlowLines(self._dialect)


@dataclass(slots=True)
class _FlowLines:
    """Lines under the header that came last; without one in the first lines nothing can be read."""

    dialect: Dialect
    held_from: None = None
    _rows: _Rows | None = None
    _given_up: bool = False

    def feed(self, block: LineBlock) -> Iterator[Chunk | Reject]:
        if self._given_up:
            return
        text = block.data.decode("utf-8", "replace")
        if self._rows is None:
            found = find_header(text, self.dialect)
            if found is None:
                self._given_up = True
                yield Reject(block.first_line, block.offset, f"no header of {self.dialect.title}", text[:100])
                return
            self._rows = _Rows(self.dialect, *found)
        offset = block.offset
        for number, line in enumerate(text.split("\n"), block.first_line):
            self._rows.add(number, offset, line)
            offset += len(line) + 1 if line.isascii() else len(line.encode()) + 1
        yield from self._rows.take(len(block.data))

    def rest(self) -> Iterator[Chunk | Reject]:
        yield from ()


READERS = (FlowCsvReader(NFDUMP), FlowCsvReader(ARGUS))

"""Zeek logs in their own tab-separated form: every log type, by the header and not by a list.

Rules:
1. `#fields` and `#types` decide; a new header inside the file (rotated logs in a row) takes over from there.
2. The table is `zeek_<path>`, the names are Zeek's own. Unset fields are None, empty strings "", sets lists;
   `T` and `F` become `true` and `false`, so that rows equal those of Zeek's JSON form. `\\x` escapes are decoded.
3. A line with another number of columns than its header is a reject.
4. Stratosphere's labelled logs put three spaces between the last columns: header and rows are split there too.

Format: Zeek documentation, "Zeek Log Formats and Inspection" (ASCII writer).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from tocsin import limits
from tocsin.model import Chunk, Reject
from tocsin.telemetry.encodings import line_blocks
from tocsin.telemetry.json_shapes import log_path, table_word
from tocsin.telemetry.reader import CERTAIN, LIKELY, NO, Content, Head, LineBlock, ReadContext

TIME_FIELDS = ("ts",)

_BLOCK_BYTES = 512 * limits.KIB  # about 4,000 connections
_SEPARATORS = {r"\t": "\t"}  # written so by tools that rewrite Zeek logs
_ESCAPE = re.compile(r"\\\\|(?:\\x[0-9a-fA-F]{2})+")
_FIELDS_AND_TYPES = re.compile(r"^#fields\s.*\n#types\s", re.MULTILINE)
_LABEL_GAP = "   "
_LIST_TYPE = re.compile(r"^(?:set|vector|table)\[(\w+)\]$")
_WHOLE_NUMBERS = frozenset({"count", "int", "port"})
_NUMBERS = frozenset({"double", "interval", "time"})
_TRUTH = {"T": "true", "F": "false"}

Value = object
Convert = Callable[[Sequence[str | None]], Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Header:
    """What the `#` lines have said so far."""

    separator: str = "\t"
    set_separator: str = ","
    empty: str = "(empty)"
    unset: str = "-"
    path: str = ""
    fields: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    gap: bool = False  # the last columns are split by three spaces

    def told(self, line: str) -> "Header":
        """The header after one more `#` line."""
        line = line.lstrip()
        name, _, rest = line.partition(" " if line.startswith("#separator") else self.separator)
        match name:
            case "#separator":
                return Header(separator=_SEPARATORS.get(rest.strip()) or _unescaped(rest.strip()) or "\t")
            case "#set_separator":
                return replace(self, set_separator=_unescaped(rest) or ",")
            case "#empty_field":
                return replace(self, empty=_unescaped(rest))
            case "#unset_field":
                return replace(self, unset=_unescaped(rest))
            case "#path":
                return replace(self, path=rest)
            case "#fields":
                names = self._columns(rest, _LABEL_GAP in rest)
                return replace(self, fields=names, types=(), gap=_LABEL_GAP in rest)
            case "#types":
                return replace(self, types=self._columns(rest, self.gap))
        return self

    def _columns(self, rest: str, gap: bool) -> tuple[str, ...]:
        columns = rest.split(self.separator)
        if gap:
            columns[-1:] = columns[-1].split(_LABEL_GAP)
        return tuple(columns)


@dataclass(slots=True)
class _Lines:
    """Data lines under one header, ready to become a chunk."""

    header: Header
    positions: Sequence[int] = ()
    rows: list[list[str]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    size: int = 0
    escaped: bool = False

    def add(self, lines: Sequence[str], first: int, offset: int) -> None:
        """Split lines into columns. Usually all have the header's width; else they are looked at one by one."""
        split = self._columns(lines)
        width = len(self.header.fields)
        if width and set(map(len, split)) == {width}:
            self.positions, self.rows = range(first, first + len(split)), split
            self.size = sum(map(len, lines)) + len(lines)
            return
        kept: list[int] = []
        for number, (line, columns) in enumerate(zip(lines, split, strict=True), first):
            if len(columns) == width + 1 and not columns[-1].strip():
                columns.pop()  # a separator at the end of the line
            if len(columns) == width and width:
                kept.append(number)
                self.rows.append(columns)
                self.size += len(line) + 1
            elif line.strip():
                self.rejects.append(_misfit(number, offset, line, len(columns), width))
            offset += len(line.encode()) + 1
        self.positions = kept

    def _columns(self, lines: Sequence[str]) -> list[list[str]]:
        separator = self.header.separator
        if not self.header.gap:
            return [line.split(separator) for line in lines]
        return [[*head, *last.split(_LABEL_GAP)] for *head, last in (line.split(separator) for line in lines)]

    def chunk(self, table: str) -> Chunk:
        """The rows with their values converted, column by column."""
        header = self.header
        types = header.types if len(header.types) == len(header.fields) else ("string",) * len(header.fields)
        columns = [
            _converted(column, kind, header, self.escaped)
            for column, kind in zip(zip(*self.rows, strict=True), types, strict=True)
        ]
        rows = [dict(zip(header.fields, values, strict=True)) for values in zip(*columns, strict=True)]
        return Chunk(table, self.positions, rows, TIME_FIELDS, None, self.size)


def _misfit(number: int, offset: int, line: str, found: int, expected: int) -> Reject:
    reason = f"{found} columns where the header names {expected}" if expected else "no #fields header before this line"
    return Reject(number, offset, reason, line[: limits.REJECT_SAMPLE_CHARACTERS])


class ZeekTsvReader:
    """`zeek-tsv`: tab-separated Zeek logs with their header."""

    name = "zeek-tsv"
    title = "Zeek log (TSV)"
    lines = True

    def sniff(self, head: Head) -> int:
        """Certain when it begins with Zeek's first header line."""
        if head.text.lstrip().startswith("#separator "):
            return CERTAIN
        return LIKELY if "#fields" in head.text and _FIELDS_AND_TYPES.search(head.text) else NO

    def read(self, content: Content, context: ReadContext) -> Iterator[Chunk | Reject]:
        """All rows in order; a chunk for each run of lines under one header."""
        follower = self.follow(content, context)
        for block in line_blocks(content, context.encoding, _BLOCK_BYTES):
            if isinstance(block, Reject):
                yield block
            else:
                yield from follower.feed(block)

    def follow(self, begin: Content, context: ReadContext) -> "_ZeekLines":
        """From a first header on."""
        return _ZeekLines(begin.name)


@dataclass(slots=True)
class _ZeekLines:
    """Lines under the header that came last; each stands alone."""

    name: str
    header: Header = field(default_factory=Header)
    held_from: None = None

    def feed(self, block: LineBlock) -> Iterator[Chunk | Reject]:
        text = block.data.decode("utf-8", "replace")
        for part in _by_header(text, self.header, block.first_line, block.offset):
            self.header = part.header
            yield from part.rejects
            if part.rows:
                yield part.chunk(_table(part.header, self.name))

    def rest(self) -> Iterator[Chunk | Reject]:
        yield from ()


def _by_header(text: str, header: Header, number: int, offset: int) -> Iterator[_Lines]:
    """Runs of data lines, each with the header that is valid for them; last the header that holds at the end."""
    lines = text.replace("\r\n", "\n").split("\n")
    if not lines[-1]:
        lines.pop()
    commented = text.lstrip().startswith("#") or "\n#" in text
    marks = [index for index, line in enumerate(lines) if line.lstrip()[:1] == "#"] if commented else []
    start = 0
    for mark in (*marks, len(lines)):
        if mark > start:
            part = _Lines(header, escaped="\\" in text)
            part.add(lines[start:mark], number + start, offset)
            yield part
        if mark < len(lines):
            offset += _bytes(lines[start : mark + 1])
            header = header.told(lines[mark])
        start = mark + 1
    yield _Lines(header)


def _bytes(lines: Sequence[str]) -> int:
    """The length of lines in UTF-8, line ends included."""
    return len("\n".join(lines).encode()) + 1


def _table(header: Header, name: str) -> str:
    """`zeek_` and the log's path; by the file's name where the header does not say."""
    path = header.path if header.path not in ("", header.unset) else log_path(re.split(r"[!/\\]", name)[-1])
    return f"zeek_{table_word(path)}"


def _converted(column: Sequence[str], kind: str, header: Header, escaped: bool) -> Sequence[Value]:
    """One column with its values in Python's form; `escaped` says that there are backslashes somewhere."""
    inner = _LIST_TYPE.match(kind)
    if inner is not None:
        seen = {value: _elements(value, inner[1], header) for value in set(column)}
        return [seen[value] for value in column]
    special: dict[str, str | None] = {header.unset: None, header.empty: ""}
    if kind == "bool":
        special |= _TRUTH
    values: Sequence[str | None] = column
    if not special.keys().isdisjoint(column):
        values = list(map(special.get, column, column))
    if escaped and kind not in _WHOLE_NUMBERS and kind not in _NUMBERS:
        return [_unescaped(value) if value and "\\" in value else value for value in values]
    return values


def _elements(value: str, kind: str, header: Header) -> list[Value] | None:
    """The members of a set or vector."""
    if value == header.unset:
        return None
    if value == header.empty:
        return []
    members = [_unescaped(member) for member in value.split(header.set_separator)]
    return [None if member == header.unset else _member(member, kind) for member in members]


def _member(text: str, kind: str) -> Value:
    try:
        if kind in _WHOLE_NUMBERS:
            return int(text)
        if kind in _NUMBERS:
            return float(text)
    except ValueError:
        return text
    return {"T": True, "F": False}.get(text, text) if kind == "bool" else text


def _unescaped(text: str) -> str:
    """`\\x41` → `A`, a pair of backslashes → one; bytes that are no UTF-8 stay visible as escapes."""
    return _ESCAPE.sub(_decoded, text)


def _decoded(found: re.Match[str]) -> str:
    escape = found[0]
    if escape == "\\\\":
        return "\\"
    return bytes.fromhex(escape.replace("\\x", "")).decode("utf-8", "backslashreplace")


READERS = (ZeekTsvReader(),)

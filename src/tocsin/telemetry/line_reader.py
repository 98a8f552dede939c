"""What all readers of text lines share: lines in, chunks and rejects out.

Rules:
1. A parser turns one line into a row, into None (blank, comment, header: no event) or into a reason why not.
2. Rows of one table travel together; a file that mixes tables keeps one open chunk for each.
3. All open chunks are handed on when `CHUNK_ROWS` rows or `CHUNK_BYTES` of text are held, and the parser is settled:
   it may still complete rows of the event it is in the middle of.
4. Recognition looks at the first lines only, and never at a last line that the head has cut.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tocsin import limits
from tocsin.model import Chunk, Reject
from tocsin.telemetry.encodings import text_lines
from tocsin.telemetry.reader import CHUNK_BYTES, CHUNK_ROWS, NO, Content, Head, LineBlock, ReadContext

Row = dict[str, object]
Parsed = Row | str | None
Line = tuple[int, int, str]  # number from 1, byte offset, text without its line end

TIME_KEY = "_time_us"
SNIFFED_LINES = 100
MOST = 0.8  # share of the first lines that makes a format sure
SOME = 0.4  # share that makes it possible
LESS_SURE = 15  # points off when only some lines fit
UNCLOSED_LINES = 1_000  # behind an open quote until it counts as a stray one
UNSETTLED_ROWS = 2 * CHUNK_ROWS  # held at most while a parser is in the middle of an event


Join = Callable[[Iterator[Line | Reject]], Iterator[Line | Reject]]
"""Puts the lines of one record together."""


class LineParser(Protocol):
    """The state of reading one source.

    A parser whose rows are completed by later lines has `open_rows`: how many of the last rows that may be.
    """

    table: str  # where the row just parsed belongs
    settled: bool  # False while rows already given may still be completed

    def parse(self, line: str) -> Parsed:
        """One line: its row, None when it carries no event, or the reason why it cannot be read."""


@dataclass(frozen=True, slots=True)
class LineReader:
    """One format of text lines. `score` sees the first lines without the blank ones."""

    name: str
    title: str
    score: Callable[[Sequence[str]], int]
    parser: Callable[[Content, ReadContext], LineParser]
    join: Join | None = None  # records over several lines
    lines: bool = True

    def sniff(self, head: Head) -> int:
        """How sure the format is, from the first lines."""
        first = first_lines(head)
        return self.score(first) if first else NO

    def read(self, content: Content, context: ReadContext) -> Iterator[Chunk | Reject]:
        """All rows and rejects in order."""
        source: Iterator[Line | Reject] = text_lines(content, context.encoding)
        following = FollowedLines(self.parser(content, context))
        yield from following.take(self.join(source) if self.join else source)
        yield from following.rest()

    def follow(self, begin: Content, context: ReadContext) -> "FollowedLines":
        """From the first line on."""
        return FollowedLines(self.parser(begin, context), self.join)


class FollowedLines:
    """The state of reading lines: the parser's, rows that are held back, and a record whose end has not come."""

    def __init__(self, parser: LineParser, join: Join | None = None) -> None:
        self._parser, self._join = parser, join
        self._held = _Held()
        self._begun: list[Line | Reject] = []
        self._late: list[Reject] = []  # behind rows that are held back

    def feed(self, block: LineBlock) -> Iterator[Chunk | Reject]:
        """The next lines; what the parser may still complete stays."""
        lines: list[Line | Reject] = [*self._begun, *_lines(block)]
        cut = _unclosed(lines) if self._join else len(lines)
        self._begun = lines[cut:]
        whole = iter(lines[:cut])
        given = [*self._late, *self.take(self._join(whole) if self._join else whole)]
        given += self._held.hand_on(min(getattr(self._parser, "open_rows", 0), self._held.rows))
        self._late = [each for each in given if isinstance(each, Reject) and self._is_late(each)]
        yield from (each for each in given if not self._is_late(each))

    def take(self, lines: Iterable[Line | Reject]) -> Iterator[Chunk | Reject]:
        """Records one by one; chunks as they get full."""
        parser, held = self._parser, self._held
        for line in lines:
            if isinstance(line, Reject):
                yield line
                continue
            parsed = parser.parse(line[2])
            if isinstance(parsed, str):
                yield Reject(line[0], line[1], parsed, line[2][: limits.REJECT_SAMPLE_CHARACTERS])
            elif parsed is not None:
                if held.full and (parser.settled or held.rows >= UNSETTLED_ROWS):
                    yield from held.hand_on()
                held.add(parser.table, line[0], parsed, len(line[2]) + 1)

    def rest(self) -> Iterator[Chunk | Reject]:
        """What was held back."""
        begun, self._begun = self._begun, []
        late, self._late = self._late, []
        yield from late
        yield from self.take(self._join(iter(begun)) if self._join else begun)
        yield from self._held.hand_on()

    def _is_late(self, item: Chunk | Reject) -> bool:
        return isinstance(item, Reject) and 0 < self._held.first < item.position

    @property
    def held_from(self) -> int | None:
        """The first row, or line of a record without its end, that is held back."""
        if self._held.first:
            return self._held.first
        return _position(self._begun[0]) if self._begun else None


def _position(line: Line | Reject) -> int:
    return line.position if isinstance(line, Reject) else line[0]


def _lines(block: LineBlock) -> Iterator[Line]:
    offset = block.offset
    lines = block.data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, block.first_line):
        text = line.decode("utf-8", "replace")
        yield number, offset, text.removesuffix("\r")
        offset += len(line) + 1


def _unclosed(lines: Sequence[Line | Reject]) -> int:
    """The place of the line whose quoted value is still open at the end; the end where none is."""
    odd = [place for place, line in enumerate(lines) if not isinstance(line, Reject) and line[2].count('"') % 2]
    open_since = odd[-1] if len(odd) % 2 else len(lines)
    return len(lines) if len(lines) - open_since > UNCLOSED_LINES else open_since


@dataclass(slots=True)
class _Held:
    """Rows not yet handed on, in order."""

    size: int = 0
    _rows: list[tuple[str, int, Row, int]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self._rows)

    @property
    def first(self) -> int:
        """The position of the first row, 0 when there is none."""
        return self._rows[0][1] if self._rows else 0

    @property
    def full(self) -> bool:
        return len(self._rows) >= CHUNK_ROWS or self.size >= CHUNK_BYTES

    def add(self, table: str, position: int, row: Row, size: int) -> None:
        self._rows.append((table, position, row, size))
        self.size += size

    def hand_on(self, keep: int = 0) -> Iterator[Chunk]:
        """A chunk a table, of all rows but the last few."""
        given = self._rows[: len(self._rows) - keep] if keep else self._rows
        self._rows = self._rows[len(given) :] if keep else []
        self.size = sum(row[3] for row in self._rows)
        tables: dict[str, tuple[list[int], list[Row], list[int]]] = {}
        for table, position, row, size in given:
            place = tables.get(table)
            if place is None:
                place = tables[table] = ([], [], [])
            place[0].append(position)
            place[1].append(row)
            place[2].append(size)
        for table, (positions, rows, sizes) in tables.items():
            yield Chunk(table, positions, rows, size=sum(sizes))


def first_lines(head: Head) -> list[str]:
    """The first lines of a source that are not blank, without a cut one at the end."""
    lines = [line.removesuffix("\r") for line in head.text.removeprefix("\ufeff").split("\n")]
    if len(head.data) >= limits.SNIFF_BYTES and len(lines) > 1:
        lines.pop()
    return [line for line in lines if line.strip()][:SNIFFED_LINES]


def share(lines: Sequence[str], test: Callable[[str], object]) -> float:
    """How many of the lines pass, 0 to 1."""
    return sum(1 for line in lines if test(line)) / len(lines) if lines else 0.0


def graded(part: float, top: int) -> int:
    """A score from the share of lines that fit: `top` for most, less for some, NO for few."""
    if part >= MOST:
        return top
    return top - LESS_SURE if part >= SOME else NO


def foreign_name(name: str) -> str:
    """A field's name as a log writes it: the reader's own key stays the reader's."""
    return f"{name}_" if name == TIME_KEY else name


def timed(row: Row, time: int | None) -> Row:
    """The row with its time, where it has one."""
    if time is not None:
        row[TIME_KEY] = time
    return row

"""What all readers of text lines share: lines in, chunks and rejects out.

Rules:
1. A parser turns one line into a row, into None (blank, comment, header: no event) or into a reason why not.
2. Rows of one table travel together; a file that mixes tables keeps one open chunk for each.
3. All open chunks are handed on when `CHUNK_ROWS` rows or `CHUNK_BYTES` of text are held, and the parser is settled:
   it may still complete rows of the event it is in the middle of.
4. Recognition looks at the first lines only, and never at a last line that the head has cut.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tocsin import limits
from tocsin.model import Chunk, Reject
from tocsin.telemetry.encodings import text_lines
from tocsin.telemetry.reader import CHUNK_BYTES, CHUNK_ROWS, NO, Content, Head, ReadContext

Row = dict[str, object]
Parsed = Row | str | None
Line = tuple[int, int, str]  # number from 1, byte offset, text without its line end

TIME_KEY = "_time_us"
SNIFFED_LINES = 100
MOST = 0.8  # share of the first lines that makes a format sure
SOME = 0.4  # share that makes it possible
LESS_SURE = 15  # points off when only some lines fit
UNSETTLED_ROWS = 2 * CHUNK_ROWS  # held at most while a parser is in the middle of an event


class LineParser(Protocol):
    """The state of reading one source."""

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
    join: Callable[[Iterator[Line | Reject]], Iterator[Line | Reject]] | None = None  # records over several lines
    lines: bool = True

    def sniff(self, head: Head) -> int:
        """How sure the format is, from the first lines."""
        first = first_lines(head)
        return self.score(first) if first else NO

    def read(self, content: Content, context: ReadContext) -> Iterator[Chunk | Reject]:
        """All rows and rejects in order."""
        source: Iterator[Line | Reject] = text_lines(content, context.encoding)
        parser = self.parser(content, context)
        held = _Held()
        for line in self.join(source) if self.join else source:
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
        yield from held.hand_on()


@dataclass(slots=True)
class _Open:
    positions: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    size: int = 0


@dataclass(slots=True)
class _Held:
    """Rows not yet handed on, by table."""

    rows: int = 0
    size: int = 0
    _tables: dict[str, _Open] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        return self.rows >= CHUNK_ROWS or self.size >= CHUNK_BYTES

    def add(self, table: str, position: int, row: Row, size: int) -> None:
        place = self._tables.get(table)
        if place is None:
            place = self._tables[table] = _Open()
        place.positions.append(position)
        place.rows.append(row)
        place.size += size
        self.rows += 1
        self.size += size

    def hand_on(self) -> Iterator[Chunk]:
        for table, place in self._tables.items():
            yield Chunk(table, place.positions, place.rows, size=place.size)
        self._tables, self.rows, self.size = {}, 0, 0


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

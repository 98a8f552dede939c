"""Delimited text (RFC 4180 and its neighbours): which delimiter, which header, values of a line.

Rules:
1. Delimiters tried: comma, semicolon, tab, pipe. The one that gives the same number of columns (two at least) on most
   of the first lines wins; on a tie the one with more columns.
2. The first line is a header when its cells look like names, are unique, and no cell comes again below it; else columns
   are named c1 … cn.
3. A quoted value may run over several lines, at most JOINED_LINES; an open quote that never closes spoils only its
   own line.
"""

import csv
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tocsin import limits
from tocsin.model import Reject
from tocsin.telemetry.line_reader import TIME_KEY, Line

DELIMITERS = (",", "\t", ";", "|")
JOINED_LINES = 1_000  # physical lines of one record at most
LOOKED_AT = 30  # lines that decide about delimiter and header
STEADY = 0.8  # share of these lines that must have the same number of columns
QUOTE = '"'

_NAME = re.compile(r"[^\W\d][\w .()/#%:@\[\]{}*?+'&-]{0,254}")

csv.field_size_limit(limits.LINE_BYTES)  # the line is bounded already; csv's own bound of 128 KiB would lose events


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written. `header` says that its first line holds the names."""

    delimiter: str
    columns: tuple[str, ...]
    header: bool


def detect(lines: Sequence[str]) -> Dialect | None:
    """The dialect of these first lines, None when they are not delimited."""
    lines = lines[:LOOKED_AT]
    best: tuple[float, int, str] | None = None
    for delimiter in DELIMITERS:
        counts = Counter(len(split(line, delimiter)) for line in lines)
        width, times = max(counts.items(), key=lambda item: (item[1], item[0]))
        steady = times / len(lines)
        if width > 1 and steady >= STEADY and (best is None or (steady, width) > best[:2]):
            best = (steady, width, delimiter)
    return None if best is None else _dialect(lines, best[2], best[1])


def split(line: str, delimiter: str) -> list[str]:
    """The values of one record."""
    if QUOTE not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line.replace("\r", " ")], delimiter=delimiter, skipinitialspace=True), [""])
    except csv.Error:
        return line.split(delimiter)


def unique_names(names: Iterable[str]) -> list[str]:
    """Names that come twice, without regard to case, get a number, so that no value is lost."""
    taken: set[str] = {TIME_KEY}
    last: dict[str, int] = {}  # the number that a name reached
    result: list[str] = []
    for place, name in enumerate(names, 1):
        plain = name.strip()[: limits.FIELD_NAME_CHARACTERS] or f"c{place}"
        chosen, number = plain, last.get(plain.lower(), 1)
        while chosen.lower() in taken:
            number += 1
            chosen = f"{plain}_{number}"
        last[plain.lower()] = number
        taken.add(chosen.lower())
        result.append(chosen)
    return result


def join_quoted(delimiters: str = "".join(DELIMITERS)) -> Callable[[Iterator[Line | Reject]], Iterator[Line | Reject]]:
    """A step that joins physical lines while a quoted value is open; the record has its first line's number."""

    def join(source: Iterator[Line | Reject]) -> Iterator[Line | Reject]:
        waiting: deque[Line | Reject] = deque()
        while True:
            line = waiting.popleft() if waiting else next(source, None)
            if line is None:
                return
            if isinstance(line, Reject) or not _open(line[2], delimiters):
                yield line
                continue
            yield _closed(line, waiting, source)

    return join


def _closed(first: Line, waiting: "deque[Line | Reject]", source: Iterator[Line | Reject]) -> Line:
    """The whole record; the first line alone when its quote never closes. Lines not used stay in `waiting`."""
    texts = [first[2]]
    size = len(first[2])
    for index in range(JOINED_LINES):
        if index >= len(waiting):
            following = next(source, None)
            if following is None:
                break
            waiting.append(following)
        following = waiting[index]
        if isinstance(following, Reject):
            break
        texts.append(following[2])
        size += len(following[2])
        if size > limits.LINE_BYTES:
            break
        if following[2].count(QUOTE) % 2:
            for _ in range(index + 1):
                waiting.popleft()
            return first[0], first[1], "\n".join(texts)
    return first


def _open(line: str, delimiters: str) -> bool:
    """Whether a quoted value begins in this line and does not end in it."""
    if line.count(QUOTE) % 2 == 0:
        return False
    last = line.rfind(QUOTE)
    return last == 0 or line[last - 1] in delimiters or line[last - 1] in (QUOTE, " ")


def _dialect(lines: Sequence[str], delimiter: str, width: int) -> Dialect:
    rows = [cells for line in lines if len(cells := split(line, delimiter)) == width]
    if split(lines[0], delimiter) == rows[0] and _is_header(rows):
        return Dialect(delimiter, tuple(unique_names(rows[0])), True)
    return Dialect(delimiter, tuple(f"c{number}" for number in range(1, width + 1)), False)


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    first = [cell.strip() for cell in rows[0]]
    named = [cell for cell in first if cell]
    if len({name.lower() for name in named}) != len(named) or len(named) * 2 < len(first):
        return False
    if not all(_NAME.fullmatch(name) for name in named):
        return False
    return not any(cell and cell == row[place].strip() for row in rows[1:] for place, cell in enumerate(first))

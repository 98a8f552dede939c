"""The generic readers for text that nobody described: CSV, key=value, any line.

Rules:
1. `generic_csv`: delimiter and header by `delimited`; a row with another number of values is a reject.
2. `generic_kv`: two pairs a line at least; the text outside the pairs is not lost: the whole line is `message`.
3. `generic_text`: the line is `message`. It claims any text, and nothing binary.
4. The time is looked for in columns with the usual names, else (text) at the start of the line.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from tocsin.model import Reject
from tocsin.telemetry.delimited import Dialect, detect, join_quoted, split
from tocsin.telemetry.encodings import text_lines
from tocsin.telemetry.key_values import collected, pairs
from tocsin.telemetry.line_reader import MOST, SNIFFED_LINES, LineReader, Parsed, Row, graded, share, timed
from tocsin.telemetry.reader import FALLBACK, NO, Content, ReadContext
from tocsin.telemetry.times import EventClock, parse_time, read_stamp

CSV_SCORE, KV_SCORE = 25, 20
FEWEST_PAIRS = 2
FEWEST_LINES = 2  # a single line is no table
BINARY_SHARE = 0.02  # control and undecodable characters among text
TIME_NAMES = (
    *("@timestamp", "timestamp", "time", "ts", "_time", "eventtime", "event_time", "datetime", "date_time"),
    *("date-time", "starttime", "start_time", "start", "stime", "firstseen", "first_seen", "createdat"),
    *("created_at", "creationdate", "date first seen", "receive_time", "logtime", "utctime", "eventdate", "date"),
)
_STRUCTURED = re.compile(r"\s*[{\[<]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_LEADING_TIME = re.compile(
    r"[\[(<]?(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?"
    r"|\d{1,2}[-/][A-Z][a-z]{2}[-/]\d{4}[: ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?: [+-]\d{4})?"
    r"|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?: \d{4})?|\d{10}(?:\.\d{1,9})?(?=[\])\s]))",
    re.ASCII,
)


@dataclass
class _CsvParser:
    dialect: Dialect | None
    clock: EventClock
    table: str = "generic_csv"
    settled: bool = True
    _begun: bool = False
    _time: tuple[str, ...] | None = None

    def parse(self, line: str) -> Parsed:
        if not line.strip():
            return None
        if self.dialect is None:
            return "no delimiter gives the lines the same number of columns"
        values = split(line, self.dialect.delimiter)
        columns = self.dialect.columns
        first, self._begun = not self._begun, True
        if first and self.dialect.header:
            return None
        if len(values) != len(columns):
            return f"{len(values)} values where the table has {len(columns)} columns"
        row: Row = {name: value for name, value in zip(columns, values, strict=True) if value != ""}
        return timed(row, self._row_time(row))

    def _row_time(self, row: Row) -> int | None:
        if self._time is None:
            self._time = time_columns(row)
        parts = [str(row[name]) for name in self._time if name in row]
        return self.clock.read(" ".join(parts)) if parts else None


@dataclass
class _KeyValueParser:
    clock: EventClock
    table: str = "generic_kv"
    settled: bool = True

    def parse(self, line: str) -> Parsed:
        if not line.strip():
            return None
        row = collected(pairs(line))
        if not row:
            return "no key=value pair"
        names = time_columns(row)
        text = " ".join(str(row[name]) for name in names) if names else leading_time(line)
        row.setdefault("message", line)
        return timed(row, self.clock.read(text) if text else None)


@dataclass
class _TextParser:
    clock: EventClock
    table: str = "generic_text"
    settled: bool = True

    def parse(self, line: str) -> Parsed:
        if not line.strip():
            return None
        text = leading_time(line)
        return timed({"message": line}, self.clock.read(text) if text else None)


def time_columns(row: Row) -> tuple[str, ...]:
    """The column (or date and time together) that holds this row's time, empty when none does."""
    by_name = {name.lower(): name for name in row}
    if "date" in by_name and "time" in by_name:
        both = (by_name["date"], by_name["time"])
        if _is_time(f"{row[both[0]]} {row[both[1]]}"):
            return both
    for wanted in TIME_NAMES:
        name = by_name.get(wanted)
        if name is not None and _is_time(str(row[name])):
            return (name,)
    return next(((name,) for name, value in row.items() if read_stamp(str(value)) is not None), ())


def leading_time(line: str) -> str:
    """The time at the start of a line, as written; empty when there is none."""
    match = _LEADING_TIME.match(line)
    return match[1] if match else ""


def _is_time(text: str) -> bool:
    return read_stamp(text) is not None or parse_time(text) is not None


def _first_texts(content: Content, context: ReadContext) -> list[str]:
    lines = (line for line in text_lines(content, context.encoding) if not isinstance(line, Reject))
    filled = (line for line in join_quoted()(iter(lines)) if not isinstance(line, Reject) and line[2].strip())
    return [line[2] for line in islice(filled, SNIFFED_LINES)]


def _clock(content: Content, context: ReadContext) -> EventClock:
    def times() -> Iterator[str]:
        for line in text_lines(content, context.encoding):
            if not isinstance(line, Reject):
                yield leading_time(line[2])

    return EventClock(context, times)


def _csv_parser(content: Content, context: ReadContext) -> _CsvParser:
    first = _first_texts(content, context)
    return _CsvParser(detect(first) if first else None, EventClock(context))


def _kv_parser(content: Content, context: ReadContext) -> _KeyValueParser:
    return _KeyValueParser(_clock(content, context))


def _text_parser(content: Content, context: ReadContext) -> _TextParser:
    return _TextParser(_clock(content, context))


def _text_only(score: Callable[[Sequence[str]], int]) -> Callable[[Sequence[str]], int]:
    """The score, NO for binary content."""

    def checked(lines: Sequence[str]) -> int:
        size = sum(map(len, lines))
        odd = sum(len(_CONTROL.findall(line)) for line in lines)
        return NO if odd > size * BINARY_SHARE else score(lines)

    return checked


def _csv_score(lines: Sequence[str]) -> int:
    if len(lines) < FEWEST_LINES or _STRUCTURED.match(lines[0]):
        return NO
    dialect = detect(lines)
    if dialect is None or (not dialect.header and share(lines, _begins_with_time) >= MOST):
        return NO
    return CSV_SCORE


def _begins_with_time(line: str) -> bool:
    """A time followed by a blank and more: text that merely holds a delimiter."""
    time = leading_time(line)
    return bool(time) and line[line.index(time) + len(time) :].lstrip(")]>").startswith(" ")


def _kv_score(lines: Sequence[str]) -> int:
    if _STRUCTURED.match(lines[0]):
        return NO
    return graded(share(lines, lambda line: len(list(islice(pairs(line), FEWEST_PAIRS))) == FEWEST_PAIRS), KV_SCORE)


GENERIC_READERS = (
    LineReader("generic-csv", "Delimited text", _text_only(_csv_score), _csv_parser, join_quoted()),
    LineReader("generic-kv", "Text of key=value pairs", _text_only(_kv_score), _kv_parser),
    LineReader("generic-text", "Plain text lines", _text_only(lambda _: FALLBACK), _text_parser),
)

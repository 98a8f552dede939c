"""CEF (ArcSight Common Event Format) and LEEF (QRadar), alone or behind a syslog prefix.

Rules (CEF implementation standard §"Header" and §"Extension"; LEEF 1.0 and 2.0):
1. Header: `CEF:version|vendor|product|version|class id|name|severity|`, where `\\|` and `\\\\` are escapes.
2. Extension keys keep their own names; a value runs to the next ` key=`; `\\=`, `\\\\`, `\\n`, `\\r` are escapes.
3. Time: `rt`, else `end`, `start`, else the syslog time. LEEF: `devTime`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from tocsin import limits
from tocsin.telemetry.key_values import collected
from tocsin.telemetry.line_reader import LineReader, Parsed, Row, graded, share, timed
from tocsin.telemetry.reader import CERTAIN, Content, ReadContext
from tocsin.telemetry.syslog_line import read_envelope
from tocsin.telemetry.syslog_times import syslog_clock
from tocsin.telemetry.times import EventClock

CEF_HEADER = ("CEFVersion", "DeviceVendor", "DeviceProduct", "DeviceVersion", "DeviceEventClassID", "Name", "Severity")
LEEF_HEADER = ("LEEFVersion", "DeviceVendor", "DeviceProduct", "DeviceVersion", "EventID")
TIME_KEYS = ("rt", "end", "start", "devTime")
LEEF_WITH_DELIMITER = "2"

_START = re.compile(r"(?:^|(?<=[\s>]))(CEF|LEEF): ?(?=\d)", re.ASCII)
_HEADER_PART = re.compile(r"((?:[^|\\]|\\.)*+)(?:\||$)", re.DOTALL)
_EXTENSION_KEY = re.compile(r"(?:^|(?<=\s))([A-Za-z0-9_.\[\]\-]{1,255})=", re.ASCII)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r"}


def cef_row(text: str) -> Row | None:
    """The fields of a CEF or LEEF message anywhere in the text, None when there is none or its header is cut."""
    start = _START.search(text)
    if start is None:
        return None
    body = text[start.end() :]
    return _cef(body) if start[1] == "CEF" else _leef(body)


def row_time(row: Row, clock: EventClock) -> int | None:
    """The event's own time."""
    for key in TIME_KEYS:
        value = row.get(key)
        if isinstance(value, str) and (time := clock.read(value)) is not None:
            return time
    return None


@dataclass
class _CefParser:
    clock: EventClock
    table: str = "cef"
    settled: bool = True

    def parse(self, line: str) -> Parsed:
        if not line.strip():
            return None
        row = cef_row(line)
        if row is None:
            return "no CEF or LEEF header"
        self.table = table_of(row)
        time = row_time(row, self.clock)
        envelope = read_envelope(line)
        if envelope is not None:
            time = self.clock.read(envelope.time) if time is None else time
            add_host(row, envelope.fields)
        return timed(row, time)


def table_of(row: Row) -> str:
    """`leef` for LEEF, else `cef`."""
    return "leef" if "LEEFVersion" in row else "cef"


def add_host(row: Row, fields: Row) -> None:
    """The sender's name from the envelope, under a name that no CEF key has."""
    if "host" in fields:
        row["syslog_host"] = fields["host"]


def _cef(body: str) -> Row | None:
    parts, rest = _header(body, len(CEF_HEADER))
    return None if parts is None else _joined(CEF_HEADER, parts, _extension(rest))


def _leef(body: str) -> Row | None:
    parts, rest = _header(body, len(LEEF_HEADER))
    if parts is None:
        return None
    delimiter = "\t"
    if parts[0].startswith(LEEF_WITH_DELIMITER):
        named, _, rest = rest.partition("|")
        delimiter = _delimiter(named) or delimiter
    found = (attribute.partition("=") for attribute in rest.split(delimiter, limits.RECORD_FIELDS))
    return _joined(LEEF_HEADER, parts, ((key.strip(), value) for key, equals, value in found if equals))


def _joined(names: Sequence[str], values: Sequence[str], extension: Iterable[tuple[str, str]]) -> Row:
    """Header first; an extension key that is the same but for its case gets an underscore (columns ignore case)."""
    row: Row = dict(zip(names, values, strict=True))
    taken = {name.lower() for name in names}
    row.update(collected((f"{key}_" if key.lower() in taken else key, value) for key, value in extension))
    return row


def _header(body: str, size: int) -> tuple[list[str] | None, str]:
    """The first `size` parts between pipes, and the text after them."""
    parts: list[str] = []
    position = 0
    while len(parts) < size:
        part = _HEADER_PART.match(body, position)
        if part is None or (part.end() == len(body) and len(parts) + 1 < size):
            return None, ""
        parts.append(_unescaped(part[1]))
        position = part.end()
    return parts, body[position:]


def _extension(text: str) -> Iterator[tuple[str, str]]:
    keys = list(islice(_EXTENSION_KEY.finditer(text), limits.RECORD_FIELDS))
    ends = [*(key.start() for key in keys[1:]), len(text)]
    for key, end in zip(keys, ends, strict=False):  # without keys the end stands alone
        yield key[1], _unescaped(text[key.end() : end].strip())


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), text)


def _delimiter(named: str) -> str:
    """LEEF 2.0: the character itself, or its number as `x09` or `0x09`."""
    number = re.fullmatch(r"0?x([0-9A-Fa-f]{1,4})", named)
    return chr(int(number[1], 16)) if number else named


def _parser(content: Content, context: ReadContext) -> _CefParser:
    return _CefParser(syslog_clock(content, context))


def _score(lines: Sequence[str]) -> int:
    return graded(share(lines, cef_row), CERTAIN)


READERS = (LineReader("cef", "CEF or LEEF", _score, _parser),)

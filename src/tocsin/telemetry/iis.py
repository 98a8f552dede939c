"""W3C extended log files: IIS, Exchange's IIS, proxies, the Windows firewall.

Rules (W3C Working Draft WD-logfile):
1. `#Fields:` names the columns and may change in mid-file; `#Software:` and the columns choose the table: `web_iis`,
   `proxy_w3c`, `windows_firewall`, else `w3c`.
2. `date` and `time` are UTC, unless `#Time Format: Local` says otherwise. `#Date:` fills in for a missing date column.
3. Names are kept, except those in brackets: `cs(User-Agent)` becomes Sigma's `cs-user-agent` (web) or `c-useragent`
   (proxy), `cs(Referer)` `cs-referer`. Proxy rows also get c-uri from its parts. `-` is an absent value.
4. A line with another number of values than columns is a reject; values with blanks may be quoted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC

from tocsin import limits
from tocsin.telemetry.delimited import unique_names
from tocsin.telemetry.line_reader import LineReader, Parsed, Row, timed
from tocsin.telemetry.reader import CERTAIN, NO, Content, ReadContext
from tocsin.telemetry.times import EventClock
from tocsin.telemetry.uris import uri_fields

ABSENT = "-"
WEB, PROXY, FIREWALL, OTHER = "web_iis", "proxy_w3c", "windows_firewall", "w3c"
_SOFTWARE = (
    ("internet information services", WEB),
    ("windows firewall", FIREWALL),
    ("sgos", PROXY),
    ("blue coat", PROXY),
)
_PROXY_COLUMNS = frozenset(("c-uri", "cs-uri-scheme", "cs-host", "x-bluecoat-application-name", "r-host", "s-action"))
_BRACKETED = re.compile(r"([a-z]{1,2})\(([^()]{1,100})\)")
_QUOTED = re.compile(r'"((?:[^"]|"")*+)"|(\S+)')
_WEB_COLUMNS = frozenset(("cs-uri-stem", "s-sitename"))


@dataclass
class _W3cParser:
    utc: EventClock
    local: EventClock
    table: str = OTHER
    settled: bool = True
    _columns: tuple[str, ...] = ()
    _software: str = ""
    _date: str = ""
    _is_local: bool = False
    _names: dict[str, str] = field(default_factory=dict)

    def parse(self, line: str) -> Parsed:
        if not line.strip():
            return None
        if line.startswith("#"):
            self._directive(line)
            return None
        if not self._columns:
            return "no #Fields header before this line"
        values = _values(line, len(self._columns))
        if len(values) != len(self._columns):
            return f"{len(values)} values where the header names {len(self._columns)} columns"
        row: Row = {name: value for name, value in zip(self._columns, values, strict=True) if value not in ("", ABSENT)}
        if self.table == PROXY:
            _complete_uri(row)
        return timed(row, self._time(row))

    def _time(self, row: Row) -> int | None:
        clock = self.local if self._is_local else self.utc
        return clock.read(f"{row.get('date', self._date)} {row.get('time', '')}")

    def _directive(self, line: str) -> None:
        name, _, value = line[1:].partition(":")
        value = value.strip()
        match name.strip().lower():
            case "fields":
                columns = value.split()[: limits.RECORD_FIELDS]
                self.table = table_of(self._software, columns)
                self._columns = tuple(unique_names(sigma_name(column, self.table) for column in columns))
            case "software":
                self._software = value.lower()
            case "date":
                self._date = value.partition(" ")[0]
            case "time format":
                self._is_local = value.lower() == "local"


def table_of(software: str, columns: Sequence[str]) -> str:
    """The table for a header."""
    for mark, table in _SOFTWARE:
        if mark in software:
            return table
    names = {column.lower() for column in columns}
    if names & _WEB_COLUMNS:
        return WEB
    return PROXY if names & _PROXY_COLUMNS else OTHER


def sigma_name(column: str, table: str) -> str:
    """`cs(User-Agent)` → `cs-user-agent`, in proxy logs `c-useragent`; other names as they are."""
    bracketed = _BRACKETED.fullmatch(column)
    if bracketed is None:
        return column[: limits.FIELD_NAME_CHARACTERS]
    name = f"{bracketed[1]}-{bracketed[2].lower()}"
    return "c-useragent" if table == PROXY and name == "cs-user-agent" else name


def _values(line: str, expected: int) -> list[str]:
    if "\t" in line:
        return line.split("\t")
    values = line.split(" ")
    if len(values) != expected:
        values = line.split()
    if len(values) == expected or '"' not in line:
        return values
    return [match[1].replace('""', '"') if match[2] is None else match[2] for match in _QUOTED.finditer(line)]


def _complete_uri(row: Row) -> None:
    """c-uri and its parts, from scheme, host, path and query where a proxy logs those."""
    if "c-uri" not in row and "cs-host" in row:
        scheme = f"{row['cs-uri-scheme']}://" if "cs-uri-scheme" in row else ""
        path = row.get("cs-uri-path") or row.get("cs-uri-stem") or ""
        row["c-uri"] = f"{scheme}{row['cs-host']}{path}{row.get('cs-uri-query', '')}"
    for name, value in uri_fields(str(row.get("c-uri", ""))).items():
        row.setdefault(name, value)


def _parser(content: Content, context: ReadContext) -> _W3cParser:
    return _W3cParser(EventClock(replace(context, zone=UTC, notes=set())), EventClock(context))


def _score(lines: Sequence[str]) -> int:
    headers = [line for line in lines if line.startswith("#Fields:")]
    return CERTAIN if headers and "," not in headers[0] else NO


READERS = (LineReader("w3c", "W3C extended log (IIS, proxies, Windows firewall)", _score, _parser),)

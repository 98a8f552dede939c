"""Exchange's CSV logs: message tracking and its siblings, admin audit exports, unified audit exports.

Rules:
1. Server logs have `#Software: Microsoft Exchange Server`, `#Log-type:` and a comma separated `#Fields:` header;
   columns keep their names. `Message Tracking Log` → `exchange_tracking`, others → `exchange_<log type>`. Times: UTC.
2. Exports of Search-AdminAuditLog (columns CmdletName, CmdletParameters, Caller, RunDate) → `exchange_admin_audit`.
3. Exports of the unified audit log (a column AuditData with JSON) → `m365_audit`: the JSON's own fields, as in its
   JSON form; other columns keep their names where the JSON has no such field. Its times are UTC.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC

import msgspec

from tocsin import limits
from tocsin.telemetry.delimited import join_quoted, split, unique_names
from tocsin.telemetry.line_reader import LineReader, Parsed, Row, foreign_name, timed
from tocsin.telemetry.reader import CERTAIN, NO, Content, ReadContext
from tocsin.telemetry.times import EventClock

TRACKING, ADMIN_AUDIT, UNIFIED_AUDIT = "exchange_tracking", "exchange_admin_audit", "m365_audit"
_TRACKING_TYPE = "message tracking log"
SERVER_TIMES = ("date-time", "DateTime", "TimeStamp")
ADMIN_TIMES = ("RunDate", "WhenCreated", "StartDate", "CreationTime")
UNIFIED_TIMES = ("CreationTime", "CreationDate")
_ADMIN_COLUMNS = frozenset(("cmdletname", "cmdletparameters"))
_AUDIT_DATA = "AuditData"
_TYPE_LINE = "#TYPE "
_SLUG = re.compile(r"[^a-z0-9]+")
_SLUG_CHARACTERS = 40


@dataclass
class _ServerParser:
    """Logs that the server writes itself."""

    clock: EventClock
    table: str = TRACKING
    settled: bool = True
    _columns: tuple[str, ...] = ()

    def parse(self, line: str) -> Parsed:
        if not line.strip():
            return None
        if line.startswith("#"):
            self._directive(line)
            return None
        values = split(line, ",")
        if not self._columns or [value.strip() for value in values] == list(self._columns):
            if "#" not in line and not self._columns and "," in line:
                self._columns = tuple(unique_names(values))  # HttpProxy logs name their columns before the directives
                return None
            return None if self._columns else "no #Fields header before this line"
        if len(values) != len(self._columns):
            return f"{len(values)} values where the header names {len(self._columns)} columns"
        row = _filled(self._columns, values)
        return timed(row, _time(row, SERVER_TIMES, self.clock))

    def _directive(self, line: str) -> None:
        name, _, value = line[1:].partition(":")
        if name.strip().lower() == "fields":
            self._columns = tuple(unique_names(value.strip().split(",")[: limits.RECORD_FIELDS]))
        elif name.strip().lower() == "log-type":
            self.table = table_of(value)


def table_of(log_type: str) -> str:
    """`exchange_tracking` for message tracking, else a name made from the log type."""
    plain = log_type.strip().lower()
    if plain == _TRACKING_TYPE:
        return TRACKING
    slug = _SLUG.sub("_", plain.removesuffix(" log").removesuffix(" logs"))[:_SLUG_CHARACTERS].strip("_")
    return f"exchange_{slug or 'log'}"


@dataclass
class _ExportParser:
    """What an administrator exported with Export-Csv or from the portal."""

    clock: EventClock
    utc: EventClock
    table: str = ADMIN_AUDIT
    settled: bool = True
    _columns: tuple[str, ...] = ()

    def parse(self, line: str) -> Parsed:
        if not line.strip() or line.startswith(_TYPE_LINE):
            return None
        values = split(line, ",")
        if not self._columns:
            self._columns = tuple(unique_names(values))
            self.table = UNIFIED_AUDIT if _AUDIT_DATA in self._columns else ADMIN_AUDIT
            return None
        if len(values) != len(self._columns):
            return f"{len(values)} values where the header names {len(self._columns)} columns"
        row = _filled(self._columns, values)
        if self.table == ADMIN_AUDIT:
            return timed(row, _time(row, ADMIN_TIMES, self.clock))
        return self._unified(row)

    def _unified(self, row: Row) -> Parsed:
        try:
            audit = msgspec.json.decode(str(row.pop(_AUDIT_DATA, "")))
        except (msgspec.DecodeError, RecursionError) as error:
            return f"AuditData is no JSON: {error}"
        if not isinstance(audit, Mapping):
            return "AuditData is no JSON object"
        whole: Row = {foreign_name(str(key)): value for key, value in audit.items()}
        known = {key.lower() for key in whole}
        whole.update((key, value) for key, value in row.items() if key.lower() not in known)
        return timed(whole, _time(whole, UNIFIED_TIMES, self.utc))


def _filled(columns: Sequence[str], values: Sequence[str]) -> Row:
    return {name: value for name, value in zip(columns, values, strict=True) if value != ""}


def _time(row: Row, names: Sequence[str], clock: EventClock) -> int | None:
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and (time := clock.read(value)) is not None:
            return time
    return None


def _utc(context: ReadContext) -> EventClock:
    return EventClock(replace(context, zone=UTC, notes=set()))


def _server_parser(content: Content, context: ReadContext) -> _ServerParser:
    return _ServerParser(_utc(context))


def _export_parser(content: Content, context: ReadContext) -> _ExportParser:
    return _ExportParser(EventClock(context), _utc(context))


def _server_score(lines: Sequence[str]) -> int:
    marked = any(line.startswith("#Software: Microsoft Exchange") for line in lines)
    return CERTAIN if marked and any(line.startswith("#Fields:") and "," in line for line in lines) else NO


def _export_score(lines: Sequence[str]) -> int:
    header = next((line for line in lines if not line.startswith(_TYPE_LINE)), "")
    names = {name.strip().lower() for name in split(header, ",")}
    return CERTAIN if names >= _ADMIN_COLUMNS or (_AUDIT_DATA.lower() in names and len(names) > 1) else NO


_QUOTED_LINES = join_quoted(",")

READERS = (
    LineReader("exchange-log", "Exchange server log (CSV)", _server_score, _server_parser, _QUOTED_LINES),
    LineReader("exchange-audit", "Exchange or M365 audit export (CSV)", _export_score, _export_parser, _QUOTED_LINES),
)

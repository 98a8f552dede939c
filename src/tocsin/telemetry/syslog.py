"""Syslog files and streams (RFC 3164, RFC 5424, rsyslog's forms), with the formats that travel inside.

Rules:
1. A line is a row of `syslog`: facility, severity, host, program, pid, msgid, message, sd.<id>.<parameter>.
2. A message that is CEF, LEEF, DHCP, a DNS query, an audit record, a line of a web server or of squid, JSON of a
   known kind, or of a shipped mapping (FortiGate, PAN-OS, Cisco ASA) becomes a row of that table instead, with the
   same fields as in a file of its own.
3. Lines without a year get one by file order (see `times.order`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.telemetry.auditd import TABLE as AUDIT
from tocsin.telemetry.auditd import AuditParser, is_audit
from tocsin.telemetry.cef import add_host, cef_row, table_of
from tocsin.telemetry.cef import row_time as cef_time
from tocsin.telemetry.dhcp import TABLE as DHCP
from tocsin.telemetry.dhcp import dhcp_row
from tocsin.telemetry.dns_server import TABLE as DNS
from tocsin.telemetry.dns_server import dns_row
from tocsin.telemetry.json_inside import json_inside
from tocsin.telemetry.line_reader import TIME_KEY, LineReader, Parsed, Row, graded, share, timed
from tocsin.telemetry.mapped import mapped_row, mapping_of, row_time
from tocsin.telemetry.reader import LIKELY, Content, ReadContext
from tocsin.telemetry.squid import TABLE as SQUID
from tocsin.telemetry.squid import squid_row
from tocsin.telemetry.syslog_line import Envelope, looks_like_syslog, read_envelope
from tocsin.telemetry.syslog_times import syslog_clock
from tocsin.telemetry.times import EventClock
from tocsin.telemetry.weblog import TABLE as WEB
from tocsin.telemetry.weblog import sent_row

TABLE = "syslog"
_BY_PROGRAM = ((DHCP, dhcp_row), (DNS, dns_row), (SQUID, squid_row), (WEB, sent_row))
_ZEEK_TAGS = ("zeek_", "bro_")  # `zeek_conn`, as logs are tagged when they are forwarded one by one


@dataclass
class _SyslogParser:
    clock: EventClock
    audit: AuditParser
    table: str = TABLE
    settled: bool = True

    @property
    def open_rows(self) -> int:
        """As many as of the audit log inside."""
        return self.audit.open_rows

    def parse(self, line: str) -> Parsed:
        if not line.strip():
            return None
        self.settled = True
        envelope = read_envelope(line)
        if envelope is None:
            return "no syslog line: neither a priority nor a time at its start"
        routed = self._routed(line, envelope)
        if routed is not None:
            return routed
        self.table = TABLE
        row = {**envelope.fields, "message": envelope.message}
        return timed(row, self.clock.read(envelope.time) if envelope.time else None)

    def _routed(self, line: str, envelope: Envelope) -> Row | None:
        """The row of the format inside, None for plain syslog."""
        time = self.clock.read(envelope.time) if envelope.time else None
        for table, reader in _BY_PROGRAM:
            row = reader(envelope)
            if row is not None:
                self.table = table
                return row if TIME_KEY in row else timed(row, time)
        if envelope.message.startswith(("{", "@cee:")):
            inside = json_inside(envelope.message, _zeek_name(envelope.program), self.clock)
            if inside is not None:
                self.table = inside.table
                add_host(inside.row, envelope.fields)
                return timed(inside.row, inside.time or time)
        if is_audit(line):
            record = self.audit.parse(line)
            if isinstance(record, dict):
                self.table, self.settled = AUDIT, self.audit.settled
                return record
        if "CEF:" in line or "LEEF:" in line:
            row = cef_row(line)
            if row is not None:
                self.table = table_of(row)
                add_host(row, envelope.fields)
                return timed(row, cef_time(row, self.clock) or time)
        return self._mapped(line, envelope, time)

    def _mapped(self, line: str, envelope: Envelope, time: int | None) -> Row | None:
        mapping = mapping_of(line)
        row = None if mapping is None else mapped_row(mapping, line, envelope)
        if mapping is None or row is None:
            return None
        self.table = mapping.table
        return timed(row, row_time(mapping, row, self.clock) or time)


def _zeek_name(program: str) -> str:
    for tag in _ZEEK_TAGS:
        program = program.removeprefix(tag)
    return program


def _parser(content: Content, context: ReadContext) -> _SyslogParser:
    return _SyslogParser(syslog_clock(content, context), AuditParser(EventClock(context)))


def _score(lines: Sequence[str]) -> int:
    return graded(share(lines, looks_like_syslog), LIKELY)


READERS = (LineReader("syslog", "Syslog", _score, _parser),)

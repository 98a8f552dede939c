"""DHCP server logs: the Windows audit log, and the messages of ISC dhcpd and dnsmasq.

Rules:
1. The Windows log has a text preamble; its columns are named by the line that begins `ID,Date,Time`. Servers in other
   languages translate that line, so columns keep their places and get the English names. Times are local.
2. Messages of dhcpd and dnsmasq arrive in syslog lines: operation, ip, mac, hostname, interface, server.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin import limits
from tocsin.telemetry.delimited import split, unique_names
from tocsin.telemetry.line_reader import LineReader, Parsed, Row, graded, share, timed
from tocsin.telemetry.reader import CERTAIN, LIKELY, Content, ReadContext
from tocsin.telemetry.syslog_line import Envelope, read_envelope
from tocsin.telemetry.syslog_times import syslog_clock
from tocsin.telemetry.times import EventClock

TABLE = "dhcp"
PROGRAMS = frozenset(("dhcpd", "dnsmasq-dhcp", "dnsmasq"))
PREAMBLE_LINES = 100  # text before the header; Windows writes about 35
SURE = LIKELY + 10  # before syslog, whose lines these are

_HEADER = re.compile(r"ID, ?Date, ?Time,", re.IGNORECASE)
_TRANSLATED = re.compile(r"[^\W\d]{1,20}(?:,[^,\d]{2,60}){6,30},?\s*")
_RECORD = re.compile(r"\d{1,5},\d\d/\d\d/\d\d,\d\d:\d\d:\d\d,(?:[^,]*,){3}", re.ASCII)
_COLUMNS = (
    *("ID", "Date", "Time", "Description", "IP Address", "Host Name", "MAC Address", "User Name", "TransactionID"),
    *("QResult", "Probationtime", "CorrelationID", "Dhcid", "VendorClass(Hex)", "VendorClass(ASCII)"),
    *("UserClass(Hex)", "UserClass(ASCII)", "RelayAgentInformation", "DnsRegError"),
)
_IP, _MAC = r"([0-9A-Fa-f.:]{2,45})", r"([0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){5,19})"
_ISC = re.compile(
    rf"(DHCP[A-Z]{{3,20}})(?: (?:for|on|of) {_IP})?(?: \({_IP}\))?(?: (?:from|to) (?:{_MAC}|{_IP}))?"
    r"(?: \(([^()]{1,255})\))?(?: via ([^\s:]{1,64}))?(.*)",
    re.ASCII | re.DOTALL,
)
_DNSMASQ = re.compile(
    rf"(DHCP[A-Z]{{3,20}})\(([^()\s]{{1,64}})\)(?: {_IP}(?= |$))?(?: {_MAC})?(?: (\S{{1,255}}))?(.*)",
    re.ASCII | re.DOTALL,
)
_ISC_NAMES = ("operation", "ip", "server", "mac", "client", "hostname", "interface", "rest")
_DNSMASQ_NAMES = ("operation", "interface", "ip", "mac", "hostname", "rest")


def dhcp_row(envelope: Envelope) -> Row | None:
    """The fields of a DHCP message, None when the syslog line is none."""
    if envelope.program not in PROGRAMS:
        return None
    for names, pattern in ((_DNSMASQ_NAMES, _DNSMASQ), (_ISC_NAMES, _ISC)):
        match = pattern.fullmatch(envelope.message)
        if match is not None:
            found = {name: value.strip() for name, value in zip(names, match.groups(), strict=True) if value}
            return {**envelope.fields, **found, "message": envelope.message}
    return None


@dataclass
class _WindowsParser:
    clock: EventClock
    table: str = TABLE
    settled: bool = True
    _columns: tuple[str, ...] = ()
    _preamble: int = 0

    def parse(self, line: str) -> Parsed:
        if not line.strip():
            return None
        if _HEADER.match(line):
            self._columns = tuple(unique_names(split(line.rstrip(", \t."), ",")[: limits.RECORD_FIELDS]))
            return None
        if not self._columns and _RECORD.match(line):
            self._columns = _COLUMNS
        if not self._columns:
            self._preamble += 1
            return None if self._preamble <= PREAMBLE_LINES else "no `ID,Date,Time` header before this line"
        if not line[0].isdigit():
            return "not a DHCP record"
        values = split(line, ",")
        if len(values) < 3:
            return "a DHCP record has an id, a date and a time at least"
        extra = [f"c{place}" for place in range(len(self._columns) + 1, len(values) + 1)]
        row: Row = {name: value for name, value in zip((*self._columns, *extra), values, strict=False) if value}
        return timed(row, self.clock.read(f"{values[1]} {values[2]}"))


@dataclass
class _SyslogParser:
    clock: EventClock
    table: str = TABLE
    settled: bool = True

    def parse(self, line: str) -> Parsed:
        if not line.strip():
            return None
        envelope = read_envelope(line)
        row = None if envelope is None else dhcp_row(envelope)
        if envelope is None or row is None:
            return "not a DHCP message"
        return timed(row, self.clock.read(envelope.time))


def _windows_parser(content: Content, context: ReadContext) -> _WindowsParser:
    return _WindowsParser(EventClock(context))


def _syslog_parser(content: Content, context: ReadContext) -> _SyslogParser:
    return _SyslogParser(syslog_clock(content, context))


def _windows_score(lines: Sequence[str]) -> int:
    if any(_HEADER.match(line) for line in lines):
        return CERTAIN
    after = [number for number, line in enumerate(lines) if _TRANSLATED.fullmatch(line)]
    records = lines[after[0] + 1 :] if after else lines
    return graded(share(records, _RECORD.match), LIKELY)


def _is_message(line: str) -> bool:
    envelope = read_envelope(line)
    return envelope is not None and dhcp_row(envelope) is not None


def _syslog_score(lines: Sequence[str]) -> int:
    return graded(share(lines, _is_message), SURE)


READERS = (
    LineReader("dhcp-windows", "Windows DHCP server log", _windows_score, _windows_parser),
    LineReader("dhcp-syslog", "DHCP messages of dhcpd or dnsmasq", _syslog_score, _syslog_parser),
)

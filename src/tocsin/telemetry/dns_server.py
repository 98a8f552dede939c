"""DNS server logs: BIND's query log, the Windows DNS debug log, dnsmasq, unbound.

Rules:
1. Fields take the names of Sigma's dns rules where they exist: query, record_type, answer; beside them client,
   client_port, server, action, rcode, flags, qclass, protocol. Names lose the dot at their end.
2. Windows writes names as `(3)www(7)example(3)com(0)`; `query` is the plain form. Its preamble carries no event. The
   details of a packet, lines below it, are `details` of its row. Dates are in the server's locale.
3. BIND, dnsmasq and unbound also come in syslog lines. What such a server says besides queries and answers is a row
   with `message` (of BIND also `category` and `severity`) in its own file, and a syslog row in mixed ones.
4. `reply error is SERVFAIL` of dnsmasq names no query: it is an rcode.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.telemetry.line_reader import LineReader, Parsed, Row, graded, timed
from tocsin.telemetry.reader import LIKELY, NO, Content, ReadContext
from tocsin.telemetry.syslog_line import BSD_TIME, Envelope, read_envelope
from tocsin.telemetry.syslog_times import syslog_clock
from tocsin.telemetry.times import EventClock

TABLE = "dns_server"
DNSMASQ = frozenset(("dnsmasq", "pihole-FTL"))
PROGRAMS = frozenset(("named", "unbound")) | DNSMASQ
DETAIL_CHARACTERS = 65_536  # of one packet's details; the longest packet is no longer
PREAMBLE_LINES = 100  # text before the first packet; Windows writes about 30
SURE = LIKELY + 10  # before syslog, whose lines these may be

_BIND = re.compile(
    r"(?:queries: )?(?:info: )?client (?:@0x[0-9a-f]{1,16} )?([0-9A-Fa-f.:]{2,45})(?:%\w{1,16})?#(\d{1,5})"
    r"(?:/key \S{1,255})?(?: \([^()\s]{0,1024}\))?: (?:view (\S{1,255}): )?"
    r"query: (\S{1,1024}) (\S{1,20}) (\S{1,20}) ([+\-]\S{0,32})"
    r"(?: \(([0-9A-Fa-f.:]{2,45})\))?(.*)",
    re.ASCII | re.DOTALL,
)
_BIND_NAMES = ("client", "client_port", "view", "query", "qclass", "record_type", "flags", "server", "rest")
_BIND_EVENT = re.compile(
    r"(?:([a-z][a-z0-9-]{1,30}): )?(?:(critical|error|warning|notice|info|debug \d{1,3}): )?"
    r"(?:client (?:@0x[0-9a-f]{1,16} )?([0-9A-Fa-f.:]{2,45})#(\d{1,5})(?:/key \S{1,255})?"
    r"(?: \((\S{1,1024})\))?: )?(.*)",
    re.ASCII | re.DOTALL,
)
_BIND_EVENT_NAMES = ("category", "severity", "client", "client_port", "query")
_BIND_TIME = re.compile(
    r"(\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d(?:\.\d{1,6})?"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z?) "
    r"((?:[a-z][a-z0-9-]{1,30}: |client ).*)",
    re.ASCII | re.DOTALL,
)
_DNSMASQ = re.compile(
    r"(?:\d{1,20} [0-9A-Fa-f.:]{2,45}/\d{1,5} )?"
    r"(query|reply|cached|cached-stale|forwarded|config|\w{1,20} blocked|/\S{1,255})"
    r"(?:\[([A-Za-z0-9=]{1,20})\])? (\S{1,1024}) (from|is|to) (\S{1,1024})(.*)",
    re.ASCII | re.DOTALL,
)
_DNSMASQ_LAST = {"from": "client", "is": "answer", "to": "server"}
_UNBOUND_TIME = re.compile(rf"(?:\[(\d{{9,11}})\]|({BSD_TIME})) unbound(\[[\d:]{{1,20}}\] .*)", re.ASCII | re.DOTALL)
_UNBOUND_EVENT = re.compile(r"\[[\d:]{1,20}\] (\w{1,20}): (.*)", re.ASCII | re.DOTALL)
_UNBOUND = re.compile(
    r"\[[\d:]{1,20}\] (?:info|query|reply): ([0-9A-Fa-f.:]{2,45}) (\S{1,1024}) ([A-Z0-9]{1,20}) ([A-Z]{2,10})"
    r"(?: ([A-Z]{1,20}) [\d.]{1,20} \d \d{1,6})?\s*",
    re.ASCII,
)
_UNBOUND_NAMES = ("client", "query", "record_type", "qclass", "rcode")
_WINDOWS = re.compile(
    r"(\S{6,10} \d{1,2}:\d\d:\d\d(?: ?[AaPp][Mm])?) ([0-9A-F]{1,8}) PACKET +([0-9A-Fa-f]{8,17}) (UDP|TCP) (Snd|Rcv) "
    r"([0-9A-Fa-f.:]{2,45}(?:%\w{1,16})?) +([0-9a-f]{1,4}) ([R ]) ([A-Z?]) "
    r"\[([0-9a-fA-F]{1,4}) ([A-Z ]{0,12}?) *([A-Z0-9]{2,20})\] "
    r"([A-Z0-9]{1,20}) +(\S{1,1024})\s*",
    re.ASCII,
)
_WINDOWS_NAMES = (
    *("thread", "packet", "protocol", "direction", "client", "transaction_id", "response", "opcode", "flags_hex"),
    *("flags", "rcode", "record_type", "query"),
)
_WINDOWS_EVENT = re.compile(
    r"(\S{6,10} \d{1,2}:\d\d:\d\d(?: ?[AaPp][Mm])?) ([0-9A-F]{1,8}) ([A-Z][A-Z0-9_-]{1,20}) +(.*)",
    re.ASCII | re.DOTALL,
)
_WINDOWS_DETAIL = re.compile(r"\s|(?:UDP|TCP) (?:question|response) info at ", re.ASCII)
_WINDOWS_PREAMBLE = re.compile(r"DNS Server log file|Message logging key|\s*Log file wrap|\t|\s{2,}|Log file", re.ASCII)
_LABEL = re.compile(r"\(\d{1,3}\)")


def dns_row(envelope: Envelope) -> Row | None:
    """The fields of a DNS query or answer in a syslog line, None when it is none."""
    if envelope.program not in PROGRAMS:
        return None
    row = message_row(envelope.program, envelope.message)
    return None if row is None else {**envelope.fields, **row, "message": envelope.message}


def message_row(program: str, message: str) -> Row | None:
    """The fields of one server's message."""
    if program == "named":
        return _matched(_BIND, _BIND_NAMES, message)
    if program == "unbound":
        return _matched(_UNBOUND, _UNBOUND_NAMES, message)
    match = _DNSMASQ.fullmatch(message)
    if match is None:
        return None
    action, kind, query, word, last, rest = match.groups()
    if query == "error":
        return {"action": action, "rcode": last}
    row: Row = {"action": action, "query": _name(query), _DNSMASQ_LAST[word]: last}
    row.update((name, value.strip()) for name, value in (("record_type", kind), ("rest", rest)) if value)
    return row


def dns_line(line: str) -> tuple[Row, str] | None:
    """The fields of a line in one of the servers' own files and its time as text, None when it is none."""
    windows = _WINDOWS.fullmatch(line)
    if windows is not None:
        row = _filled(_WINDOWS_NAMES, windows.groups()[1:])
        row["query"] = _name(_LABEL.sub(".", windows[14]))
        return row, windows[1]
    bind = _BIND_TIME.fullmatch(line)
    if bind is not None:
        return message_row("named", bind[2]) or _bind_event(bind[2]), bind[1]
    unbound = _UNBOUND_TIME.fullmatch(line)
    if unbound is not None:
        return message_row("unbound", unbound[3]) or _unbound_event(unbound[3]), unbound[1] or unbound[2]
    said = _WINDOWS_EVENT.fullmatch(line)
    if said is not None:
        return {"thread": said[2], "category": said[3], "message": said[4]}, said[1]
    envelope = read_envelope(line)
    sent = None if envelope is None else dns_row(envelope)
    return None if envelope is None or sent is None else (sent, envelope.time)


def _bind_event(message: str) -> Row:
    """What BIND says besides queries: its category and severity, and whom it is about."""
    match = _BIND_EVENT.fullmatch(message)
    row = {} if match is None else _filled(_BIND_EVENT_NAMES, match.groups()[:-1])
    return {**row, "message": message}


def _unbound_event(message: str) -> Row:
    match = _UNBOUND_EVENT.fullmatch(message)
    return {"message": message} if match is None else {"severity": match[1], "message": match[2]}


def _matched(pattern: re.Pattern[str], names: Sequence[str], text: str) -> Row | None:
    match = pattern.fullmatch(text)
    if match is None:
        return None
    row = _filled(names, match.groups())
    row["query"] = _name(str(row.get("query", "")))
    return row


def _filled(names: Sequence[str], values: Sequence[str | None]) -> Row:
    return {name: value.strip() for name, value in zip(names, values, strict=True) if value and value.strip()}


def _name(text: str) -> str:
    """A domain name without dots at its ends; the root stays a dot."""
    return text.strip(".") or "."


@dataclass
class _DnsParser:
    clock: EventClock
    table: str = TABLE
    settled: bool = True
    _begun: bool = False
    _preamble: int = 0
    _packet: Row | None = None  # of Windows, whose details may follow

    @property
    def open_rows(self) -> int:
        """The packet whose details may follow."""
        return int(self._packet is not None)

    def parse(self, line: str) -> Parsed:
        if not line.strip() or self._is_preamble(line) or self._is_detail(line):
            return None
        found = dns_line(line)
        if found is None:
            return "not a line of a known DNS server"
        self._begun = True
        self._packet = found[0] if "packet" in found[0] else None
        self.settled = self._packet is None
        return timed(found[0], self.clock.read(found[1]))

    def _is_detail(self, line: str) -> bool:
        """A line of details goes to the packet above it, as long as there is room."""
        if self._packet is None or not _WINDOWS_DETAIL.match(line):
            return False
        known = str(self._packet.get("details", ""))
        if len(known) + len(line) > DETAIL_CHARACTERS:
            return False
        self._packet["details"] = f"{known}\n{line}" if known else line
        return True

    def _is_preamble(self, line: str) -> bool:
        self._preamble += 1
        return not self._begun and self._preamble <= PREAMBLE_LINES and _WINDOWS_PREAMBLE.match(line) is not None


def _parser(content: Content, context: ReadContext) -> _DnsParser:
    return _DnsParser(syslog_clock(content, context))


def _score(lines: Sequence[str]) -> int:
    if lines[0].startswith("DNS Server log file"):
        return SURE
    records = [line for line in lines if not (_WINDOWS_PREAMBLE.match(line) or _WINDOWS_DETAIL.match(line))]
    found = [dns_line(line) for line in records]
    if not any(row and "query" in row[0] for row in found):  # other programs write times as BIND does
        return NO
    return graded(sum(row is not None for row in found) / len(found), SURE)


READERS = (LineReader("dns-server", "DNS server log (BIND, Windows, dnsmasq, unbound)", _score, _parser),)

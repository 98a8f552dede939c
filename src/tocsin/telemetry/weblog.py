"""Web access logs: common, combined and vhost-prefixed, as Apache, nginx, Caddy and many others write them.

Rules (Apache `LogFormat`, section "combined"):
1. Fields get the W3C names that Sigma's webserver rules use: c-ip, cs-username, cs-method, cs-uri, cs-uri-stem,
   cs-uri-query, cs-version, sc-status, sc-bytes, cs-referer, cs-user-agent, cs-host.
2. `-` is an absent value. `\\"`, `\\\\` and `\\xhh` of printable characters are undone, percent escapes are kept.
3. Where a list of addresses stands for the client (`X-Forwarded-For`), c-ip is the first, and the list is
   cs-x-forwarded-for.
4. A request that is no `METHOD URI VERSION` is kept whole in `request`. What follows the user agent is kept in `rest`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.telemetry.line_reader import LineReader, Parsed, Row, graded, share, timed
from tocsin.telemetry.reader import LIKELY, Content, ReadContext
from tocsin.telemetry.syslog_line import Envelope
from tocsin.telemetry.times import EventClock, parse_time

ABSENT = "-"
TABLE = "web_access"
SURE = LIKELY + 10  # the bracketed time followed by a quoted request is hard to meet by chance

_TIME = r"\[(\d{1,2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?:\.\d{1,9})?(?: [+-]\d{4})?)\]"
_QUOTED = r'"((?:[^"\\]|\\.)*+)"'
_LINE = re.compile(
    rf"(\S{{1,512}}(?: \S{{1,512}}){{2,5}}?) {_TIME} {_QUOTED} (\d{{3}}|-) (\d{{1,20}}|-)"
    rf"(?: {_QUOTED} {_QUOTED})?(?: (.*))?\s*",
    re.ASCII,
)
_REQUEST = re.compile(r"([A-Za-z_\-]{1,32}) (\S.*?)(?: ([A-Za-z]{1,10}/\d(?:\.\d)?))?", re.DOTALL)
_ESCAPE = re.compile(r'\\(?:(["\\])|x([0-9A-Fa-f]{2}))')
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", re.ASCII)
_PORT = re.compile(r":(\d{1,5})$", re.ASCII)
FIRST_PRINTABLE, LAST_PRINTABLE = 0x20, 0x7E
CLIENT_FIELDS = 3  # address, identity, user


def access_row(line: str) -> tuple[Row, str] | None:
    """The fields of one line and its time as text, None when it is no access log line."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    client, time, request, status, size, referer, agent, rest = match.groups()
    row = _client(client.split(" "))
    row.update(request_fields(unescaped(request)))
    named = (("sc-status", status), ("sc-bytes", size), ("cs-referer", referer), ("cs-user-agent", agent))
    for name, value in (*named, ("rest", rest)):
        if value and value != ABSENT:
            row[name] = unescaped(value)
    return row, time


def sent_row(envelope: Envelope) -> Row | None:
    """The fields and the time of a log line that a web server sent in syslog, None when it is none."""
    if '] "' not in envelope.message:
        return None
    found = access_row(envelope.message)
    return None if found is None else timed({**envelope.fields, **found[0]}, parse_time(found[1]))


def request_fields(request: str) -> Row:
    """Method, URI and version; the whole under `request` when it has another form."""
    match = _REQUEST.fullmatch(request)
    if match is None:
        return {} if request in ("", ABSENT) else {"request": request}
    method, uri, version = match.groups()
    stem, question, query = uri.partition("?")
    row: Row = {"cs-method": method, "cs-uri": uri, "cs-uri-stem": stem}
    if question:
        row["cs-uri-query"] = query
    if version:
        row["cs-version"] = version
    return row


def unescaped(text: str) -> str:
    """Undo `\\"`, `\\\\` and `\\xhh` where the character is printable ASCII."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return match[1]
    number = int(match[2], 16)
    return chr(number) if FIRST_PRINTABLE <= number <= LAST_PRINTABLE else match[0]


def _client(parts: list[str]) -> Row:
    """`[vhost] address identity user`; a user name may contain blanks."""
    row: Row = {}
    chain = next((number for number, part in enumerate(parts, 1) if not part.endswith(",")), 1)
    if chain > 1 or "," in parts[0]:
        addresses = "".join(parts[:chain]).split(",")
        row["cs-x-forwarded-for"] = ", ".join(addresses)
        parts[:chain] = addresses[:1]
    if len(parts) > CLIENT_FIELDS and not (_ADDRESS.fullmatch(parts[0]) and not _ADDRESS.fullmatch(parts[1])):
        vhost = parts.pop(0)
        port = _PORT.search(vhost)
        row["cs-host"] = vhost[: port.start()] if port else vhost
        if port:
            row["s-port"] = port[1]
    row["c-ip"] = parts[0]
    user = " ".join(parts[2:])
    for name, value in (("identity", parts[1]), ("cs-username", user)):
        if value not in ("", ABSENT, '""'):
            row[name] = value
    return row


@dataclass
class _AccessParser:
    clock: EventClock
    table: str = TABLE
    settled: bool = True

    def parse(self, line: str) -> Parsed:
        if not line.strip():
            return None
        found = access_row(line)
        if found is None:
            return "not an access log line"
        return timed(found[0], self.clock.read(found[1]))


def _parser(content: Content, context: ReadContext) -> _AccessParser:
    return _AccessParser(EventClock(context))


def _score(lines: Sequence[str]) -> int:
    return graded(share(lines, _LINE.fullmatch), SURE)


READERS = (LineReader("web-access", "Web access log (common or combined)", _score, _parser),)

"""Squid's native access log.

Form (squid.conf, `logformat squid`): `time elapsed client action/status bytes method URL user hierarchy/peer type`, the
time in epoch seconds with milliseconds. Names follow Sigma's proxy rules: c-ip, cs-method, c-uri, cs-host, sc-status.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.telemetry.line_reader import LineReader, Parsed, Row, graded, share, timed
from tocsin.telemetry.reader import CERTAIN, Content, ReadContext
from tocsin.telemetry.syslog_line import Envelope
from tocsin.telemetry.times import EventClock, parse_time
from tocsin.telemetry.uris import uri_fields

ABSENT = "-"
TABLE = "proxy_squid"
_LINE = re.compile(
    r"(\d{9,10}\.\d{1,6}) +(-?\d{1,12}) (\S+) ([A-Z_]{1,40})/(\d{3}) (\d{1,20}) (\S{1,40}) (\S+) (\S+)"
    r" ([A-Z_]{1,40})/(\S+) (\S+)(?: (.*))?\s*",
    re.ASCII,
)
_NAMES = ("elapsed", "c-ip", "action", "sc-status", "sc-bytes", "cs-method", "c-uri", "cs-username")
_AFTER = ("hierarchy", "s-ip", "cs-mime-type", "rest")


def squid_row(envelope: Envelope) -> Row | None:
    """The fields and the time of a log line that squid sent in syslog, None when it is none."""
    if "squid" not in envelope.program:
        return None
    match = _LINE.fullmatch(envelope.message)
    return None if match is None else timed({**envelope.fields, **_fields(match)}, parse_time(match[1]))


def _fields(match: re.Match[str]) -> Row:
    row: Row = {
        name: value
        for name, value in zip((*_NAMES, *_AFTER), match.groups()[1:], strict=True)
        if value and value != ABSENT
    }
    row.update(uri_fields(match[8]))
    return row


@dataclass
class _SquidParser:
    clock: EventClock
    table: str = TABLE
    settled: bool = True

    def parse(self, line: str) -> Parsed:
        if not line.strip():
            return None
        match = _LINE.fullmatch(line)
        if match is None:
            return "not a line of squid's native log"
        return timed(_fields(match), self.clock.read(match[1]))


def _parser(content: Content, context: ReadContext) -> _SquidParser:
    return _SquidParser(EventClock(context))


def _score(lines: Sequence[str]) -> int:
    return graded(share(lines, _LINE.fullmatch), CERTAIN)


READERS = (LineReader("squid", "Squid proxy log", _score, _parser),)

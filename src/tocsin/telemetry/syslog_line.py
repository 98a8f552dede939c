"""One syslog line: its envelope (who, when, how urgent) and its message.

Standards: RFC 3164 §4 (BSD), RFC 5424 §6 with structured data, and what rsyslog writes to files (no PRI, either stamp).
Rules:
1. PRI is optional; facility = PRI // 8 and severity = PRI % 8 are given by name.
2. Host and tag are optional in the BSD form: `dnsmasq[12]: …` has no host, `host last message repeated` no tag.
3. Structured data becomes `sd.<id>.<parameter>`.
4. A line without PRI and without a time is no syslog line.
5. Cisco writes the zone's name behind a BSD time, `09:34:34 EDT: `; it is part of the time.
6. `<13>1 2020-08-07T14:32:05Z host …` without the other fields of RFC 5424 (so LEEF is sent) is read as the BSD form.
"""

import re
from typing import NamedTuple

from tocsin.telemetry.key_values import put
from tocsin.telemetry.line_reader import Row
from tocsin.telemetry.times.text import NAMED_ZONES

FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *("ntp", "audit", "alert", "clock"),
    *("local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"),
)
SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
HIGHEST_PRI = len(FACILITIES) * len(SEVERITIES) - 1
NIL = "-"

BSD_TIME = rf"[A-Z][a-z]{{2}} [ \d]\d (?:\d{{4}} )?\d\d:\d\d:\d\d(?:\.\d{{1,9}})?(?: (?:{NAMED_ZONES})(?=:))?"
ISO_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_PRI = re.compile(r"<(\d{1,3})>", re.ASCII)
_RFC5424 = re.compile(r"<(\d{1,3})>\d{1,2} (\S+) (\S+) (\S+) (\S+) (\S+) (.*)", re.ASCII | re.DOTALL)
_STAMPED = re.compile(
    rf"(?:<(\d{{1,3}})>(?:1 )?)?(?:\d{{1,10}}: )?[*.]?({BSD_TIME}|{ISO_TIME}):? (.*)", re.ASCII | re.DOTALL
)
_TAG = r"([^\s:\[\]]{1,128}(?: \d[\d.]*)?)(?:\[([^\]\s]{1,64})\])?:(?: |$)"
_TAGGED = re.compile(rf"{_TAG}(.*)", re.ASCII | re.DOTALL)
_HOST_TAGGED = re.compile(rf"(\S{{1,255}}) {_TAG}(.*)", re.ASCII | re.DOTALL)
_ELEMENT = re.compile(r'\[([^\s=\]"]{1,64})((?: [^\s=\]"]{1,64}="(?:[^"\\]|\\.)*+")*+)\]')
_PARAMETER = re.compile(r' ([^\s=\]"]{1,64})="((?:[^"\\]|\\.)*+)"')
_SD_ESCAPE = re.compile(r'\\(["\\\]])')
_BOM = "\ufeff"


class Envelope(NamedTuple):
    """What stands before a message. `time` is its text, empty where there is none."""

    time: str
    fields: Row
    message: str

    @property
    def program(self) -> str:
        """The tag or APP-NAME, empty when unknown."""
        return str(self.fields.get("program") or "")


def read_envelope(line: str) -> Envelope | None:
    """The parts of a syslog line, None when it is none."""
    modern = _RFC5424.fullmatch(line)
    if modern is not None:
        envelope = _modern(modern)
        if envelope is not None:
            return envelope
    stamped = _STAMPED.fullmatch(line)
    if stamped is not None:
        fields = _priority(stamped[1])
        return None if fields is None else _tagged(stamped[2], fields, stamped[3])
    pri = _PRI.match(line)
    fields = _priority(pri[1]) if pri else None
    return Envelope("", fields, line[pri.end() :]) if pri and fields is not None else None


def message_of(line: str) -> str:
    """What follows the envelope; the line itself when it has none."""
    envelope = read_envelope(line)
    return line if envelope is None else envelope.message


def time_text(line: str) -> str:
    """The time of a line, as written; cheap, for looking through a whole file."""
    stamped = _STAMPED.match(line)
    return stamped[2] if stamped else ""


def looks_like_syslog(line: str) -> bool:
    """Whether a line has the marks of syslog: a PRI, or a stamp with host and tag."""
    if _RFC5424.fullmatch(line):
        return True
    stamped = _STAMPED.fullmatch(line)
    if stamped is None:
        return _PRI.match(line) is not None
    return stamped[1] is not None or stamped[2][10:11] != " " or _HOST_TAGGED.fullmatch(stamped[3]) is not None


def _priority(text: str | None) -> Row | None:
    """Facility and severity; None for an impossible PRI."""
    if text is None:
        return {}
    pri = int(text)
    if pri > HIGHEST_PRI:
        return None
    return {"facility": FACILITIES[pri // len(SEVERITIES)], "severity": SEVERITIES[pri % len(SEVERITIES)]}


def _tagged(time: str, fields: Row, rest: str) -> Envelope:
    """RFC 3164's `host tag[pid]: message` with host and tag both optional."""
    tagged = _TAGGED.fullmatch(rest)
    if tagged is not None:
        return Envelope(time, _named(fields, None, tagged[1], tagged[2]), tagged[3])
    full = _HOST_TAGGED.fullmatch(rest)
    if full is not None:
        return Envelope(time, _named(fields, full[1], full[2], full[3]), full[4])
    host, _, message = rest.partition(" ")
    return Envelope(time, _named(fields, host, None, None), message)


def _named(fields: Row, host: str | None, program: str | None, pid: str | None) -> Row:
    for name, value in (("host", host), ("program", program), ("pid", pid)):
        if value:
            fields[name] = value
    return fields


def _modern(match: re.Match[str]) -> Envelope | None:
    """RFC 5424; `-` is an absent value."""
    fields = _priority(match[1])
    if fields is None:
        return None
    for name, group in (("host", 3), ("program", 4), ("pid", 5), ("msgid", 6)):
        if match[group] != NIL:
            fields[name] = match[group]
    message = _structured(match[7], fields)
    return Envelope("" if match[2] == NIL else match[2], fields, message.removeprefix(" ").removeprefix(_BOM))


def _structured(text: str, fields: Row) -> str:
    """Put the structured data into the fields; the text after it."""
    if text == NIL or text.startswith(NIL + " "):
        return text[1:]
    position = 0
    while (element := _ELEMENT.match(text, position)) is not None:
        for parameter in _PARAMETER.finditer(element[2]):
            put(fields, f"sd.{element[1]}.{parameter[1]}", _SD_ESCAPE.sub(r"\1", parameter[2]))
        position = element.end()
    return text[position:]

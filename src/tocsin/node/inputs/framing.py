"""Syslog messages out of a stream of bytes (RFC 6587, RFC 5425), without I/O.

Rules:
1. A connection's first byte decides: a digit from 1 to 9 begins octet counting (`MSG-LEN SP MSG`, §3.4.1), everything
   else is one message a line (§3.4.2). A first line that begins with a digit but with no MSG-LEN (`2026-08-07T…`)
   is a line.
2. A message is at most `most` bytes long. A longer one is passed over and counted; the stream goes on behind it.
3. A MSG-LEN that cannot be read ends the stream: nobody can tell where the next message begins.
4. A message becomes one line: line ends at its end go, others and NUL inside are written `#012`, `#015`, `#000`, as
   rsyslog does. An empty message is none. A line end between two counted messages is passed over.
"""

import re
from dataclasses import dataclass
from enum import Enum

from tocsin import limits

_LENGTH = re.compile(rb"[1-9][0-9]{0,%d} " % (limits.SYSLOG_LENGTH_DIGITS - 1))
_DIGITS = re.compile(rb"[1-9][0-9]*")
_ENDS = b"\r\n\x00"
_ESCAPES = ((b"\n", b"#012"), (b"\r", b"#015"), (b"\x00", b"#000"))


class _Mode(Enum):
    UNKNOWN = 0
    COUNTED = 1
    LINES = 2


@dataclass(frozen=True, slots=True)
class Framed:
    """What some bytes gave: lines with their end, how many, and how many messages were too long."""

    data: bytes
    lines: int
    too_long: int = 0


def one_line(message: bytes) -> bytes:
    """A message as one line without its end (rule 4)."""
    message = message.rstrip(_ENDS)
    for plain, escaped in _ESCAPES:
        if plain in message:
            message = message.replace(plain, escaped)
    return message


class Framer:
    """Takes one connection's bytes apart."""

    def __init__(self, most: int = limits.SYSLOG_MESSAGE_BYTES) -> None:
        self._most = most
        self._mode = _Mode.UNKNOWN
        self._rest = bytearray()
        self._skip = 0  # bytes of a counted message that is passed over
        self._skip_line = False  # up to the next line end
        self._lines: list[bytes] = []
        self._too_long = 0
        self.damaged = False

    @property
    def unfinished(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._rest) or self._skip > 0 or self._skip_line

    @property
    def _over(self) -> bool:
        return self._skip_line or len(self._rest) > self._most

    def feed(self, data: bytes) -> Framed:
        """The messages that end in these bytes. `damaged` is set where the stream cannot go on (rule 3)."""
        self._rest += data
        first = self._mode is _Mode.UNKNOWN
        if first:
            self._mode = self._decided()
        if self._mode is _Mode.COUNTED:
            self._feed_counted()
        elif self._mode is _Mode.LINES and (b"\n" in data or first or self._over):
            self._feed_lines()
        lines, self._lines = self._lines, []
        too_long, self._too_long = self._too_long, 0
        return Framed(b"".join(lines), len(lines), too_long)

    def _decided(self) -> _Mode:
        """Rule 1; unknown while the first bytes could become both."""
        if not self._rest:
            return _Mode.UNKNOWN
        if _LENGTH.match(self._rest):
            return _Mode.COUNTED
        begun = _DIGITS.match(self._rest)
        if begun and begun.end() == len(self._rest) <= limits.SYSLOG_LENGTH_DIGITS:
            return _Mode.UNKNOWN
        return _Mode.LINES

    def _feed_counted(self) -> None:
        position = self._skipped()
        rest = self._rest
        while position < len(rest) and not self.damaged:
            while position < len(rest) and rest[position] in _ENDS:
                position += 1
            header = _LENGTH.match(rest, position)
            if header is None:
                begun = rest[position : position + limits.SYSLOG_LENGTH_DIGITS + 1]
                self.damaged = bool(begun) and not (
                    _DIGITS.fullmatch(begun) and len(begun) <= limits.SYSLOG_LENGTH_DIGITS
                )
                break
            size = int(header[0])
            if size > self._most:
                self._too_long += 1
                position = header.end() + size
                self._skip = max(0, position - len(rest))
            elif header.end() + size <= len(rest):
                position = header.end() + size
                self._keep(bytes(rest[header.end() : position]))
            else:
                break
        del self._rest[:position]

    def _skipped(self) -> int:
        """Where what counts begins."""
        skipped = min(self._skip, len(self._rest))
        self._skip -= skipped
        return skipped

    def _feed_lines(self) -> None:
        *whole, rest = self._rest.split(b"\n")
        for line in whole:
            if self._skip_line:
                self._skip_line = False
            elif len(line) > self._most:
                self._too_long += 1
            else:
                self._keep(bytes(line))
        if len(rest) > self._most and not self._skip_line:
            self._too_long += 1
            self._skip_line = True
        self._rest = bytearray() if self._skip_line else rest

    def _keep(self, message: bytes) -> None:
        line = one_line(message)
        if line:
            self._lines.append(line + b"\n")

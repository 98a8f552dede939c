"""Lines to another machine's syslog (RFC 5424), over UDP (RFC 5426) or TCP with octet counting (RFC 6587 §3.4.1).

A target is `host:port` (TCP), `tcp://host:port` or `udp://host:port`; an IPv6 address stands in brackets.
Neither way tells whether the other side kept the line; TCP at least tells that it was there.
"""

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from tocsin import limits
from tocsin.errors import ConfigError
from tocsin.ledger.entry import spelled

_PRIORITY = 13 * 8 + 5  # facility "log audit", severity "notice" (RFC 5424 §6.2.1)
_NIL = "-"


@dataclass(frozen=True, slots=True)
class SyslogTarget:
    """Where lines go."""

    host: str
    port: int
    udp: bool = False


def syslog_target(text: str) -> SyslogTarget:
    """The target that a text names; ConfigError where it names none."""
    advice = "Write host:port, tcp://host:port or udp://host:port."
    try:
        parts = urlsplit(text if "://" in text else f"tcp://{text}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"{text!r} names no syslog server", advice) from error
    if parts.scheme not in ("tcp", "udp") or not host or not port or parts.path or parts.username:
        raise ConfigError(f"{text!r} names no syslog server", advice)
    return SyslogTarget(host, port, parts.scheme == "udp")


def framed(line: str, time: datetime) -> bytes:
    """A line as an RFC 5424 message."""
    return f"<{_PRIORITY}>1 {spelled(time)} {_NIL} tocsin {os.getpid()} checkpoint {_NIL} {line}".encode()


def send_lines(target: SyslogTarget, lines: list[str], time: datetime) -> None:
    """Send lines; OSError where the other side is not there."""
    messages = [framed(line, time) for line in lines]
    if target.udp:
        _send_datagrams(target, messages)
        return
    with socket.create_connection((target.host, target.port), limits.WITNESS_SECONDS) as connection:
        for message in messages:
            connection.sendall(f"{len(message)} ".encode() + message)
        connection.shutdown(socket.SHUT_WR)


def _send_datagrams(target: SyslogTarget, messages: list[bytes]) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as connection:
        connection.settimeout(limits.WITNESS_SECONDS)
        connection.connect(address)
        for message in messages:
            connection.send(message)

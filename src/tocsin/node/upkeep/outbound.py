"""Where the node may connect to: one list from the configuration, and a guard that refuses everything else.

Rules:
1. The list is what the operator configured: webhook, mail server, ticket system, witness, OpenID Connect issuer, a
   PostgreSQL server. No other code adds to it.
2. The machine itself (loopback, Unix sockets) is always allowed.
3. The guard sits below every library of the process (`sys.addaudithook`): it refuses to connect, to send a datagram,
   and to look up a name, because a lookup tells somebody the name. It cannot be taken out again.
4. A name that is on the list is looked up; its addresses are then allowed at that port only.
5. C libraries that open sockets of their own (libpq) do not pass by here: the list names their servers, and the unit
   of the service manager (contrib/) is the wall behind this one.
"""

import ipaddress
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import URL

from tocsin.errors import ConfigError, Denied
from tocsin.node.service.config import Config
from tocsin.node.store.address import is_file, read_url
from tocsin.node.upkeep.syslog_target import syslog_target

_POSTGRESQL_PORT = 5432
_PORTS = {"https": 443, "http": 80}
_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_NAMING = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"})
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", ""})
_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})


class OutboundRefused(Denied):
    """The node was about to connect to something that is not on its list."""


@dataclass(frozen=True, slots=True, order=True)
class Destination:
    """A host and port that the node may connect to, and what for."""

    host: str  # name or address, lower case
    port: int
    what: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port} ({self.what})"


def destinations(config: Config) -> tuple[Destination, ...]:
    """The list of a configuration; ConfigError where a URL in it cannot be read."""
    found: list[Destination] = []
    if config.notify.webhook:
        found.append(_of_url(config.notify.webhook, "webhook"))
    if config.notify.mail is not None:
        found.append(Destination(config.notify.mail.host.lower(), config.notify.mail.port, "mail server"))
    if config.notify.tickets is not None and config.notify.tickets.url:
        found.append(_of_url(config.notify.tickets.url, "ticket system"))
    if config.witness.syslog:
        target = syslog_target(config.witness.syslog)
        found.append(Destination(target.host.lower(), target.port, "witness"))
    if config.openid is not None:
        found.append(_of_url(config.openid.issuer, "OpenID Connect issuer"))
    if config.state.url:
        found += _of_database(read_url(config.state.url))
    return tuple(sorted(set(found)))


def allowed(listed: Iterable[Destination], host: str, port: int) -> bool:
    """Whether the node may connect to a host, given as name or address, at a port."""
    if is_local(host):
        return True
    return any(each.host == host.lower().rstrip(".") and each.port == port for each in listed)


def is_local(host: str) -> bool:
    """Whether a host is the machine itself."""
    address = _address(host)
    if address is None:
        return host.lower().rstrip(".") in _LOCAL_NAMES
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)  # to connect to 0.0.0.0 is to connect to oneself


@dataclass(slots=True)
class Guard:
    """What the process may connect to, and how often something else was tried."""

    listed: tuple[Destination, ...]
    refused: int = 0
    looked_up: set[tuple[str, int]] = field(default_factory=set)

    def watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        """The audit hook. Raises OutboundRefused."""
        if event in _CONNECTING:
            self._connecting(arguments[0], arguments[1])
        elif event in _NAMING:
            self._naming(arguments[0])

    def look_up(self, host: Any, port: Any, *more: Any, **named: Any) -> list[Any]:
        """`socket.getaddrinfo`, which remembers the addresses of what is on the list."""
        found = _getaddrinfo(host, port, *more, **named)
        name = _text(host)
        ports = {each.port for each in self.listed if each.host == name.lower().rstrip(".")}
        self.looked_up |= {(str(entry[4][0]), each) for entry in found for each in ports}
        return found

    def _connecting(self, connecting: Any, address: Any) -> None:
        if connecting.family not in _INTERNET or address is None:  # None: a datagram over a connected socket
            return
        host, port = _text(address[0]), int(address[1])
        if not allowed(self.listed, host, port) and (host, port) not in self.looked_up:
            self._refuse(f"{host}:{port}")

    def _naming(self, who: Any) -> None:
        host = _text(who[0] if isinstance(who, tuple) else who)
        named = any(each.host == host.lower().rstrip(".") for each in self.listed)
        if not named and not is_local(host) and _address(host) is None:
            self._refuse(f"the name {host}")

    def _refuse(self, what: str) -> None:
        self.refused += 1
        raise OutboundRefused(
            f"the node does not connect to {what[:200]}: it is not on its list",
            "Only what tocsin.toml names is reached; `tocsin node check` lists it.",
        )


_getaddrinfo = socket.getaddrinfo
_guards: list[Guard] = []  # none or one: an audit hook stays for the life of the process


def install(listed: Iterable[Destination]) -> Guard:
    """Let this process connect to what is listed, and to nothing else, from now on. Again: with another list."""
    if _guards:
        _guards[0].listed = tuple(listed)
        _guards[0].looked_up.clear()
        return _guards[0]
    guard = Guard(tuple(listed))
    _guards.append(guard)
    socket.getaddrinfo = guard.look_up
    sys.addaudithook(guard.watch)
    return guard


def _of_url(url: str, what: str) -> Destination:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname or port is None:
        raise ConfigError(f"the URL of the {what} cannot be read", "Write https://host/path in tocsin.toml.")
    return Destination(parts.hostname.rstrip("."), port, what)


def _of_database(address: URL) -> list[Destination]:
    hosts = [] if is_file(address) else [address.host or ""]
    named = [host.lower() for host in hosts if host and not host.startswith("/") and not is_local(host)]
    return [Destination(host, address.port or _POSTGRESQL_PORT, "state database") for host in named]


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _text(host: Any) -> str:
    if isinstance(host, (bytes, bytearray)):
        return host.decode("utf-8", "replace")
    return "" if host is None else str(host)

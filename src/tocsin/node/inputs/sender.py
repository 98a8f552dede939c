"""Who sends. Organisation, network and sensor come from token, certificate or address, never from what is sent.

Rules:
1. A rule names what it knows a sender by: an address range, a certificate (the SHA-256 fingerprint, or a name in it),
   or a machine token. All that it names has to fit. The first rule that fits decides.
2. Addresses are compared as the socket has them; an IPv4 address inside IPv6 (RFC 4291 §2.5.5.2) counts as IPv4.
3. A name of a certificate is a DNS name, an address, an URI or a mail address of its subjectAltName, or its subject's
   common name where it has no subjectAltName (RFC 5425 §5.2). Only verified certificates have names.
4. What a sender sends by one way is one stream: way, organisation, network, sensor and reader make its id.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tocsin.errors import ConfigError
from tocsin.lake.catalog import Origin
from tocsin.node.journal.records import Stream
from tocsin.node.journal.writer import stream_id

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Protocol = Literal["udp", "tcp", "tls"]
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is known of a client's verified certificate."""

    fingerprint: str
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SenderRule:
    """One sender of the configuration. `reader` is '' where the content decides."""

    organisation: str
    network: str
    sensor: str
    reader: str = ""
    address: str = ""
    """An address or a range in CIDR notation."""
    fingerprint: str = ""
    """SHA-256 of the certificate in DER, in hexadecimal, with or without colons."""
    name: str = ""
    """A name that the certificate has to have (rule 3)."""
    token: str = ""
    """The id of a machine token."""

    @property
    def origin(self) -> Origin:
        """As the lake writes it beside every row."""
        return Origin(self.organisation, self.network, self.sensor)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of the server's certificate and key, and of the authorities whose clients are let in."""

    certificate: Path
    key: Path
    client_ca: Path | None = None
    """Where it is given, every client has to show a certificate of these."""


@dataclass(frozen=True, slots=True)
class SyslogInput:
    """One syslog listener."""

    host: str
    port: int
    protocol: Protocol
    senders: tuple[SenderRule, ...]
    tls: TlsFiles | None = None

    @property
    def name(self) -> str:
        """How it is shown: `syslog-tcp:6514`."""
        return f"syslog-{self.protocol}:{self.port}"


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule as it is compared."""

    rule: SenderRule
    network: Network | None
    fingerprint: str

    def may_be(self, address: str) -> bool:
        """Whether an address does not speak against it."""
        return self.network is None or _within(address, self.network)

    def fits(self, address: str, certificate: Certificate | None) -> bool:
        """Rule 1."""
        if not self.may_be(address):
            return False
        if self.fingerprint and (certificate is None or certificate.fingerprint != self.fingerprint):
            return False
        return not self.rule.name or (certificate is not None and self.rule.name.lower() in certificate.names)


class Senders:
    """The configured senders of one input that are known by address or certificate."""

    def __init__(self, way: str, rules: Iterable[SenderRule]) -> None:
        """Raises ConfigError for a rule that could let anybody in, or cannot be read."""
        self._rules = [_compared(rule) for rule in rules]
        self._way = way

    def of(self, address: str, certificate: Certificate | None = None) -> Stream | None:
        """The stream of who sends from there, None when nobody listed does."""
        for each in self._rules:
            if each.fits(address, certificate):
                return sender_of(self._way, each.rule.origin, each.rule.reader)
        return None

    def may_come(self, address: str) -> bool:
        """Whether somebody listed could call from there, before a certificate is seen."""
        return any(each.may_be(address) for each in self._rules)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """All of them, to be shown before anything came."""
        return tuple(sender_of(self._way, each.rule.origin, each.rule.reader) for each in self._rules)


def sender_of(way: str, origin: Origin, reader: str = "") -> Stream:
    """The stream of one sender by one way."""
    parts = (way, origin.organisation, origin.network, origin.sensor)
    name = "/".join(parts if not reader else (*parts, reader))
    return Stream(stream_id(*parts, reader), name, origin, reader)


def read_by(stream: Stream, reader: str) -> Stream:
    """The stream of the same sender for what another reader reads."""
    way, _, _ = stream.name.partition("/")
    return sender_of(way, stream.origin, reader)


def token_sender(way: str, origin: Origin, token: str, rules: Sequence[SenderRule]) -> Stream:
    """The stream of who shows a machine token: the token says who it is, a rule for it may name its reader."""
    readers = (rule.reader for rule in rules if rule.token == token)
    return sender_of(way, origin, next(readers, ""))


def plain_address(address: str) -> str:
    """An address without scope, and as IPv4 where it is one (rule 2)."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    inner = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(inner or parsed)


def _compared(rule: SenderRule) -> _Rule:
    fingerprint = rule.fingerprint.replace(":", "").lower()
    if fingerprint and not _FINGERPRINT.fullmatch(fingerprint):
        raise ConfigError(f"{rule.fingerprint} is no SHA-256 fingerprint", "Give 64 hexadecimal digits.")
    if not (rule.address or fingerprint or rule.name):
        raise ConfigError(
            f"the sender {rule.sensor or rule.organisation} has neither address nor certificate",
            "Name an address, a fingerprint or a name: without one anybody could send as it.",
        )
    try:
        network = ipaddress.ip_network(rule.address) if rule.address else None
    except ValueError as error:
        raise ConfigError(
            f"{rule.address} is no address range: {error}", "Write it like 192.0.2.7 or 192.0.2.0/24."
        ) from error
    return _Rule(rule, network, fingerprint)


def _within(address: str, network: Network) -> bool:
    return ipaddress.ip_address(address) in network

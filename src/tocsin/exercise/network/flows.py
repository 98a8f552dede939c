"""A flow on the wire, and the ids by which sensors link what they say about it.

Zeek gives each connection a UID (`C` and 17 letters), Suricata a flow id, both the same community id
(Community ID 1.0: base64 of SHA-1 over seed, addresses and ports in order, protocol).
Byte counts are payload; packets follow from them, so that every sensor tells the same story.
"""

import base64
import hashlib
import ipaddress
from dataclasses import dataclass
from functools import lru_cache

from tocsin.exercise.chance import MICROSECONDS, Chance

_UID_LETTERS = 17
_SEGMENT_BYTES = 1_400
_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17}
_HEADER_BYTES = {"tcp": 52, "udp": 28, "icmp": 28}


@dataclass(frozen=True, slots=True)
class Flow:
    """One connection. Times in microseconds, `state` and `history` in Zeek's letters."""

    start_us: int
    duration_us: int
    source: str
    source_port: int
    target: str
    target_port: int
    protocol: str
    service: str
    sent: int  # payload bytes from source to target
    received: int
    state: str
    history: str
    uid: str
    number: int  # Suricata's flow id
    community: str

    @property
    def end_us(self) -> int:
        """When the connection was over."""
        return self.start_us + self.duration_us

    @property
    def packets_sent(self) -> int:
        """Packets from source to target: the payload's and the handshake's."""
        return _packets(self.sent, self.protocol, self.state)

    @property
    def packets_received(self) -> int:
        """Packets back; none where nobody answered."""
        return 0 if self.state == "S0" else _packets(self.received, self.protocol, self.state)

    @property
    def wire_sent(self) -> int:
        """Bytes with IP and transport headers."""
        return self.sent + self.packets_sent * _HEADER_BYTES[self.protocol]

    @property
    def wire_received(self) -> int:
        """The same back."""
        return self.received + self.packets_received * _HEADER_BYTES[self.protocol]


def _packets(payload: int, protocol: str, state: str) -> int:
    if protocol != "tcp" or state in ("S0", "REJ"):
        return max(1, -(-payload // _SEGMENT_BYTES))
    return 4 + -(-payload // _SEGMENT_BYTES)


@lru_cache(maxsize=4096)
def _packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def community_id(protocol: str, source: str, source_port: int, target: str, target_port: int) -> str:
    """Community ID version 1 with seed 0."""
    one, other = (_packed(source), source_port), (_packed(target), target_port)
    low, high = min(one, other), max(one, other)
    ports = low[1].to_bytes(2, "big") + high[1].to_bytes(2, "big")
    head = b"\0\0" + low[0] + high[0] + bytes((_NUMBERS[protocol], 0))
    digest = hashlib.sha1(head + ports, usedforsecurity=False).digest()
    return "1:" + base64.b64encode(digest).decode()


def zeek_uid(first: str, chance: Chance) -> str:
    """`C…` for connections, `F…` for files."""
    return first + base64.b64encode(chance.bits(104).to_bytes(13, "big"), b"xY")[:_UID_LETTERS].decode()


def flow(
    chance: Chance,
    start_us: int,
    source: str,
    target: str,
    target_port: int,
    *,
    protocol: str = "tcp",
    service: str = "-",
    seconds: float = 0.2,
    sent: int = 500,
    received: int = 2_000,
    state: str = "SF",
) -> Flow:
    """A connection with ids of its own."""
    source_port = chance.whole(32_768, 60_999)
    return Flow(
        start_us=start_us,
        duration_us=int(seconds * MICROSECONDS),
        source=source,
        source_port=source_port,
        target=target,
        target_port=target_port,
        protocol=protocol,
        service=service,
        sent=sent,
        received=received,
        state=state,
        history={"S0": "S", "REJ": "Sr", "RSTO": "ShADadR"}.get(state, "Dd" if protocol == "udp" else "ShADadfF"),
        uid=zeek_uid("C", chance),
        number=chance.whole(10**14, 2 * 10**15),
        community=community_id(protocol, source, source_port, target, target_port),
    )

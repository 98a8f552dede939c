"""A flood as a fingerprint of the DDoS Clearing House: JSON that names how an attack looks, never whom it hit.

Rules:
1. The fields are those of the project's dissector for flow data (NLADC/dissector, fingerprint_format.md); of HTTP
   vectors also those that it takes from packets: paths, methods, user agents.
2. Times are UTC and say so, where the dissector writes the target's own time without a zone.
3. `target` is always "Anonymous". Paths stand without host and without query string.
4. What a log does not count is null: access logs count requests, no packets.
5. `key` is the MD5 of the rest, as the format has it: a name, no protection.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

Shares = Mapping[str, float]
"""Values with their part of the traffic."""

ANONYMOUS = "Anonymous"
RANDOM = "random"
SERVICES = {
    17: "QOTD", 19: "Chargen", 53: "DNS", 69: "TFTP", 80: "HTTP", 111: "RPC", 123: "NTP", 137: "NetBIOS",
    161: "SNMP", 389: "CLDAP", 443: "HTTPS", 520: "RIP", 1900: "SSDP", 3702: "WS-Discovery", 5353: "mDNS",
    5683: "CoAP", 11211: "Memcached",
}  # fmt: skip
_MEGABYTE = 1_000_000
_BITS = 8
_SECOND = 1_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class Vector:
    """One way of a flood, measured. Times are microseconds UTC; None is what the logs do not count."""

    protocol: str  # TCP, UDP
    service: str | None
    source_port: int | None  # of the service that was abused, None where sources use any
    destination_ports: Shares
    tcp_flags: Shares
    flows: int
    packets: int | None
    octets: int | None
    first_us: int
    last_us: int
    sources: tuple[str, ...]
    http: Mapping[str, Shares] = field(default_factory=dict)


def fingerprint(vectors: Sequence[Vector]) -> dict[str, object]:
    """The document. `vectors` has at least one."""
    ordered = sorted(vectors, key=lambda each: (-_weight(each), each.protocol, each.source_port or 0))
    total = sum(map(_weight, ordered)) or 1
    first, last = min(each.first_us for each in ordered), max(each.last_us for each in ordered)
    packets, octets = _sum([each.packets for each in ordered]), _sum([each.octets for each in ordered])
    seconds = max(1, (last - first) // _SECOND)
    content: dict[str, object] = {
        "attack_vectors": [_vector(each, _weight(each) / total) for each in ordered],
        "target": ANONYMOUS,
        "tags": tags(ordered),
        "time_start": _time(first),
        "time_end": _time(last),
        "duration_seconds": (last - first) // _SECOND,
        "total_flows": sum(each.flows for each in ordered),
        "total_megabytes": None if octets is None else octets // _MEGABYTE,
        "total_packets": packets,
        "total_ips": len({source for each in ordered for source in each.sources}),
        "avg_bps": None if octets is None else octets * _BITS // seconds,
        "avg_pps": None if packets is None else packets // seconds,
        "avg_Bpp": None if octets is None or not packets else octets // packets,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return content | {"key": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}


def tags(vectors: Sequence[Vector]) -> list[str]:
    """What kind of attack it is, in the dissector's words."""
    found = {each.protocol for each in vectors}
    if len(vectors) > 1:
        found.add("Multi-vector attack")
    for each in vectors:
        if each.source_port is not None:
            found.add("Amplification attack")
        elif each.service in {"HTTP", "HTTPS"}:
            found.add("HTTP flood attack")
        elif each.protocol == "TCP":
            found.add("TCP SYN flag attack")
        else:
            found.add(f"{each.protocol} flood attack")
    return sorted(found)


def _vector(vector: Vector, fraction: float) -> dict[str, object]:
    return {
        "service": vector.service,
        "protocol": vector.protocol,
        "fraction_of_attack": round(fraction, 3),
        "source_port": vector.source_port if vector.source_port is not None else RANDOM,
        "destination_ports": dict(vector.destination_ports) or RANDOM,
        "tcp_flags": dict(vector.tcp_flags) or None,
        "nr_flows": vector.flows,
        "nr_packets": vector.packets,
        "nr_megabytes": None if vector.octets is None else vector.octets // _MEGABYTE,
        "time_start": _time(vector.first_us),
        "duration_seconds": (vector.last_us - vector.first_us) // _SECOND,
        "source_ips": list(vector.sources),
        **{name: dict(shares) or RANDOM for name, shares in vector.http.items()},
    }


def _weight(vector: Vector) -> int:
    """Its part is counted in packets, in flows where there are no packets."""
    return vector.flows if vector.packets is None else vector.packets


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [each for each in numbers if each is not None]
    return sum(known) if known else None


def _time(us: int) -> str:
    return datetime.fromtimestamp(us // _SECOND, UTC).isoformat(sep=" ")

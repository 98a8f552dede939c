"""Connections: what Zeek, the firewall and the proxy note of them together, with one uid, the same bytes and ports.

    connect(scene, times, hosts, peers, 443, names=sni, sent=…, received=…, seconds=…, client="chrome")
    lookup(scene, times, hosts, names, answers)
    reached(scene, times, clients, host, 443, …)              from outside to a server of the member

`hosts` are the inside ends. What a sensor does not cover it does not note. Sizes are payload bytes.
"""

import numpy as np

from tocsin.exercise.range.actions.processes import one_each
from tocsin.exercise.range.columns import Column, Integers, Made, Pick, Pool
from tocsin.exercise.range.scene import Hosts, Scene, Times
from tocsin.exercise.range.times import SECOND

_BASE62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_PIECES = Pool([a + b for a in _BASE62 for b in _BASE62])
_TRUTHS = Pool(["T", "F"])
CLIENTS = {  # JA4 of what clients send, as FoxIO's public list has them, TLS version and ALPN that follow
    "chrome": ("t13d1516h2_8daaf6152771_02713d6af862", "TLSv13", "h2"),
    "edge": ("t13d1516h2_8daaf6152771_e5627efa2ab1", "TLSv13", "h2"),
    "firefox": ("t13d1715h2_5b57614c22b0_7121afd63204", "TLSv13", "h2"),
    "windows": ("t12d210700_76e208dd3e22_3f0ba8a6a8ce", "TLSv12", "-"),
    "dotnet": ("t12d190800_d83cc789557e_7af1ed941c26", "TLSv12", "-"),
    "python": ("t13d181200_85036bcba153_d41ae481755e", "TLSv13", "-"),
    "go": ("t13d190900_9dc949149365_97f8aa674fd9", "TLSv13", "-"),
    "curl": ("t13d3112h2_e8f1e7e78f70_375ca2c5e164", "TLSv13", "h2"),
    "java": ("t13d491100_bd868743f55c_fa269c3d986d", "TLSv13", "-"),
}
_SERVICES = {
    80: "http",
    443: "ssl",
    53: "dns",
    22: "ssh",
    25: "smtp",
    445: "gssapi,smb",
    3389: "rdp",
    123: "ntp",
    853: "ssl",
}
_FORTI = {80: "HTTP", 443: "HTTPS", 53: "DNS", 22: "SSH", 25: "SMTP", 123: "NTP", 445: "SMB", 3389: "RDP"}
_OVERHEAD = 40  # bytes of IP and TCP headers of a packet
_SEGMENT = 1_400


def uids(chance: np.random.Generator, count: int) -> Made:
    """Zeek's connection ids."""
    parts = tuple(_PIECES.pick(chance.integers(0, len(_PIECES), count)) for _ in range(8))
    return Made("C%s%s%s%s%s%s%s%s", parts)


def moments_of(times: Times) -> Integers:
    """An array of times."""
    return np.atleast_1d(np.asarray(times, dtype=np.int64))


def whole(values: "Column | float", count: int) -> Integers:
    """Whole numbers, one a record."""
    return np.asarray(np.broadcast_to(np.asarray(values), (count,)), dtype=np.int64)


def reals(values: Column, count: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Floats, one a record."""
    return np.asarray(np.broadcast_to(np.asarray(values, dtype=float), (count,)))


def connect(
    scene: Scene,
    times: Times,
    hosts: Hosts,
    peers: Column,
    port: int,
    *,
    names: str | Pick | None = None,
    sent: Column = 1_200,
    received: Column = 4_800,
    seconds: Column = 1.0,
    client: str = "edge",
    protocol: str = "tcp",
    users: str | Pick = "",
    state: str = "SF",
    service: str | None = None,
    method: str = "GET",
    path: Column = "/",
    agent: Column = "-",
    status: int = 200,
    ja4: str = "",
    proxied: bool = True,
) -> None:
    """Hosts inside connect to peers. With `names` on 443 a TLS handshake, on 80 a request; the proxy notes both.

    `state` is Zeek's: SF ended in order, S0 no answer, REJ refused, S1 still open. `client` is one of CLIENTS, or
    `ja4` given.
    """
    moments = moments_of(times)
    count = len(moments)
    inside = one_each(hosts, count)
    ends = {
        "uid": uids(scene.chance, count), "orig_h": scene.member.of_host("address", inside),
        "orig_p": scene.chance.integers(49_152, 65_535, count), "resp_h": peers, "resp_p": port,
    }  # fmt: skip
    shape = _Shape(whole(sent, count), whole(received, count), reals(seconds, count), protocol, state)
    known = service if service is not None else _SERVICES.get(port, "-") if state in ("SF", "S1") else "-"
    conn(scene, moments, inside, users, ends, shape, known, local_target="F")
    answered = state in ("SF", "S1") and names is not None
    if answered and known == "ssl":
        _tls(scene, moments, inside, users, ends, names, client, ja4)
    if answered and known == "http":
        _request(scene, moments, inside, users, ends, shape, names, method, path, agent, status)
    _firewall(scene, moments, inside, users, ends, shape, inbound=False)
    if answered and proxied and known in ("ssl", "http"):
        assert names is not None
        _proxy(scene, moments, inside, users, ends, shape, names, known, method, path, status)


class _Shape:
    """Sizes and time of connections."""

    def __init__(
        self,
        sent: Integers,
        received: Integers,
        seconds: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]",
        protocol: str,
        state: str,
    ) -> None:
        self.sent, self.received, self.seconds, self.protocol, self.state = sent, received, seconds, protocol, state
        self.packets_sent = 2 + sent // _SEGMENT + received // (2 * _SEGMENT)
        self.packets_received = 2 + received // _SEGMENT + sent // (2 * _SEGMENT)

    def ends(self, times: Integers) -> Integers:
        return np.asarray(times + (self.seconds * SECOND).astype(np.int64), dtype=np.int64)


_HISTORIES = {"SF": "ShADadFf", "S0": "S", "REJ": "Sr", "S1": "ShADad", "RSTO": "ShADadR", "RSTR": "ShADadr"}


def conn(
    scene: Scene, times: Integers, hosts: Integers | int, users: str | Pick, ends: dict[str, Column], shape: _Shape,
    service: str, local_target: str, local_source: str = "T",
) -> None:  # fmt: skip
    """A line of Zeek's conn.log, written when the connection ends."""
    over = {} if shape.state in ("S0", "REJ") else {
        "duration": shape.seconds, "orig_bytes": shape.sent, "resp_bytes": shape.received,
    }  # fmt: skip
    udp = shape.protocol == "udp"
    alone = shape.state in ("S0", "REJ")
    packets_in: Column = (0 if shape.state == "S0" else 1) if alone else shape.packets_received
    scene.note_late(
        "zeek_conn", "", times, times if alone else shape.ends(times), hosts, users, **ends, **over,
        proto=shape.protocol, service=service, conn_state=shape.state, local_orig=local_source, local_resp=local_target,
        missed_bytes=0, history="Dd" if udp and not alone else "D" if udp else _HISTORIES[shape.state],
        orig_pkts=1 if alone else shape.packets_sent,
        orig_ip_bytes=60 if alone else shape.sent + shape.packets_sent * _OVERHEAD, resp_pkts=packets_in,
        resp_ip_bytes=(0 if shape.state == "S0" else 40) if alone else shape.received + shape.packets_received * _OVERHEAD,
    )  # fmt: skip


def _tls(
    scene: Scene, times: Integers, hosts: Integers | int, users: str | Pick, ends: dict[str, Column],
    names: "str | Pick | None",
    client: str, ja4: str,
) -> None:  # fmt: skip
    fingerprint, version, alpn = CLIENTS[client]
    resumed = scene.chance.random(len(times)) < 0.35
    scene.note(
        "zeek_ssl", "", times + 25_000, hosts, users, **ends, version=version, server_name=names,
        cipher="TLS_AES_128_GCM_SHA256" if version == "TLSv13" else "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        curve="x25519" if version == "TLSv13" else "secp256r1", resumed=_TRUTHS.pick(np.where(resumed, 0, 1)),
        next_protocol=alpn, established="T", ssl_history="CsiI" if version == "TLSv13" else "CsxknGIti",
        sni_matches_cert=None if version == "TLSv13" else "T", ja4=ja4 or fingerprint if has_ja4(scene) else None,
    )  # fmt: skip


def has_ja4(scene: Scene) -> bool:
    """Whether the member's Zeek has the JA4 package: that of the best logging quality."""
    return scene.member.logging.quality == "full"


def _request(
    scene: Scene, times: Integers, hosts: Integers | int, users: str | Pick, ends: dict[str, Column], shape: _Shape,
    names: "str | Pick | None", method: str, path: Column, agent: Column, status: int,
) -> None:  # fmt: skip
    scene.note(
        "zeek_http", "", times + 30_000, hosts, users, **ends, trans_depth=1, method=method, host=names, uri=path,
        version="1.1", user_agent=agent, request_body_len=shape.sent if method == "POST" else 0,
        response_body_len=shape.received, status_code=status, status_msg="OK" if status == 200 else "-", tags="(empty)",
    )  # fmt: skip


def _firewall(
    scene: Scene, times: Integers, hosts: Integers | int, users: str | Pick, ends: dict[str, Column], shape: _Shape,
    inbound: bool,
    kind: str = "accept",
) -> None:  # fmt: skip
    port = ends["resp_p"]
    scene.note(
        "firewall", "deny" if shape.state == "REJ" else kind, shape.ends(times), hosts, users, source=ends["orig_h"],
        source_port=ends["orig_p"], target=ends["resp_h"], target_port=port, protocol=shape.protocol, inbound=inbound,
        service=_FORTI.get(port, f"{shape.protocol}/{port}") if isinstance(port, int) else shape.protocol.upper(),
        sent=shape.sent, received=shape.received, duration=shape.seconds, packets=shape.packets_sent,
    )  # fmt: skip


def _proxy(
    scene: Scene, times: Integers, hosts: Integers | int, users: str | Pick, ends: dict[str, Column], shape: _Shape,
    names: str | Pick, service: str, method: str, path: Column, status: int,
) -> None:  # fmt: skip
    tunnel = service == "ssl"
    scene.note(
        "proxy", "", shape.ends(times), hosts, users, taken=(shape.seconds * 1_000).astype(np.int64),
        client=ends["orig_h"],
        result="TCP_TUNNEL" if tunnel else "TCP_MISS", status=status, bytes=shape.received,
        method="CONNECT" if tunnel else method,
        url=Made("%s:443", (names,)) if tunnel else Made("http://%s%s", (names, path)), user=users or "-",
        peer=ends["resp_h"],
        mime="-" if tunnel else "text/html",
    )  # fmt: skip


def reached(
    scene: Scene,
    times: Times,
    clients: Column,
    host: Hosts,
    port: int,
    *,
    sent: Column = 700,
    received: Column = 9_000,
    seconds: Column = 0.4,
    protocol: str = "tcp",
    state: str = "SF",
    service: str | None = None,
) -> None:
    """Somebody outside reaches a server inside: conn.log and the firewall. The server's own log is another action's."""
    moments = moments_of(times)
    count = len(moments)
    inside = one_each(host, count)
    ends: dict[str, Column] = {
        "uid": uids(scene.chance, count), "orig_h": clients, "orig_p": scene.chance.integers(1_024, 65_535, count),
        "resp_h": scene.member.of_host("address", inside), "resp_p": port,
    }  # fmt: skip
    shape = _Shape(whole(sent, count), whole(received, count), reals(seconds, count), protocol, state)
    known = service if service is not None else _SERVICES.get(port, "-") if state == "SF" else "-"
    conn(scene, moments, inside, "", ends, shape, known, local_target="T", local_source="F")
    _firewall(scene, moments, inside, "", ends, shape, inbound=True)


def inside(
    scene: Scene,
    times: Times,
    hosts: Hosts,
    targets: Hosts,
    port: int,
    *,
    sent: Column = 2_000,
    received: Column = 6_000,
    seconds: Column = 1.0,
    users: str | Pick = "",
    protocol: str = "tcp",
    state: str = "SF",
    service: str | None = None,
) -> None:
    """A host connects to another inside: only Zeek sees that."""
    moments = moments_of(times)
    count = len(moments)
    source, target = one_each(hosts, count), one_each(targets, count)
    ends: dict[str, Column] = {
        "uid": uids(scene.chance, count), "orig_h": scene.member.of_host("address", source),
        "orig_p": scene.chance.integers(49_152, 65_535, count), "resp_h": scene.member.of_host("address", target),
        "resp_p": port,
    }  # fmt: skip
    shape = _Shape(whole(sent, count), whole(received, count), reals(seconds, count), protocol, state)
    known = service if service is not None else _SERVICES.get(port, "-") if state == "SF" else "-"
    conn(scene, moments, source, users, ends, shape, known, local_target="T")


def lookup(
    scene: Scene,
    times: Times,
    hosts: Hosts,
    names: Column,
    answers: Column = "-",
    *,
    type_: str = "A",
    code: str = "NOERROR",
    users: str | Pick = "",
    ttl: Column = "300.000000",
    server: Hosts | None = None,
) -> None:
    """Hosts ask the member's resolver for names: Zeek's dns.log. `answers` are texts with commas between, "-" for none."""
    moments = moments_of(times)
    count, member = len(moments), scene.member
    source = one_each(hosts, count)
    resolver = server if server is not None else member.one("domain-controller")
    number, code_number = _TYPES[type_], _CODES[code]
    scene.note(
        "zeek_dns", "", moments, source, users, uid=uids(scene.chance, count), orig_h=member.of_host("address", source),
        orig_p=scene.chance.integers(49_152, 65_535, count),
        resp_h=member.of_host("address", one_each(resolver, count)), resp_p=53,
        proto="udp", trans_id=scene.chance.integers(1, 65_535, count),
        rtt=np.round(scene.chance.lognormal(-5.5, 1.2, count), 6),
        query=names, qclass=1, qclass_name="C_INTERNET", qtype=number, qtype_name=type_, rcode=code_number,
        rcode_name=code,
        AA="F", TC="F", RD="T", RA="T", Z=0, answers=answers, TTLs=ttl if answers != "-" else "-", rejected="F",
    )  # fmt: skip


_TYPES = {"A": 1, "NS": 2, "CNAME": 5, "NULL": 10, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "HTTPS": 65}
_CODES = {"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}

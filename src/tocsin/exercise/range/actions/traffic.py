"""Connections, as all of a member's sensors note them together.

    connect(scene, times, hosts, peers, 443, names=sni, sent=…, received=…, seconds=…, client="chrome")
    lookup(scene, times, hosts, names, answers)
    reached(scene, times, clients, host, 443, …)              from outside to a server of the member
    inside(scene, times, hosts, targets, 445, …)              between two hosts of the member

`hosts` are the inside ends. What a sensor does not cover it does not note. Sizes are payload bytes.
"""

import numpy as np
from numpy.typing import NDArray

from tocsin.exercise.range.actions.processes import one_each
from tocsin.exercise.range.actions.wire import (
    SERVICES,
    UNANSWERED,
    Wire,
    conn_log,
    firewall_log,
    http_log,
    proxy_log,
    tls_log,
    uids,
)
from tocsin.exercise.range.columns import Column, Integers, Pick
from tocsin.exercise.range.scene import Hosts, Scene, Times

_TYPES = {"A": 1, "NS": 2, "CNAME": 5, "NULL": 10, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "HTTPS": 65}
_CODES = {"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}
_INSIDE_PORTS, _OUTSIDE_PORTS = (49_152, 65_535), (1_024, 65_535)


def moments_of(times: Times) -> Integers:
    """An array of times."""
    return np.atleast_1d(np.asarray(times, dtype=np.int64))


def whole(values: Column, count: int) -> Integers:
    """Whole numbers, one a record."""
    return np.asarray(np.broadcast_to(np.asarray(values), (count,)), dtype=np.int64)


def reals(values: Column, count: int) -> NDArray[np.float64]:
    """Floats, one a record."""
    return np.asarray(np.broadcast_to(np.asarray(values, dtype=float), (count,)))


def _ends(
    scene: Scene, count: int, source: Column, target: Column, port: int, ports: tuple[int, int] = _INSIDE_PORTS
) -> dict[str, Column]:
    return {
        "uid": uids(scene.chance, count), "orig_h": source, "orig_p": scene.chance.integers(*ports, count),
        "resp_h": target, "resp_p": port,
    }  # fmt: skip


def _service(service: str | None, port: int, state: str) -> str:
    """What Zeek takes it for: by the port, unless told; nothing where nobody answered."""
    if service is not None:
        return service
    return "-" if state in UNANSWERED else SERVICES.get(port, "-")


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

    `state` is Zeek's: SF ended in order, S0 no answer, REJ refused, S1 still open. `client` is one of wire.CLIENTS;
    `ja4` is a fingerprint of its own. `proxied`: False goes past the proxy.
    """
    moments = moments_of(times)
    count, numbers = len(moments), one_each(hosts, len(moments))
    ends = _ends(scene, count, scene.member.of_host("address", numbers), peers, port)
    wire = Wire(
        scene, moments, numbers, users, ends, whole(sent, count), whole(received, count), reals(seconds, count),
        protocol, state,
    )  # fmt: skip
    known = _service(service, port, state)
    conn_log(wire, known)
    firewall_log(wire, inbound=False)
    if names is None or not wire.answered or known not in ("ssl", "http"):
        return
    if known == "ssl":
        tls_log(wire, names, client, ja4)
    else:
        http_log(wire, names, method, path, agent, status)
    if proxied:
        proxy_log(wire, names, method, path, status)


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
    count, numbers = len(moments), one_each(host, len(moments))
    ends = _ends(scene, count, clients, scene.member.of_host("address", numbers), port, _OUTSIDE_PORTS)
    wire = Wire(
        scene, moments, numbers, "", ends, whole(sent, count), whole(received, count), reals(seconds, count), protocol,
        state,
    )  # fmt: skip
    conn_log(wire, _service(service, port, state), from_inside=False, to_inside=True)
    firewall_log(wire, inbound=True)


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
    count, member = len(moments), scene.member
    source, target = one_each(hosts, count), one_each(targets, count)
    ends = _ends(scene, count, member.of_host("address", source), member.of_host("address", target), port)
    wire = Wire(
        scene, moments, source, users, ends, whole(sent, count), whole(received, count), reals(seconds, count),
        protocol, state,
    )  # fmt: skip
    conn_log(wire, _service(service, port, state), to_inside=True)


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
    """Hosts ask the member's resolver: Zeek's dns.log. `answers` are texts with commas between, "-" for none."""
    moments = moments_of(times)
    count, member = len(moments), scene.member
    source = one_each(hosts, count)
    resolver = one_each(member.one("domain-controller") if server is None else server, count)
    silent = isinstance(answers, str) and answers == "-"
    ends = _ends(scene, count, member.of_host("address", source), member.of_host("address", resolver), 53)
    scene.note(
        "zeek_dns", "", moments, source, users, **ends, proto="udp", trans_id=scene.chance.integers(1, 65_535, count),
        rtt=np.round(scene.chance.lognormal(-5.5, 1.2, count), 6), query=names, qclass=1, qclass_name="C_INTERNET",
        qtype=_TYPES[type_], qtype_name=type_, rcode=_CODES[code], rcode_name=code, AA="F", TC="F", RD="T", RA="T",
        Z=0, answers=answers, TTLs="-" if silent else ttl, rejected="F",
    )  # fmt: skip

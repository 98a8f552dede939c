"""What each sensor notes of connections: Zeek's logs, the firewall, the proxy, with one uid, the same bytes and ports.

`traffic` makes a `Wire` of connections that belong together and hands it to these.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.exercise.range.columns import Column, Integers, Made, Pick, Pool
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import SECOND

CLIENTS = {  # JA4 as FoxIO's public list has it, TLS version, application protocol
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
SERVICES = {
    80: "http", 443: "ssl", 53: "dns", 22: "ssh", 25: "smtp", 445: "gssapi,smb", 3389: "rdp", 123: "ntp", 853: "ssl",
}  # fmt: skip
UNANSWERED = ("S0", "REJ")
_FIREWALL_NAMES = {
    80: "HTTP", 443: "HTTPS", 53: "DNS", 22: "SSH", 25: "SMTP", 123: "NTP", 445: "SMB", 3389: "RDP",
}  # fmt: skip
_HISTORIES = {"SF": "ShADadFf", "S0": "S", "REJ": "Sr", "S1": "ShADad", "RSTO": "ShADadR", "RSTR": "ShADadr"}
_BASE62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_PIECES = Pool([first + second for first in _BASE62 for second in _BASE62])
_TRUTHS = Pool(["T", "F"])
_HEADERS = 40  # bytes of IP and TCP headers of a packet
_SYN = 60  # bytes of a first packet
_HALF_OPEN = 10  # seconds that a firewall waits for the rest of a handshake (FortiOS: tcp-halfopen-timer)
_SEGMENT = 1_400  # payload bytes of a full packet


def uids(chance: np.random.Generator, count: int) -> Made:
    """Zeek's connection ids."""
    codes = chance.integers(0, len(_PIECES), (8, count))
    return Made("C%s%s%s%s%s%s%s%s", tuple(map(_PIECES.pick, codes)))


@dataclass(frozen=True, slots=True, eq=False)
class Wire:
    """Connections that sensors may see. `hosts` are the inside ends, sizes payload bytes, `state` Zeek's."""

    scene: Scene
    times: Integers
    hosts: Integers | int
    users: str | Pick
    ends: Mapping[str, Column]  # uid, orig_h, orig_p, resp_h, resp_p
    sent: Integers
    received: Integers
    seconds: NDArray[np.float64]
    protocol: str
    state: str

    @property
    def answered(self) -> bool:
        """Whether data went both ways."""
        return self.state not in UNANSWERED

    @property
    def ended(self) -> Integers:
        """When each was over."""
        wait = (self.seconds * SECOND).astype(np.int64) if self.answered else 0
        return np.asarray(self.times + wait, dtype=np.int64)

    @property
    def packets(self) -> tuple[Integers, Integers]:
        """Packets out and in of answered connections."""
        out = 2 + self.sent // _SEGMENT + self.received // (2 * _SEGMENT)
        back = 2 + self.received // _SEGMENT + self.sent // (2 * _SEGMENT)
        return out, back


def conn_log(wire: Wire, service: str, *, from_inside: bool = True, to_inside: bool = False) -> None:
    """Zeek's conn.log; a line is written when the connection is over."""
    wire.scene.note_late(
        "zeek_conn", "", wire.times, wire.ended, wire.hosts, wire.users, **wire.ends, **_volume(wire),
        proto=wire.protocol, service=service, conn_state=wire.state, local_orig="T" if from_inside else "F",
        local_resp="T" if to_inside else "F", missed_bytes=0, history=_history(wire),
    )  # fmt: skip


def _history(wire: Wire) -> str:
    if wire.protocol == "udp":
        return "Dd" if wire.answered else "D"
    return _HISTORIES[wire.state]


def _volume(wire: Wire) -> dict[str, Column]:
    """Duration, bytes and packets; a connection without answer has packets only."""
    if not wire.answered:
        refused = wire.state == "REJ"
        return {
            "orig_pkts": 1, "orig_ip_bytes": _SYN, "resp_pkts": int(refused), "resp_ip_bytes": _HEADERS * refused,
        }  # fmt: skip
    out, back = wire.packets
    return {
        "duration": wire.seconds, "orig_bytes": wire.sent, "resp_bytes": wire.received, "orig_pkts": out,
        "orig_ip_bytes": wire.sent + out * _HEADERS, "resp_pkts": back,
        "resp_ip_bytes": wire.received + back * _HEADERS,
    }  # fmt: skip


def tls_log(wire: Wire, names: str | Pick, client: str, ja4: str) -> None:
    """Zeek's ssl.log. `ja4` overrides the fingerprint of the client."""
    fingerprint, version, alpn = CLIENTS[client]
    modern = version == "TLSv13"
    resumed = wire.scene.chance.random(len(wire.times)) < 0.35
    wire.scene.note(
        "zeek_ssl", "", wire.times + 25_000, wire.hosts, wire.users, **wire.ends, version=version, server_name=names,
        cipher="TLS_AES_128_GCM_SHA256" if modern else "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        curve="x25519" if modern else "secp256r1", resumed=_TRUTHS.pick(np.where(resumed, 0, 1)), next_protocol=alpn,
        established="T", ssl_history="CsiI" if modern else "CsxknGIti", sni_matches_cert=None if modern else "T",
        ja4=(ja4 or fingerprint) if has_ja4(wire.scene) else None,
    )  # fmt: skip


def has_ja4(scene: Scene) -> bool:
    """Whether the member's Zeek has the JA4 package: that of the best logging quality."""
    return scene.member.logging.quality == "full"


def http_log(wire: Wire, names: str | Pick, method: str, path: Column, agent: Column, status: int) -> None:
    """Zeek's http.log."""
    wire.scene.note(
        "zeek_http", "", wire.times + 30_000, wire.hosts, wire.users, **wire.ends, trans_depth=1, method=method,
        host=names, uri=path, version="1.1", user_agent=agent,
        request_body_len=wire.sent if method == "POST" else 0, response_body_len=wire.received, status_code=status,
        status_msg="OK" if status == 200 else "-", tags="(empty)",
    )  # fmt: skip


def firewall_log(wire: Wire, *, inbound: bool) -> None:
    """The firewall's line at the end of a session, of its denial, or when it stops waiting for an answer."""
    port, protocol = wire.ends["resp_p"], wire.protocol
    waiting = wire.state == "S0" and protocol == "tcp"
    kind = "unanswered" if waiting else "deny" if wire.state == "REJ" else "accept"
    name = _FIREWALL_NAMES.get(port, f"{protocol}/{port}") if isinstance(port, int) else protocol.upper()
    wire.scene.note(
        "firewall", kind, wire.ended + waiting * _HALF_OPEN * SECOND, wire.hosts, wire.users,
        source=wire.ends["orig_h"], source_port=wire.ends["orig_p"], target=wire.ends["resp_h"], target_port=port,
        protocol=protocol, inbound=inbound, service=name, sent=_SYN if waiting else wire.sent,
        received=0 if waiting else wire.received, duration=_HALF_OPEN if waiting else wire.seconds,
        packets=1 if waiting else wire.packets[0],
    )  # fmt: skip


def proxy_log(wire: Wire, names: str | Pick, method: str, path: Column, status: int) -> None:
    """Squid's line at the end: a tunnel for TLS, the request itself without."""
    tunnel = wire.ends["resp_p"] == 443
    wire.scene.note(
        "proxy", "", wire.ended, wire.hosts, wire.users, taken=(wire.seconds * 1_000).astype(np.int64),
        client=wire.ends["orig_h"], result="TCP_TUNNEL" if tunnel else "TCP_MISS", status=status, bytes=wire.received,
        method="CONNECT" if tunnel else method,
        url=Made("%s:443", (names,)) if tunnel else Made("http://%s%s", (names, path)), user=wire.users or "-",
        peer=wire.ends["resp_h"], mime="-" if tunnel else "text/html",
    )  # fmt: skip

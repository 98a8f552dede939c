"""Captures of `packet-flood`: NetFlow of a border router (nfdump CSV), conn.log of a sensor behind it, a FortiGate."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tools.captures import PACK, write_capture
from tools.captures.zeek_logs import TimedRow, conn_log

START = 1_772_532_000  # 2026-03-03 10:00:00 UTC
WEB, RESOLVER, GATEWAY = "198.51.100.10", "198.51.100.53", "198.51.100.20"


def attack(folder: Path) -> None:
    """Half-open connections to a web server for two minutes, and again after 18; DNS answers that nobody asked for.

    Those to a gateway, from made up senders, are told by two sensors: conn.log and the firewall, which gives each up
    after ten seconds. The gateway answers each three times.
    """
    dice = random.Random(1)
    flows = list(_visits(dice, 0, 2_700, 90))
    for begin in (600, 1_800):
        for number in range(700):
            flows.append(_flow(begin + number * 120 // 700, _public(dice), WEB, 443, "......S.", 180, 180 * 44))
    _write_flows(folder, flows)
    rows = [_conn(dice, at, _public(dice), WEB, 443, "tcp", "SF", (9, 1_400), (12, 9_000)) for at in range(0, 1_000, 5)]
    for number in range(1_200):
        rows.append(_conn(dice, 2_000 + number // 10, RESOLVER, _public(dice), 53, "udp", "SHR", (0, 0), (12, 42_000)))
    begun = [(2_400 + number / 110, _anywhere(dice), dice.randrange(1_024, 65_000)) for number in range(4_000)]
    rows += [_conn(dice, at, src, GATEWAY, 443, "tcp", "S1", (1, 0), (3, 0), port) for at, src, port in begun]
    write_capture(folder / "conn.log", conn_log(rows))
    write_capture(folder / "traffic.log", "".join(_given_up(at + 10, src, port) for at, src, port in begun))


def benign(folder: Path) -> None:
    """A web server that dies while its own clients retry, a port scan, a resolver at work, one broken client.

    And people who were never there before a gateway that answers nobody: each tries again from the same port.
    """
    dice = random.Random(2)
    clients = [_public(dice) for _ in range(60)]
    flows = [_flow(dice.randrange(1_200), dice.choice(clients), WEB, 443, "...AP.SF", 9, 2_000) for _ in range(900)]
    for number in range(1_200):  # 60 clients, two tries a second each: as many addresses as before, 120 a second
        flows.append(_flow(1_200 + number // 10, clients[number % 60], WEB, 443, "......S.", 12, 12 * 60))
    for port in range(1, 1_500):
        flows.append(_flow(300 + port // 25, "203.0.113.77", WEB, port, "......S.", 1, 44))
    for number in range(1_200):  # 200 answers a second, six times larger than what was asked
        server = _public(dice)
        flows.append(_flow(number // 10, RESOLVER, server, 53, "........", 20, 20 * 75))
        flows.append(_flow(number // 10, server, RESOLVER, 40_000 + number, "........", 20, 20 * 450, 53))
    _write_flows(folder, flows)
    rows = [_conn(dice, at // 8, "10.0.4.7", "10.0.9.9", 3_306, "tcp", "REJ", (1, 0), (1, 0)) for at in range(2_400)]
    for number in range(1_800):  # first packets after 0, 1 and 3 seconds are one line of Zeek's, after 7 the next
        at, src, port = number / 30 + 400, _anywhere(dice), dice.randrange(1_024, 65_000)
        rows.append(_conn(dice, at, src, GATEWAY, 443, "tcp", "S0", (3, 0), (0, 0), port))
        rows.append(_conn(dice, at + 7, src, GATEWAY, 443, "tcp", "S0", (1, 0), (0, 0), port))
    write_capture(folder / "conn.log", conn_log(rows))


def _visits(dice: random.Random, begin: int, end: int, clients: int) -> Iterator[tuple[int, str]]:
    known = [_public(dice) for _ in range(clients)]
    for at in range(begin, end, 4):
        yield _flow(at, dice.choice(known), WEB, 443, "...AP.SF", 11, 3_100)


def _public(dice: random.Random) -> str:
    return f"{dice.choice(('203.0.113', '192.0.2', '240.7.1', '240.9.4'))}.{dice.randrange(1, 255)}"


def _anywhere(dice: random.Random) -> str:
    return f"240.{dice.randrange(16, 256)}.{dice.randrange(256)}.{dice.randrange(1, 255)}"


def _given_up(at: float, src: str, port: int) -> str:
    """The line of a FortiGate for a session that it gave up half open."""
    when = datetime.fromtimestamp(START + at, UTC)
    return (
        f'<189>date={when:%Y-%m-%d} time={when:%H:%M:%S} devname="FG01" eventtime={int((START + at) * 1e9)} '
        f'tz="+0000" logid="0000000013" type="traffic" subtype="forward" srcip={src} srcport={port} dstip={GATEWAY} '
        'dstport=443 proto=6 action="timeout" duration=10 sentbyte=60 rcvdbyte=180 sentpkt=1 rcvdpkt=3\n'
    )


def _flow(
    at: int, src: str, dst: str, port: int, flags: str, packets: int, size: int, src_port: int = 0
) -> tuple[int, str]:
    protocol = "UDP" if flags == "........" else "TCP"
    stamp = f"2026-03-03 {10 + at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}"
    own = src_port or 1_024 + (at * 37 + packets) % 60_000
    return at, f"{stamp},{stamp},0.100,{src},{dst},{own},{port},{protocol},{flags},{packets},{size}"


def _conn(
    dice: random.Random, at: float, src: str, dst: str, port: int, protocol: str, state: str,
    out: tuple[int, int], back: tuple[int, int], own: int = 0,
) -> TimedRow:  # fmt: skip
    """`out` and `back` are packets and bytes."""
    uid, src_port = f"C{dice.randrange(16**12):012x}", own or dice.randrange(1_024, 65_000)
    return START + at + dice.random(), (
        uid,
        src,
        src_port,
        dst,
        port,
        protocol,
        out[1],
        back[1],
        state,
        out[0],
        back[0],
    )


def _write_flows(folder: Path, flows: list[tuple[int, str]]) -> None:
    lines = ["ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt", *(line for _, line in sorted(flows))]
    write_capture(folder / "flows.csv", "\n".join(lines) + "\n")


if __name__ == "__main__":
    attack(PACK / "packet-flood" / "attack")
    benign(PACK / "packet-flood" / "benign")

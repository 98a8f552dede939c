"""Captures of `sensor-silence`: a firewall and a mail server that write to one collector, over two days."""

import gzip
import random
from pathlib import Path

from tools.captures import PACK

HOURS = 40
STOP = 31  # hour in which the sensor is switched off


def attack(folder: Path) -> None:
    """The Zeek sensor stops in the second morning; mail and firewall go on."""
    chance = random.Random(3)
    _write(folder, "conn.log.gz", _sensor(chance, 0, STOP * 3600 + 417))
    _write(folder, "firewall.log.gz", _firewall(chance))


def benign(folder: Path) -> None:
    """The sensor is restarted for twenty minutes; a branch's sensor is quiet by night; all logs end together."""
    chance = random.Random(4)
    _write(
        folder,
        "conn.log.gz",
        [
            *_sensor(chance, 0, 20 * 3600, "zeek2"),
            *_sensor(chance, 20 * 3600 + 1200, HOURS * 3600, "zeek2"),
        ],
    )
    _write(folder, "firewall.log.gz", _firewall(chance))
    by_day = [at for begin in (8, 32) for at in range(begin * 3600, (begin + 8) * 3600, 150)]
    branch = [f"2026-03-{_stamp(at)} branch-mail postfix/smtpd[912]: disconnect from unknown" for at in by_day]
    _write(folder, "branch.log.gz", branch)


def _sensor(chance: random.Random, begin: int, end: int, name: str = "zeek1") -> list[str]:
    """Connections that Zeek writes as JSON: busy by day, a few by night."""
    lines, at = [], begin
    while at < end:
        client, port = f"10.0.2.{chance.randrange(10, 60)}", chance.choice((53, 443, 443, 80))
        lines.append(
            f'{{"_path":"conn","_system_name":"{name}","ts":{1772582400 + at}.0,"uid":"C{at:x}","id.orig_h":"{client}",'
            f'"id.orig_p":{40000 + at % 20000},"id.resp_h":"192.0.2.{chance.randrange(1, 40)}","id.resp_p":{port},'
            '"proto":"tcp","conn_state":"SF"}'
        )
        busy = 8 <= at // 3600 % 24 < 18
        at += chance.randrange(20, 120) if busy else chance.randrange(100, 700)
    return lines


def _firewall(chance: random.Random) -> list[str]:
    lines, at = [], 0
    while at < HOURS * 3600:
        source = f"203.0.113.{chance.randrange(1, 200)}/{chance.randrange(1024, 60000)}"
        lines.append(
            f"<164>2026-03-{_stamp(at)} fw1 %ASA-4-106023: Deny tcp src outside:{source} dst inside:192.0.2.8/445 "
            'by access-group "outside_in" [0x0, 0x0]'
        )
        at += chance.randrange(60, 500)
    return lines


def _stamp(at: int) -> str:
    return f"{4 + at // 86400:02}T{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}+00:00"


def _write(folder: Path, name: str, lines: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))


if __name__ == "__main__":
    attack(PACK / "sensor-silence" / "attack")
    benign(PACK / "sensor-silence" / "benign")

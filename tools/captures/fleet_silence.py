"""Captures of `fleet-silence`: the syslog of a network of satellite modems."""

import gzip
import random
from pathlib import Path

from tools.captures import PACK

MODEMS = 40
HOURS = 20
LOST = 26  # modems
BLOW = 17 * 3600 + 120  # seconds after the beginning


def attack(folder: Path) -> None:
    """40 modems report every ten minutes or so; 26 of them fall silent within six minutes, the others go on."""
    chance = random.Random(1)
    lines = [line for number in range(MODEMS) for line in _modem(number, chance, number < LOST)]
    _write(folder, [*lines, *_server(chance)])


def benign(folder: Path) -> None:
    """All buoys restart for an update; six of them lose their mast; an office is switched off at five."""
    chance = random.Random(2)
    lines = [line for number in range(MODEMS) for line in _restarted(number, chance)]
    lines += [line for number in range(20) for line in _desk(number, chance)]
    _write(folder, [*lines, *_server(chance)])


def _modem(number: int, chance: random.Random, lost: bool) -> list[str]:
    end = BLOW + chance.randrange(360) if lost else HOURS * 3600
    return _beats(number, chance, 0, end)


def _restarted(number: int, chance: random.Random) -> list[str]:
    """Silent for eight minutes at 15:00; six buoys for good from 18:00 on."""
    begin, end = 15 * 3600 + chance.randrange(200), 18 * 3600 if number < 6 else HOURS * 3600
    return _beats(number, chance, 0, begin, "buoy") + _beats(number, chance, begin + 480, end, "buoy")


def _beats(number: int, chance: random.Random, begin: int, end: int, fleet: str = "modem") -> list[str]:
    at, lines = begin + chance.randrange(600), []
    while at < end:
        lines.append(_line(at, f"{fleet}-{number:04}", f"satlink: beam 7 locked, {chance.randrange(40, 90)} dB"))
        at += chance.randrange(420, 660)
    return lines


def _desk(number: int, chance: random.Random) -> list[str]:
    """A desk that is switched on at eight and off at five: the capture begins at midnight."""
    begin, end = 8 * 3600 + chance.randrange(900), 17 * 3600 + chance.randrange(300)
    return [_line(at, f"desk-{number:02}", "cron: job done") for at in range(begin, end, chance.randrange(100, 200))]


def _server(chance: random.Random) -> list[str]:
    return [_line(at, "hub1", "dhcpd: lease renewed") for at in range(chance.randrange(60), HOURS * 3600, 97)]


def _line(at: int, host: str, message: str) -> str:
    return f"2026-03-04T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}+00:00 {host} {message}\n"


def _write(folder: Path, lines: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "messages.gz").write_bytes(gzip.compress("".join(sorted(lines)).encode(), mtime=0))


if __name__ == "__main__":
    attack(PACK / "fleet-silence" / "attack")
    benign(PACK / "fleet-silence" / "benign")

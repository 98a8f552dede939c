"""Captures of `fast-flux`: Zeek's dns.log of ten days."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.zeek_records import Record, lookup, noise, write

HOUR, DAY = 3600, 86400
NEW = 9 * DAY  # eight days of memory come before


def attack(folder: Path) -> None:
    """On the tenth day a client asks every 20 minutes for a new name, whose five addresses are elsewhere each time."""
    records = _office()
    for number in range(24):
        answers = tuple(_address(f"flux {number} {place}") for place in range(5))
        records.append(lookup(NEW + 9 * HOUR + number * 1200, "10.0.4.23", "login.parcel-notice.example", answers))
    write(folder, records)


def benign(folder: Path) -> None:
    """The pool of time servers that a host has always used, a vendor's new name that many use, and a new small pool."""
    records = _office()
    for number in range(24):
        wide = tuple(_address(f"wide {number} {place}") for place in range(5))
        time = tuple(_address(f"time {number} {place}") for place in range(4))
        small = tuple(f"198.51.100.{number * 4 + place}" for place in range(4))
        records += [lookup(day * DAY + number * HOUR, "10.0.4.30", "2.pool.time.example", time) for day in range(10)]
        records.append(lookup(NEW + number * HOUR, f"10.0.4.{20 + number % 12}", "cdn.new-product.example", wide))
        records.append(lookup(NEW + number * HOUR, "10.0.4.31", "www.small-pool.example", small))
    write(folder, records)


def _office() -> list[Record]:
    return [
        lookup(day * DAY + number * 600, f"10.0.4.{20 + number % 12}", "www.intranet.example", ("192.0.2.80",))
        for day in range(10)
        for number in range(60)
    ]


def _address(seed: str) -> str:
    """An address of the block that stays reserved (240.0.0.0/4), in a network of its own."""
    first, second, third, fourth = (int(noise(f"{seed} {part}", 2, "0123456789")) for part in range(4))
    return f"{240 + first % 15}.{second * 2}.{third}.{fourth}"


if __name__ == "__main__":
    attack(PACK / "fast-flux" / "attack")
    benign(PACK / "fast-flux" / "benign")

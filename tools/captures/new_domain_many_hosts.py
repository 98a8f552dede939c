"""Captures of `new-domain-many-hosts`: Zeek's dns.log of 16 days."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.zeek_records import Record, lookup, write

HOUR, DAY = 3600, 86400
DAYS, CLIENTS = 16, 40


def attack(folder: Path) -> None:
    """On the sixteenth day 18 of 40 clients ask for a name within half an hour that nobody has asked for."""
    records = _office()
    for number in range(18):
        second = 15 * DAY + 9 * HOUR + 300 + number * 90
        records.append(lookup(second, _client(number), "www.invoice-portal.example", ("240.7.0.9",)))
    write(folder, records)


def benign(folder: Path) -> None:
    """A known site in the news, a new product that hosts fetch over a day, and a mistyped name in a circular."""
    records = _office()
    records.append(lookup(3 * DAY, _client(3), "live.election.example", ("192.0.2.90",)))
    for number in range(CLIENTS):
        records.append(
            lookup(15 * DAY + 9 * HOUR + number * 60, _client(number), "live.election.example", ("192.0.2.90",))
        )
        records.append(lookup(15 * DAY + number * 1800, _client(number), "get.new-product.example", ("192.0.2.91",)))
        mistyped = lookup(15 * DAY + 11 * HOUR + number * 30, _client(number), "www.portl.example", (), "A", "NXDOMAIN")
        records.append(mistyped)
    write(folder, records)


def _office() -> list[Record]:
    return [
        lookup(day * DAY + 8 * HOUR + number * 30, _client(number), "www.intranet.example", ("192.0.2.80",))
        for day in range(DAYS)
        for number in range(CLIENTS)
    ]


def _client(number: int) -> str:
    return f"10.0.4.{20 + number}"


if __name__ == "__main__":
    attack(PACK / "new-domain-many-hosts" / "attack")
    benign(PACK / "new-domain-many-hosts" / "benign")

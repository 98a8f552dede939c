"""Captures of `dns-tunnel`: Zeek's dns.log of a small office."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.zeek_records import Record, lookup, noise, write

HOUR = 3600


def attack(folder: Path) -> None:
    """One client sends 160 pieces of a file in names below one domain over four hours, beside ordinary lookups."""
    records = _ordinary()
    for number in range(160):
        piece = f"{noise(f'piece {number}', 40)}.{number}.t.courier.example"
        records.append(lookup(9 * HOUR + number * 90.5, "10.0.4.23", piece, ("ok",), "TXT"))
    write(folder, records)


def benign(folder: Path) -> None:
    """Twelve clients whose protection asks for hashes; a mail server that checks addresses; an inventory; a crawler."""
    records = _ordinary()
    for client in range(12):
        for number in range(130 if client == 3 else 20):
            name = f"{noise(f'hash {client} {number}', 32, '0123456789abcdef')}.lookup.protection.example"
            records.append(lookup(8 * HOUR + number * 200 + client, f"10.0.4.{20 + client}", name, ("127.0.0.4",)))
    for number in range(300):
        listed = f"{number % 250}.{number * 7 % 250}.{number * 3 % 250}.203.lists.example"
        records.append(lookup(number * 250, "10.0.0.25", listed, (), "A", "NXDOMAIN"))
        server = f"server-{number:03}-storage-controller.inventory.example"
        records.append(lookup(number * 250 + 1, "10.0.0.77", server, ("10.0.1.9",)))
        site = f"www.{noise(f'site {number}', 9)}.example"
        records.append(lookup(number * 250 + 2, "10.0.0.80", site, ("192.0.2.9",)))
    write(folder, records)


def _ordinary() -> list[Record]:
    return [
        lookup(
            8 * HOUR + number * 60, f"10.0.4.{20 + number % 12}", f"{noise(f'cdn {number % 60}', 13)}.content.example"
        )
        for number in range(480)
    ]


if __name__ == "__main__":
    attack(PACK / "dns-tunnel" / "attack")
    benign(PACK / "dns-tunnel" / "benign")

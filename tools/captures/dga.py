"""Captures of `dga`: Zeek's dns.log of an office whose names come from several languages."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.zeek_records import Record, lookup, noise, write

HOUR = 3600
SYLLABLES = (
    "al", "ar", "ban", "bel", "bor", "dan", "del", "dur", "en", "er", "fal", "gen", "gri", "ham", "in", "kal", "kar",
    "ko", "la", "len", "lin", "lo", "ma", "mar", "men", "mi", "na", "ner", "ni", "or", "pol", "qy", "ra", "ri", "ro",
    "sa", "shq", "sta", "tar", "te", "ti", "tor", "va", "ven", "vi", "wer", "za", "zi",
)  # fmt: skip


def attack(folder: Path) -> None:
    """One client tries 60 computed names within 20 minutes, beside its own ordinary lookups."""
    records = _office()
    for number in range(60):
        length = 11 + number % 5
        name = f"{noise(f'seed {number}', length, 'abcdefghijklmnopqrstuvwxyz')}.example"
        records.append(lookup(10 * HOUR + number * 20.5, "10.0.4.23", name, (), "A", "NXDOMAIN"))
    write(folder, records)


def benign(folder: Path) -> None:
    """Blocked advertisers, a crawler with dead links, and a client with a list of old bookmarks."""
    records = _office()
    for client in range(15):
        for number in range(40):
            name = f"pixel.{noise(f'advertiser {number}', 12, 'abcdefghijklmnopqrstuvwxyz')}.example"
            rcode = "NXDOMAIN" if number < 20 else "NOERROR"
            records.append(lookup(9 * HOUR + number * 30 + client, f"10.0.4.{20 + client}", name, (), "A", rcode))
    for number in range(1500):
        rcode = "NXDOMAIN" if number % 25 == 0 else "NOERROR"
        records.append(
            lookup(8 * HOUR + number * 2, "10.0.0.80", f"www.{_word(5000 + number)}.example", (), "A", rcode)
        )
    for number in range(60):
        records.append(lookup(11 * HOUR + number, "10.0.4.24", f"{_word(9000 + number)}.example", (), "A", "NXDOMAIN"))
        records.append(
            lookup(11 * HOUR + number, "10.0.4.24", f"xn--{noise(f'idn {number}', 8)}.example", ("192.0.2.7",))
        )
    write(folder, records)


def _office() -> list[Record]:
    """20 clients with 700 names that resolve, in eight hours."""
    return [
        lookup(8 * HOUR + number * 20, f"10.0.4.{20 + number % 20}", f"www.{_word(number)}.example", ("192.0.2.7",))
        for number in range(700)
    ]


def _word(number: int) -> str:
    """A name like a word: three or four syllables."""
    places = (number % 50, number // 50 % 50, number * 7 % 50, number * 11 % 50)
    return "".join(SYLLABLES[place % len(SYLLABLES)] for place in places[: 3 + number % 2])


if __name__ == "__main__":
    attack(PACK / "dga" / "attack")
    benign(PACK / "dga" / "benign")

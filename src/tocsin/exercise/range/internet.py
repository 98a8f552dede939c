"""The world outside: which reserved addresses stand for whom, sites with their addresses, people who come from there.

No address of an exercise can be anybody's: 240.0.0.0/4 is reserved (RFC 1112 §4) and stands for the internet, beside
the documentation ranges (RFC 5737), whose addresses are services and members' own. Who is where (`NETWORKS`), so that
facts about countries and hosting can be made for an exercise:

- 241 homes, 242 mobile networks, 243 offices: the second octet divided by 8 is the country (`COUNTRIES`)
- 244 and 245 rented servers (hosting), 246 clouds and content networks, 247 universities: likewise

Attackers and harmless visitors come from the same networks.
"""

import zlib
from functools import cache

import numpy as np

from tocsin.exercise.range.columns import Integers, Pick, Pool

NETWORKS = {"home": 241, "mobile": 242, "office": 243, "hosting": 244, "vps": 245, "cloud": 246, "university": 247}
COUNTRIES = (
    *("AL", "GR", "BE", "AT", "UA", "IE", "DE", "FR", "IT", "PL", "RO", "NL", "ES", "SE", "CZ", "HU"),
    *("BG", "RS", "TR", "GB", "US", "CA", "BR", "IN", "ID", "VN", "ZA", "EG", "RU", "CN", "JP", "KR"),
)
_SHARE = {"home": 0.55, "mobile": 0.33, "office": 0.12}
_HOMES = {"sq": "AL", "el": "GR", "fr": "BE", "de": "AT", "uk": "UA", "en": "IE"}


def address(network: str, country: str, number: int) -> str:
    """The address of that number in a network of a country (8 × 65,536 of them)."""
    second = COUNTRIES.index(country) * 8 + number // 65_536 % 8
    return f"{NETWORKS[network]}.{second}.{number // 256 % 256}.{number % 256}"


def addresses(network: str, country: str, numbers: Integers) -> list[str]:
    """The addresses of those numbers."""
    return [address(network, country, number) for number in numbers.tolist()]


def visitors(chance: np.random.Generator, language: str, count: int, abroad: float = 0.06) -> Pool:
    """Addresses of people who visit a site of that language: mostly homes and mobile networks of its country.

    Mobile and office addresses are few and shared (network address translation), as they are in life.
    """
    own = _HOMES[language]
    kinds = chance.choice(len(_SHARE), size=count, p=list(_SHARE.values()))
    foreign = chance.random(count) < abroad
    numbers = np.where(kinds == 0, chance.integers(0, 500_000, count), (chance.zipf(1.4, count) - 1) % 4_000)
    names = list(_SHARE)
    others = chance.integers(0, len(COUNTRIES), count)
    return Pool(
        [
            address(names[kind], COUNTRIES[other] if away else own, number)
            for kind, away, other, number in zip(
                kinds.tolist(), foreign.tolist(), others.tolist(), numbers.tolist(), strict=True
            )
        ]
    )


@cache
def site_address(name: str, which: int = 0) -> str:
    """The address of a service outside, always the same for the same name; `which` for services that have several."""
    number = zlib.crc32(f"{name}/{which}".encode())
    if number % 7 == 0:
        return f"203.0.113.{1 + number // 7 % 254}"
    network = "cloud" if number % 3 else "hosting"
    return address(network, COUNTRIES[number // 21 % 16], number // 1_024 % 60_000)


def zipf_codes(chance: np.random.Generator, size: int, count: int, exponent: float = 1.1) -> Integers:
    """Numbers below `size`, the first the most popular (Zipf's law, as web sites are visited)."""
    weights = 1 / np.arange(1, size + 1) ** exponent
    edges = np.cumsum(weights)
    return np.asarray(np.searchsorted(edges, chance.random(count) * edges[-1]), dtype=np.int64).clip(0, size - 1)


def at_site(sites: Pick, spread: int = 1) -> Pick:
    """The address of each site; a service with `spread` addresses answers with the one of its name's turn."""
    pool = sites.pool.mapped("address", site_address)
    if spread == 1:
        return pool.pick(sites.codes)
    many = sites.pool.mapped("address/1", lambda name: site_address(name, 1))
    both = Pool([*pool.texts, *many.texts])
    return both.pick(sites.codes + (np.arange(len(sites.codes)) % 2) * len(pool))

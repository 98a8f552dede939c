"""Where people are when they are not at the office: at home, always at the same address, or on a journey for a week."""

from functools import lru_cache

import numpy as np

from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.background.rhythm import Today
from tocsin.exercise.range.columns import Integers, Pick, Pool
from tocsin.exercise.range.internet import address, visitors
from tocsin.exercise.range.scene import Scene

HOME = {"sq": "AL", "el": "GR", "fr": "BE", "de": "AT", "uk": "UA", "en": "IE"}
ABROAD = ("DE", "FR", "IT", "BE", "TR", "US", "GB", "GR")
_TRAVELLING = 0.004  # of the people in any week
_HOTELS = 20  # addresses of hotels and airports in each country


@lru_cache(maxsize=32)
def homes(member: Member) -> Pool:
    """One address an account, and the member's own at the end."""
    chance = np.random.default_rng([member.seed, 97])
    return Pool([*visitors(chance, member.language, len(member.accounts), abroad=0.0).texts, member.public])


def home_addresses(scene: Scene, people: Integers, at_home: float = 0.25) -> Pick:
    """The office's address for most, the own one for who works from home."""
    pool = homes(scene.member)
    home = scene.chance.random(len(people)) < at_home
    return pool.pick(np.where(home, people, len(pool) - 1))


@lru_cache(maxsize=1)
def hotels() -> Pool:
    """Addresses that travellers have, country by country."""
    return Pool([address("office", country, 40 + number) for country in ABROAD for number in range(_HOTELS)])


def travellers(today: Today) -> tuple[Integers, Integers, Pick]:
    """Who is away this week, in which of ABROAD, at which address."""
    member = today.member
    people = member.accounts_of("person")
    week = np.random.default_rng([member.seed, today.day // 7, 96])
    away = people[week.random(len(people)) < _TRAVELLING]
    places = week.integers(0, len(ABROAD), len(away))
    return away, places, hotels().pick(places * _HOTELS + away % _HOTELS)

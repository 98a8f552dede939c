"""How many hosts each member needs, so that its share of the data comes out as told.

What a host writes in a day depends on the member's logging, size and sector, so it is tried: two days of background
of a candidate, a Tuesday and a Saturday, are made and counted (not written), and the number of hosts is corrected a
few times.
"""

from dataclasses import replace

from tocsin.exercise.range.alliance import Alliance, Member, Setting
from tocsin.exercise.range.background import background
from tocsin.exercise.range.founding import ORDINARY, found, found_one, shares

_TUESDAY, _SATURDAY = 20_515, 20_519  # 3 and 7 March 2026, days since 1970
_WORKDAYS, _FREE_DAYS = 5 / 7, 2 / 7
_ROUNDS = 3  # of correction: the rest is a few per cent
_SPAN = (0, 1 << 62)


def sized(members: int, hosts: int, seed: int, setting: Setting = ORDINARY) -> Alliance:
    """An alliance whose largest member has that many hosts and the others what their shares need.

    Sizes are those of the ordinary pace of heartbeats; what a faster one writes comes on top.
    """
    parts, usual = shares(members), replace(setting, heartbeat=ORDINARY.heartbeat)
    largest = parts.index(max(parts))
    whole = daily(found_one(members, largest, hosts, seed, usual), seed) / parts[largest]
    counts = [
        hosts
        if number == largest
        else _needed(members, number, round(hosts * share / parts[largest]), whole * share, seed, usual)
        for number, share in enumerate(parts)
    ]
    return found(counts, seed, setting)


def _needed(members: int, number: int, guess: int, records: float, seed: int, setting: Setting) -> int:
    """The hosts with which a member writes that many records a day."""
    hosts = max(guess, 1)
    for _ in range(_ROUNDS):
        hosts = max(1, round(hosts * records / daily(found_one(members, number, hosts, seed, setting), seed)))
    return hosts


def daily(member: Member, seed: int) -> float:
    """Records of background a day, over a week without surprises."""
    tuesday, saturday = (sum(map(len, background(member, day, seed, _SPAN))) for day in (_TUESDAY, _SATURDAY))
    return tuesday * _WORKDAYS + saturday * _FREE_DAYS

"""Which programs start: the table of programs.toml as columns of many starts at once.

A command line is cut into five parts (text, account, text, filler, text), so that starts of all programs together are
one batch whatever their commands look like.
"""

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.columns import Integers, Made, Pick, Pool

_FILLERS = ("{document}", "{number}", "{guid}")
_NUMBERS = 2_000  # different numbers and ids that fillers have


@dataclass(frozen=True, slots=True, eq=False)
class Software:
    """The programs that one kind of actor starts."""

    images: Pool
    shares: Any  # one probability a program
    before: Pool
    between: Pool
    after: Pool
    account: Integers  # 1 where the command names the account
    filler: Integers  # 0 none, 1 document, 2 number, 3 id

    def starts(self, chance: np.random.Generator, member: Member, accounts: Integers) -> tuple[Pick, Made]:
        """Image and command line, one start an account."""
        codes = chance.choice(len(self.images), size=len(accounts), p=self.shares)
        names = _with_nothing(member)
        account = names.pick(np.where(self.account[codes] == 1, accounts, len(names) - 1))
        fillers, offsets, sizes = _fillers(member)
        kind = self.filler[codes]
        filler = fillers.pick(offsets[kind] + chance.integers(0, 1 << 40, len(codes)) % sizes[kind])
        parts = (self.before.pick(codes), account, self.between.pick(codes), filler, self.after.pick(codes))
        return self.images.pick(codes), Made("%s%s%s%s%s", parts)


@cache
def software(kind: str) -> Software:
    """The programs of `person`, `desk`, `server` or `admin`."""
    rows = tomllib.loads(Path(__file__).with_name("programs.toml").read_text(encoding="utf-8"))[kind]
    weights = np.array([row["weight"] for row in rows], dtype=float)
    cut = [_cut(row["command"]) for row in rows]
    return Software(
        Pool([row["image"] for row in rows]),
        weights / weights.sum(),
        Pool([one[0] for one in cut]),
        Pool([one[2] for one in cut]),
        Pool([one[4] for one in cut]),
        np.array([int(one[1]) for one in cut]),
        np.array([one[3] for one in cut]),
    )


def _cut(command: str) -> tuple[str, bool, str, int, str]:
    """Text, whether the account follows, text, which filler follows, text."""
    before, account, rest = command.partition("{account}")
    if not account:
        before, rest = "", command
    for number, filler in enumerate(_FILLERS, start=1):
        if filler in rest:
            between, _, after = rest.partition(filler)
            return before, bool(account), between, number, after.replace(filler, "7")
    return before, bool(account), rest, 0, ""


@lru_cache(maxsize=32)
def _made(member: Member) -> tuple[Pool, Pool, Integers, Integers]:
    """Accounts and nothing; fillers with where each kind begins and how many it has."""
    documents = member.documents.texts
    numbers = [str(1_000 + 37 * number) for number in range(_NUMBERS)]
    ids = [f"{number * 2_654_435_761 % (1 << 48):012x}" for number in range(_NUMBERS)]
    sizes = np.array([1, len(documents), len(numbers), len(ids)])
    names = Pool([*(account.name for account in member.accounts), ""])
    return names, Pool(["", *documents, *numbers, *ids]), np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes


def _with_nothing(member: Member) -> Pool:
    return _made(member)[0]


def _fillers(member: Member) -> tuple[Pool, Integers, Integers]:
    return _made(member)[1:]

"""MITRE ATT&CK in words: tactics in their order, names and tactics of techniques, old ids made current.

Rules:
1. The vocabulary is version 19; ids of version 18 and older are read as their successors (T1562.001 → T1685).
2. An id that is not in the vocabulary is kept as it is: its name is the id itself, its tactics are none.
3. Ids compare without regard to case.
4. An id of MITRE ATLAS (AML.T0040) has its name from there (words.atlas); it has no tactic of ATT&CK.
5. T1562.004 becomes T1686, as MITRE's own `revoked-by` says; a rule that means Windows says T1686.003 itself.

6. Of ATT&CK for ICS (T0836) the names that our analytics use are known; they have no tactic of the enterprise matrix.

The data file is made by tools/attack_words.py and carries MITRE's notice.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tocsin.words import atlas


@dataclass(frozen=True, slots=True)
class Tactic:
    """One column of the matrix: `TA0006`, `credential-access`, `Credential Access`."""

    id: str
    short: str
    name: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The data file: all keys are upper-case ids."""

    tactics: tuple[Tactic, ...]
    names: dict[str, str]
    technique_tactics: dict[str, tuple[str, ...]]
    replaced: dict[str, str]


@cache
def _vocabulary() -> Vocabulary:
    data = json.loads(files("tocsin.words").joinpath("attack.json").read_text(encoding="utf-8"))
    return Vocabulary(
        tactics=tuple(Tactic(*tactic) for tactic in data["tactics"]),
        names={technique: name for technique, (name, _) in data["techniques"].items()},
        technique_tactics={technique: tuple(tactics) for technique, (_, tactics) in data["techniques"].items()},
        replaced=data["replaced"],
    )


TACTICS: tuple[Tactic, ...] = _vocabulary().tactics
"""All enterprise tactics in the order of the matrix."""


def current(technique: str) -> str:
    """The id that version 19 uses for this technique, upper case; unknown ids are kept."""
    folded = technique.upper()
    return _vocabulary().replaced.get(folded, folded)


def technique_name(technique: str) -> str:
    """`LSASS Memory` for T1003.001; the id itself when it is unknown."""
    identifier = current(technique)
    if identifier.startswith(atlas.PREFIX):
        return atlas.technique_name(identifier)
    return _vocabulary().names.get(identifier, identifier)


def tactics_of(technique: str) -> tuple[str, ...]:
    """Short names of the technique's tactics in the order of TACTICS; none when it is unknown."""
    return _vocabulary().technique_tactics.get(current(technique), ())


def tactic_name(short: str) -> str:
    """`Credential Access` for credential-access; the short name itself when it is unknown."""
    return next((tactic.name for tactic in TACTICS if tactic.short == short), short)

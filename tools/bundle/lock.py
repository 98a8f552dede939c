"""What of requirements.lock a bundle carries: Tocsin's own needs and the extra `postgres`, nothing for developers.

Rules:
1. The lock says below each pin who asked for it (`# via`). A pin is carried when Tocsin or a carried pin asks for it.
2. Versions, hashes and markers are the lock's, word for word.
"""

import re
from dataclasses import dataclass

OWN = "tocsin"
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)")
_ASKER = re.compile(r"^    #\s+(?:via\s+)?([A-Za-z0-9][A-Za-z0-9._-]*)")
_REQUIREMENT = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Pin:
    """One pinned package of the lock."""

    name: str
    text: str  # requirement and hashes, as pip reads them
    askers: frozenset[str]


def plain(name: str) -> str:
    """A package's name in the one spelling that compares (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_pins(lock: str) -> list[Pin]:
    """The pins of a lock file that uv wrote; numpy may be there twice, for two ranges of Python."""
    blocks: list[list[str]] = []
    for line in lock.splitlines():
        if _PIN.match(line):
            blocks.append([line])
        elif blocks:
            blocks[-1].append(line)
    return [_pin(block) for block in blocks]


def _pin(block: list[str]) -> Pin:
    found = _PIN.match(block[0])
    assert found is not None
    askers = {match[1] for line in block if (match := _ASKER.match(line))} - {"via"}
    text = "\n".join(line for line in block if not line.startswith("    #"))
    return Pin(plain(found[1]), text, frozenset(plain(asker) for asker in askers))


def root_names(project: dict[str, object], extras: tuple[str, ...]) -> set[str]:
    """The packages that a pyproject.toml's `[project]` asks for itself, with those of some extras."""
    needs, optional = project["dependencies"], project["optional-dependencies"]
    assert isinstance(needs, list) and isinstance(optional, dict)
    wanted = [*needs, *(need for extra in extras for need in optional[extra])]
    return {plain(match[0]) for need in wanted if (match := _REQUIREMENT.match(need))}


def carried(pins: list[Pin], roots: set[str]) -> list[Pin]:
    """The pins that the roots need, directly or through others."""
    names = set(roots)
    while more := {pin.name for pin in pins if pin.askers & names} - names:
        names |= more
    return [pin for pin in pins if pin.name in names]

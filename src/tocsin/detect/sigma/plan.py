"""Builds the plan that finds candidates: per field one Hyperscan database over the witnesses' literals.

Rules:
1. Databases are compiled with ASCII case ignored and bytes escaped, so that any byte may occur in a literal.
2. A literal that several leaves need is scanned for once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import hyperscan
import msgspec

from tocsin.detect.sigma.compiled import FieldPlan, packed
from tocsin.detect.sigma.probes import SPECIAL, probe
from tocsin.detect.sigma.program import Leaf
from tocsin.detect.sigma.texts import column_key


@dataclass
class _Field:
    """Probes of one field while they are collected."""

    literals: dict[bytes, list[tuple[int, int]]] = field(default_factory=dict)  # text → (where, leaf)
    exact: dict[str, list[int]] = field(default_factory=dict)
    slow: list[int] = field(default_factory=list)
    regex: list[int] = field(default_factory=list)

    def add(self, number: int, leaf: Leaf) -> None:
        found = probe(leaf)
        if found.slow:
            self.slow.append(number)
            return
        for literal in found.literals:
            self.literals.setdefault(literal.text, []).append((literal.where, number))
        for text in found.exact:
            self.exact.setdefault(text, []).append(number)
        if found.regex:
            self.regex.append(number)

    def plan(self) -> FieldPlan:
        starts, needs, leaves = [0], bytearray(), []
        for probes in self.literals.values():
            needs += bytes(where for where, _ in probes)
            leaves += [number for _, number in probes]
            starts.append(len(leaves))
        return FieldPlan(
            database=_database(list(self.literals)),
            lengths=packed([len(text) for text in self.literals]),
            starts=packed(starts),
            needs=bytes(needs),
            leaves=packed(leaves),
            exact={text: tuple(numbers) for text, numbers in self.exact.items()},
            slow=tuple(self.slow),
            regex=tuple(self.regex),
        )


def key_of(leaf: Leaf) -> str:
    """The field key of a leaf; empty for keywords."""
    return column_key(leaf.field) if leaf.field is not None else ""


def field_plans(leaves: Sequence[Leaf], witnesses: set[int]) -> dict[str, msgspec.Raw]:
    """An encoded plan for every field that has a witness."""
    fields: dict[str, _Field] = {}
    for number in sorted(witnesses):
        leaf = leaves[number]
        fields.setdefault(key_of(leaf), _Field()).add(number, leaf)
    return {key: msgspec.Raw(msgspec.msgpack.encode(each.plan())) for key, each in fields.items()}


def _database(literals: list[bytes]) -> bytes:
    """A serialised database; the ids after the literals are those of probes.SPECIAL."""
    if not literals:
        return b""
    texts = literals + [character.encode() for character in SPECIAL]
    expressions = [b"".join(b"\\x%02x" % byte for byte in text) for text in texts]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=expressions,
        ids=list(range(len(texts))),
        elements=len(texts),
        flags=[hyperscan.HS_FLAG_CASELESS] * len(texts),
    )
    serialised: bytes = hyperscan.dumpb(database)
    return serialised

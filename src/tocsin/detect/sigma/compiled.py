"""A compiled rule set as plain data: what the cache holds and the engine reads.

Rules:
1. Everything is msgpack. Parts that one scan may not need (programs, leaves, databases, descriptions) stay encoded
   until first use, so that a process with a cache is ready at once.
2. Arrays are little-endian bytes: int32, and uint8 for `needs`.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Raw, Struct

from tocsin.detect.sigma.correlation_spec import CorrelationSpec
from tocsin.detect.sigma.logsource import LogSource
from tocsin.detect.sigma.program import Leaf, Node
from tocsin.detect.sigma.refusal import Refusal
from tocsin.model import RuleInfo

Ints = npt.NDArray[np.int32]
T = TypeVar("T")


def packed(values: Sequence[int]) -> bytes:
    """Integers as the bytes of an int32 array."""
    return np.asarray(values, dtype="<i4").tobytes()


def unpacked(data: bytes) -> Ints:
    """The int32 array in bytes."""
    return np.frombuffer(data, dtype="<i4")


class FieldPlan(Struct, frozen=True, array_like=True):
    """How candidates are found in the columns of one field.

    `database` scans for literals (empty if there are none); literal i has `lengths[i]` bytes and the probes
    `starts[i]:starts[i + 1]`: leaf `leaves[p]` if the match lies as `needs[p]` says (probes.AT_START, AT_END).
    """

    database: bytes
    lengths: bytes
    starts: bytes
    needs: bytes
    leaves: bytes
    exact: dict[str, tuple[int, ...]]  # folded text → leaves
    slow: tuple[int, ...]
    regex: tuple[int, ...]  # leaves that may match values with special characters


class Compiled(Struct, frozen=True, array_like=True):
    """All rules, ready to evaluate."""

    fingerprint: str
    infos: Raw  # list[RuleInfo]
    refused: Raw  # list[Refusal]
    correlations: Raw  # list[CorrelationSpec]
    silent: tuple[int, ...]
    sources: tuple[LogSource, ...]
    rule_source: bytes  # rule → index into sources
    programs: tuple[Raw, ...]  # rule → Node
    leaves: tuple[Raw, ...]
    source_keys: tuple[tuple[str, ...], ...]  # source → field keys with witnesses
    unwitnessed: tuple[tuple[int, ...], ...]  # source → rules that run on all its rows
    witness_starts: bytes  # leaf → its part of witness_rules
    witness_rules: bytes
    fields: dict[str, Raw]  # field key ("" for keywords) → FieldPlan


class Lazy:
    """Decodes the parts of a compiled rule set on first use."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self._programs: list[Node | None] = [None] * len(compiled.programs)
        self._leaves: list[Leaf | None] = [None] * len(compiled.leaves)

    def program(self, rule: int) -> Node:
        """The condition of a rule."""
        node = self._programs[rule]
        if node is None:
            node = self._programs[rule] = msgspec.msgpack.decode(self.compiled.programs[rule], type=Node)
        return node

    def leaf(self, number: int) -> Leaf:
        """A leaf by its number."""
        leaf = self._leaves[number]
        if leaf is None:
            leaf = self._leaves[number] = _LEAF.decode(self.compiled.leaves[number])
        return leaf

    def field(self, key: str) -> FieldPlan:
        """The plan of one field."""
        return msgspec.msgpack.decode(self.compiled.fields[key], type=FieldPlan)

    @cached_property
    def infos(self) -> tuple[RuleInfo, ...]:
        """What people are told about each rule."""
        return msgspec.msgpack.decode(self.compiled.infos, type=tuple[RuleInfo, ...])

    @cached_property
    def refused(self) -> tuple[Refusal, ...]:
        """The rules that cannot run."""
        return msgspec.msgpack.decode(self.compiled.refused, type=tuple[Refusal, ...])

    @cached_property
    def correlations(self) -> tuple[CorrelationSpec, ...]:
        """The correlation rules."""
        return msgspec.msgpack.decode(self.compiled.correlations, type=tuple[CorrelationSpec, ...])

    @cached_property
    def rule_source(self) -> Ints:
        """Rule → index into sources."""
        return unpacked(self.compiled.rule_source)


_LEAF = msgspec.msgpack.Decoder(Leaf)

"""The inputs of a node's state in lines: what was lost, refused or put off, and who sent without being listed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct, field

from tocsin.sinks.terminal import safe
from tocsin.words.messages import grouped

SHOWN, ADDRESSES_SHOWN = 20, 5


class Input(Struct, frozen=True):
    """What an input counted of one sender since the node's start; without a sender, of all that are not listed."""

    input: str
    sender: str = ""
    name: str = ""
    received: int = 0
    accepted: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    dropped: int = 0
    dropped_by_kernel: int = 0
    deferred: int = 0
    last_received: datetime | None = None
    last_event: datetime | None = None
    addresses: Mapping[str, int] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Lost by the node and by the kernel."""
        return self.dropped + self.dropped_by_kernel

    @property
    def refused(self) -> int:
        """Refused, for whatever reason."""
        return sum(self.rejected.values())

    @property
    def whose(self) -> str:
        """The sender as people know it."""
        return self.name or self.sender or "not listed"


def inputs_of(state: Mapping[str, object]) -> list[Input]:
    """The inputs of a server's state; none where it tells none that can be read."""
    try:
        return msgspec.convert(state.get("inputs", []), list[Input])
    except msgspec.ValidationError:
        return []


def worst_first(inputs: Sequence[Input]) -> list[Input]:
    """Those that lost most first, then those of which most was refused."""
    return sorted(inputs, key=lambda each: (-each.lost, -each.refused, each.input, each.name))


def losses(inputs: Sequence[Input]) -> Iterator[str]:
    """A line a sender and input of which something did not get in."""
    lossy = worst_first([each for each in inputs if each.lost or each.refused or each.deferred])
    for each in lossy[:SHOWN]:
        yield safe(f"! input {each.input}, {each.whose}: {'; '.join(_facts(each))}")
    if len(lossy) > SHOWN:
        yield f"! {len(lossy) - SHOWN} more inputs with losses: --json"


def addresses_told(each: Input) -> str:
    """Addresses that are not listed with their counts, those that sent most first; empty where there are none."""
    most = sorted(each.addresses.items(), key=lambda pair: (-pair[1], pair[0]))
    told = [f"{address} ({grouped(count)})" for address, count in most[:ADDRESSES_SHOWN]]
    return ", ".join([*told, *(["others"] if len(most) > len(told) else [])])


def _facts(each: Input) -> Iterator[str]:
    if each.dropped:
        yield f"{grouped(each.dropped)} lost by the node"
    if each.dropped_by_kernel:
        yield f"{grouped(each.dropped_by_kernel)} lost by the kernel"
    if each.rejected:
        yield "refused: " + ", ".join(f"{reason} ({grouped(number)})" for reason, number in each.rejected.items())
    if each.addresses:
        yield f"sent without being listed: {addresses_told(each)}"
    if each.deferred:
        yield f"told to wait: {grouped(each.deferred)}"

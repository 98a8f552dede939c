"""What inputs lost or refused in the last day, over restarts.

Rules:
1. A loss is one kind (lost by the kernel, or a reason to refuse) at one input of one sender, or of all that are not
   listed. It is told until nothing was added to it for a day, with its count since it began.
2. What the node dropped for want of room is not among them: that is counted by sensor. Nor is what holds nothing, or an
   idle connection that was closed: nothing is missing then.
3. Counts begin at nothing with each run of the node; losses go on from what the run before has left.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from tocsin import limits
from tocsin.node.inputs.counters import Counts, Reason

KERNEL = "lost by the kernel"
TOLD = timedelta(days=1)  # after the last of it
_NOTHING_MISSING = frozenset({Reason.EMPTY, Reason.IDLE})

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Loss:
    """So much of one kind, from when to when. `sender` is its name, empty for all that are not listed."""

    input: str
    sender: str
    what: str
    count: int
    first: datetime
    last: datetime
    addresses: tuple[str, ...] = ()
    """Of those that are not listed; at most limits.INPUT_UNLISTED_SHOWN."""


def read_losses(left: object) -> list[Loss]:
    """What a run has left. Raises msgspec.ValidationError for anything else."""
    return msgspec.convert(left, list[Loss])


class Losses:
    """The losses of the last day. Any thread may look."""

    def __init__(self, left: Sequence[Loss] = ()) -> None:
        """`left` is what the run before told last."""
        self._lock = threading.Lock()
        self._before: dict[tuple[str, str], Counts] = {}
        self._losses: dict[_Key, Loss] = {(each.input, each.sender, each.what): each for each in left}

    def look(self, counted: Callable[[], Sequence[Counts]], now: datetime) -> list[Loss]:
        """All losses of the last day, with what was counted since the last look. No other look asks meanwhile."""
        with self._lock:
            counts = counted()
            for each in counts:
                self._add(each, self._before.get((each.input, each.sender)), now)
            self._before = {(each.input, each.sender): each for each in counts}
            self._losses = {key: loss for key, loss in self._losses.items() if abs(now - loss.last) <= TOLD}
            return list(self._losses.values())

    def _add(self, counts: Counts, before: Counts | None, now: datetime) -> None:
        known = dict(_kinds(before)) if before else {}
        for what, total in _kinds(counts):
            more = total - known.get(what, 0)
            if more > 0:
                key = (counts.input, counts.name, what)
                loss = self._losses.get(key) or Loss(*key, 0, now, now)
                addresses = _grown(loss.addresses, counts, before) if what == Reason.UNLISTED else ()
                self._losses[key] = replace(loss, count=loss.count + more, last=now, addresses=addresses)


def _kinds(counts: Counts) -> Iterator[tuple[str, int]]:
    """Rule 2."""
    if counts.dropped_by_kernel:
        yield KERNEL, counts.dropped_by_kernel
    yield from ((str(what), total) for what, total in counts.rejected.items() if what not in _NOTHING_MISSING)


def _grown(known: tuple[str, ...], counts: Counts, before: Counts | None) -> tuple[str, ...]:
    """The addresses, with those that sent since the last look."""
    old = before.addresses if before else {}
    more = [address for address, count in counts.addresses.items() if count > old.get(address, 0)]
    return tuple(dict.fromkeys([*known, *more]))[: limits.INPUT_UNLISTED_SHOWN]

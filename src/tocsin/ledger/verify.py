"""Whether a ledger is the one that was written, and which entry is the first that is not.

Rules:
1. From the first entry on: its number, the digest of the entry before, its own digest. The first that is wrong ends
   the check, because nothing after it proves anything.
2. A checkpoint proves the entry that it signs and all before it. Whoever has the node's key can write another chain and
   sign it, or cut the end off: only checkpoints that a witness kept tell that.
3. Rewriting all that follows an entry leaves a chain that holds together. Then the first entry that is proved wrong is
   told, and from which entry on nothing is proved.
4. Memory is bounded: entries pass by, and of the witness only numbers and digests are held.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tocsin import limits
from tocsin.errors import LimitExceeded
from tocsin.ledger.chain import EMPTY, Head, head_of
from tocsin.ledger.checkpoint import Checkpoint, Trust, why_not
from tocsin.ledger.entry import GENESIS, Entry, digest_of, spelled
from tocsin.ledger.lines import Damaged, merged


@dataclass(frozen=True, slots=True)
class Fault:
    """The first bad entry: its number, and why in a sentence. Nothing from `since` on is proved by a checkpoint."""

    sequence: int
    since: int
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found. `head` is the last entry that follows on those before; all counts end with the fault."""

    head: Head
    checkpoints: int  # that prove something
    unproven: int  # checkpoints of revoked keys that no witness has, which prove nothing
    proved: int  # number of the last entry that a checkpoint proves
    witnessed: int  # number of the last entry that the witness proves
    foreign: int  # checkpoints of the witness that are not this node's, or not signed by it
    fault: Fault | None

    @property
    def holds(self) -> bool:
        """Whether no fault was found."""
        return self.fault is None


@dataclass(frozen=True, slots=True)
class _Witness:
    """What the witness kept: for each number the digests, normally one."""

    digests: dict[int, tuple[bytes, ...]]
    foreign: int


@dataclass(slots=True)
class _Walk:
    """Where a check stands."""

    head: Head = EMPTY
    checkpoints: int = 0
    unproven: int = 0
    proved: int = 0
    witnessed: int = 0
    seen: int = 0  # highest number that the witness has
    torn: Entry | None = None  # an entry that does not follow on the one before


def verify(
    entries: Iterable[Entry | Damaged],
    checkpoints: Iterable[Checkpoint | Damaged],
    trusted: Trust,
    witnessed: Iterable[Checkpoint] = (),
) -> Verdict:
    """Check entries and checkpoints, each in the order of their numbers, against the keys and the witness."""
    return verify_stream(merged(entries, checkpoints), trusted, witnessed)


def verify_stream(
    items: Iterable[Entry | Checkpoint | Damaged], trusted: Trust, witnessed: Iterable[Checkpoint] = ()
) -> Verdict:
    """The same for one stream of both, such as an export."""
    witness = _gathered(witnessed, trusted)
    walk = _Walk(seen=max(witness.digests, default=0))
    stream = iter(items)
    fault = next((found for item in stream if (found := _step(walk, item, trusted, witness))), None) or _cut_off(walk)
    if fault and walk.torn:
        fault = _blamed(walk, walk.torn, stream, fault)
    return Verdict(walk.head, walk.checkpoints, walk.unproven, walk.proved, walk.witnessed, witness.foreign, fault)


def _gathered(witnessed: Iterable[Checkpoint], trusted: Trust) -> _Witness:
    digests: dict[int, tuple[bytes, ...]] = {}
    foreign = 0
    for checkpoint in witnessed:
        if why_not(checkpoint, trusted):
            foreign += 1
            continue
        known = digests.get(checkpoint.sequence, ())
        digest = bytes.fromhex(checkpoint.digest)
        if digest not in known:
            digests[checkpoint.sequence] = (*known, digest)
        if len(digests) > limits.WITNESS_CHECKPOINTS:
            raise LimitExceeded(
                f"the witness has more than {limits.WITNESS_CHECKPOINTS:,} checkpoints of this node",
                "Check it in parts: give the newest lines only.",
            )
    return _Witness(digests, foreign)


def _step(walk: _Walk, item: Entry | Checkpoint | Damaged, trusted: Trust, witness: _Witness) -> Fault | None:
    if isinstance(item, Entry):
        return _enter(walk, item, witness)
    if isinstance(item, Checkpoint):
        return _prove(walk, item, trusted, witness)
    sequence = walk.head.sequence + 1
    return _fault(walk, sequence, f"what stands where entry {sequence} or a checkpoint should stand {item.why}")


def _enter(walk: _Walk, entry: Entry, witness: _Witness) -> Fault | None:
    fault = _out_of_place(walk, entry) or _changed(walk, entry)
    if fault:
        return fault
    kept = witness.digests.get(entry.sequence, ())
    if kept and kept != (bytes.fromhex(entry.digest),):
        return _forged(walk, entry.sequence, "the witness has")
    walk.head = head_of(entry)
    if kept:
        walk.witnessed = walk.proved = entry.sequence
    return None


def _out_of_place(walk: _Walk, entry: Entry) -> Fault | None:
    expected = walk.head.sequence + 1
    if entry.sequence == expected:
        return None
    if entry.previous == walk.head.digest:
        return _fault(walk, expected, f"entry {expected} was changed: it now has the number {entry.sequence}")
    if entry.sequence > expected:
        return _fault(walk, expected, f"entry {expected} is missing: entry {entry.sequence} stands in its place")
    if entry.sequence == walk.head.sequence:
        return _fault(walk, entry.sequence, f"entry {entry.sequence} stands twice: one of the two was put in")
    return _fault(
        walk, expected, f"entry {entry.sequence} stands out of its place, where entry {expected} should stand"
    )


def _changed(walk: _Walk, entry: Entry) -> Fault | None:
    """A fault where an entry is not what its digest says, or was not chained onto the entry before."""
    sequence = entry.sequence
    if digest_of(entry) != entry.digest:
        return _fault(walk, sequence, f"entry {sequence} was changed: its digest does not fit what it says")
    if entry.previous == walk.head.digest:
        return None
    if walk.head.digest == GENESIS:
        return _fault(walk, sequence, "entry 1 is not the beginning of a ledger: an entry stood before it")
    if walk.proved == walk.head.sequence:
        return _replaced(walk, sequence)
    walk.torn = entry
    return _fault(walk, sequence - 1, f"entry {sequence - 1} was replaced: entry {sequence} follows on another one")


def _replaced(walk: _Walk, sequence: int) -> Fault:
    return _fault(walk, sequence, f"entry {sequence} was replaced: it does not follow on entry {sequence - 1}")


def _blamed(walk: _Walk, torn: Entry, rest: Iterator[Entry | Checkpoint | Damaged], fault: Fault) -> Fault:
    """Which of two entries that do not follow one another was replaced: the second, if the third denies it as well."""
    third = next((item for item in rest if isinstance(item, Entry)), None)
    return fault if third is None or third.previous == torn.digest else _replaced(walk, torn.sequence)


def _prove(walk: _Walk, checkpoint: Checkpoint, trusted: Trust, witness: _Witness) -> Fault | None:
    sequence = checkpoint.sequence
    name = f"the checkpoint of {spelled(checkpoint.time)} under entry {sequence}"
    if reason := why_not(checkpoint, trusted):
        return _fault(walk, sequence, f"{name} {reason}")
    if sequence < walk.head.sequence:
        return _fault(walk, sequence, f"{name} stands behind entry {walk.head.sequence}, out of place")
    if trusted.keys[checkpoint.key_id].revoked and not _is_witnessed(checkpoint, witness):
        walk.unproven += 1
        return None
    if sequence > walk.head.sequence:
        return _missing(walk, sequence, name)
    if checkpoint.digest != walk.head.digest:
        return _forged(walk, sequence, f"{name} signs")
    walk.checkpoints += 1
    walk.proved = sequence
    return None


def _is_witnessed(checkpoint: Checkpoint, witness: _Witness) -> bool:
    return bytes.fromhex(checkpoint.digest) in witness.digests.get(checkpoint.sequence, ())


def _cut_off(walk: _Walk) -> Fault | None:
    return _missing(walk, walk.seen, "the witness") if walk.seen > walk.head.sequence else None


def _missing(walk: _Walk, sequence: int, who: str) -> Fault:
    first = walk.head.sequence + 1
    what = f"entry {first} is" if first == sequence else f"entries {first} to {sequence} are"
    return _fault(walk, first, f"{what} missing: {who} has seen entry {sequence}")


def _forged(walk: _Walk, sequence: int, who: str) -> Fault:
    """The fault where a chain holds together and is not the one that was signed."""
    what = f"it, or an entry from {walk.proved + 1} on, was rewritten"
    return _fault(walk, sequence, f"entry {sequence} is not the one that {who}: {what}")


def _fault(walk: _Walk, sequence: int, why: str) -> Fault:
    return Fault(sequence, min(walk.proved + 1, sequence), why)

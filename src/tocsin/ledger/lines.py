"""Entries and checkpoints as lines of JSON: how a ledger is exported, and read again by whoever checks it.

Rules:
1. A line is the canonical JSON (entry.py, rule 2) of all fields, the digest or the signature among them. A checkpoint
   stands after the entry that it signs.
2. A line that is spelled in any other way, even with the same meaning, is damaged: no two readers can then disagree.
3. What cannot be read is a `Damaged`, never an error; `verify` says what it means.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import IO

import msgspec

from tocsin import limits
from tocsin.ledger import checkpoint as signed
from tocsin.ledger import entry as entered
from tocsin.ledger.checkpoint import Checkpoint
from tocsin.ledger.entry import Entry, Value, canonical, moment


@dataclass(frozen=True, slots=True)
class Damaged:
    """A place of a ledger where something stands that is neither an entry nor a checkpoint."""

    why: str  # the end of a sentence


class _EntryLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    sequence: int
    time: str
    kind: str
    actor: str
    subject: str
    detail: dict[str, Value]
    previous: str
    digest: str


class _CheckpointLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    node: str
    sequence: int
    digest: str
    time: str
    key_id: str
    signature: str


class _Typed(msgspec.Struct, frozen=True):
    type: str


_TYPED = msgspec.json.Decoder(_Typed)
_ENTRY = msgspec.json.Decoder(_EntryLine)
_CHECKPOINT = msgspec.json.Decoder(_CheckpointLine)


def line_of(item: Entry | Checkpoint) -> str:
    """The line of an entry or a checkpoint, without a line end."""
    if isinstance(item, Entry):
        return canonical({**entered.fields(item), "digest": item.digest}).decode()
    return canonical(signed.fields(item)).decode()


def read_line(line: bytes) -> Entry | Checkpoint | Damaged:
    """What a line holds."""
    try:
        item = _read(line)
        if item is None:
            return Damaged("is neither an entry nor a checkpoint")
        spelled = line_of(item).encode()
    except (ValueError, OverflowError, RecursionError) as error:  # msgspec's errors and UnicodeError are ValueErrors
        return Damaged(f"cannot be read: {str(error)[: limits.LEDGER_TEXT_CHARACTERS]}")
    return item if spelled == line else Damaged("is not spelled as Tocsin spells it")


def merged(
    entries: Iterable[Entry | Damaged], checkpoints: Iterable[Checkpoint | Damaged]
) -> Iterator[Entry | Checkpoint | Damaged]:
    """One stream of both: each checkpoint after as many entries as its number says. Checkpoints come by number."""
    waiting = iter(checkpoints)
    next_one = next(waiting, None)
    for position, entry in enumerate(entries, start=1):
        yield entry
        while next_one is not None and _due(next_one, position):
            yield next_one
            next_one = next(waiting, None)
    while next_one is not None:
        yield next_one
        next_one = next(waiting, None)


def read_export(file: IO[bytes]) -> Iterator[Entry | Checkpoint | Damaged]:
    """What an export holds, a line at a time. A line that is too long is damaged, whatever it holds."""
    while line := file.readline(limits.LEDGER_LINE_BYTES + 1):
        if len(line) > limits.LEDGER_LINE_BYTES:
            skip_line(file, line)
            yield Damaged(f"is longer than {limits.LEDGER_LINE_BYTES} bytes")
        else:
            yield read_line(line.removesuffix(b"\n"))


def skip_line(file: IO[bytes], line: bytes) -> int:
    """Go to the next line of a file when only the beginning of one was read; returns how many bytes that was."""
    skipped = 0
    while line and not line.endswith(b"\n"):
        line = file.readline(limits.LEDGER_LINE_BYTES)
        skipped += len(line)
    return skipped


def _due(item: Checkpoint | Damaged, position: int) -> bool:
    return isinstance(item, Damaged) or item.sequence <= position


def _read(line: bytes) -> Entry | Checkpoint | None:
    kind = _TYPED.decode(line).type
    if kind == entered.TYPE:
        read = _ENTRY.decode(line)
        detail: Mapping[str, Value] = MappingProxyType(read.detail)
        return Entry(
            read.sequence, moment(read.time), read.kind, read.actor, read.subject, detail, read.previous, read.digest
        )
    if kind == signed.TYPE:
        point = _CHECKPOINT.decode(line)
        time = moment(point.time)
        return Checkpoint(point.node, point.sequence, point.digest, time, point.key_id, point.signature)
    return None

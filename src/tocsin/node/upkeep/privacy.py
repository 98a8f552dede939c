"""Where a person's value is in everything that a node keeps, and removing it from there.

Rules:
1. Lake, rollups, hits, samples of bad lines, indicators, original lines, findings, incidents and messages are looked
   through. What lies elsewhere is said: backups, which are not changed, and the journal, until the lake has it.
2. Erasing takes the lake's lock for itself: the node is paused (`pauses`), or does not run.
3. In an original line's place stands a mark of one line, so that line numbers, and with them event ids, stay.
4. What a hold keeps stays, and is counted. The ledger has a keyed digest of the value, never the value.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

import zstandard

from tocsin.errors import StateError, UsageError
from tocsin.lake.catalog import CATALOG, Catalog
from tocsin.lake.durable import hidden, sync
from tocsin.lake.erasure import Places, erase_value, find_value
from tocsin.lake.value import ERASED, Value
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.indicator_list import erased, holding
from tocsin.node.journal.records import JOURNAL, JournalRecords
from tocsin.node.live.segments import RAW
from tocsin.node.people.keys import Keys
from tocsin.node.service.config import NodeFolder
from tocsin.node.store import ledger
from tocsin.node.store.erasure import StatePlaces, erase_from_state, find_in_state
from tocsin.node.store.holds import Held, held
from tocsin.node.upkeep.keys import load_secret
from tocsin.node.upkeep.private_files import FILE_MODE
from tocsin.node.upkeep.shell import OpenNode
from tocsin.node.upkeep.spool import remove_workshops

_PACKED = ".log.zst"
_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Sought:
    """Where a value is, or was. `backups` are ids of backups that may hold it still."""

    lake: Places
    lines: int
    lines_kept: int
    state: StatePlaces
    journal: int  # bytes that were not looked through: not in the lake yet or, for an erasure, not packed away
    backups: tuple[str, ...] = field(default=())
    indicators: int = 0  # spellings, with what their sources say beside them

    @property
    def found(self) -> int:
        """How many places hold it that can be erased."""
        lake, state = self.lake, self.state
        rows = sum(lake.tables.values()) + sum(lake.rollups.values()) + lake.hits + lake.rejects
        told = state.constituents + state.tellings + state.papers + state.duties + self.indicators
        return rows + self.lines + state.findings + state.incidents + state.messages + state.reasons + told


def find(node: OpenNode, text: str, actor: str, time: datetime) -> Sought:
    """Say where a value is. It is entered in the ledger that somebody looked."""
    value = Value(text)
    _enter(node, "searched", text, "", actor, time)
    with node.store.read() as connection:
        keeping = held(connection)
        state = find_in_state(connection, value, keeping)
    lake = _in_lake(node.folder, value, keeping)
    lines = [_seek(path, value, keeping) for path in _packed(node.folder)]
    found = _sought(node, lake, lines, state, _waiting(node.folder))
    return replace(found, indicators=holding(node.folder.lake, value))


def wanted(text: str, why: str) -> Value:
    """The value of an erasure. UsageError for one that would be everywhere, and without a reason."""
    if not why.strip():
        raise UsageError("an erasure needs a reason", "Name it: --why.")
    return Value(text)


def erase(node: OpenNode, text: str, why: str, actor: str, time: datetime, *, paused: bool = False) -> Sought:
    """Remove a value from everything that can be changed; returns where it was.

    Into the journal of a node that is `paused` comes more all the time: that is told as `Sought.journal`. Of one that
    is stopped, lines that wait there are a StateError. LakeError while a node has the lake.
    """
    value = wanted(text, why)
    if not paused and _in_journal(node.folder):
        raise StateError(
            "the journal has lines that are not packed away yet",
            "Start the node and erase through it: it takes them out of the journal first.",
        )
    if not (node.folder.lake / CATALOG).is_file():
        return _erase_all(node, None, value, why, actor, time)
    catalog = Catalog(node.folder.lake)
    try:
        with catalog.writing():
            return _erase_all(node, catalog, value, why, actor, time)
    finally:
        catalog.close()


def _erase_all(node: OpenNode, catalog: Catalog | None, value: Value, why: str, actor: str, time: datetime) -> Sought:
    """Steps: 1. enter it, so that one that is killed is told; 2. state; 3. original lines; 4. the lake.

    What a killed backup left holds the value too, and the files that are rewritten.
    """
    _enter(node, "erased", value.text, why, actor, time)
    remove_workshops(node.folder)
    keeping, state = node.store.transact(
        lambda connection: (
            kept := held(connection),
            erase_from_state(connection, value, kept, actor, time),
        )
    )
    lines = [_rewrite(path, value, keeping) for path in _packed(node.folder)]
    lake = Places() if catalog is None else erase_value(catalog, value, time.date(), keeping.events)
    found = _sought(node, lake, lines, state, _in_journal(node.folder))
    return replace(found, indicators=erased(node.folder.lake, value))


def _enter(node: OpenNode, change: str, text: str, why: str, actor: str, time: datetime) -> None:
    """A keyed digest of the value; of the reason too, because it may name the person."""
    keys = Keys.derived(load_secret(node.folder))
    detail = {"change": change, **({"why": keys.name_digest("reason", why)} if why else {})}
    draft = Draft(Kind.PRIVACY, actor, keys.name_digest("value", text.casefold()), detail)
    node.store.transact(lambda connection: ledger.record(connection, draft, time))


def _in_lake(folder: NodeFolder, value: Value, keeping: Held) -> Places:
    if not (folder.lake / CATALOG).is_file():
        return Places()
    catalog = Catalog(folder.lake)
    try:
        return find_value(catalog, value, keeping.events)
    finally:
        catalog.close()


def _sought(node: OpenNode, lake: Places, lines: list[tuple[int, int]], state: StatePlaces, journal: int) -> Sought:
    with node.store.read() as connection:
        backups = tuple(ledger.subjects_of(connection, Kind.BACKUP))
    gone, kept = (sum(each[of] for each in lines) for of in (0, 1))
    return Sought(lake, gone, kept, state, journal, backups)


def _waiting(folder: NodeFolder) -> int:
    """Bytes in the journal that the lake does not have."""
    return _bytes(folder, lambda records: sum(records.unread().values()))


def _in_journal(folder: NodeFolder) -> int:
    """Bytes of original lines in the journal, also of such that the lake has."""
    return _bytes(folder, lambda records: sum(each.committed for each in records.segments()))


def _bytes(folder: NodeFolder, counted: Callable[[JournalRecords], int]) -> int:
    if not (folder.journal / JOURNAL).is_file():
        return 0
    with closing(JournalRecords(folder.journal)) as records:
        return counted(records)


def _packed(folder: NodeFolder) -> list[Path]:
    return sorted((folder.path / RAW).glob(f"*/[!.]*{_PACKED}"))


def _lines(path: Path, value: Value, keeping: Held) -> Iterator[tuple[bytes, bool, bool]]:
    """Each line, whether it holds the value, and whether a hold keeps it."""
    source = path.name.removesuffix(_PACKED)
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as packed:
        for number, line in enumerate(io.BufferedReader(packed), 1):
            holds = value.is_in(line.decode("utf-8", "replace"))
            yield line, holds, holds and f"{source}-{number}" in keeping.events


def _seek(path: Path, value: Value, keeping: Held) -> tuple[int, int]:
    """Lines that hold the value and can go, and those that are kept."""
    gone = kept = 0
    for _, holds, keep in _lines(path, value, keeping):
        gone += holds and not keep
        kept += keep
    return gone, kept


def _rewrite(path: Path, value: Value, keeping: Held) -> tuple[int, int]:
    """The same, and a mark in the place of each line that goes."""
    found = _seek(path, value, keeping)
    if not found[0]:
        return found
    new = hidden(path)
    with new.open("wb") as file:
        new.chmod(FILE_MODE)
        with zstandard.ZstdCompressor(level=_LEVEL).stream_writer(file, closefd=False) as packed:
            for line, holds, keep in _lines(path, value, keeping):
                packed.write(f"{ERASED}\n".encode() if holds and not keep else line)
    sync(new)
    new.replace(path)
    sync(path.parent)
    return found


def told(sought: Sought) -> dict[str, object]:
    """What was found, for programs."""
    return {**asdict(sought), "found": sought.found}

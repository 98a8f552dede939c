"""The indicators that a lake keeps: one file, mapped into memory, replaced as a whole.

Rules:
1. `indicators/indicators.arrow` below the lake is an Arrow file with one batch. Its rows are sorted by `digest`, the
   64-bit number of kind and spelling (`tokens.digests`): a million are 8 MB to search, shared by all processes. What a
   number finds is compared with the spelling itself, so two texts with one number are never mistaken.
2. A row is a spelling. `alias` rows are further spellings of the same indicator, and the hosts of URLs, by which rows
   that may hold the URL are found.
3. A value that a source gives again takes the place of what that source gave before; two sources stand side by side.
4. Rules (`rules.Warned`) and imports are lists in the file's metadata; rows name them by number.
5. Who changes it holds the lock beside it. Who reads it goes on with the file that it opened.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tocsin import limits
from tocsin.detect.indicators.rules import Warned
from tocsin.detect.indicators.tokens import Digests, digests, texts
from tocsin.errors import LakeError, LimitExceeded
from tocsin.lake.durable import hidden, settle
from tocsin.lake.indicators import KINDS

FOLDER, FILE = "indicators", "indicators.arrow"
HOST = "host"
CODES = (*KINDS, HOST)
_NOTE = b"tocsin_indicators"
_LOCK = ".lock"
SCHEMA = pa.schema(
    [
        ("digest", pa.uint64()), ("kind", pa.int8()), ("alias", pa.bool_()), ("spelling", pa.string()),
        ("value", pa.string()), ("rule", pa.int32()), ("origin", pa.int32()), ("valid_from", pa.int64()),
        ("valid_until", pa.int64()), ("confidence", pa.int16()), ("marking", pa.string()), ("note", pa.string()),
        ("reference", pa.string()),
    ]
)  # fmt: skip


class Origin(msgspec.Struct, frozen=True):
    """One import: who brought which file when (ISO 8601, UTC)."""

    source: str
    file: str
    form: str
    by: str
    at: str
    count: int = 0


class _Notes(msgspec.Struct, frozen=True):
    rules: tuple[tuple[str, str, str, tuple[str, ...]], ...] = ()
    origins: tuple[Origin, ...] = ()
    markings: tuple[str, ...] = ()  # of the rules, by place; older files have none

    @property
    def warned(self) -> tuple[Warned, ...]:
        markings = self.markings or ("",) * len(self.rules)
        return tuple(Warned(*rule, marking) for rule, marking in zip(self.rules, markings, strict=True))


@dataclass(frozen=True)
class Collection:
    """All indicators at one moment."""

    rows: pa.RecordBatch
    rules: tuple[Warned, ...]
    origins: tuple[Origin, ...]

    @cached_property
    def digests(self) -> Digests:
        """The numbers, sorted, not copied."""
        return self.rows.column("digest").to_numpy()  # type: ignore[no-any-return]  # pyarrow has no stubs

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds that occur, `host` among them where there are URLs."""
        return frozenset(CODES[code] for code in np.unique(self.rows.column("kind").to_numpy()))

    @cached_property
    def count(self) -> int:
        """Indicators, each once however it is spelled."""
        return int(self.rows.num_rows) - int(pc.sum(self.rows.column("alias")).as_py() or 0)

    def table(self) -> pa.Table:
        """The rows as a table, for changes."""
        return pa.Table.from_batches([self.rows])


def empty() -> Collection:
    """No indicators."""
    return Collection(pa.RecordBatch.from_pylist([], SCHEMA), (), ())


def place_of(lake: Path) -> Path:
    """Where a lake keeps its indicators."""
    return lake / FOLDER / FILE


def open_collection(lake: Path) -> Collection:
    """What a lake keeps, mapped and not read. Raises LakeError where the file is damaged."""
    path = place_of(lake)
    if not path.exists():
        return empty()
    try:
        with pa.ipc.open_file(pa.memory_map(str(path))) as file:
            notes = msgspec.json.decode((file.schema.metadata or {})[_NOTE], type=_Notes)
            rows, rules = file.get_batch(0), notes.warned
    except (OSError, pa.ArrowException, KeyError, IndexError, ValueError) as error:  # msgspec's are ValueErrors
        raise LakeError(f"{path} is damaged: {error}", "Remove this file and import the indicators again.") from error
    return Collection(rows, rules, notes.origins)


@contextmanager
def changing(lake: Path) -> Iterator[Collection]:
    """What the lake keeps, while nobody else changes it."""
    (lake / FOLDER).mkdir(mode=0o700, exist_ok=True)
    with (lake / FOLDER / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield open_collection(lake)


def store(lake: Path, rows: pa.Table, rules: Sequence[Warned], origins: Sequence[Origin]) -> Collection:
    """Put rows in the place of what a lake keeps. The caller is `changing` it. Returns what is kept now."""
    kept, used_rules, used_origins = _used(rows, rules, origins)
    named = tuple((each.kind, each.level, each.source, each.attack) for each in used_rules)
    notes = msgspec.json.encode(_Notes(named, tuple(used_origins), tuple(each.marking for each in used_rules)))
    schema = SCHEMA.with_metadata({_NOTE: notes})
    path = place_of(lake)
    batch = pa.RecordBatch.from_arrays([_one(kept.column(name)) for name in SCHEMA.names], schema=schema)
    try:
        with pa.OSFile(str(hidden(path)), "wb") as file, pa.ipc.new_file(file, schema) as writer:
            writer.write_batch(batch)
    except OSError:
        hidden(path).unlink(missing_ok=True)
        raise
    hidden(path).chmod(0o600)
    settle([path])
    return open_collection(lake)


def merged(old: Collection, rows: pa.Table, rules: Sequence[Warned], origin: Origin) -> pa.Table:
    """Old and new rows in order, each value of a source once. Rows name rules by their place in `rules`, which begin
    with the old ones. Raises LimitExceeded where they are too many.
    """
    fresh = rows.set_column(rows.schema.get_field_index("origin"), "origin", _numbers(len(old.origins), len(rows)))
    both = pa.concat_tables([old.table(), with_digests(fresh)])
    sources = {source: number for number, source in enumerate(dict.fromkeys(each.source for each in rules))}
    source_of = np.array([sources[each.source] for each in rules], np.int64)
    number, source = both.column("digest").to_numpy(), source_of[both.column("rule").to_numpy()]
    order = np.lexsort((np.arange(len(both)), source, number))
    both = both.take(pa.array(order))
    same = (number[order][1:] == number[order][:-1]) & (source[order][1:] == source[order][:-1])
    spelling = _one(both.column("spelling"))
    same &= pc.equal(spelling[1:], spelling[:-1]).to_numpy(zero_copy_only=False)
    found = both.filter(pa.array(np.concatenate([~same, [True]])[: len(both)]))
    if len(found) > limits.INDICATOR_ROWS:
        raise LimitExceeded(
            f"{len(found):,} spellings of indicators are more than {limits.INDICATOR_ROWS:,}",
            "Remove a source that is not needed: `tocsin indicator list` names them.",
        )
    return found


def with_digests(rows: pa.Table) -> pa.Table:
    """The rows with spellings in lower case and their numbers."""
    spelling = pc.utf8_lower(_one(rows.column("spelling")))
    found = np.zeros(len(rows), np.uint64)
    codes = rows.column("kind").to_numpy()
    for code in np.unique(codes).tolist():
        places = np.flatnonzero(codes == code)
        part = texts(spelling.take(pa.array(places)))
        found[places] = digests(part, part.offsets[:-1], part.offsets[1:], code)
    rows = rows.set_column(rows.schema.get_field_index("spelling"), "spelling", spelling)
    return rows.set_column(rows.schema.get_field_index("digest"), "digest", pa.array(found))


def _used(
    rows: pa.Table, rules: Sequence[Warned], origins: Sequence[Origin]
) -> tuple[pa.Table, list[Warned], list[Origin]]:
    """Only the hosts of URLs, rules and imports that some row names, the rows numbered anew."""
    rows = _without_idle_hosts(rows)
    used: list[npt.NDArray[np.int64]] = []
    counted = rows.filter(pc.invert(rows.column("alias")))
    for name in ("rule", "origin"):
        numbers, renumbered = np.unique(rows.column(name).to_numpy(), return_inverse=True)
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, name, pa.array(renumbered.astype(np.int32)))
        used.append(numbers)
    counts = np.bincount(counted.column("origin").to_numpy(), minlength=len(origins))
    kept = [msgspec.structs.replace(origins[each], count=int(counts[each])) for each in used[1].tolist()]
    return rows, [rules[each] for each in used[0].tolist()], kept


def _without_idle_hosts(rows: pa.Table) -> pa.Table:
    """Without hosts of which there is no URL any more."""
    kinds = rows.column("kind")
    is_host = pc.equal(kinds, pa.scalar(CODES.index(HOST), pa.int8()))
    if not pc.any(is_host).as_py():
        return rows
    urls = rows.filter(pc.equal(kinds, pa.scalar(CODES.index("uri"), pa.int8()))).column("spelling").to_pylist()
    hosts = pa.array(sorted({url.partition("/")[0] for url in urls}), pa.string())
    return rows.filter(pc.or_(pc.invert(is_host), pc.is_in(rows.column("spelling"), value_set=hosts)))


def _numbers(number: int, count: int) -> pa.Array:
    return pa.array(np.full(count, number, np.int32))


def _one(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole

"""Finds candidates: which distinct values of a column may pass which witness leaves.

Steps for one column: 1. Hyperscan passes once over the bytes of all values; match ends are mapped to values and
checked for the value's start and end; 2. exact texts are looked up for values of a fitting length; 3. slow leaves are
asked by the evaluator. Values with special characters (probes.SPECIAL) and elements of lists are rewritten and
scanned again.
"""

from collections.abc import Iterator, Sequence

import hyperscan
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tocsin.detect.sigma.columns import FieldColumn, buffers
from tocsin.detect.sigma.compiled import FieldPlan, Ints, unpacked
from tocsin.detect.sigma.probes import AT_END, AT_START
from tocsin.detect.sigma.texts import fold

Pairs = tuple[Ints, Ints]
"""Leaves and codes, side by side."""

NO_PAIRS: Pairs = (np.empty(0, np.int32), np.empty(0, np.int32))
ASCII_LIMIT = 0x80
JOINED_BYTES = 65_536  # columns up to this size are scanned together: a call costs more than the copy


class Scanner:
    """The candidates of one field. Holds a Hyperscan database: one scanner serves one thread."""

    def __init__(self, plan: FieldPlan) -> None:
        self.slow = plan.slow
        self._lengths = unpacked(plan.lengths).astype(np.int64)
        self._starts = unpacked(plan.starts)
        self._needs = np.frombuffer(plan.needs, np.uint8)
        self._leaves = unpacked(plan.leaves)
        self._exact = plan.exact
        self._exact_lengths = _allowed_lengths(plan.exact)
        self._regex = np.array(plan.regex, np.int32)
        self._literals = len(self._lengths)
        self._database = _load(plan.database)

    def scan(self, column: FieldColumn, codes: Ints | None) -> Pairs:
        """Candidate pairs for some codes of the column, or for all."""
        plain = codes
        if column.lists:
            wanted = np.arange(column.size, dtype=np.int32) if codes is None else codes
            listed = np.isin(wanted, np.fromiter(column.lists, np.int32, len(column.lists)))
            plain = wanted[~listed]
            rewritten = self._scan_lists(column, wanted[listed])
        else:
            rewritten = NO_PAIRS
        values = column.values if plain is None else column.values.take(pa.array(plain))
        return _joined([self._scan_values(values, plain), rewritten])

    def scan_many(self, columns: Sequence[tuple[FieldColumn, Ints | None]]) -> Iterator[tuple[FieldColumn, Pairs]]:
        """The same for many columns, small ones in one pass; yields the columns that may have candidates."""
        plain = []
        for column, codes in columns:
            if column.lists or column.values.nbytes > JOINED_BYTES:
                yield column, self.scan(column, codes)
            else:
                plain.append((column, column.values if codes is None else column.values.take(pa.array(codes)), codes))
        values = pa.concat_arrays([part.cast(pa.large_string()) for _, part, _ in plain]) if plain else None
        leaves, places = self._scan_values(values, None) if values is not None else NO_PAIRS
        ends = np.cumsum([len(part) for _, part, _ in plain])
        owner = np.searchsorted(ends, places, "right")
        for number in np.unique(owner).tolist():
            column, part, codes = plain[number]
            own = owner == number
            local = (places[own] - (int(ends[number]) - len(part))).astype(np.int32)
            yield column, (leaves[own], local if codes is None else codes[local])

    def _scan_lists(self, column: FieldColumn, codes: Ints) -> Pairs:
        texts, owners = [], []
        for code in codes.tolist():
            for element in column.elements(code):
                texts.append(element)
                owners.append(code)
        return self._scan_values(pa.array(texts, pa.large_string()), np.array(owners, np.int32))

    def _scan_values(self, values: pa.Array, owners: Ints | None) -> Pairs:
        """Candidates among values; `owners` are the codes of the values where they are not 0, 1, 2…"""
        if not len(values):
            return NO_PAIRS
        offsets, data = buffers(values)
        found = [self._scan_bytes(values, offsets, data), self._look_up(values, offsets, data)]
        leaves, places = _joined(found)
        return (leaves, places) if owners is None else (leaves, owners[places])

    def _scan_bytes(self, values: pa.Array, offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> Pairs:
        if self._database is None or not len(data):
            return NO_PAIRS
        numbers: list[int] = []
        ends: list[int] = []
        add_number, add_end = numbers.append, ends.append

        def matched(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            add_number(number)
            add_end(end)

        self._database.scan(data.data, match_event_handler=matched)  # type: ignore[type-var]  # takes any buffer
        if not numbers:
            return NO_PAIRS
        literal, end = np.array(numbers, np.int64), np.array(ends, np.int64)
        place = np.searchsorted(offsets, end, "left") - 1
        special = literal >= self._literals
        if special.any():
            rewritten = self._scan_special(values, np.unique(place[special]).astype(np.int32))
            keep = ~special
            return _joined([self._pairs(offsets, literal[keep], end[keep], place[keep]), rewritten])
        return self._pairs(offsets, literal, end, place)

    def _pairs(
        self,
        offsets: npt.NDArray[np.int64],
        literal: npt.NDArray[np.int64],
        end: npt.NDArray[np.int64],
        place: npt.NDArray[np.intp],
    ) -> Pairs:
        """Matches inside one value, in the right place, as unique (leaf, value) pairs."""
        gap = end - self._lengths[literal] - offsets[place]
        inside = gap >= 0
        literal, end, place, gap = literal[inside], end[inside], place[inside], gap[inside]
        have = (gap == 0) * np.uint8(AT_START) | (end == offsets[place + 1]) * np.uint8(AT_END)
        first, count = self._starts[literal], self._starts[literal + 1] - self._starts[literal]
        probe = ranges(first, count)
        fits = (self._needs[probe] & ~np.repeat(have, count)) == 0
        return _unique(self._leaves[probe[fits]], np.repeat(place, count)[fits].astype(np.int32))

    def _scan_special(self, values: pa.Array, places: Ints) -> Pairs:
        """Values whose special characters fold into ASCII: scanned folded; regexes are asked in any case."""
        texts = [fold(text) for text in values.take(pa.array(places)).to_pylist()]  # holds no special character
        leaves, found = self._scan_values(pa.array(texts, pa.large_string()), places)
        every = (np.repeat(self._regex, len(places)), np.tile(places, len(self._regex)))
        return _joined([(leaves, found), every])

    def _look_up(self, values: pa.Array, offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> Pairs:
        """Values that equal an exact text. Folding keeps the length of ASCII text, so most values are not touched."""
        if not self._exact:
            return NO_PAIRS
        lengths = np.minimum(np.diff(offsets), len(self._exact_lengths) - 1)
        chosen = self._exact_lengths[lengths]
        if len(data) and data.max() >= ASCII_LIMIT:
            foreign = np.searchsorted(offsets, np.flatnonzero(data >= ASCII_LIMIT), "right") - 1
            chosen[foreign] = True
        places = np.flatnonzero(chosen)
        texts = values.to_pylist() if len(places) == len(values) else values.take(pa.array(places)).to_pylist()
        leaves: list[int] = []
        owners: list[int] = []
        exact = self._exact
        for place, text in zip(places.tolist(), texts, strict=True):
            found = exact.get(fold(text))
            if found:
                leaves += found
                owners += [place] * len(found)
        return np.array(leaves, np.int32), np.array(owners, np.int32)


def _load(database: bytes) -> hyperscan.Database | None:
    if not database:
        return None
    loaded = hyperscan.loadb(database, mode=hyperscan.HS_MODE_BLOCK)
    loaded.scratch = hyperscan.Scratch(loaded)
    return loaded


def _allowed_lengths(texts: Sequence[str] | dict[str, tuple[int, ...]]) -> npt.NDArray[np.bool_]:
    """Which byte lengths occur; the last entry stands for every longer one."""
    lengths = [len(text.encode()) for text in texts]
    allowed = np.zeros(max(lengths, default=0) + 2, np.bool_)
    allowed[lengths] = True
    return allowed


def ranges(first: Ints, count: Ints) -> npt.NDArray[np.int64]:
    """All integers of the ranges [first, first + count), one range after the other."""
    total = int(count.sum())
    before = np.cumsum(count) - count
    places: npt.NDArray[np.int64] = np.arange(total, dtype=np.int64) + np.repeat(first - before, count)
    return places


def _unique(leaves: Ints, places: Ints) -> Pairs:
    keys = np.unique(leaves.astype(np.int64) << 32 | places)
    return (keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32)


def _joined(pairs: Sequence[Pairs]) -> Pairs:
    full = [pair for pair in pairs if len(pair[0])]
    if len(full) == 1:
        return full[0]
    if not full:
        return NO_PAIRS
    return np.concatenate([leaves for leaves, _ in full]), np.concatenate([codes for _, codes in full])

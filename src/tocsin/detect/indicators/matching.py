"""Matching a batch with all indicators: every distinct value of the columns that may hold one, once.

Rules:
1. Tokens (`tokens`) are looked up by their number, then compared as text. Only equality decides.
2. A URL is met where host and path, or the whole text, are the same without scheme, port and query (lake.indicators).
   Its candidates are the rows whose host stands in some URL; only these are put together.
3. An indicator counts for events up to its `valid_until`; events before `valid_from` count too, for a warning mostly
   comes after what it warns about. An event without a readable time counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tocsin import limits
from tocsin.detect.indicators.collection import CODES, Collection
from tocsin.detect.indicators.columns import columns_of
from tocsin.detect.indicators.rules import Warned
from tocsin.detect.indicators.tokens import TOKENS, Ints, digests, texts
from tocsin.errors import UsageError
from tocsin.lake.indicators import url_spelling
from tocsin.model import Batch, Column

_URI = "uri"
_URL_PARTS = ("host", "path", "url")


@dataclass(frozen=True, slots=True)
class Met:
    """An event that has an indicator: row of the batch, row of the collection, the column."""

    row: int
    entry: int
    column: str


@dataclass(frozen=True, slots=True)
class RuleMet:
    """All events of a batch at which one rule is met, by row; each with the first indicator that it has."""

    rule: Warned
    met: tuple[Met, ...]


class Matcher:
    """One collection, ready for batches."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._rule = collection.rows.column("rule")
        self._spelling = collection.rows.column("spelling")
        self._until = collection.rows.column("valid_until")

    @property
    def collection(self) -> Collection:
        """What is matched with."""
        return self._collection

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table that are looked at."""
        wanted = self._collection.kinds | ({"path", "url"} if _URI in self._collection.kinds else set())
        return frozenset(name for kind, names in columns_of(table).items() if kind in wanted for name in names)

    def met(self, batch: Batch) -> list[RuleMet]:
        """What the batch has, a rule at a time."""
        found: dict[int, dict[int, Met]] = {}
        kinds = columns_of(batch.table)
        for kind in kinds.keys() & self._collection.kinds - {"host"}:
            for column in _present(batch, kinds[kind]):
                for code, entry in self._find(kind, column.values):
                    self._keep(found, batch, np.flatnonzero(column.codes == code), entry, column.name)
        if "host" in self._collection.kinds:
            self._find_urls(found, batch, kinds)
        rules = self._collection.rules
        return [
            RuleMet(rules[rule], tuple(by_row[row] for row in sorted(by_row))) for rule, by_row in sorted(found.items())
        ]

    def _keep(self, found: dict[int, dict[int, Met]], batch: Batch, rows: Ints, entry: int, column: str) -> None:
        """Rule 3."""
        times = batch.time_us[rows]
        counted = rows[(times == 0) | (times <= self._until[entry].as_py())].tolist()
        if counted:
            by_row = found.setdefault(self._rule[entry].as_py(), {})
            for row in counted:
                by_row.setdefault(row, Met(row, entry, column))

    def _find(self, kind: str, values: pa.Array) -> Iterator[tuple[int, int]]:
        """Pairs of value and entry that are equal, each once."""
        held = texts(values)
        tokens = TOKENS[kind](held)
        code = CODES.index(kind)
        numbers = digests(held, tokens.start, tokens.end, code)
        known = self._collection.digests
        places = np.searchsorted(known, numbers)
        hits = np.flatnonzero(known[np.minimum(places, len(known) - 1)] == numbers)
        seen: set[tuple[int, int]] = set()
        for hit in hits.tolist():
            text = held.data[tokens.start[hit] : tokens.end[hit]].tobytes().decode("utf-8", "replace")
            for entry in self._equal(int(places[hit]), int(numbers[hit]), text):
                pair = (int(tokens.owner[hit]), entry)
                if pair not in seen:
                    seen.add(pair)
                    yield pair

    def _equal(self, place: int, number: int, text: str) -> Iterator[int]:
        """The entries from a place on that have this number and this spelling."""
        known = self._collection.digests
        while place < len(known) and known[place] == number:
            if self._spelling[place].as_py() == text:
                yield place
            place += 1

    def _find_urls(self, found: dict[int, dict[int, Met]], batch: Batch, kinds: Mapping[str, tuple[str, ...]]) -> None:
        """Rule 2."""
        parts = {part: _present(batch, kinds.get(part, ())) for part in _URL_PARTS}
        columns = [column for part in _URL_PARTS for column in parts[part]]
        rows = self._candidates([*parts["host"], *parts["url"]], len(batch))
        if not len(rows):
            return
        distinct, which = np.unique(np.stack([each.codes[rows] for each in columns], 1), axis=0, return_inverse=True)
        for number, codes in enumerate(distinct.tolist()):
            of = dict(zip((each.name for each in columns), codes, strict=True))
            urls = list(dict.fromkeys(_urls(parts, of)))
            for entry in self._find_whole(_URI, urls):
                self._keep(found, batch, rows[which == number], entry, columns[-1].name)

    def _candidates(self, columns: Sequence[Column], count: int) -> Ints:
        """The rows with a host that stands in some URL."""
        wanted = np.zeros(count, np.bool_)
        for column in columns:
            codes = sorted({code for code, _ in self._find("host", column.values)})
            if codes:
                wanted |= np.isin(column.codes, codes)
        return np.flatnonzero(wanted)

    def entries(self, kind: str, spelling: str) -> list[int]:
        """The rows of the collection that have one spelling, by whatever source."""
        return list(self._find_whole(kind, [spelling]))

    def _find_whole(self, kind: str, spellings: Sequence[str]) -> Iterator[int]:
        """The entries that equal one of these texts as a whole."""
        if not spellings:
            return
        held = texts(pa.array(spellings, pa.large_string()))
        numbers = digests(held, held.offsets[:-1], held.offsets[1:], CODES.index(kind))
        for place, number in enumerate(numbers.tolist()):
            first = int(np.searchsorted(self._collection.digests, np.uint64(number)))
            text = held.data[held.offsets[place] : held.offsets[place + 1]].tobytes().decode()
            yield from self._equal(first, number, text)


def _present(batch: Batch, names: Sequence[str]) -> list[Column]:
    columns = (batch.column(name) for name in names)
    return [column for column in columns if column is not None and len(column.values)]


def _urls(parts: Mapping[str, Sequence[Column]], codes: Mapping[str, int]) -> Iterator[str]:
    """The URLs that the values of one row make, as they are compared."""
    values = {
        part: [str(each.values[codes[each.name]].as_py()) for each in parts[part] if codes[each.name] >= 0]
        for part in _URL_PARTS
    }
    paths = [path for path in values["path"] if "://" not in path]
    whole = [host + path for host in values["host"] if "://" not in host for path in paths]
    for text in (*whole, *values["url"], *(path for path in values["path"] if "://" in path)):
        try:
            yield url_spelling(text[: limits.INDICATOR_BYTES].lower())
        except UsageError:
            continue  # no URL, so it is no indicator's either

"""The engine: all rules over a batch at once.

Steps of `evaluate`: 1. find the rows of each log source; 2. scan each field once for witnesses, over the values that
these rows use; 3. turn (witness, value) into (rule, candidate rows); 4. evaluate each touched rule on its candidates.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tocsin.detect.sigma.columns import BatchColumns, FieldColumn
from tocsin.detect.sigma.compiled import Ints, unpacked
from tocsin.detect.sigma.evaluate import Evaluator, Predicates, field_keys
from tocsin.detect.sigma.logsource import Clause, Rows, candidates, predicate_columns
from tocsin.detect.sigma.program import leaves_of
from tocsin.detect.sigma.ruleset import RuleSet
from tocsin.detect.sigma.scan import NO_PAIRS, Pairs, Scanner, ranges
from tocsin.detect.sigma.texts import column_key, fold
from tocsin.model import Batch

Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
Touched = dict[tuple[int, int], list[Index]]
"""Candidate rows by (rule, place of the group)."""
KEYWORDS = ""  # the field key of keywords

ALL_COLUMNS = "*"
"""In `Engine.columns_read`: a rule searches keywords, so every column is read."""
SMALL_COLUMN_VALUES = 256  # up to here a column is scanned whole, without asking which values are used


@dataclass(frozen=True, slots=True)
class RuleHits:
    """The rows of a batch that a rule matches, ascending, each once."""

    rule: int
    rows: Ints


@dataclass(frozen=True, slots=True)
class _Served:
    """Rows of one table that a log source means, and its witnesses' fields with the candidate keys of their columns."""

    source: int
    rows: Rows
    keys: tuple[str, ...]
    fields: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of one log source in a batch."""

    served: _Served
    index: Index

    @property
    def source(self) -> int:
        return self.served.source

    @property
    def rows(self) -> Rows:
        return self.served.rows


class Engine:
    """Evaluates a rule set. Keeps scanners and predicates between batches; one engine serves one thread."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self._lazy = ruleset.lazy
        self._compiled = ruleset.lazy.compiled
        self._predicates = Predicates(ruleset.lazy)
        self._scanners: dict[str, Scanner] = {}
        self._witness_starts = unpacked(self._compiled.witness_starts)
        self._witness_rules = unpacked(self._compiled.witness_rules)
        self._sources_of: dict[str, list[_Served]] = {}

    def evaluate(self, batch: Batch) -> list[RuleHits]:
        """All hits in the batch, in the order of rules."""
        columns = BatchColumns(batch)
        groups = self._groups(batch, columns)
        evaluator = Evaluator(self._lazy, columns, self._predicates)
        touched = self._touched(groups, columns, evaluator)
        hits: dict[int, list[Index]] = defaultdict(list)
        for (rule, place), pieces in touched.items():
            index = pieces[0] if len(pieces) == 1 else np.unique(np.concatenate(pieces))
            matched = evaluator.matching(self._lazy.program(rule), index, groups[place].rows)
            if len(matched):
                hits[rule].append(matched)
        return [RuleHits(rule, _rows(hits[rule])) for rule in sorted(hits)]

    # --- 1. log sources

    def _groups(self, batch: Batch, columns: BatchColumns) -> list[_Group]:
        everything = np.arange(len(batch))
        chosen = _Chosen(columns)
        groups = []
        for served in self._sources(batch.table):
            index = chosen.index(served.rows, everything)
            if len(index):
                groups.append(_Group(served, index))
        return groups

    def _sources(self, table: str) -> list[_Served]:
        """The log sources that this table serves, with their rows in it."""
        found = self._sources_of.get(table)
        if found is None:
            found = self._sources_of[table] = [
                self._served(number, Rows(table, rows.where, rows.fields))
                for number, source in enumerate(self._compiled.sources)
                for rows in source.rows
                if rows.serves(table)
            ]
        return found

    def _served(self, source: int, rows: Rows) -> _Served:
        keys = self._compiled.source_keys[source]
        return _Served(source, rows, keys, tuple((key, candidates(rows, key)) for key in keys if key != KEYWORDS))

    # --- 2. and 3. candidates

    def _touched(self, groups: Sequence[_Group], columns: BatchColumns, evaluator: Evaluator) -> Touched:
        """Candidate rows by (rule, group)."""
        touched: Touched = defaultdict(list)
        for place, group in enumerate(groups):
            for rule in self._compiled.unwitnessed[group.source]:
                touched[rule, place].append(group.index)
        for key, column, places in self._scans(groups, columns):
            pairs = self._scan(key, column, [groups[place] for place in places], evaluator, columns.rows)
            if len(pairs[0]):
                for place in places:
                    self._spread(pairs, column, place, groups[place], touched)
        self._search_keywords(groups, columns, evaluator, touched)
        return touched

    def _search_keywords(
        self, groups: Sequence[_Group], columns: BatchColumns, evaluator: Evaluator, touched: Touched
    ) -> None:
        """Keywords look at every column; one pass goes over all of their values."""
        places = [place for place, group in enumerate(groups) if KEYWORDS in group.served.keys]
        if not places:
            return
        chosen = [groups[place] for place in places]
        scanner = self._scanner(KEYWORDS)
        found: Iterable[tuple[FieldColumn, Pairs]]
        if scanner.slow:
            found = (
                (column, self._scan(KEYWORDS, column, chosen, evaluator, columns.rows)) for column in columns.all()
            )
        else:
            found = scanner.scan_many([(column, _used(column, chosen, columns.rows)) for column in columns.all()])
        for column, pairs in found:
            for place, group in zip(places, chosen, strict=True):
                self._spread(pairs, column, place, group, touched)

    def _scans(self, groups: Sequence[_Group], columns: BatchColumns) -> list[tuple[str, FieldColumn, list[int]]]:
        """Which columns are scanned for which field, and for which groups."""
        scans: dict[tuple[str, int], tuple[FieldColumn, list[int]]] = {}
        for place, group in enumerate(groups):
            for key, keys in group.served.fields:
                column = columns.resolve(keys)
                if column is not None:
                    scans.setdefault((key, id(column)), (column, []))[1].append(place)
        return [(key, column, places) for (key, _), (column, places) in scans.items()]

    def _scan(self, key: str, column: FieldColumn, groups: Sequence[_Group], evaluator: Evaluator, rows: int) -> Pairs:
        """Pairs of witness leaves and codes."""
        scanner = self._scanner(key)
        codes = _used(column, groups, rows)
        if codes is not None and not len(codes):
            return NO_PAIRS
        leaves, found = scanner.scan(column, codes)
        if scanner.slow:
            asked = np.arange(column.size, dtype=np.int32) if codes is None else codes
            passed = [(leaf, asked[evaluator.verdicts(leaf, column).of(asked)]) for leaf in scanner.slow]
            leaves = np.concatenate([leaves, *(np.full(len(each), leaf, np.int32) for leaf, each in passed)])
            found = np.concatenate([found, *(each for _, each in passed)])
        return leaves, found

    def _scanner(self, key: str) -> Scanner:
        scanner = self._scanners.get(key)
        if scanner is None:
            scanner = self._scanners[key] = Scanner(self._lazy.field(key))
        return scanner

    def _spread(
        self,
        pairs: Pairs,
        column: FieldColumn,
        place: int,
        group: _Group,
        touched: Touched,
    ) -> None:
        """From (leaf, code) to the candidate rows of each rule of one group."""
        leaves, codes = pairs
        first, count = self._witness_starts[leaves], np.diff(self._witness_starts)[leaves]
        position = ranges(first, count)
        rules, codes = self._witness_rules[position], np.repeat(codes, count)
        used = column.codes[group.index].astype(np.intp)
        marked = np.zeros(column.size + 1, np.bool_)
        marked[used] = True
        own = (self._lazy.rule_source[rules] == group.source) & marked[codes]
        rules, codes = rules[own], codes[own]
        if not len(rules):
            return
        order = np.argsort(rules, kind="stable")
        rules, codes = rules[order], codes[order]
        bounds = np.flatnonzero(np.diff(rules)) + 1
        marked[:] = False
        for start, end in zip([0, *bounds.tolist()], [*bounds.tolist(), len(rules)], strict=True):
            wanted = codes[start:end]
            marked[wanted] = True
            touched[int(rules[start]), place].append(group.index[marked.take(used)])
            marked[wanted] = False

    # --- what rules read

    def rules_for(self, table: str) -> frozenset[int]:
        """The numbers of the rules that look at this table."""
        sources = [served.source for served in self._sources(table)]
        return frozenset(np.flatnonzero(np.isin(self._lazy.rule_source, sources)).tolist())

    def sources_in(self, batch: Batch) -> frozenset[int]:
        """The log sources (numbers in `ruleset.sources`) that some row of the batch belongs to."""
        return frozenset(group.source for group in self._groups(batch, BatchColumns(batch)))

    def predicate_columns(self, table: str) -> frozenset[str]:
        """The keys of the columns by which rows of this table are told apart into log sources."""
        return frozenset(
            key
            for served in self._sources(table)
            for clause in served.rows.where
            for name, _ in clause.columns
            for key in predicate_columns(table, name)
        )

    def columns_read(self, table: str, sources: Collection[int] | None = None) -> frozenset[str]:
        """The keys (texts.column_key) of all columns that rules on this table read; may hold ALL_COLUMNS.

        `sources` narrows it to the rules of some log sources, as `sources_in` gives them.
        """
        rules = self.rules_for(table)
        if sources is not None:
            rules = rules.intersection(rule for source in sources for rule in self.ruleset.rules_of_source[source])
        return frozenset(key for rule in rules for key in self._read(rule, table))

    def rule_fields(self, rule: int, table: str) -> tuple[str, ...]:
        """The keys of the columns that a rule's own fields may have on this table, best first."""
        keys = sorted(self._field_keys(rule))
        found = [name for rows in self._rows_of(rule, table) for key in keys for name in candidates(rows, key)]
        return tuple(dict.fromkeys(found))

    def field_columns(self, rule: int, table: str, field: str) -> tuple[str, ...]:
        """The keys of the columns that a field name means for a rule's log source on this table, best first."""
        found = [name for rows in self._rows_of(rule, table) for name in candidates(rows, column_key(field))]
        return tuple(dict.fromkeys(found)) or (column_key(field),)

    def fields_missing(self, rule: int, table: str, columns: Collection[str]) -> frozenset[str]:
        """The keys of a rule's own fields that rows with just these columns (keys) could not show it.

        KEYWORDS is among them where the rule searches every column.
        """
        rows = self._rows_of(rule, table)
        missing = {
            key
            for key in self._field_keys(rule)
            if not any(name in columns for each in rows for name in candidates(each, key))
        }
        return frozenset(missing | ({KEYWORDS} if self._has_keywords(rule) else set()))

    def _read(self, rule: int, table: str) -> set[str]:
        keys = set(self.rule_fields(rule, table))
        if self._has_keywords(rule):
            keys.add(ALL_COLUMNS)
        for rows in self._rows_of(rule, table):
            for clause in rows.where:
                for name, _ in clause.columns:
                    keys.update(predicate_columns(table, name))
        return keys

    def _rows_of(self, rule: int, table: str) -> list[Rows]:
        source = int(self._lazy.rule_source[rule])
        return [served.rows for served in self._sources(table) if served.source == source]

    def _field_keys(self, rule: int) -> set[str]:
        numbers = leaves_of(self._lazy.program(rule))
        return {key for number in numbers for key in field_keys(self._lazy.leaf(number))}

    def _has_keywords(self, rule: int) -> bool:
        return any(self._lazy.leaf(number).field is None for number in leaves_of(self._lazy.program(rule)))


class _Chosen:
    """Rows that satisfy predicates of log sources, each predicate asked once a batch."""

    def __init__(self, columns: BatchColumns) -> None:
        self._columns = columns
        self._folded: dict[int, dict[str, list[int]]] = {}
        self._known: dict[tuple[Clause, ...], Index] = {}
        self._conditions: dict[tuple[str, tuple[str, ...]], Mask | None] = {}

    def index(self, rows: Rows, everything: Index) -> Index:
        """The rows that are meant."""
        if not rows.where:
            return everything
        found = self._known.get(rows.where)
        if found is None:
            mask: Mask | None = None
            for clause in rows.where:
                part = self._clause(clause, rows.table, len(everything))
                if part is not None:
                    mask = part if mask is None else mask | part
            found = np.flatnonzero(mask) if mask is not None else everything[:0]
            self._known[rows.where] = found
        return found

    def _clause(self, clause: Clause, table: str, size: int) -> Mask | None:
        mask: Mask | None = None
        for name, values in clause.columns:
            key = (name, values)
            if key not in self._conditions:
                self._conditions[key] = self._condition(predicate_columns(table, name), values, size)
            part = self._conditions[key]
            if part is None:
                return None
            mask = part if mask is None else mask & part
        return mask

    def _condition(self, names: tuple[str, ...], values: tuple[str, ...], size: int) -> Mask | None:
        """Rows whose column holds one of the values, or is missing if there are none; None for no row at all."""
        column = self._columns.resolve(names)
        if column is None:
            return None if values else np.ones(size, np.bool_)
        if not values:
            missing: Mask = column.codes < 0
            return missing if missing.any() else None
        codes = [code for value in values for code in self._codes(column).get(value, ())]
        if not codes:
            return None
        marked = np.zeros(column.size + 1, np.bool_)
        marked[codes] = True
        return marked[column.codes]

    def _codes(self, column: FieldColumn) -> dict[str, list[int]]:
        """Folded value → codes."""
        found = self._folded.get(id(column))
        if found is None:
            found = self._folded[id(column)] = {}
            for code, text in enumerate(column.values.to_pylist()):
                found.setdefault(fold(text), []).append(code)
        return found


def _used(column: FieldColumn, groups: Sequence[_Group], rows: int) -> Ints | None:
    """The codes that the groups' rows use, None for all of the column."""
    if column.size <= SMALL_COLUMN_VALUES or any(len(group.index) == rows for group in groups):
        return None
    marked = np.zeros(column.size + 1, np.bool_)
    for group in groups:
        marked[column.codes[group.index]] = True
    found = np.flatnonzero(marked[:-1]).astype(np.int32)
    return None if len(found) == column.size else found


def _rows(pieces: list[Index]) -> Ints:
    joined = pieces[0] if len(pieces) == 1 else np.unique(np.concatenate(pieces))
    return joined.astype(np.int32)

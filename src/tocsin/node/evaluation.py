"""A batch through the Sigma engine, and past the indicators: hits as rows for the lake's hit files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec
import numpy as np
import pyarrow as pa
from blake3 import blake3

from tocsin import limits
from tocsin.detect.entities import entity_columns, pick, whom
from tocsin.detect.indicators import Matcher
from tocsin.detect.sigma import ALL_COLUMNS, Engine, RuleHits, RuleSet, column_key
from tocsin.detect.sigma.correlation_hits import fields_of
from tocsin.detect.sigma.reading import FieldReader
from tocsin.detect.sigma.texts import fold, prefixes
from tocsin.lake.hits import SCHEMA
from tocsin.model import Batch, Column
from tocsin.model.events import Codes
from tocsin.node.indicator_hits import Told, told_of

DIGEST_BYTES = 16  # told apart by so many bytes where a text is cut


class Evaluator:
    """Rules and indicators over batches. Holds the engine, so one per process."""

    def __init__(self, rules: RuleSet, indicators: Matcher | None = None) -> None:
        self._rules, self._indicators = rules, indicators
        self._engine = Engine(rules)
        self._correlated = fields_of(rules.correlations)
        self._read: dict[tuple[str, int], frozenset[str]] = {}

    def match_with(self, indicators: Matcher | None) -> None:
        """Match with other indicators from now on."""
        self._indicators = indicators

    def hits(self, batch: Batch) -> pa.Table:
        """One row for every rule and event that match, in the schema of lake.hits; the same of indicators."""
        parts = [self._hits_of_rules(batch)]
        if self._indicators is not None:
            parts += [self._hits_of_indicators(batch, each) for each in told_of(self._indicators, batch)]
        return pa.concat_tables([SCHEMA.empty_table(), *parts])

    def _hits_of_rules(self, batch: Batch) -> pa.Table:
        found = self._engine.evaluate(batch)
        if not found:
            return SCHEMA.empty_table()
        rows = np.concatenate([hit.rows for hit in found])
        ids = [self._rules.rules[hit.rule].id for hit in found for _ in range(len(hit.rows))]
        return _table(batch, rows, ids, self._evidence(batch, found), self._keys(batch, found))

    def _hits_of_indicators(self, batch: Batch, told: Told) -> pa.Table:
        """The rows at which one rule of indicators is met; what is met is evidence too."""
        context = _columns_of(batch, (told.column, *entity_columns(batch.table).context))
        rows = np.array([row for row, _ in told.met], np.int32)
        evidence = [
            _texts(context, row, fields) if number < limits.EVIDENCE_EVENTS else None
            for number, (row, fields) in enumerate(told.met)
        ]
        return _table(batch, rows, [told.rule] * len(rows), evidence, [None] * len(rows))

    def tells_apart(self, table: str) -> Callable[[str], bool]:
        """Which columns of a table, by name, say which log sources its rows belong to."""
        keys = self._engine.predicate_columns(table)
        return lambda name: column_key(name) in keys

    def sources_in(self, batch: Batch) -> frozenset[int]:
        """The log sources that some row of the batch belongs to."""
        return self._engine.sources_in(batch)

    def wants(self, table: str, sources: frozenset[int]) -> Callable[[str], bool]:
        """Which columns of a table, by name, evaluation and hits read when its rows belong to these log sources."""
        keys = self._keys_read(table, sources)
        if self._indicators is not None:
            keys |= {column_key(name) for name in self._indicators.columns(table)}
        return (lambda name: True) if ALL_COLUMNS in keys else lambda name: column_key(name) in keys

    def _keys_read(self, table: str, sources: frozenset[int]) -> frozenset[str]:
        who = entity_columns(table)
        parts = (who.host, who.far, who.user, who.process, who.parent, who.context)
        named = {column_key(name) for part in parts for name in part}
        rules = self._engine.rules_for(table).intersection(self._correlated)
        correlated = {
            key
            for rule in rules
            for name in self._correlated[rule]
            for key in self._engine.field_columns(rule, table, name)
        }
        keys = (named | correlated).union(*(self._keys_of(table, source) for source in sources))
        return frozenset(keys).union(prefix for key in keys for prefix, _ in prefixes(key))

    def _keys_of(self, table: str, source: int) -> frozenset[str]:
        found = self._read.get((table, source))
        if found is None:
            found = self._read[table, source] = self._engine.columns_read(table, (source,))
        return found

    def serves(self, table: str) -> bool:
        """True when any rule or indicator looks at this table."""
        return bool(self._engine.rules_for(table)) or self.matches(table)

    def matches(self, table: str) -> bool:
        """True when any indicator may stand in this table, whatever log sources its rows belong to."""
        return self._indicators is not None and bool(self._indicators.columns(table))

    def _evidence(self, batch: Batch, found: Sequence[RuleHits]) -> Iterable[str | None]:
        by_key = _by_key(batch)
        context = [column_key(name) for name in entity_columns(batch.table).context]
        for hit in found:
            keys = dict.fromkeys((*self._engine.rule_fields(hit.rule, batch.table), *context))
            columns = [by_key.get(key) for key in keys]
            for index, row in enumerate(hit.rows.tolist()):
                yield _texts(columns, row) if index < limits.EVIDENCE_EVENTS else None

    def _keys(self, batch: Batch, found: Sequence[RuleHits]) -> Iterable[str | None]:
        reader = FieldReader(self._rules, batch)
        for hit in found:
            read = self._correlated.get(hit.rule)  # empty where a correlation counts hits without looking into them
            names = None if read is None else sorted(read)
            for row in hit.rows.tolist():
                yield None if names is None else _correlated_texts(reader, hit.rule, row, names)


def _table(
    batch: Batch, rows: Codes, ids: Sequence[str], evidence: Iterable[str | None], keys: Iterable[str | None]
) -> pa.Table:
    """Rows of hits."""
    who = entity_columns(batch.table)
    return pa.table(
        [
            pa.array(ids, pa.string()),
            pa.array([batch.event_id(int(row)) for row in rows], pa.string()),
            pa.array(batch.source_ids, pa.string()).take(pa.array(batch.source[rows])),
            pa.array(batch.record[rows]),
            pa.array(batch.time_us[rows]),
            pa.array([batch.table] * len(rows), pa.string()),
            *whom(batch, who, rows),
            pick(batch, who.process, rows),
            pick(batch, who.parent, rows),
            pa.array(list(evidence), pa.string()),
            pa.array(list(keys), pa.string()),
        ],
        schema=SCHEMA,
    )


def _correlated_texts(reader: FieldReader, rule: int, row: int, names: Iterable[str]) -> str:
    """The fields by the names that correlation rules use, found where the row's log source keeps them."""
    found = ((name, reader.text(rule, row, name)) for name in names)
    return msgspec.json.encode({name: _distinct(text) for name, text in found if text is not None}).decode()


def _distinct(text: str) -> str:
    """The text cut to a bounded length, still different from every other text."""
    if len(text) <= limits.EVIDENCE_CHARACTERS:
        return text
    return f"{text[: limits.EVIDENCE_CHARACTERS]}… {blake3(fold(text).encode()).hexdigest(DIGEST_BYTES)}"


def _by_key(batch: Batch) -> dict[str, Column]:
    return {column_key(name): column for name, column in batch.columns.items()}


def _columns_of(batch: Batch, names: Iterable[str]) -> list[Column | None]:
    by_key = _by_key(batch)
    return [by_key.get(key) for key in dict.fromkeys(map(column_key, names))]


def _texts(columns: Iterable[Column | None], row: int, first: Mapping[str, str] = MappingProxyType({})) -> str:
    values = dict(first)
    for column in columns:
        text = None if column is None else column.text(row)
        if column is not None and text is not None:
            values[column.name] = text[: limits.EVIDENCE_CHARACTERS]
    return msgspec.json.encode(values).decode()

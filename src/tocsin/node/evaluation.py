"""A batch through the Sigma engine: rule hits as rows for the lake's hit files."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
import pyarrow as pa

from tocsin import limits
from tocsin.detect.entities import entity_columns, pick
from tocsin.detect.sigma import Engine, RuleHits, RuleSet
from tocsin.detect.sigma.correlation_spec import Reference
from tocsin.lake.hits import SCHEMA
from tocsin.model import Batch


class Evaluator:
    """Rules over batches. Holds the engine, so one per process."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._engine = Engine(rules)
        self._correlated = correlated_fields(rules)

    def hits(self, batch: Batch) -> pa.Table:
        """One row for every rule and event that match, in the schema of lake.hits."""
        found = self._engine.evaluate(batch)
        if not found:
            return SCHEMA.empty_table()
        rows = np.concatenate([hit.rows for hit in found])
        who = entity_columns(batch.table)
        source = pa.array(batch.source_ids, pa.string()).take(pa.array(batch.source[rows]))
        return pa.table(
            [
                pa.array([self._rules.rules[hit.rule].id for hit in found for _ in range(len(hit.rows))], pa.string()),
                pa.array([batch.event_id(int(row)) for row in rows], pa.string()),
                source,
                pa.array(batch.record[rows]),
                pa.array(batch.time_us[rows]),
                pa.array([batch.table] * len(rows), pa.string()),
                pick(batch, who.host, rows),
                pick(batch, who.user, rows),
                pick(batch, who.process, rows),
                pick(batch, who.parent, rows),
                pa.array(list(self._evidence(batch, found)), pa.string()),
                pa.array(list(self._keys(batch, found)), pa.string()),
            ],
            schema=SCHEMA,
        )

    def columns(self, table: str) -> frozenset[str] | None:
        """Lower-case names of the columns that evaluation and hits read of a table, None for all of them."""
        read = self._engine.columns_read(table)
        if read is None:
            return None
        who = entity_columns(table)
        named = {name.lower() for part in (who.host, who.user, who.process, who.parent) for name in part}
        correlated = {field.lower() for fields in self._correlated.values() for field in fields}
        return read | named | correlated

    def serves(self, table: str) -> bool:
        """True when any rule looks at this table."""
        return bool(self._engine.rules_for(table))

    def _evidence(self, batch: Batch, found: Sequence[RuleHits]) -> Iterable[str | None]:
        for hit in found:
            names = self._engine.rule_fields(hit.rule, batch.table)
            for index, row in enumerate(hit.rows.tolist()):
                yield _fields(batch, names, row) if index < limits.EVIDENCE_EVENTS else None

    def _keys(self, batch: Batch, found: Sequence[RuleHits]) -> Iterable[str | None]:
        for hit in found:
            names = self._correlated.get(hit.rule, frozenset())
            for row in hit.rows.tolist():
                yield _fields(batch, names, row) if names else None


def correlated_fields(rules: RuleSet) -> Mapping[int, frozenset[str]]:
    """By rule index: the fields that correlations group or count its hits by, aliases resolved."""
    wanted: dict[int, set[str]] = {}
    for spec in rules.correlations:
        for index, reference in enumerate(spec.references):
            for rule in _leaves(rules, reference):
                names = {spec.aliases.get(name, {}).get(index, name) for name in spec.group_by}
                wanted.setdefault(rule, set()).update(names, spec.fields)
    return {rule: frozenset(fields) for rule, fields in wanted.items()}


def _leaves(rules: RuleSet, reference: Reference) -> Iterable[int]:
    """The plain rules behind a reference, through correlations of correlations."""
    if reference.rule is not None:
        yield reference.rule
    elif reference.correlation is not None:
        for inner in rules.correlations[reference.correlation].references:
            yield from _leaves(rules, inner)


def _fields(batch: Batch, names: Iterable[str], row: int) -> str:
    values: dict[str, str] = {}
    for name in sorted(names):
        column = batch.column(name)
        text = None if column is None else column.text(row)
        if column is not None and text is not None:
            values[column.name] = text[: limits.EVIDENCE_CHARACTERS]
    return msgspec.json.encode(values).decode()

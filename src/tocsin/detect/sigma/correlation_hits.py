"""What correlation needs of the events that rules matched, in columns: 5 million hits fit in about 150 MB.

A hit is one event on which one rule fired. Field values are dictionary-encoded like in a `Batch`, by the name that
the correlation rule uses; -1 is a missing value.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tocsin.detect.sigma.correlation_spec import CorrelationSpec
from tocsin.model import Batch, Column

MISSING = -1


@dataclass(frozen=True, slots=True)
class HitField:
    """One field of all hits. `codes[hit]` is an index into `values`, -1 where the event lacks the field."""

    values: tuple[str, ...]
    codes: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Hits:
    """Hits in columns. `rule` holds indexes into RuleSet.rules, `fields` is keyed by folded field name."""

    rule: npt.NDArray[np.int32]
    time_us: npt.NDArray[np.int64]  # event time, 0 where unknown
    source: npt.NDArray[np.int32]  # index into source_ids
    record: npt.NDArray[np.int64]
    source_ids: tuple[str, ...] = ()
    fields: Mapping[str, HitField] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rule)

    def event_id(self, hit: int) -> str:
        """The id of the event behind a hit, as `Batch.event_id` gives it."""
        return f"{self.source_ids[self.source[hit]]}-{self.record[hit]}"


def fields_of(specs: Iterable[CorrelationSpec]) -> dict[int, frozenset[str]]:
    """Rule index → the fields of its events that some correlation reads, as the rules spell them."""
    wanted: dict[int, set[str]] = {}
    for spec in specs:
        for position, reference in enumerate(spec.references):
            if reference.rule is not None:
                names = {field_name(spec, position, name) for name in (*spec.group_by, *spec.fields)}
                wanted.setdefault(reference.rule, set()).update(names)
    return {rule: frozenset(names) for rule, names in wanted.items()}


def field_name(spec: CorrelationSpec, position: int, name: str) -> str:
    """The event field that a group-by or condition name means for one reference: its alias, or itself."""
    return spec.aliases.get(name, {}).get(position, name)


def hits_of(
    batch: Batch,
    found: Iterable[tuple[int, Sequence[int] | npt.NDArray[np.int64]]],
    wanted: Mapping[int, frozenset[str]],
    column_of: Callable[[int, str], Column | None] | None = None,
) -> Hits:
    """The hits of one batch: `found` is (rule index, rows) of the rules in `wanted`, others are passed over.

    `column_of(rule, field)` finds the column of a field as the rule's log source names it; without it the
    batch's own names are used, without regard to case.
    """
    look_up = column_of or (lambda rule, name: batch.by_folded_name.get(name.lower()))
    parts = [
        _of_rule(batch, rule, np.asarray(rows, np.int64), wanted[rule], look_up)
        for rule, rows in found
        if rule in wanted and len(rows)
    ]
    return join(parts)


def _of_rule(
    batch: Batch,
    rule: int,
    rows: npt.NDArray[np.int64],
    names: frozenset[str],
    look_up: Callable[[int, str], Column | None],
) -> Hits:
    fields = {}
    for name in names:
        column = look_up(rule, name)
        if column is not None:
            fields[name.lower()] = _shortened(column, rows)
    return Hits(
        np.full(len(rows), rule, np.int32),
        batch.time_us[rows],
        batch.source[rows],
        batch.record[rows],
        batch.source_ids,
        fields,
    )


def _shortened(column: Column, rows: npt.NDArray[np.int64]) -> HitField:
    """The column at some rows, with only the values that occur there."""
    codes = column.codes[rows]
    used, inverse = np.unique(codes, return_inverse=True)
    shift = int(used[0] == MISSING) if len(used) else 0
    values = tuple(column.values.take(used[shift:]).to_pylist())
    return HitField(values, (inverse - shift).astype(np.int32))


def join(parts: Sequence[Hits]) -> Hits:
    """Several parts as one, in their order."""
    source_ids = tuple(dict.fromkeys(name for part in parts for name in part.source_ids))
    position = {name: index for index, name in enumerate(source_ids)}
    sources = [np.array([position[n] for n in part.source_ids], np.int32)[part.source] for part in parts]
    names = dict.fromkeys(name for part in parts for name in part.fields)
    return Hits(
        np.concatenate([np.empty(0, np.int32), *(part.rule for part in parts)]),
        np.concatenate([np.empty(0, np.int64), *(part.time_us for part in parts)]),
        np.concatenate([np.empty(0, np.int32), *sources]),
        np.concatenate([np.empty(0, np.int64), *(part.record for part in parts)]),
        source_ids,
        {name: _join_field(parts, name) for name in names},
    )


def _join_field(parts: Sequence[Hits], name: str) -> HitField:
    known: dict[str, int] = {}
    codes = []
    for part in parts:
        found = part.fields.get(name)
        if found is None:
            codes.append(np.full(len(part), MISSING, np.int32))
            continue
        places = [known.setdefault(value, len(known)) for value in found.values]
        codes.append(np.array([*places, MISSING], np.int32)[found.codes])  # code -1 takes the appended -1
    return HitField(tuple(known), np.concatenate(codes))

"""Which log sources are really there: what the rules wait for, against the rows that the lake holds.

A table alone says little (`windows` may hold logons and no process), so the distinct values of the columns that tell
log sources apart are looked up, and the engine's own predicates decide.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from tocsin.detect.sigma import Engine, RuleSet, column_key
from tocsin.lake.catalog import Catalog, FileRecord
from tocsin.lake.database import for_queries
from tocsin.model import Chunk
from tocsin.model.report import LogSourceMissing
from tocsin.telemetry.builder import BatchBuilder

_COMBINATIONS = 100_000  # distinct combinations looked at in one table
_FEW_RULES = 3  # a missing log source with fewer rules is not worth a person's time


@dataclass(frozen=True, slots=True)
class Presence:
    """Log sources (numbers in `RuleSet.sources`) with at least one row, and those without."""

    present: frozenset[int]
    absent: frozenset[int]


def presence(
    rules: RuleSet, lake: Path, files: Sequence[FileRecord], sources: Collection[str] | None = None
) -> Presence:
    """Look through the files' rows; `sources` bounds them to some source ids."""
    engine = Engine(rules)
    by_table: dict[str, list[FileRecord]] = {}
    for file in files:
        if sources is None or not set(sources).isdisjoint(file.sources):
            by_table.setdefault(file.table, []).append(file)
    present: set[int] = set()
    for table, members in by_table.items():
        rows = list(_combinations(lake, members, engine.predicate_columns(table), sources))
        if rows:
            builder = BatchBuilder(table)
            builder.add(Chunk(table, range(1, len(rows) + 1), rows), "presence")
            present |= engine.sources_in(builder.build())
    served = {number for number, source in enumerate(rules.sources) if source.rows}
    return Presence(frozenset(present), frozenset(served - present))


def _combinations(
    lake: Path, members: Sequence[FileRecord], keys: Collection[str], sources: Collection[str] | None
) -> Iterable[Mapping[str, object]]:
    named = dict.fromkeys(name for file in members for name in file.columns if column_key(name) in keys)
    if not named:
        return [{"_": "1"}]
    columns = ", ".join('"' + name.replace('"', '""') + '"' for name in named)
    with for_queries(lake) as connection:
        found = connection.sql(
            f"SELECT DISTINCT {columns} FROM read_parquet(?, union_by_name = true) "
            f"WHERE ? IS NULL OR list_contains(?, source) LIMIT {_COMBINATIONS}",
            params=[[str(lake / file.path) for file in members], None if sources is None else 1, sorted(sources or ())],
        ).to_arrow_table()
    return [{name: value for name, value in row.items() if value is not None} for row in found.to_pylist()]


def missing(rules: RuleSet, catalog: Catalog, sources: Collection[str]) -> tuple[LogSourceMissing, ...]:
    """Log sources of products that are there, which these sources did not hold, most rules first."""
    found = presence(rules, catalog.lake, catalog.files(), sources)
    products = {rules.sources[number].product for number in found.present}
    waiting = [
        LogSourceMissing(
            rules.sources[number].text, len(rules.rules_of_source[number]), advice(rules.sources[number].text)
        )
        for number in found.absent
        if rules.sources[number].product in products and len(rules.rules_of_source[number]) >= _FEW_RULES
    ]
    return tuple(sorted(waiting, key=lambda entry: (-entry.rules, entry.name)))


@cache
def _advice() -> Mapping[str, str]:
    return tomllib.loads(files("tocsin.node").joinpath("audit_settings.toml").read_text("utf-8"))["settings"]  # type: ignore[no-any-return]  # a table of texts


def advice(logsource: str) -> str:
    """The audit setting or sensor that brings a log source (`category/product/service`), '' when unknown."""
    return _advice().get(logsource, "")

"""Log sources: which rows of which tables a rule looks at, and which columns its fields are.

The mapping is data (`logsources/*.toml`), read when rules are compiled; the cache keeps what came out.

Rules:
1. A source of the data serves a rule if it agrees with every part (product, category, service) that the rule names.
   A source that names more than the rule is served too: `category: process_creation` means every product's.
2. But where sources agree exactly, only these count: `product: windows` is not the union of all its services.
3. `where` lists alternatives; each maps columns to accepted values (without regard to case). An empty list means
   that the column must be missing.
4. A field's column: first the names that `fields` of the source gives, then its own name, then the names that
   `fields.toml` gives for the table. Per event the first of these that is present wins.
"""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import Struct

from tocsin.detect.sigma.texts import column_key, fold

DATA = "tocsin.detect.sigma.logsources"
SOURCE_FILES = ("windows_services.toml", "windows_categories.toml", "other.toml")
SERVICE_TABLES = ("zeek_*", "eve_*")  # here `*` stands for the rule's service
ANY = "*"
LAKE_NAMES = frozenset({"time", "source", "sensor", "organisation", "network", "day", "extra"})
"""Columns of the lake itself: a source's own field of that name carries a trailing underscore."""


class Clause(Struct, frozen=True, array_like=True):
    """One alternative of a predicate: every column must hold one of its folded values, or be missing if it has none."""

    columns: tuple[tuple[str, tuple[str, ...]], ...]  # a column's own name → accepted values


class Rows(Struct, frozen=True, array_like=True):
    """Rows of one table: all of them, or those that satisfy any clause."""

    table: str  # may end in `*`
    where: tuple[Clause, ...]
    fields: tuple[tuple[str, tuple[str, ...]], ...]  # a field's key → candidate keys that go before its own

    def serves(self, table: str) -> bool:
        """Whether the table is meant."""
        return fnmatchcase(table, self.table)


class LogSource(Struct, frozen=True, array_like=True):
    """What a rule's `logsource` section says, resolved. Without `rows` no table serves it."""

    category: str
    product: str
    service: str
    rows: tuple[Rows, ...]

    @property
    def text(self) -> str:
        """`category/product/service`, `*` where the rule leaves a part open."""
        return "/".join(part or ANY for part in (self.category, self.product, self.service))


Parts = tuple[str, str, str]
"""Category, product, service; empty where open."""


@dataclass(frozen=True, slots=True)
class _Source:
    parts: Parts
    rows: tuple[Rows, ...]


def resolve(category: str, product: str, service: str) -> LogSource:
    """The rows that serve a rule's log source (empty text: the rule leaves the part open)."""
    wanted = (category.lower(), product.lower(), service.lower())
    rows = _rows_of(wanted)
    if not rows and wanted[0] and wanted[2]:  # nothing knows both: the category says more than the service
        rows = _rows_of((wanted[0], wanted[1], "")) or _rows_of(("", wanted[1], wanted[2]))
    return LogSource(category, product, service, rows)


def _rows_of(wanted: Parts) -> tuple[Rows, ...]:
    exact = [source for source in _sources() if source.parts == wanted]
    chosen = exact or [source for source in _sources() if _agrees(wanted, source.parts)]
    return tuple(dict.fromkeys(_named(rows, wanted[2]) for source in chosen for rows in source.rows))


def _agrees(wanted: Parts, parts: Parts) -> bool:
    if not any(wanted):
        return False
    return all(not want or part in (want, ANY) for want, part in zip(wanted, parts, strict=True))


def _named(rows: Rows, service: str) -> Rows:
    """A table name that takes the service's name (`zeek_*`), with it filled in."""
    if service and rows.table in SERVICE_TABLES:
        return Rows(rows.table.replace(ANY, service), rows.where, rows.fields)
    return rows


def candidates(rows: Rows, field: str) -> tuple[str, ...]:
    """The column keys that a field may have in these rows, best first."""
    key = column_key(field)
    own = dict(rows.fields).get(key, ())
    return tuple(dict.fromkeys((*own, *table_names(rows.table, key))))


@cache
def predicate_columns(table: str, name: str) -> tuple[str, ...]:
    """The candidate keys of a column that a log source's predicate names."""
    return table_names(table, column_key(name))


@cache
def table_names(table: str, key: str) -> tuple[str, ...]:
    """The keys that a table may have for a column, its own first."""
    names = [key, key + "_"] if key in LAKE_NAMES else [key]
    for pattern, fields in _table_fields():
        if fnmatchcase(table, pattern):
            names += fields.get(key, ())
    return tuple(dict.fromkeys(names))


@cache
def _table_fields() -> tuple[tuple[str, dict[str, tuple[str, ...]]], ...]:
    tables = _data("fields.toml")["table"]
    return tuple(
        (table["name"], {column_key(field): _keys(names) for field, names in table["fields"].items()})
        for table in tables
    )


@cache
def _sources() -> tuple[_Source, ...]:
    found: list[_Source] = []
    for name in SOURCE_FILES:
        data = _data(name)
        found += [_source(entry) for entry in data.get("source", ())]
        for group in data.get("by_value", ()):
            found += _sources_by_value(group)
    return tuple(found)


def _source(entry: dict[str, Any]) -> _Source:
    parts = (entry.get("category", ""), entry.get("product", ""), entry.get("service", ""))
    return _Source(parts, tuple(_rows(rows) for rows in entry["rows"]))


def _rows(entry: dict[str, Any]) -> Rows:
    fields = tuple((column_key(field), _keys(names)) for field, names in entry.get("fields", {}).items())
    return Rows(entry["table"], tuple(_clause(clause) for clause in entry.get("where", ())), fields)


def _clause(columns: dict[str, list[str]]) -> Clause:
    return Clause(tuple((name, tuple(fold(value) for value in values)) for name, values in columns.items()))


def _sources_by_value(group: dict[str, Any]) -> list[_Source]:
    return [
        _Source(("", group["product"], service), (Rows(group["table"], (_clause({group["column"]: values}),), ()),))
        for service, values in group["service"].items()
    ]


def _keys(names: list[str]) -> tuple[str, ...]:
    return tuple(column_key(name) for name in names)


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files(DATA).joinpath(name).read_text(encoding="utf-8"))

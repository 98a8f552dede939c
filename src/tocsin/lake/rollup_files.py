"""A rollup as written: one `.sql` file with a header and one SELECT over the views.

The form of a file (the folder `rollups/` holds them):

    -- title: Who talked to whom
    -- about: One sentence or more for the analyst.
    -- column: src VARCHAR key: address of who opened the connections
    -- column: bytes_out BIGINT sum: bytes from src to dst
    -- entity: src
    -- shared: dst

    SELECT organisation, network, time_us // 86400000000 AS day, …, occurrence() FROM … GROUP BY ALL

Rules:
1. The SELECT gives a row for each day and key, with every own column and n, first_us, last_us and hours (the fragment
   `occurrence`). It names its columns; their order says nothing. It stays within the SQL profile (`profile`).
2. A column is a `key`, or it says how two rows of one key become one: `sum`, `min`, `max`, `bits` (bitwise or).
   All of these can be done in any order and grouping, so the order in which data comes in never shows.
3. Neither hostile input nor a large network can make a rollup large. Of one `entity` and day limits.ROLLUP_ENTITY_ROWS
   rows are kept, of one `shared` key (what many entities have in common) limits.ROLLUP_SHARED_ROWS, of one network
   limits.ROLLUP_DAY_ROWS a day and limits.ROLLUP_WEEK_ROWS a week. The others become one row whose other keys are '*'
   (numbers: -1). Each entity keeps its rows evenly, and first those whose shared key few others have: what everybody
   does is folded, what is rare stays.
4. A missing key is '' (numbers: 0): NULL is no key.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from tocsin.errors import LakeError
from tocsin.lake.view_files import DIALECT, load_view, view_names
from tocsin.lake.view_fragments import with_columns, with_expressions

RULES = frozenset({"key", "sum", "min", "max", "bits"})
TYPES = frozenset({"VARCHAR", "BIGINT"})
FOLDED = "*"  # the key of what was folded together
FOLDED_NUMBER = -1

_HEADER = re.compile(r"^-- (title|about|column|entity|shared): (.+)$")
_COLUMN = re.compile(r"^(\w+) ([A-Z]+) ([a-z]+): (.+)$")
_READ = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)")


@dataclass(frozen=True, slots=True)
class RollupColumn:
    """One column: name, DuckDB type, how rows of one key merge, meaning."""

    name: str
    type: str
    rule: str
    meaning: str


COMMON_KEYS = (
    RollupColumn("organisation", "VARCHAR", "key", "whose telemetry it is"),
    RollupColumn("network", "VARCHAR", "key", "which network: private addresses of two networks are not the same"),
    RollupColumn("day", "BIGINT", "key", "the day as time_us // 86400000000; of a merged week its Monday"),
)
COMMON_MEASURES = (
    RollupColumn("days", "BIGINT", "sum", "days of the row on which it happened: 1, or up to 7 in a merged week"),
    RollupColumn("n", "BIGINT", "sum", "how often"),
    RollupColumn("first_us", "BIGINT", "min", "first time, microseconds since 1970 UTC"),
    RollupColumn("last_us", "BIGINT", "max", "last time"),
    RollupColumn("hours", "BIGINT", "bits", "bit h is set: it happened in hour h of a day (UTC)"),
    RollupColumn("weekdays", "BIGINT", "bits", "bit 0 is set: it happened on a Monday, … bit 6: on a Sunday"),
)


@dataclass(frozen=True)
class Rollup:
    """One rollup of the package."""

    name: str
    title: str
    about: str
    own_columns: tuple[RollupColumn, ...]
    entity: str  # a key column, or ''
    shared: str
    sql: str
    first_line: int  # of the SELECT in its file

    @property
    def columns(self) -> tuple[RollupColumn, ...]:
        """All columns in order: keys, then measures."""
        own_keys = tuple(column for column in self.own_columns if column.rule == "key")
        return (
            COMMON_KEYS
            + own_keys
            + tuple(column for column in self.own_columns if column.rule != "key")
            + (COMMON_MEASURES)
        )

    @property
    def keys(self) -> tuple[RollupColumn, ...]:
        """The columns that tell rows apart."""
        return tuple(column for column in self.columns if column.rule == "key")

    @property
    def measures(self) -> tuple[RollupColumn, ...]:
        """The columns that merge."""
        return tuple(column for column in self.columns if column.rule != "key")

    @cached_property
    def select(self) -> exp.Select:
        """The SELECT that the engine runs, fragments put in."""
        where = f"{self.name}.sql:{self.first_line}"
        try:
            parsed = parse_one(self.sql, dialect=DIALECT)
        except SqlglotError as error:
            raise LakeError(f"{where}: the rollup is not SQL: {error}") from error
        if not isinstance(parsed, exp.Select):
            raise LakeError(f"{where}: a rollup is one SELECT")
        for node in list(parsed.find_all(exp.Select)):
            node.set("expressions", with_columns(node).expressions)
        return with_expressions(parsed)

    @cached_property
    def views(self) -> tuple[str, ...]:
        """The views that it reads, found without parsing."""
        return tuple(sorted(set(_READ.findall(self.sql)) & set(view_names())))

    @cached_property
    def tables(self) -> frozenset[str]:
        """The native tables behind these views."""
        return frozenset(branch.table for view in self.views for branch in load_view(view).branches)


@cache
def rollup_names() -> tuple[str, ...]:
    """The names of all rollups, sorted."""
    return tuple(sorted(item.name[:-4] for item in _folder().iterdir() if item.name.endswith(".sql")))


@cache
def load_rollup(name: str) -> Rollup:
    """Read one rollup of the package."""
    return parse_rollup(name, (_folder() / f"{name}.sql").read_text("utf-8"))


def load_rollups() -> tuple[Rollup, ...]:
    """All rollups of the package, by name."""
    return tuple(load_rollup(name) for name in rollup_names())


def parse_rollup(name: str, text: str) -> Rollup:
    """Read a rollup from its text; raises LakeError where it breaks the form."""
    header: dict[str, list[str]] = {"title": [], "about": [], "column": [], "entity": [], "shared": []}
    lines = text.splitlines()
    for line in lines:
        match = _HEADER.match(line)
        if match:
            header[match[1]].append(match[2].strip())
    first = next((at for at, line in enumerate(lines) if line and not line.startswith("--")), len(lines))
    own = tuple(_columns(name, header["column"]))
    keys = {column.name for column in own if column.rule == "key"}
    entity, shared = " ".join(header["entity"]), " ".join(header["shared"])
    for each in (entity, shared):
        if each and each not in keys:
            raise LakeError(f"{name}.sql: {each!r} is no key column", "Name one column with the rule key.")
    return Rollup(
        name,
        " ".join(header["title"]),
        " ".join(header["about"]),
        own,
        entity,
        shared,
        "\n".join(lines[first:]).strip().removesuffix(";"),
        first + 1,
    )


def _columns(name: str, values: list[str]) -> Iterator[RollupColumn]:
    for value in values:
        match = _COLUMN.match(value)
        if match is None or match[2] not in TYPES or match[3] not in RULES:
            raise LakeError(
                f"{name}.sql: not a column line: {value!r}",
                f"Write `name TYPE rule: meaning` with {sorted(TYPES)} and {sorted(RULES)}.",
            )
        yield RollupColumn(match[1], match[2], match[3], match[4])


def _folder() -> resources.abc.Traversable:
    return resources.files("tocsin.lake") / "rollups"

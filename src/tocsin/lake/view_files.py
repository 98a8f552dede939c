"""A view as written: one `.sql` file with a header, its columns and one branch a source table.

The form of a file (the folder `views/` holds them):

    -- title: DNS queries and answers
    -- class: 4003 dns_activity
    -- about: One sentence or more for the analyst.
    -- column: query_hostname VARCHAR: the name that was asked for

    -- branch: Zeek dns.log, one row a query with its answer
    SELECT "query" AS query_hostname
    FROM zeek_dns;

Rules:
1. A branch is one SELECT over one table (FROM, WHERE). It names only the view's columns that its source has; the
   rest are NULL, and the lake's own columns (`COMMON`) come with every row. So no branch can get the order wrong.
2. `time` and `time_us` are never computed: filters on them reach the Parquet files' statistics.
3. Foreign text never fails a query: numbers are read with TRY_CAST, JSON under TRY, differences where they cannot
   overflow; what is no number or no JSON is NULL.
4. Everything stays within the SQL profile (`profile`).
5. What many branches share is a fragment, written once in `fragments.sql` (`view_fragments`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from tocsin.errors import LakeError
from tocsin.lake.view_fragments import with_columns, with_expressions

DIALECT = "duckdb"
TYPES = frozenset({"VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN"})

_HEADER = re.compile(r"^-- (title|class|about|column|branch): (.+)$")
_FROM = re.compile(r"^FROM (\w+)$", re.MULTILINE)
_COLUMN = re.compile(r"^(\w+) ([A-Z]+): (.+)$")


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """One column of a view: OCSF attribute name with underscores for dots, DuckDB type, meaning."""

    name: str
    type: str
    meaning: str


COMMON = (
    ViewColumn("time", "TIMESTAMPTZ", "when it happened, UTC; 1970-01-01 where the source gave no readable time"),
    ViewColumn("time_us", "BIGINT", "the same in microseconds since 1970, for buckets with // and %"),
    ViewColumn("event_id", "VARCHAR", "`<source id>-<record>`: the evidence behind the row"),
    ViewColumn("source", "VARCHAR", "id of the file or stream that the row came from"),
    ViewColumn("sensor", "VARCHAR", "who saw it"),
    ViewColumn("organisation", "VARCHAR", "whose telemetry it is"),
    ViewColumn("network", "VARCHAR", "which network: private addresses of two networks are not the same"),
    ViewColumn("table_name", "VARCHAR", "the native table that the row came from"),
)
"""Columns of every view, in front of its own."""


@dataclass(frozen=True)
class Branch:
    """What one source table contributes to a view."""

    title: str
    sql: str
    where: str  # file and line, for errors

    @cached_property
    def written(self) -> exp.Select:
        """The parsed SELECT, the columns of fragments put in, calls of fragments as they are."""
        try:
            parsed = parse_one(self.sql, dialect=DIALECT)
        except SqlglotError as error:
            raise LakeError(f"{self.where}: the branch is not SQL: {error}") from error
        if not isinstance(parsed, exp.Select) or len(list(parsed.find_all(exp.Table))) != 1:
            raise LakeError(f"{self.where}: a branch is one SELECT from one table")
        return with_columns(parsed)

    @cached_property
    def select(self) -> exp.Select:
        """The SELECT that the engine runs."""
        return with_expressions(self.written)

    @cached_property
    def table(self) -> str:
        """The native table it reads, found without parsing: FROM begins a line."""
        match = _FROM.search(self.sql)
        return match[1] if match else next(self.select.find_all(exp.Table)).name

    @cached_property
    def native(self) -> tuple[str, ...]:
        """The native columns it mentions, in order of first use."""
        return tuple(dict.fromkeys(column.name for column in self.select.find_all(exp.Column)))

    @cached_property
    def fields(self) -> dict[str, exp.Expression]:
        """The view's columns that it fills, with their expressions."""
        return {item.alias: item.unalias() for item in self.select.expressions}


@dataclass(frozen=True)
class View:
    """One OCSF-named view."""

    name: str
    title: str
    ocsf_class: str
    about: str
    own_columns: tuple[ViewColumn, ...]
    branches: tuple[Branch, ...]

    @property
    def columns(self) -> tuple[ViewColumn, ...]:
        """All columns in order."""
        return COMMON + self.own_columns


@cache
def view_names() -> tuple[str, ...]:
    """The names of all views, sorted."""
    return tuple(sorted(item.name[:-4] for item in _folder().iterdir() if item.name.endswith(".sql")))


@cache
def load_view(name: str) -> View:
    """Read one view of the package."""
    return parse_view(name, (_folder() / f"{name}.sql").read_text("utf-8"))


def load_views() -> tuple[View, ...]:
    """All views of the package, by name."""
    return tuple(load_view(name) for name in view_names())


def parse_view(name: str, text: str) -> View:
    """Read a view from its text; raises LakeError with file and line where it breaks the form."""
    header: dict[str, list[str]] = {"title": [], "class": [], "about": [], "column": []}
    for _, key, value in _headers(text):
        header.setdefault(key, []).append(value)
    return View(
        name,
        " ".join(header["title"]),
        " ".join(header["class"]),
        " ".join(header["about"]),
        tuple(_column(name, value) for value in header["column"]),
        tuple(_branches(name, text)),
    )


def _folder() -> resources.abc.Traversable:
    return resources.files("tocsin.lake") / "views"


def _headers(text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        match = _HEADER.match(line)
        if match:
            yield number, match[1], match[2].strip()


def _column(name: str, value: str) -> ViewColumn:
    match = _COLUMN.match(value)
    if match is None or match[2] not in TYPES:
        raise LakeError(
            f"{name}.sql: not a column line: {value!r}", f"Write `name TYPE: meaning` with {sorted(TYPES)}."
        )
    return ViewColumn(match[1], match[2], match[3])


def _branches(name: str, text: str) -> Iterator[Branch]:
    lines = text.splitlines()
    starts = [(number, value) for number, key, value in _headers(text) if key == "branch"]
    ends = [number - 1 for number, _ in starts[1:]] + [len(lines)]
    for (number, title), end in zip(starts, ends, strict=True):
        body = "\n".join(lines[number:end]).strip().removesuffix(";")
        yield Branch(title, body, f"{name}.sql:{number}")

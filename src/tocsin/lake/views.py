"""The read side of the lake in DuckDB: native tables and the OCSF-named views over them.

Rules (LAKE.md, "Views"):
1. A native table is its live files read together; every file holds only its own columns.
2. A view is a positional UNION ALL of the branches whose table the lake has. A native column that no file has yet is
   NULL in the branch, so a view always binds, on an empty lake too: then it has all its columns and no row.
3. Binding reads the files' footers once a branch, at creation and at every query: name the views that you need.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import duckdb
from sqlglot import exp

from tocsin.lake.view_files import COMMON, DIALECT, Branch, View, load_view, view_names

_REMEMBERED = 2_000  # statements
Columns = Mapping[str, frozenset[str]]  # native table → its column names, folded


def open_views(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Sequence[Path]],
    only: Iterable[str] | None = None,
) -> None:
    """Create the native tables and the views in a connection.

    `tables` holds the live files by table, as the catalog names them. `only` names the tables and views that the
    caller will read; without it all are created, which costs a bind for every branch.
    """
    open_selects(connection, {table: files_sql(files) for table, files in tables.items() if files}, only)


def open_selects(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str], only: Iterable[str] | None = None
) -> None:
    """The same for a caller whose native tables are SELECTs."""
    wanted = None if only is None else {name.lower() for name in only}
    views = [load_view(name) for name in view_names() if wanted is None or name in wanted]
    behind = {branch.table for view in views for branch in view.branches}
    present: dict[str, frozenset[str]] = {}
    for table, select in tables.items():
        if wanted is None or table.lower() in wanted or table in behind:
            connection.execute(f"CREATE TEMP VIEW {_name(table)} AS {select}")
            present[table] = table_columns(connection, table)
    for view in views:
        connection.execute(f"CREATE TEMP VIEW {_name(view.name)} AS {view_sql(view, present)}")


def files_sql(files: Sequence[Path]) -> str:
    """The rows of a native table out of its files; `day` comes from the folder's name."""
    listed = ", ".join(_text(str(path)) for path in files)
    return (
        f"SELECT * FROM read_parquet([{listed}], union_by_name = true, hive_partitioning = true, "
        "hive_types = {'day': DATE})"
    )


def table_columns(connection: duckdb.DuckDBPyConnection, table: str) -> frozenset[str]:
    """The folded names of a table's columns."""
    rows = connection.execute("SELECT column_name FROM duckdb_columns() WHERE table_name = ?", [table]).fetchall()
    return frozenset(str(row[0]).lower() for row in rows)


def view_sql(view: View, present: Columns) -> str:
    """The SELECT behind a view for a lake that has these tables with these columns."""
    branches = [branch_sql(view, branch, present[branch.table]) for branch in view.branches if branch.table in present]
    return "\nUNION ALL\n".join(branches) if branches else _no_rows(view)


def branch_sql(view: View, branch: Branch, columns: frozenset[str]) -> str:
    """One branch with all columns of the view in order; columns that the data lacks are NULL."""
    return _branch_sql(view, branch, columns.intersection(name.lower() for name in branch.native))


@lru_cache(_REMEMBERED)
def _branch_sql(view: View, branch: Branch, columns: frozenset[str]) -> str:
    """The same of the columns that it mentions: rewriting takes milliseconds, and a node asks all the time."""
    common = [_name(column.name) for column in COMMON[:-1]]
    common.append(f"{_text(branch.table)} AS table_name")
    absent = _without(columns)
    own = []
    for column in view.own_columns:
        found = branch.fields.get(column.name)
        value = _null(column.type) if found is None else found.copy().transform(absent).sql(DIALECT)
        own.append(f"{value} AS {_name(column.name)}")
    condition = condition_sql(branch, columns)
    return f"SELECT {', '.join(common + own)}\nFROM {_name(branch.table)}" + (f"\n{condition}" if condition else "")


def condition_sql(branch: Branch, columns: frozenset[str]) -> str:
    """The WHERE of a branch over a table with these columns; empty where every row counts."""
    where = branch.select.args.get("where")
    return str(where.copy().transform(_without(columns)).sql(DIALECT)) if where else ""


def _without(columns: frozenset[str]) -> Callable[[exp.Expression], exp.Expression]:
    """A rewriting of native columns that are not there to NULL."""

    def rewrite(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column) and node.name.lower() not in columns:
            return exp.cast(exp.null(), "VARCHAR")
        return node

    return rewrite


def _no_rows(view: View) -> str:
    nulls = ", ".join(f"{_null(column.type)} AS {_name(column.name)}" for column in view.columns)
    return f"SELECT {nulls} WHERE false"


def _null(kind: str) -> str:
    return f"CAST(NULL AS {kind})"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

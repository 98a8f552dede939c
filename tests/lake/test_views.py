from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from lake_files import TIME_US, write_table
from sqlglot import exp
from view_cases_accounts import CASES, Case
from view_oddities import KNOWN, ODD, odd_rows

from tocsin.errors import LakeError
from tocsin.lake.database import connect
from tocsin.lake.view_files import COMMON, View, load_views, parse_view
from tocsin.lake.views import open_views, table_columns, view_sql
from tocsin.limits import MIB

VIEWS = {view.name: view for view in load_views()}


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(256 * MIB, 1, None) as engine:
        yield engine


@pytest.fixture
def connection(engine: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The engine, without the views of the test before."""
    yield engine
    for (name,) in engine.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall():
        engine.execute(f'DROP VIEW IF EXISTS "{name}"')


def rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, object]]:
    reader = connection.sql(query).to_arrow_reader(100)
    return [row for batch in reader for row in batch.to_pylist()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.view}-{case.table}-{case.native.get('EventID', '')}")
def test_a_native_row_becomes_the_row_that_the_view_promises(
    case: Case, tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    record = write_table(tmp_path, case.table, [case.native])
    open_views(connection, {case.table: [tmp_path / record.path]}, only=[case.view])
    [row] = rows_of(connection, f"SELECT * FROM {case.view}")
    common = {
        "time_us": TIME_US,
        "event_id": "part-1",
        "source": "source",
        "network": "network",
        "table_name": case.table,
    }
    wanted = common | case.expected
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.name)
def test_every_branch_of_a_view_has_a_case(view: View, tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    for table in {branch.table for branch in view.branches}:
        natives = [case.native for case in CASES if (case.view, case.table) == (view.name, table)]
        record = write_table(tmp_path, table, natives)
        open_views(connection, {table: [tmp_path / record.path]}, only=[table])
        present = {table: table_columns(connection, table)}
        for branch in view.branches:
            if branch.table == table:
                alone = View(view.name, "", "", "", view.own_columns, (branch,))
                assert rows_of(connection, view_sql(alone, present)), branch.where


def test_every_view_exists_and_is_empty_on_an_empty_lake(connection: duckdb.DuckDBPyConnection) -> None:
    open_views(connection, {})
    for view in VIEWS.values():
        assert rows_of(connection, f"SELECT * FROM {view.name}") == []


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.name)
def test_columns_and_types_are_the_declared_ones_whatever_the_lake_holds(
    view: View, tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    tables = {branch.table for branch in view.branches}
    files = {table: [tmp_path / write_table(tmp_path, table, [{"unknown": "x"}]).path] for table in tables}
    open_views(connection, files, only=[view.name])
    shown = rows_of(connection, f"DESCRIBE {view.name}")
    declared = [
        (column.name, column.type.replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE")) for column in view.columns
    ]
    assert [(row["column_name"], row["column_type"]) for row in shown] == declared


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.name)
def test_a_branch_fills_only_declared_columns_and_every_column_is_filled_by_some_branch(view: View) -> None:
    declared = {column.name for column in view.own_columns}
    filled = [set(branch.fields) for branch in view.branches]
    assert set().union(*filled) == declared
    assert len(declared) == len(view.own_columns)
    assert not declared & {column.name for column in COMMON}
    assert view.title and view.ocsf_class and view.about


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.name)
def test_the_table_of_a_branch_is_the_one_that_its_sql_reads(view: View) -> None:
    for branch in view.branches:
        assert branch.table == next(branch.select.find_all(exp.Table)).name


def test_types_of_numbers_that_the_sources_write_as_text_never_fail(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    record = write_table(tmp_path, "zeek_conn", [{"id.orig_p": "not a port", "duration": "-", "orig_bytes": "1e99"}])
    open_views(connection, {"zeek_conn": [tmp_path / record.path]}, only=["network_activity"])
    [row] = rows_of(connection, "SELECT src_endpoint_port, duration, traffic_bytes_out FROM network_activity")
    assert row == {"src_endpoint_port": None, "duration": None, "traffic_bytes_out": None}


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.name)
def test_no_foreign_text_in_any_column_fails_a_view(
    view: View, tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    rows: dict[str, list[dict[str, str]]] = {}
    for case in (each for each in CASES if each.view == view.name):
        rows.setdefault(case.table, []).extend(odd_rows(case.native, case.table, ODD + KNOWN))
    files = {table: [tmp_path / write_table(tmp_path, table, each).path] for table, each in rows.items()}
    open_views(connection, files, only=[view.name])
    assert rows_of(connection, f"SELECT * FROM {view.name}")


def test_files_with_different_columns_are_one_table(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    first = write_table(tmp_path, "zeek_dns", [{"query": "a.example"}], "one")
    second = write_table(tmp_path, "zeek_dns", [{"QUERY": "b.example", "qtype_name": "A"}], "two", "2026-01-03")
    open_views(connection, {"zeek_dns": [tmp_path / first.path, tmp_path / second.path]})
    found = rows_of(connection, "SELECT query_hostname, query_type FROM dns_activity ORDER BY 1")
    assert [row["query_hostname"] for row in found] == ["a.example", "b.example"]
    assert [str(row["day"]) for row in rows_of(connection, "SELECT day FROM zeek_dns ORDER BY 1")] == [
        "2026-01-02", "2026-01-03",
    ]  # fmt: skip


def test_a_filter_on_time_reaches_the_files(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    record = write_table(tmp_path, "zeek_dns", [{"query": "a.example"}])
    open_views(connection, {"zeek_dns": [tmp_path / record.path]})
    plan = str(rows_of(connection, "EXPLAIN SELECT query_hostname FROM dns_activity WHERE time_us > 5 AND time_us < 9"))
    assert ("READ_PARQUET" in plan and "Filters" in plan.split("READ_PARQUET", 1)[1]) or "EMPTY" in plan.upper()


def test_only_the_named_views_and_what_is_behind_them_are_made(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    files = {table: [tmp_path / write_table(tmp_path, table, [{"a": "b"}]).path] for table in ("zeek_dns", "zeek_conn")}
    open_views(connection, files, only=["dns_activity"])
    made = {
        str(row["view_name"]) for row in rows_of(connection, "SELECT view_name FROM duckdb_views() WHERE NOT internal")
    }
    assert made == {"zeek_dns", "dns_activity"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-- column: a WORD: b\n", "not a column line"),
        ("-- branch: x\nSELECT FROM WHERE", "not SQL"),
        ("-- branch: x\nSELECT 1 AS a FROM b, c", "one SELECT from one table"),
        ("-- branch: x\nDELETE FROM b", "one SELECT from one table"),
    ],
)
def test_a_view_file_that_breaks_the_form_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(LakeError, match=said):
        for branch in parse_view("broken", text).branches:
            assert branch.select

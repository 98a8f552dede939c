import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from lake_files import write_table
from rollup_lakes import NEWEST, Lake, call

from tocsin import limits
from tocsin.errors import HuntError
from tocsin.lake import hunt as hunting
from tocsin.lake.database import connect
from tocsin.lake.hunt import HuntResult, hunt
from tocsin.lake.hunt_query import examine
from tocsin.lake.rollup_files import load_rollups
from tocsin.lake.rollups import rollup_files
from tocsin.limits import MIB

SECRET = "harmless but not yours"
LONG_ENOUGH_SECONDS = 60  # for a query that must end by itself, on a busy machine
KNOWN = ("zeek_dns", "dns_activity")


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, list[Path]]:
    rows = [{"query": "a.example", "qtype_name": "A"}, {"query": "b.example"}]
    return {"zeek_dns": [tmp_path / write_table(tmp_path, "zeek_dns", rows).path]}


def ask(tables: dict[str, list[Path]], sql: str, **bounds: int) -> HuntResult:
    return hunt(tables, sql, seconds=LONG_ENOUGH_SECONDS, **bounds)


def refused(sql: str, known: Sequence[str] = KNOWN) -> str:
    connection = connect(64 * MIB, 1, None)
    with connection, pytest.raises(HuntError) as caught:
        examine(connection, sql, known)
    assert caught.value.advice()
    return str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "COPY zeek_dns TO 'out.csv'",
        "COPY (SELECT 1) TO 'out.parquet'",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 4",
        "RESET threads",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "CREATE TABLE x AS SELECT 1",
        "CREATE MACRO f() AS 1",
        "INSERT INTO zeek_dns VALUES (1)",
        "DELETE FROM zeek_dns",
        "DROP VIEW zeek_dns",
        "EXPORT DATABASE 'x'",
        "EXPLAIN ANALYZE SELECT 1",
        "PREPARE p AS SELECT 1",
        "BEGIN",
        "VACUUM",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY (SELECT 1) TO 'x'",
        "/* a comment */ SELECT 1 /* ; */ ; /* ; */ DROP VIEW zeek_dns -- SELECT",
        "",
        "-- nothing",
        "SELEC 1",
        "WITH x AS (DELETE FROM zeek_dns RETURNING *) SELECT * FROM x",
        "PIVOT zeek_dns ON query",
        "SHOW TABLES",
    ],
)
def test_what_is_not_one_select_is_refused(sql: str) -> None:
    assert refused(sql)


@pytest.mark.parametrize(
    "function",
    [
        "read_csv('/etc/passwd')",
        "read_csv_auto('/etc/passwd')",
        "read_text('/etc/passwd')",
        "read_blob('/etc/passwd')",
        "read_json('/etc/passwd')",
        "read_parquet('/etc/passwd')",
        "parquet_scan('/etc/passwd')",
        "parquet_metadata('/etc/passwd')",
        "sniff_csv('/etc/passwd')",
        "read_duckdb('/etc/passwd')",
        "glob('/etc/*')",
        "query('SELECT 1')",
        "query_table('zeek_dns')",
        "json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
        "arrow_scan(1, 2, 3)",
        "pandas_scan(1)",
        "duckdb_settings()",
        "duckdb_secrets()",
        "which_secret('a', 's3')",
        "enable_logging()",
        "checkpoint()",
    ],
)
def test_table_functions_that_reach_beyond_the_lake_are_refused_wherever_they_stand(function: str) -> None:
    name = function.split("(", 1)[0]
    for sql in (
        f"SELECT * FROM {function}",
        f"SELECT 1 WHERE EXISTS (SELECT * FROM {function})",
        f"WITH x AS (SELECT * FROM {function}) SELECT * FROM x",
        f"SELECT * FROM zeek_dns, LATERAL (SELECT * FROM {function.upper()})",
        f"SELECT 1 UNION ALL SELECT 2 FROM main.{function}",
    ):
        assert name in refused(sql)


@pytest.mark.parametrize(
    "call", ["getenv('HOME')", "GETENV('HOME')", "current_setting('temp_directory')", "write_log('x')"]
)
def test_functions_that_tell_about_the_machine_are_refused(call: str) -> None:
    assert "not available to hunts" in refused(f"SELECT {call}")


@pytest.mark.parametrize(
    "table",
    ["'/etc/passwd'", '"/etc/passwd"', "'*.parquet'", "information_schema.tables", "pg_catalog.pg_settings", "other.t"],
)
def test_a_file_or_a_system_table_is_not_a_table_of_the_lake(table: str) -> None:
    assert "no table or view" in refused(f"SELECT * FROM {table}")


def test_a_wrong_table_name_gets_suggestions() -> None:
    connection = connect(64 * MIB, 1, None)
    with connection, pytest.raises(HuntError) as caught:
        examine(connection, "SELECT * FROM dns_activty", KNOWN)
    assert "Did you mean dns_activity" in caught.value.advice()


def test_a_query_longer_than_the_bound_is_refused() -> None:
    assert "longer than" in refused("SELECT " + "1 + " * limits.HUNT_QUERY_CHARACTERS + "1")


def test_a_query_nested_too_deeply_is_refused_and_not_a_crash() -> None:
    assert refused("SELECT " + "(" * 20_000 + "1" + ")" * 20_000)


def test_a_with_name_may_stand_for_a_table_of_the_same_name() -> None:
    connection = connect(64 * MIB, 1, None)
    with connection:
        query = examine(
            connection, "WITH zeek_dns AS (SELECT * FROM zeek_dns), o AS (SELECT 1) SELECT * FROM zeek_dns, o", KNOWN
        )
    assert query.tables == {"zeek_dns"}


def test_a_hunt_reads_tables_and_views(tables: dict[str, list[Path]]) -> None:
    seen = "WITH seen AS (SELECT query_hostname AS name FROM dns_activity)"
    sql = f"{seen} SELECT name FROM seen JOIN zeek_dns ON query = name ORDER BY 1"
    result = ask(tables, sql)
    assert result.rows.column("name").to_pylist() == ["a.example", "b.example"]
    assert not result.truncated


def test_a_view_without_data_has_columns_and_no_rows() -> None:
    result = ask({}, "SELECT process_name, time FROM process_activity")
    assert result.rows.num_rows == 0
    assert result.rows.column_names == ["process_name", "time"]


def test_a_wrong_column_gets_suggestions(tables: dict[str, list[Path]]) -> None:
    with pytest.raises(HuntError) as caught:
        ask(tables, "SELECT query_hostnam FROM dns_activity")
    assert "Did you mean query_hostname" in caught.value.advice()


def test_rows_beyond_the_bound_are_left_out_and_said_so(tables: dict[str, list[Path]]) -> None:
    result = ask(tables, "SELECT * FROM range(5000)", rows=3000)
    assert (result.rows.num_rows, result.truncated) == (3000, True)
    exact = ask(tables, "SELECT * FROM range(3000)", rows=3000)
    assert (exact.rows.num_rows, exact.truncated) == (3000, False)


def test_a_query_that_never_ends_is_killed() -> None:
    endless = "WITH RECURSIVE r AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM r) SELECT count(*) FROM r"
    with pytest.raises(HuntError, match="did not end within 2 seconds"):
        hunt({}, endless, seconds=2)


def test_a_query_that_eats_memory_ends_with_advice() -> None:
    with pytest.raises(HuntError, match="memory") as caught:
        ask({}, "SELECT list(i) FROM range(1000000000) t(i)", memory_bytes=100 * MIB)
    assert caught.value.advice()


def test_the_query_sees_no_environment_and_leaves_no_folder_behind(
    tables: dict[str, list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "private"))
    (tmp_path / "private").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    assert ask(tables, "SELECT count(*) AS n FROM zeek_dns").rows.column("n").to_pylist() == [2]
    assert list((tmp_path / "private").iterdir()) == []


BEHIND_THE_FIRST_WALL = """
import sys, json
from pathlib import Path
from tocsin.lake.database import connect, lock
from tocsin.lake.views import open_views
files, statements = json.loads(sys.stdin.read())
connection = connect(2**28, 1, Path("spill"))
open_views(connection, {"zeek_dns": [Path(file) for file in files]}, only=["zeek_dns"])
lock(connection, files)
for statement in statements:
    try:
        print(statement, "->", connection.execute(statement).fetchall())
    except Exception as error:
        print(statement, "-> ERROR", str(error).replace(chr(10), " "))
"""


def test_the_locked_connection_alone_already_refuses_what_reaches_out(
    tables: dict[str, list[Path]], tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    other = tmp_path / write_table(tmp_path, "unlisted", [{"a": SECRET}]).path
    statements = [
        f"SELECT * FROM read_text('{secret}')",
        f"SELECT * FROM read_csv('{secret}')",
        f"SELECT * FROM '{secret}'",
        f"SELECT * FROM read_parquet('{other}')",
        f"SELECT * FROM glob('{tmp_path}/*')",
        f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        f"ATTACH '{tmp_path}/out.db'",
        "SET enable_external_access = true",
        "SET threads = 8",
        "INSTALL httpfs",
        f"LOAD '{tmp_path}/x.duckdb_extension'",
        f"EXPORT DATABASE '{tmp_path}/out'",
        "SELECT getenv('HOME')",
    ]
    request = json.dumps([[str(file) for file in tables["zeek_dns"]], ["SELECT count(*) FROM zeek_dns", *statements]])
    command = [sys.executable, "-I", "-c", BEHIND_THE_FIRST_WALL]
    done = subprocess.run(command, input=request, capture_output=True, text=True, check=True, cwd=tmp_path, env={})
    works, *said = done.stdout.splitlines()
    assert works.endswith("-> [(2,)]")
    assert [line for line in said if "-> ERROR" not in line] == []
    assert len(said) == len(statements)
    assert SECRET not in done.stdout
    assert not list(tmp_path.glob("out*"))


def test_files_that_the_catalog_does_not_name_stay_out_of_reach(tables: dict[str, list[Path]], tmp_path: Path) -> None:
    write_table(tmp_path, "zeek_dns", [{"query": "orphan.example"}], "orphan")
    assert ask(tables, "SELECT count(*) AS n FROM zeek_dns").rows.column("n").to_pylist() == [2]


def test_a_child_that_dies_is_an_error_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hunting, "_COMMAND", (hunting._COMMAND[0], "-c", "import os; os.abort()"))
    with pytest.raises(HuntError, match="before it answered") as caught:
        hunt({}, "SELECT 1", seconds=LONG_ENOUGH_SECONDS)
    assert caught.value.advice()


def test_no_process_of_a_killed_hunt_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    kill = os.killpg
    monkeypatch.setattr(os, "killpg", lambda pid, signal: (started.append(pid), kill(pid, signal)))
    with pytest.raises(HuntError):
        hunt({}, "SELECT count(*) FROM range(100000000000) a, range(1000) b", seconds=1)
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_rows_are_arrow_with_their_types() -> None:
    result = ask({}, "SELECT 1 AS n, 'a' AS t, NULL AS e, TIMESTAMPTZ '2026-01-02 03:04:05+00' AS at")
    assert result.rows.schema.field("at").type == pa.timestamp("us", "UTC")
    assert result.rows.to_pylist()[0]["t"] == "a"


def test_a_hunt_reads_rollups_by_name_and_with_their_columns_where_there_is_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path, load_rollups())
    lake.add([call(NEWEST, "192.0.2.1", "198.51.100.7")])
    lake.update()
    with lake.writing() as catalog:
        tables, rollups = catalog.tables(), rollup_files(catalog)
    sql = "SELECT dst, n FROM pair_days JOIN (SELECT count(*) AS others FROM user_days) ON others = 0"
    found = hunt(tables, sql, rollups=rollups, seconds=LONG_ENOUGH_SECONDS)
    assert found.rows.to_pylist() == [{"dst": "198.51.100.7", "n": 1}]
    with pytest.raises(HuntError, match="not available to hunts"):
        hunt(tables, f"SELECT * FROM read_parquet('{rollups['pair_days'][0].path}')", rollups=rollups)

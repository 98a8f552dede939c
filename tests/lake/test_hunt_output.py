import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lake_files import write_table
from typer.testing import CliRunner

from tocsin.cli import hunt_output
from tocsin.cli.app import app
from tocsin.errors import HuntError, LakeError, UsageError
from tocsin.lake.catalog import Catalog, Flush

ESCAPE = "\x1b[31mred"


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    folder = tmp_path / "lake"
    catalog = Catalog(folder, create=True)
    record = write_table(folder, "zeek_dns", [{"query": "a.example"}, {"query": ESCAPE}])
    catalog.commit(Flush((record,), (), (), {}, {}, ""))
    catalog.close()
    return folder


def hunted(lake: Path, *arguments: str, typed: str | None = None) -> str:
    result = CliRunner().invoke(app, ["hunt", "--lake", str(lake), *arguments], input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_rows_come_as_csv_json_and_parquet(lake: Path, tmp_path: Path) -> None:
    sql = "SELECT query_hostname AS name, time_us FROM dns_activity ORDER BY time_us LIMIT 1"
    assert hunted(lake, sql, "--format", "csv") == "name,time_us\na.example,1767312000000000\n"
    assert json.loads(hunted(lake, sql, "--format", "json")) == [{"name": "a.example", "time_us": 1767312000000000}]
    assert json.loads(hunted(lake, sql, "--format", "ndjson"))["name"] == "a.example"
    out = tmp_path / "rows.parquet"
    hunted(lake, sql, "--format", "parquet", "--out", str(out))
    assert pq.read_table(out).column("name").to_pylist() == ["a.example"]


def test_a_terminal_never_sees_foreign_escapes(lake: Path) -> None:
    for form in ("table", "csv", "json", "ndjson"):
        assert "\x1b" not in hunted(lake, "SELECT query FROM zeek_dns", "--format", form)
    assert "\x1b" not in hunted(lake, "SELECT * FROM dns_activity")


def test_the_query_may_come_from_a_file_or_from_standard_input(lake: Path, tmp_path: Path) -> None:
    file = tmp_path / "query.sql"
    file.write_text("SELECT 41 + 1 AS answer")
    assert "42" in hunted(lake, "--file", str(file), "--format", "csv")
    assert "43" in hunted(lake, "-", "--format", "csv", typed="SELECT 43 AS answer")


def test_a_limit_is_kept(lake: Path) -> None:
    assert hunted(lake, "SELECT * FROM range(10)", "--limit", "2", "--format", "csv") == "range\n0\n1\n"


def test_the_list_of_views_says_what_feeds_them(lake: Path) -> None:
    listed = hunted(lake, "--views")
    assert "dns_activity (DNS queries and answers; here from zeek_dns)" in listed
    assert "process_activity (Processes that started or ended; here from nothing yet)" in listed
    assert "zeek_dns (2 rows)" in listed


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("SELECT 1", "--format", "parquet"), UsageError),
        ((), UsageError),
        (("SELECT 1", "--file", "x.sql"), UsageError),
        (("--file", "absent.sql"), UsageError),
        (("SELECT 1", "--format", "csv", "--out", "/absent/x.csv"), UsageError),
        (("SELECT * FROM nothing",), HuntError),
    ],
)
def test_a_wrong_call_is_an_error_with_advice(lake: Path, arguments: tuple[str, ...], error: type[UsageError]) -> None:
    with pytest.raises(error) as caught:
        hunted(lake, *arguments)
    assert caught.value.advice()


def test_a_folder_without_a_lake_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="no lake"):
        hunted(tmp_path / "absent", "SELECT 1")


def test_a_spreadsheet_does_not_calculate_a_text_but_gets_numbers_as_they_are() -> None:
    rows = pa.table({"t": ["=1+1", "", None], "n": [-1.5, float("nan"), None]})
    assert list(hunt_output.csv_text(rows)) == ["t,n\r\n", "'=1+1,-1.5\r\n", '"",\r\n', ",\r\n"]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-02T03:00:00Z"),
        (date(2026, 1, 2), "2026-01-02"),
        (Decimal("3"), 3),
        (Decimal("0.5"), 0.5),
        (float("inf"), None),
        (b"\x00\xff", "00ff"),
        ([{"a": b"\x01"}, None], [{"a": "01"}, None]),
        (True, True),
    ],
)
def test_values_take_the_types_of_json(value: object, plain: object) -> None:
    assert hunt_output.plain_value(value) == plain


def test_columns_of_one_name_are_told_apart() -> None:
    assert hunt_output.distinct(["a", "a", "a_2", "a"]) == ["a", "a_2", "a_2_2", "a_3"]


def test_no_rows_are_still_a_table_and_valid_json() -> None:
    rows = pa.table({"a": pa.array([], pa.string())})
    assert json.loads("".join(hunt_output.json_text(rows))) == []
    file = io.StringIO()
    hunt_output._print_table(rows, file)
    assert "a" in file.getvalue()

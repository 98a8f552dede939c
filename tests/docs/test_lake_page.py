"""The examples of `docs/lake.md` for DuckDB run as they stand, and agree with `tocsin hunt`."""

import csv
import io
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "lake.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### (DuckDB.*?)\n(.*?)(?=^### |\Z)", TEXT, re.MULTILINE | re.DOTALL))
LAKE = "demo-campaign/lakes/Government_of_Velmora"
BLOCK = re.compile(r"```(python|sql)\n(.*?)```", re.DOTALL)


def tocsin(*arguments: str) -> str:
    command = [sys.executable, "-m", "tocsin", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds a lake where `make demo` leaves one, published."""
    folder = tmp_path_factory.mktemp("page")
    logs, lake = str(folder / "demo" / "network"), str(folder / LAKE)
    tocsin("exercise", "network-intrusion", "--out", logs, "--events", "4000", "--quiet")
    tocsin("scan", logs, "--lake", lake, "--quiet")
    tocsin("lake", "publish", "--lake", lake)
    return folder


def test_there_are_examples_by_catalog_by_views_and_by_delta_log() -> None:
    assert [*SECTIONS] == ["DuckDB, by the catalog", "DuckDB, with the views", "DuckDB, by the published Delta log"]


@pytest.mark.parametrize("section", SECTIONS)
def test_an_example_gives_the_rows_that_hunt_gives(section: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    [(language, code)] = BLOCK.findall(SECTIONS[section])
    if language == "python":
        names: dict[str, list[tuple[str | None, int]]] = {}
        exec(code, names)  # our own page
        rows = names["rows"]
    else:
        with duckdb.connect() as connection:
            rows = connection.execute(code).fetchall()
    query = "SELECT query, count(*) AS n FROM zeek_dns GROUP BY query ORDER BY n DESC, query LIMIT 5"
    hunted = csv.reader(io.StringIO(tocsin("hunt", query, "--lake", LAKE, "--format", "csv")))
    assert len(rows) == 5
    assert [[str(cell) for cell in row] for row in rows] == [*hunted][1:]

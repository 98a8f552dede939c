"""Every view on DuckDB and, transpiled by sqlglot, on Spark: do both give the same rows? Exits 1 when they do not.

Three lakes: the exercises (`tocsin exercise`, read by `tocsin scan`); the cases of `tests/lake/view_cases*.py`, which
reach every branch of every view; the same cases with odd texts in place of their values. Spark reads the files that
the catalog names. Needs Java 17 and the environment of `make test-spark`:

    .venv-spark/bin/python -m benchmarks.spark_views
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from tocsin.lake.catalog import Catalog
from tocsin.lake.database import connect
from tocsin.lake.view_files import View, load_views
from tocsin.lake.views import open_views, table_columns, view_sql
from tocsin.limits import GIB
from tocsin.spark.session import spark_session
from tocsin.spark.sql import select

CASES = Path(__file__).parents[1] / "tests" / "lake"
SHOWN = 3  # differing rows of a view
WIDTH = 400  # characters of a message
DUCKDB_BYTES = 1 * GIB

Tables = Mapping[str, Sequence[Path]]
Row = tuple[object, ...]


def exercises(tocsin: list[str], folder: Path, events: int) -> Tables:
    """The live files of a lake that has read both exercises."""
    for name in ("windows-intrusion", "network-intrusion"):
        subprocess.run([*tocsin, "exercise", name, "--out", folder / name, "--events", str(events), "-q"], check=True)
    scan = [*tocsin, "scan", folder / "windows-intrusion", folder / "network-intrusion"]
    subprocess.run([*scan, "--lake", folder / "lake", "-q"], check=True, stdout=subprocess.DEVNULL)
    catalog = Catalog(folder / "lake")
    tables = catalog.tables()
    catalog.close()
    return tables


def cases(folder: Path, odd: bool = False) -> Tables:
    """One file a table with the native rows of all view cases, or with odd texts in them."""
    sys.path.insert(0, str(CASES))
    from lake_files import write_table  # type: ignore[import-not-found]  # of the tests
    from view_cases_accounts import CASES as all_cases  # type: ignore[import-not-found]
    from view_oddities import odd_rows  # type: ignore[import-not-found]

    rows: dict[str, list[dict[str, str]]] = {}
    for case in all_cases:
        rows.setdefault(case.table, []).extend(odd_rows(case.native, case.table) if odd else [case.native])
    return {table: [folder / write_table(folder, table, each).path] for table, each in rows.items()}


def spark_table(spark: SparkSession, files: Sequence[Path]) -> DataFrame:
    """A native table: its files side by side, a column that a file lacks is null."""
    reader = spark.read.option("mergeSchema", "true")
    return reader.parquet(*map(str, files))


def compared(view: View, zone: str) -> str:
    """A query whose rows both engines write alike: times as microseconds."""
    columns = [
        f"{zone}(time) AS time" if column.name == "time" else column.name
        for column in view.columns
    ]  # fmt: skip
    return f"SELECT {', '.join(columns)} FROM {view.name}"


def spark_rows(spark: SparkSession, view: View, sql: str) -> list[Row]:
    """The view's rows by Spark. Raises what Spark says."""
    select(spark, sql).createOrReplaceTempView(view.name)
    return [tuple(row) for row in spark.sql(compared(view, "unix_micros")).collect()]


def differences(left: list[Row], right: list[Row], names: Sequence[str]) -> Iterator[str]:
    """What the second has otherwise, by column where the event is the same."""
    only_left, only_right = Counter(map(canonical, left)), Counter(map(canonical, right))
    missing, extra = list((only_left - only_right).elements()), list((only_right - only_left).elements())
    if missing or extra:
        yield f"{len(missing)} rows only by DuckDB, {len(extra)} only by Spark"
    event, table = names.index("event_id"), names.index("table_name")
    others = {(row[event], row[table]): row for row in extra}
    seen: Counter[str] = Counter()
    for row in missing:
        other = others.get((row[event], row[table]))
        for name, mine, theirs in zip(names, row, other or (), strict=False):
            if mine != theirs and (name, row[table]) not in seen:
                seen[f"{name} of {row[table]}: DuckDB {mine!r}, Spark {theirs!r}"] += 1
    for text, count in seen.most_common(SHOWN * 4):
        yield f"  {count} × {text[:WIDTH]}"


def canonical(row: Row) -> Row:
    """Values that compare across engines."""
    return tuple(repr(value) if isinstance(value, float) else value for value in row)


def compare(spark: SparkSession, name: str, tables: Tables) -> bool:
    """Compare all views over one lake, printing a line a view; True when all are equal."""
    equal = True
    connection = connect(DUCKDB_BYTES, 2, None)
    open_views(connection, tables)
    present = {table: table_columns(connection, table) for table in tables}
    for table, files in tables.items():
        spark_table(spark, files).createOrReplaceTempView(table)
    for view in load_views():
        names = [column.name for column in view.columns]
        mine: list[Any] = connection.execute(compared(view, "epoch_us")).fetchall()
        try:
            found = list(differences(mine, spark_rows(spark, view, view_sql(view, present)), names))
        except Exception as error:  # whatever Spark or sqlglot says is the result
            found = [f"{type(error).__name__}: {' '.join(str(error).split())[:WIDTH]}"]
        equal &= not found
        print(f"{name} {view.name}: {len(mine)} rows, {'equal' if not found else 'DIFFERENT'}", *found, sep="\n  ")
    connection.close()
    return equal


def main() -> int:
    """Make both lakes, compare all views."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tocsin", default=".venv-spark/bin/tocsin", help="the command, or `PYTHON -m tocsin`")
    parser.add_argument("--events", type=int, default=6_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-spark-") as name:
        folder = Path(name)
        spark = spark_session("local[2]", {"spark.sql.shuffle.partitions": "2"})
        print(f"DuckDB and Spark {spark.version}")
        results = [
            compare(spark, "cases", cases(folder / "cases")),
            compare(spark, "odd", cases(folder / "odd", odd=True)),
            compare(spark, "exercises", exercises(options.tocsin.split(), folder, options.events)),
        ]
        spark.stop()
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

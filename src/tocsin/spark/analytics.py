"""Views, rollups and analytics on Spark, over a published lake.

Rules:
1. What an analytic reads has the same names and columns as in a DuckDB window (`detect.analytics.window`): views of the
   normal form, rollups, `address_facts`, `domain_facts`, `facts_known`, `assets`, `period`.
2. A view is kept (memory, then disk) for the run, with the columns that some analytic names, and cut off from the plan
   that made it: no analytic plans a view's branches again.
3. Facts of addresses are looked up on the driver, for the distinct addresses of the run, and joined as a table.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from sqlglot.errors import SqlglotError

from tocsin import clock, limits
from tocsin.detect.analytics import Analytic, AnalyticSet, Outcome
from tocsin.detect.analytics.running import outcome_of, unreadable
from tocsin.detect.analytics.window import read_views
from tocsin.errors import LakeError
from tocsin.lake.database import connect
from tocsin.lake.facts import TABLES as FACTS
from tocsin.lake.facts import address_columns, name_columns, open_facts
from tocsin.lake.rollup_files import Rollup, load_rollups
from tocsin.lake.rollup_sql import rollup_sql
from tocsin.lake.view_files import load_view, load_views
from tocsin.lake.views import view_sql
from tocsin.spark.published import PublishedTable, open_rollups, open_tables, published_tables
from tocsin.spark.sql import select
from tocsin.spark.steps import run_steps


@dataclass
class SparkWindow:
    """An open run. `present` has the rows by view."""

    spark: SparkSession
    present: Mapping[str, int]
    first_us: int
    last_us: int
    kept: frozenset[str] = frozenset()  # temporary views with rows of their own

    def close(self) -> None:
        """Let Spark forget what it kept."""
        for name in self.kept:
            self.spark.catalog.dropTempView(name)


def open_views(spark: SparkSession, tables: Mapping[str, PublishedTable]) -> None:
    """All views of the normal form as temporary views. The tables must be open."""
    present = {name: frozenset(column.lower() for column in table.columns) for name, table in tables.items()}
    for view in load_views():
        select(spark, view_sql(view, present)).createOrReplaceTempView(view.name)


def rollup_rows(spark: SparkSession, rollup: Rollup) -> DataFrame:
    """A rollup's days, made by Spark from the views, which must be open."""
    return select(spark, rollup_sql(rollup))


def open_spark_window(
    spark: SparkSession, lake: Path, analytics: Collection[Analytic], partitions: int = 0
) -> SparkWindow:
    """Everything that these analytics read, over the whole published lake. Close it in the end.

    A view is kept in so many `partitions`, 0 for as many as its files make: few where a lake has many small files.
    """
    tables = published_tables(lake)
    open_tables(spark, tables)
    open_views(spark, tables)
    open_rollups(spark, lake)
    kept: dict[str, DataFrame] = {}
    for name, columns in read_views(analytics).items():
        ordered = [f"`{column.name}`" for column in load_view(name).columns if column.name in columns]
        frame = spark.sql(f"SELECT {', '.join(ordered)} FROM {name} WHERE time_us <> 0")
        kept[name] = (frame.coalesce(partitions) if partitions else frame).localCheckpoint(eager=False)
    for name, frame in kept.items():
        frame.createOrReplaceTempView(name)
    window = _measured(spark, kept)
    _surround(window, lake, analytics)
    return window


def run_on_spark(window: SparkWindow, chosen: AnalyticSet, analytic: Analytic) -> Outcome:
    """One analytic. Where its SQL fails the outcome says so."""
    lacking = unreadable(window.present, analytic)
    if lacking:
        return Outcome(analytic, reason=lacking)
    start = clock.monotonic()
    try:
        frame = run_steps(window.spark, chosen.statement(analytic))
        rows = [row.asDict() for row in frame.collect()]
    except (PySparkException, Py4JError, LakeError, SqlglotError) as error:
        return Outcome(analytic, reason=f"{analytic.path}: {str(error).strip().partition(chr(10))[0]}", failed=True)
    return outcome_of(analytic, rows, clock.monotonic() - start)


def _measured(spark: SparkSession, kept: Mapping[str, DataFrame]) -> SparkWindow:
    parts = [
        frame.selectExpr(f"'{name}' AS view", "count(*) AS n", "min(time_us) AS low", "max(time_us) AS high")
        for name, frame in kept.items()
    ]
    rows = reduce(DataFrame.unionAll, parts).collect() if parts else []
    there = [row for row in rows if row["n"]]
    first = min((row["low"] for row in there), default=0)
    last = max((row["high"] for row in there), default=0)
    return SparkWindow(spark, {row["view"]: row["n"] for row in there}, first, last, frozenset(kept))


def _surround(window: SparkWindow, lake: Path, analytics: Collection[Analytic]) -> None:
    """Facts of the run's addresses and names, and `period`."""
    spark = window.spark
    words = frozenset[str]().union(*(analytic.words for analytic in analytics))
    rollups = [rollup.name for rollup in load_rollups() if rollup.name in words]
    read = {name: spark.table(name).columns for name in (*window.present, *rollups)}
    asked = {
        "address_facts": {name: address_columns(columns) for name, columns in read.items()},
        "domain_facts": {name: name_columns(columns) for name, columns in read.items()},
    }
    addresses, names = (_distinct(spark, columns) if fact in words else [] for fact, columns in asked.items())
    for name, table in _facts(lake, addresses, names).items():
        spark.createDataFrame(table).createOrReplaceTempView(name)
    earliest = [row[0] for name in rollups for row in spark.sql(f"SELECT min(first_us) FROM {name}").collect()]
    history = min((each for each in [*earliest, window.first_us] if each is not None), default=window.first_us)
    period = {"first_us": window.first_us, "last_us": window.last_us, "history_first_us": history}
    table = pa.table({name: pa.array([value], pa.int64()) for name, value in period.items()})
    spark.createDataFrame(table).createOrReplaceTempView("period")


def _distinct(spark: SparkSession, columns: Mapping[str, Collection[str]]) -> list[str]:
    parts = [
        f"SELECT `{column}` AS value FROM {name} WHERE `{column}` IS NOT NULL"
        for name, each in columns.items()
        for column in each
    ]
    if not parts:
        return []
    found = spark.sql(f"SELECT DISTINCT value FROM ({' UNION ALL '.join(parts)})").toArrow()
    return sorted(str(value) for value in found.column("value").to_pylist())


def _facts(lake: Path, addresses: Sequence[str], names: Sequence[str]) -> dict[str, pa.Table]:
    """The tables of facts, as a window has them."""
    connection = connect(limits.ANALYTIC_BYTES, limits.QUERY_THREADS, None)
    try:
        connection.register("addresses", pa.table({"ip": pa.array(addresses, pa.string())}))
        connection.register("names", pa.table({"name": pa.array(names, pa.string())}))
        open_facts(connection, lake, {"addresses": ["ip"]}, {"names": ["name"]})
        return {name: connection.sql(f"FROM {name}").to_arrow_table() for name in FACTS}
    finally:
        connection.close()

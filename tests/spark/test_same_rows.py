"""Analytics, rollups and Sigma rules on Spark give what they give here, row by row."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from pathlib import Path

import duckdb
import pytest
from pyspark.sql import SparkSession
from spark_lake import Published

from tocsin.detect.analytics import Hit, Window, load_analytics, run_analytic
from tocsin.detect.sigma import load_rules
from tocsin.lake.batches import read_batches
from tocsin.lake.catalog import Catalog
from tocsin.lake.rollup_files import Rollup, load_rollups
from tocsin.lake.rollup_sql import quoted, rollup_sql
from tocsin.node.evaluation import Evaluator
from tocsin.spark.analytics import SparkWindow, rollup_rows, run_on_spark
from tocsin.spark.sigma import sigma_hits

pytestmark = pytest.mark.spark
SAME = ("rule", "event_id", "source", "record", "time_us", "table_name", "host", "user", "process", "parent", "keys")
DIGITS = 9  # of a number with a fraction: engines add in different orders


def canonical(value: object) -> object:
    """A value that compares across engines."""
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    if isinstance(value, dict):
        return tuple(sorted((name, canonical(each)) for name, each in value.items()))
    return value


def counted(rows: Iterable[Sequence[object]]) -> Counter[str]:
    return Counter(repr(tuple(map(canonical, row))) for row in rows)


def told(hits: Iterable[Hit]) -> Counter[str]:
    return counted(astuple(hit) for hit in hits)


@pytest.mark.parametrize("id", sorted(load_analytics().analytics))
def test_an_analytic_finds_the_same(
    id: str, published: Published, spark_window: SparkWindow, duckdb_window: Window
) -> None:
    analytic = published.chosen.analytics[id]
    mine = run_analytic(duckdb_window, published.chosen, analytic)
    theirs = run_on_spark(spark_window, published.chosen, analytic)
    assert (mine.reason, theirs.reason) == ("", "")
    assert id in {hit.organisation for hit in mine.hits}
    assert told(theirs.hits) == told(mine.hits)


def test_views_have_the_same_number_of_rows(spark_window: SparkWindow, duckdb_window: Window) -> None:
    assert dict(spark_window.present) == dict(duckdb_window.present)
    assert (spark_window.first_us, spark_window.last_us) == (duckdb_window.first_us, duckdb_window.last_us)


@pytest.mark.parametrize("rollup", load_rollups(), ids=lambda rollup: rollup.name)
def test_a_rollup_has_the_same_rows(
    rollup: Rollup, normal: duckdb.DuckDBPyConnection, normal_on_spark: SparkSession
) -> None:
    names = [column.name for column in rollup.columns]
    mine = normal.sql(f"SELECT {', '.join(map(quoted, names))} FROM ({rollup_sql(rollup)})").fetchall()
    theirs = rollup_rows(normal_on_spark, rollup).select(*names).collect()
    assert counted(theirs) == counted(mine)
    assert mine


def test_sigma_rules_hit_the_same_events(published: Published, spark: SparkSession, tmp_path: Path) -> None:
    frame = sigma_hits(spark, published.tables, [published.rules])
    assert frame is not None
    theirs = [tuple(row[name] for name in SAME) for row in frame.collect()]
    evaluator = Evaluator(load_rules([published.rules], cache_dir=None))
    catalog = Catalog(published.lake)
    mine = []
    for table in sorted({file.table for file in catalog.files()}):
        files = [file for file in catalog.files() if file.table == table]
        if evaluator.serves(table):
            for batch in read_batches(published.lake, files):
                mine += [tuple(row[name] for name in SAME) for row in evaluator.hits(batch).to_pylist()]
    catalog.close()
    assert len({row[0] for row in mine}) > 1
    assert counted(theirs) == counted(mine)

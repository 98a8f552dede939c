"""The same analytics over the same published day on DuckDB and on Spark: seconds of each.

`.venv-spark/bin/python -m benchmarks.spark_scale [--events N] [--master M]` prints Markdown. A made-up day
(`benchmarks.rollups`) is written and published; DuckDB's figure is the floor. Spark's start is told apart: it is paid
once. On one machine Spark cannot win; what counts is how its time grows, and that it needs no other SQL.
"""

import argparse
import tempfile
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from benchmarks.machine import describe
from benchmarks.rollups import HOSTS, LAST, update, write_day
from tocsin import clock
from tocsin.detect.analytics import load_analytics, open_window, run_analytic
from tocsin.lake.catalog import Catalog
from tocsin.lake.publish import publish
from tocsin.lake.rollups import rollup_files
from tocsin.spark.analytics import open_spark_window, run_on_spark
from tocsin.spark.session import spark_session


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="*", default=[300_000, 1_000_000])
    parser.add_argument("--master", default="local[2]")
    options = parser.parse_args()
    print(f"{describe()}. Spark on {options.master}; measured {datetime.now(UTC):%Y-%m-%d}.\n")
    started = time.perf_counter()
    spark = spark_session(options.master, {"spark.sql.shuffle.partitions": "4"})
    print(f"Spark starts in {time.perf_counter() - started:.1f} s.\n")
    print(
        "| events | DuckDB: window | analytics | Spark: window | analytics | not equal in number |\n" + "|---" * 6 + "|"
    )
    chosen = load_analytics()
    analytics = list(chosen.analytics.values())
    for events in options.events:
        with tempfile.TemporaryDirectory(prefix="tocsin-spark-scale-") as name:
            lake = Path(name)
            write_day(lake, LAST, HOSTS * events // 10_000_000, events)
            update(lake)
            catalog = Catalog(lake)
            with catalog.writing():
                publish(lake, catalog.files(), clock.now(), rollup_files(catalog))
            laps = [time.perf_counter()]
            with open_window(lake, catalog.files(), analytics, rollups=rollup_files(catalog)) as window:
                laps.append(time.perf_counter())
                mine = {each.id: len(run_analytic(window, chosen, each).hits) for each in analytics}
                laps.append(time.perf_counter())
            catalog.close()
            ours = open_spark_window(spark, lake, analytics)
            laps.append(time.perf_counter())
            theirs = {each.id: len(run_on_spark(ours, chosen, each).hits) for each in analytics}
            laps.append(time.perf_counter())
            ours.close()
        spans = " | ".join(f"{after - before:.1f} s" for before, after in pairwise(laps))
        print(f"| {events:,} | {spans} | {sum(mine[id] != theirs[id] for id in mine)} |", flush=True)
    spark.stop()


if __name__ == "__main__":
    main()

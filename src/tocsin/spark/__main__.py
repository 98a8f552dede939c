"""Analytics and Sigma rules over a published lake on Spark: one JSON line a finding or hit on standard output.

python -m tocsin.spark LAKE --master spark://HOST:7077 --rules RULES      (or through spark-submit)

A lake that a node owns is read only as a rescue: its ledger keeps who, what and why.
"""

import argparse
import json
import os
import shutil
import sys
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from tocsin.detect.analytics import load_analytics
from tocsin.errors import Denied, TocsinError, UsageError
from tocsin.node.lake_owner import owner_of
from tocsin.node.upkeep.shell import open_node
from tocsin.node.upkeep.shell import rescue as enter_rescue

FAILED = 3


def main() -> int:
    """Exit 0 when it ran, 3 when an analytic or the lake failed."""
    parser = argparse.ArgumentParser(prog="python -m tocsin.spark", description=__doc__.partition("\n")[0])
    parser.add_argument("lake", type=Path, help="a lake that `tocsin lake publish` has published")
    parser.add_argument("--master", default="local[2]", help="where Spark runs; default local[2]")
    parser.add_argument("--analytics", type=Path, action="append", default=[], help="a folder of own analytics")
    parser.add_argument("--rules", type=Path, action="append", default=[], help="Sigma rules, readable by all workers")
    parser.add_argument("--rescue", action="store_true", help="read a lake that a node owns, past the node")
    parser.add_argument("--reason", default="", help="with --rescue: why; the node's ledger keeps it")
    options = parser.parse_args()
    try:
        _check_installed()
        reach(options.lake, options.rescue, options.reason)
        return _run(options.lake, options.master, options.analytics, options.rules)
    except TocsinError as error:
        print(f"{error}. {error.advice()}", file=sys.stderr)
        return FAILED


def _check_installed() -> None:
    """Raises TocsinError where Spark cannot start."""
    if find_spec("pyspark") is None:
        raise TocsinError("Spark is not installed", "Install Tocsin with its extra: pip install 'tocsin[spark]'.")
    if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
        raise TocsinError("Spark needs Java 17: there is no java", "Debian: apt install openjdk-17-jre-headless.")


def reach(lake: Path, rescue: bool, reason: str) -> None:
    """Raises Denied where a node owns the lake and no rescue is asked for; UsageError for a rescue without need."""
    owner = owner_of(lake)
    if owner is None:
        if rescue or reason:
            raise UsageError(f"no node owns the lake {lake}", "Leave --rescue and --reason out.")
        return
    if not rescue:
        raise Denied(f"the node in {owner.path} owns the lake {lake}", "Past the node: --rescue --reason TEXT.")
    with open_node(owner.path) as node:
        enter_rescue(node, "spark", reason)


def _run(lake: Path, master: str, folders: list[Path], rules: list[Path]) -> int:
    from tocsin.spark.analytics import open_spark_window, run_on_spark
    from tocsin.spark.published import published_tables
    from tocsin.spark.session import spark_session
    from tocsin.spark.sigma import sigma_hits

    chosen = load_analytics(folders)
    spark = spark_session(master)
    failed = False
    try:
        window = open_spark_window(spark, lake, list(chosen.analytics.values()))
        for analytic in chosen.analytics.values():
            outcome = run_on_spark(window, chosen, analytic)
            failed |= outcome.failed
            told = f"{len(outcome.hits)} findings" if not outcome.reason else outcome.reason
            print(f"{analytic.id}: {told}, {outcome.seconds:.1f} s", file=sys.stderr)
            for hit in outcome.hits:
                print(json.dumps({"analytic": analytic.id, **asdict(hit)}, default=str))
        window.close()
        hits = sigma_hits(spark, published_tables(lake), rules) if rules else None
        for row in hits.toLocalIterator() if hits is not None else ():
            print(json.dumps(row.asDict()))
    finally:
        spark.stop()
    return FAILED if failed else 0


if __name__ == "__main__":
    sys.exit(main())

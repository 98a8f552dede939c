"""A Spark session that answers as DuckDB does.

Rules:
1. Times are UTC; division by zero and bad casts give NULL as in DuckDB, not an error (`spark.sql.ansi.enabled` off).
2. A master of this machine (`local[N]`, `local-cluster[N,cores,MiB]`) listens on loopback only, and its workers run
   this Python.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession

from tocsin import limits

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(limits.BATCH_ROWS),
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_LOOPBACK = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


def spark_session(master: str, own: Mapping[str, str] | None = None) -> SparkSession:
    """A session on this master; `own` are further settings of Spark by name."""
    builder = SparkSession.builder.appName("tocsin").master(master)
    settings = dict(SETTINGS)
    if master.startswith("local"):
        settings |= _LOOPBACK
        os.environ |= {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"}
        os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))  # workers are started from there
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    for name, value in {**settings, **(own or {})}.items():
        builder = builder.config(name, value)
    session: SparkSession = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session

"""A published lake as tables of a Spark session.

Rules:
1. What counts is the Delta log that `tocsin lake publish` wrote: Spark reads the files that it names, so a scan or a
   compaction that goes on meanwhile changes nothing. The log is replayed here, so Delta's jars are not needed.
2. A native table is a temporary view by its name; a column that a file lacks is null.
3. A rollup has its columns as `docs/rollups.md` names them, whatever older form its files have.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as sql_types

from tocsin.errors import LakeError
from tocsin.lake.append import LISTS
from tocsin.lake.batches import noted
from tocsin.lake.catalog import ROLLUPS, TABLES
from tocsin.lake.publish import LOG, LogState, replay
from tocsin.lake.rollup_files import Rollup, load_rollups
from tocsin.lake.rollup_sql import empty, quoted
from tocsin.lake.rollup_store import no_rows_sql, present
from tocsin.spark.sql import select

_TYPES: Mapping[str, sql_types.DataType] = {
    "long": sql_types.LongType(),
    "integer": sql_types.IntegerType(),
    "double": sql_types.DoubleType(),
    "boolean": sql_types.BooleanType(),
    "date": sql_types.DateType(),
    "timestamp": sql_types.TimestampType(),
}


@dataclass(frozen=True)
class PublishedTable:
    """A table as its Delta log names it. `schema` is name → Delta type; `lists` are the columns with JSON lists."""

    name: str
    files: tuple[str, ...]
    schema: Mapping[str, str]
    lists: frozenset[str]

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.schema)


def published_tables(lake: Path) -> dict[str, PublishedTable]:
    """The native tables of a published lake, by name. Raises LakeError where nothing was published."""
    folders = sorted(path.parent for path in lake.glob(f"{TABLES}/*/{LOG}"))
    if not folders:
        raise LakeError(f"{lake} has no Delta log", "Run `tocsin lake publish --lake LAKE` first.")
    return {table.name: table for table in map(_published, folders) if table.files}


def _published(folder: Path) -> PublishedTable:
    state = replay(folder)
    files = _live(folder, state)
    lists = frozenset[str]().union(*(noted(pq.read_metadata(path), LISTS) for path in files))
    return PublishedTable(folder.name, files, state.schema, lists)


def read_table(spark: SparkSession, table: PublishedTable) -> DataFrame:
    """The rows of a published table, with the schema of its log."""
    fields = [
        sql_types.StructField(name, _TYPES.get(kind, sql_types.StringType())) for name, kind in table.schema.items()
    ]
    reader = spark.read.schema(sql_types.StructType(fields)).option("basePath", str(_base(table)))
    return reader.parquet(*table.files)


def open_tables(spark: SparkSession, tables: Mapping[str, PublishedTable]) -> None:
    """A temporary view a table, by its name."""
    for name, table in tables.items():
        read_table(spark, table).createOrReplaceTempView(name)


def open_rollups(spark: SparkSession, lake: Path) -> None:
    """A temporary view a rollup, empty where none was published."""
    for rollup in load_rollups():
        folder = lake / ROLLUPS / rollup.name
        paths = _live(folder, replay(folder))
        sql = no_rows_sql(rollup)
        if paths:
            frame = spark.read.option("mergeSchema", "true").parquet(*paths)
            frame.createOrReplaceTempView(f"stored_{rollup.name}")
            sql = _rollup_sql(rollup, frame.columns)
        select(spark, sql).createOrReplaceTempView(rollup.name)


def _rollup_sql(rollup: Rollup, there: Collection[str]) -> str:
    """The rows in the rollup's present form (`rollup_store`); files of an older form have nulls in a newer column."""
    columns = ", ".join(
        f"COALESCE({present(column, there)}, {empty(column)}) AS {quoted(column.name)}" for column in rollup.columns
    )
    return f"SELECT {columns} FROM stored_{rollup.name}"


def _live(folder: Path, state: LogState) -> tuple[str, ...]:
    return tuple(str(folder / unquote(path)) for path in sorted(state.live))


def _base(table: PublishedTable) -> Path:
    """The table's own folder, so that `day=…` in a path is the column `day`."""
    return next(parent for parent in Path(table.files[0]).parents if parent.name == table.name)

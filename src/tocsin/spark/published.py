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
from tocsin.lake.publish import LOG, replay
from tocsin.lake.rollup_files import Rollup, load_rollups
from tocsin.lake.rollup_sql import empty, quoted

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


def published_tables(lake: Path, only: Collection[str] | None = None) -> dict[str, PublishedTable]:
    """The native tables of a published lake, by name. Raises LakeError where nothing was published."""
    folders = sorted(path.parent for path in lake.glob(f"{TABLES}/*/{LOG}"))
    if not folders:
        raise LakeError(f"{lake} has no Delta log", "Run `tocsin lake publish --lake LAKE` first.")
    found = {path.name: _published(path) for path in folders if only is None or path.name in only}
    return {name: table for name, table in found.items() if table.files}


def _published(folder: Path) -> PublishedTable:
    state = replay(folder)
    files = tuple(str(folder / unquote(path)) for path in sorted(state.live))
    lists = frozenset[str]().union(*(noted(pq.read_metadata(path), LISTS) for path in files))
    return PublishedTable(folder.name, files, state.schema, lists)


def read_table(spark: SparkSession, table: PublishedTable) -> DataFrame:
    """The rows of a published table. The schema comes from the log: no footer is read for it."""
    fields = [
        sql_types.StructField(name, _TYPES.get(kind, sql_types.StringType())) for name, kind in table.schema.items()
    ]
    reader = spark.read.schema(sql_types.StructType(fields)).option("basePath", str(_base(table)))
    return reader.parquet(*table.files)


def open_tables(spark: SparkSession, tables: Mapping[str, PublishedTable]) -> None:
    """A temporary view a table, by its name."""
    for name, table in tables.items():
        read_table(spark, table).createOrReplaceTempView(name)


def open_rollups(spark: SparkSession, lake: Path) -> dict[str, int]:
    """A temporary view a rollup, empty where none was published; returns the number of files by rollup."""
    files = {}
    for rollup in load_rollups():
        folder = lake / ROLLUPS / rollup.name
        state = replay(folder)
        paths = [str(folder / unquote(path)) for path in sorted(state.live)]
        frame = spark.read.option("mergeSchema", "true").parquet(*paths) if paths else None
        stored = f"stored_{rollup.name}"
        if frame is not None:
            frame.createOrReplaceTempView(stored)
        spark.sql(_rollup_sql(rollup, stored, frame)).createOrReplaceTempView(rollup.name)
        files[rollup.name] = len(paths)
    return files


def _rollup_sql(rollup: Rollup, stored: str, frame: DataFrame | None) -> str:
    """The rows in the rollup's present form; `last_us` is stored as what it is after `first_us` (`rollup_store`)."""
    if frame is None:
        nulls = ", ".join(f"CAST(NULL AS {_spark(column.type)}) AS `{column.name}`" for column in rollup.columns)
        return f"SELECT {nulls} WHERE false"
    there = set(frame.columns)
    parts = []
    for column in rollup.columns:
        name = f"`{column.name}`"
        if column.name == "last_us":
            parts.append("first_us + span_us AS last_us")
        elif column.name in there:
            default = empty(column).replace("VARCHAR", "STRING")
            parts.append(f"COALESCE(CAST({name} AS {_spark(column.type)}), {default}) AS {name}")
        else:
            parts.append(f"{empty(column).replace('VARCHAR', 'STRING')} AS {name}")
    return f"SELECT {', '.join(parts)} FROM {stored}"


def _spark(kind: str) -> str:
    return "STRING" if kind == "VARCHAR" else kind


def _base(table: PublishedTable) -> Path:
    """The table's own folder, so that `day=…` in a path is the column `day`."""
    return next(parent for parent in Path(table.files[0]).parents if parent.name == table.name)


__all__ = ["PublishedTable", "open_rollups", "open_tables", "published_tables", "quoted", "read_table"]

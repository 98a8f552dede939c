"""Small lakes for tests: native rows written as Parquet in the lake's layout."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.lake.catalog import FileRecord

DAY = "2026-01-02"
TIME_US = 1_767_312_000_000_000  # 2026-01-02 00:00:00 UTC


def write_table(
    lake: Path, table: str, rows: Sequence[Mapping[str, str]], name: str = "part", day: str = DAY
) -> FileRecord:
    """One file of a table; a row's position gives its time and its event id."""
    path = lake / "tables" / table / f"day={day}" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    times = [TIME_US + number for number in range(len(rows))]
    stamp = pa.timestamp("us", "UTC")
    columns = {
        "time": pa.array(times).cast(stamp),
        "time_us": pa.array(times),
        "ingest_time": pa.array(times).cast(stamp),
        "event_id": pa.array([f"{name}-{number}" for number in range(1, len(rows) + 1)]),
    }
    columns |= {key: pa.array([key] * len(rows)) for key in ("source", "sensor", "organisation", "network")}
    own = list(dict.fromkeys(column for row in rows for column in row))
    columns |= {column: pa.array([row.get(column) for row in rows], pa.string()) for column in own}
    pq.write_table(pa.table(columns), path, store_schema=False)
    relative = str(path.relative_to(lake))
    return FileRecord(
        relative, table, day, len(rows), path.stat().st_size, min(times), max(times), tuple(own), ("source",)
    )

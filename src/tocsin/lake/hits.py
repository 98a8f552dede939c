"""Hits: one row for every rule and event that match, as Parquet beside the tables.

They are kept so that known content with unchanged rules answers without being evaluated again. Columns: `rule`
(index is never stored, the rule's id is), `event_id`, `source`, `record`, `time_us`, `table_name`, `host`, `user`,
`process`, `parent`, `evidence` (JSON of the fields that the rule reads, for a bounded number of hits, else null) and
`keys` (JSON of the fields that a correlation groups or counts by, else null).
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from tocsin.lake.catalog import HITS, HitFile
from tocsin.lake.durable import write_parquet

SCHEMA = pa.schema(
    [
        ("rule", pa.string()),
        ("event_id", pa.string()),
        ("source", pa.string()),
        ("record", pa.int64()),
        ("time_us", pa.int64()),
        ("table_name", pa.string()),
        ("host", pa.string()),
        ("user", pa.string()),
        ("process", pa.string()),
        ("parent", pa.string()),
        ("evidence", pa.string()),
        ("keys", pa.string()),
    ]
)


def write_hits(lake: Path, rules: str, name: str, tables: Sequence[pa.Table]) -> HitFile | None:
    """Write the hits of a flush; None when there are none. `name` must be unique in the lake."""
    table = pa.concat_tables([SCHEMA.empty_table(), *tables])
    if not table.num_rows:
        return None
    relative = Path(HITS) / rules / f"{name}.parquet"
    size = write_parquet(lake / relative, table)
    return HitFile(str(relative), rules, table.num_rows, size)

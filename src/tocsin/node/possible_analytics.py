"""Which behaviour analytics some batches make possible: what a scan would assess, asked of the views themselves.

A table alone says little (`windows` may hold logons and no process), so each view is asked for one row with a time.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import uuid4

import duckdb
import pyarrow as pa

from tocsin import limits
from tocsin.detect.analytics import Analytic
from tocsin.detect.analytics.running import unreadable
from tocsin.detect.analytics.window import read_views
from tocsin.lake.append import arrow_table
from tocsin.lake.catalog import Origin
from tocsin.lake.database import connect
from tocsin.lake.views import open_selects
from tocsin.model import Batch


def possible_analytics(analytics: Collection[Analytic], batches: Sequence[Batch], now: datetime) -> tuple[str, ...]:
    """The ids of the analytics that these rows can be assessed with, sorted."""
    present = filled_views(read_views(analytics), batches, now)
    return tuple(sorted(each.id for each in analytics if not unreadable(present, each)))


def filled_views(names: Collection[str], batches: Sequence[Batch], now: datetime) -> frozenset[str]:
    """Those of the views that have at least one row with a readable time."""
    with connect(limits.QUERY_BYTES, limits.QUERY_THREADS, None) as connection:
        open_selects(connection, _registered(connection, batches, now), names)
        return frozenset(name for name in names if _has_row(connection, name))


def _registered(connection: duckdb.DuckDBPyConnection, batches: Sequence[Batch], now: datetime) -> dict[str, str]:
    """The SELECT of each native table over the batches of it."""
    parts: dict[str, list[str]] = defaultdict(list)
    for batch in batches:
        name = f"look_{uuid4().hex}"
        connection.register(name, _plain(arrow_table(batch, dict.fromkeys(batch.source_ids, Origin()), now)))
        parts[batch.table].append(f"SELECT * FROM {name}")
    return {table: " UNION ALL BY NAME ".join(selects) for table, selects in parts.items()}


def _plain(table: pa.Table) -> pa.Table:
    """Without dictionaries: DuckDB would make them enums, of which views know nothing."""
    fields = [
        pa.field(each.name, each.type.value_type if pa.types.is_dictionary(each.type) else each.type)
        for each in table.schema
    ]
    return table.cast(pa.schema(fields))


def _has_row(connection: duckdb.DuckDBPyConnection, view: str) -> bool:
    return connection.execute(f'SELECT 1 FROM "{view}" WHERE time_us <> 0 LIMIT 1').fetchone() is not None

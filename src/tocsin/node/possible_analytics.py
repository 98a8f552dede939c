"""Which behaviour analytics some batches make possible: what a scan would assess, asked of the views themselves.

A table alone says little (`windows` may hold logons and no process), so each view is asked for one row with a time.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import duckdb
import pyarrow as pa

from tocsin import limits
from tocsin.detect.analytics import Analytic
from tocsin.detect.analytics.running import unreadable
from tocsin.detect.analytics.window import read_views
from tocsin.lake.append import arrow_table
from tocsin.lake.catalog import Origin
from tocsin.lake.database import connect
from tocsin.lake.view_files import Branch, load_view
from tocsin.lake.views import condition_sql
from tocsin.model import Batch

_ROWS = "looked_at"


def possible_analytics(analytics: Collection[Analytic], batches: Sequence[Batch], now: datetime) -> tuple[str, ...]:
    """The ids of the analytics that these rows can be assessed with, sorted."""
    present = filled_views(read_views(analytics), batches, now)
    return tuple(sorted(each.id for each in analytics if not unreadable(present, each)))


def filled_views(names: Collection[str], batches: Sequence[Batch], now: datetime) -> frozenset[str]:
    """Those of the views that have at least one row with a readable time."""
    branches = [(name, branch) for name in sorted(names) for branch in load_view(name).branches]
    found: set[str] = set()
    with connect(limits.QUERY_BYTES, limits.QUERY_THREADS, None) as connection:
        for batch in batches:
            rows = _plain(arrow_table(batch, dict.fromkeys(batch.source_ids, Origin()), now))
            connection.register(_ROWS, rows)
            columns = frozenset(name.lower() for name in rows.column_names)
            mine = [(name, branch) for name, branch in branches if branch.table == batch.table]
            found |= {name for name, branch in mine if name not in found and _has_row(connection, branch, columns)}
            connection.unregister(_ROWS)
    return frozenset(found)


def _has_row(connection: duckdb.DuckDBPyConnection, branch: Branch, columns: frozenset[str]) -> bool:
    """Whether a branch has a row of these; only its condition is asked, as what it makes of a row does not matter."""
    timed = f"(SELECT * FROM {_ROWS} WHERE time_us <> 0)"
    condition = condition_sql(branch, columns)
    return bool(connection.execute(f"SELECT 1 FROM {timed} {condition} LIMIT 1").fetchall())


def _plain(table: pa.Table) -> pa.Table:
    """Without dictionaries: DuckDB would make them enums, of which views know nothing."""
    fields = [
        pa.field(each.name, each.type.value_type if pa.types.is_dictionary(each.type) else each.type)
        for each in table.schema
    ]
    return table.cast(pa.schema(fields))

"""What the lake heard of each stream, counted in the catalog: in a year a stream has thousands of sources."""

import sqlite3

from tocsin.lake.records import SourceRecord, source_record

_NUMBER = len("/00000000")
_STREAM = (
    "CASE WHEN name GLOB '*/[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]' "
    f"THEN substr(name, 1, length(name) - {_NUMBER}) ELSE name END"
)
_GROUPS = f"GROUP BY organisation, network, sensor, {_STREAM}"
_SUMMED = (
    "SELECT *, sum(records) AS all_records, sum(rejects) AS all_rejects, min(first_us) AS first, max(last_us) AS last, "
    f"min(ingested_at) FROM sources {_GROUPS}"
)
_NEWEST = f"SELECT *, max(ingested_at) FROM sources {_GROUPS}"
_COUNTED = ("all_records", "all_rejects", "first", "last", "min(ingested_at)", "max(ingested_at)")


def streams_heard(db: sqlite3.Connection) -> list[SourceRecord]:
    """Two records a stream: all of its sources as one that came when the first came, and the newest without counts.

    A stream is the sources of one origin whose names differ in the number of a segment only (`push/s1/00000007`).
    """
    found = []
    for row in db.execute(_SUMMED):
        values = {**dict(row), "ingested_at": row["min(ingested_at)"], "records": row["all_records"]}
        values |= {"rejects": row["all_rejects"], "first_us": row["first"], "last_us": row["last"]}
        found.append(_record(values))
    for row in db.execute(_NEWEST):  # beside a single max() the other columns are of that row (SQLite, "Bare columns")
        found.append(_record({**dict(row), "records": 0, "rejects": 0, "untimed": 0}))
    return found


def _record(values: dict[str, object]) -> SourceRecord:
    return source_record({name: value for name, value in values.items() if name not in _COUNTED})

"""One event of the lake by its id."""

import duckdb

from tocsin.errors import UsageError
from tocsin.lake.catalog import Catalog


def find_event(catalog: Catalog, event_id: str) -> tuple[str, dict[str, str]]:
    """The table and the fields (missing ones left out) of an event. Raises UsageError when there is none."""
    source_id, _, _record = event_id.rpartition("-")
    source = catalog.source(source_id)
    if source is None:
        raise UsageError(
            f"the lake at {catalog.lake} has no event {event_id}",
            "Event ids come from --hits, --format ndjson or the column event_id in `tocsin hunt`.",
        )
    for file in catalog.files():
        if source_id in file.sources:
            found = _row(str(catalog.lake / file.path), event_id)
            if found is not None:
                return file.table, found
    raise UsageError(
        f"the source {source.name} is known, but it has no event {event_id}", "It may have expired: `tocsin lake status`."
    )


def _row(path: str, event_id: str) -> dict[str, str] | None:
    with duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}) as connection:
        found = connection.execute(
            "SELECT * EXCLUDE (time, ingest_time) FROM read_parquet(?) WHERE event_id = ?", [path, event_id]
        ).to_arrow_table()
    if not found.num_rows:
        return None
    return {name: str(value) for name, value in found.to_pylist()[0].items() if value is not None}

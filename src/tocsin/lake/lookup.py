"""One event of the lake by its id."""

import json
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.errors import UsageError
from tocsin.lake.append import LISTS
from tocsin.lake.catalog import Catalog


def find_event(catalog: Catalog, event_id: str) -> tuple[str, dict[str, object]]:
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
            found = _row(catalog.lake / file.path, event_id)
            if found is not None:
                return file.table, found
    raise UsageError(
        f"the source {source.name} is known, but it has no event {event_id}",
        "It may have expired: `tocsin lake status`.",
    )


def _row(path: Path, event_id: str) -> dict[str, object] | None:
    with pq.ParquetFile(path) as file:
        notes = file.metadata.metadata or {}
        lists = set(notes.get(LISTS.encode(), b"").decode().split("\x00"))
        for number in range(file.num_row_groups):
            ids = file.read_row_group(number, columns=["event_id"]).column("event_id")
            place = pc.index(ids, event_id).as_py()
            if place >= 0:
                row = file.read_row_group(number).slice(place, 1).to_pylist()[0]
                return {name: _value(name, value, lists) for name, value in row.items() if value is not None}
    return None


def _value(name: str, value: object, lists: set[str]) -> object:
    text = str(value)
    if name not in lists or not text.startswith("["):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text  # a text that only begins like a list

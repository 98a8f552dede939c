"""Batches for tests, built from flat events the way a scan builds them."""

from collections.abc import Mapping, Sequence

from tocsin.model import Batch, Chunk
from tocsin.telemetry.builder import BatchBuilder


def batch_of(events: Sequence[Mapping[str, object]], table: str = "windows") -> Batch:
    """One batch with the events as rows, in their order."""
    builder = BatchBuilder(table)
    builder.add(Chunk(table, range(1, len(events) + 1), events), "0" * 16)
    return builder.build()

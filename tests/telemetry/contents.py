"""Content in memory, and everything that a reader says of it."""

import io
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import BinaryIO

from tocsin.model import Chunk, Reject
from tocsin.telemetry.builder import BatchBuilder
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.reader import ReadContext, Reader
from tocsin.telemetry.registry import choose


class Bytes:
    """A `Content` of given bytes."""

    def __init__(self, data: bytes, name: str = "memory") -> None:
        self.name = name
        self.data = data
        self.size = len(data)
        self.path: Path | None = None

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)


def read_all(
    reader: Reader, data: bytes, name: str = "memory", encoding: str = "utf-8"
) -> tuple[list[tuple[str, int, dict[str, object]]], list[Reject]]:
    """(table, position, row) of every record, and the rejects."""
    rows: list[tuple[str, int, dict[str, object]]] = []
    rejects = []
    for item in reader.read(Bytes(data, name), ReadContext(encoding)):
        if isinstance(item, Chunk):
            rows += [(item.table, at, dict(row)) for at, row in zip(item.positions, item.rows, strict=True)]
        else:
            rejects.append(item)
    return rows, rejects


def lake_rows(text: str | bytes, name: str = "sample.log", zone: tzinfo = UTC) -> list[dict[str, str]]:
    """The rows of a source as the lake gets them, with `_table` and `_time`; its reader is chosen by content."""
    source = Bytes(text.encode() if isinstance(text, str) else text, name)
    head = head_of(source)
    reader = choose(head).reader
    assert reader is not None
    builders: dict[str, BatchBuilder] = {}
    context = ReadContext(head.encoding, zone, datetime(2026, 12, 1, tzinfo=UTC))
    for item in reader.read(source, context):
        assert isinstance(item, Chunk), item
        builders.setdefault(item.table, BatchBuilder(item.table)).add(item, "source", zone)
    placed = [row for builder in builders.values() for row in _rows(builder)]
    return [row for _, row in sorted(placed, key=lambda pair: pair[0])]


def _rows(builder: BatchBuilder) -> list[tuple[int, dict[str, str]]]:
    batch = builder.build()
    rows: list[tuple[int, dict[str, str]]] = []
    for number, (record, time) in enumerate(zip(batch.record.tolist(), batch.time_us.tolist(), strict=True)):
        when = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)).isoformat()
        row = {"_table": batch.table, "_time": when}
        for column in batch.columns.values():
            code = int(column.codes[number])
            if code >= 0:
                row[column.name] = column.texts[code]
        rows.append((record, row))
    return rows

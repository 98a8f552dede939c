"""Content in memory, and everything that a reader says of it."""

import io
from pathlib import Path
from typing import BinaryIO

from tocsin.model import Chunk, Reject
from tocsin.telemetry.reader import ReadContext, Reader


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

"""Segments that are in the lake, packed away as evidence in a thread beside the engine: it waits for no disk.

A segment stays in the journal until its original lines are packed for good, so a kill in between packs it again.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import zstandard

from tocsin.lake.durable import hidden, sync
from tocsin.node.journal.records import Segment


@dataclass(frozen=True, slots=True)
class _Packed:
    segment: Segment
    path: Path
    work: "Future[None]"


class Packing:
    """The segments that are being packed, one after the other."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="packing")
        self._waiting: dict[tuple[str, int], _Packed] = {}

    def __contains__(self, key: tuple[str, int]) -> bool:
        return key in self._waiting

    def start(self, segment: Segment, path: Path, target: Path) -> None:
        """Pack the file of a segment."""
        work = self._thread.submit(_pack, path, target)
        self._waiting[segment.stream, segment.number] = _Packed(segment, path, work)

    def done(self) -> Iterator[tuple[Segment, Path]]:
        """Segments that are packed, and their files. Raises OSError where one could not be: `end` before a new try."""
        for key, packed in list(self._waiting.items()):
            if packed.work.done():
                packed.work.result()
                del self._waiting[key]
                yield packed.segment, packed.path

    def end(self) -> None:
        """Wait for what is being packed, and forget it."""
        for packed in self._waiting.values():
            if not packed.work.cancel():
                packed.work.exception()
        self._waiting.clear()

    def close(self) -> list[tuple[Segment, Path]]:
        """Wait for the last ones and let the thread go; the segments that are packed. The others stay as they are."""
        self._thread.shutdown()
        packed = [each for each in self._waiting.values() if each.work.exception() is None]
        self._waiting.clear()
        return [(each.segment, each.path) for each in packed]


def _pack(path: Path, target: Path) -> None:
    """Keep the original lines, compressed; there under its name only when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with path.open("rb") as source, hidden(target).open("wb") as packed:
            zstandard.ZstdCompressor(level=1).copy_stream(source, packed)
        sync(hidden(target))
    except OSError:
        hidden(target).unlink(missing_ok=True)
        raise
    hidden(target).rename(target)
    sync(target.parent)

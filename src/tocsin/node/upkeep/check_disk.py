"""What a node holds on its disk, and how much came on each of the last days.

Events count on the day on which they happened, original lines on the day on which they were packed away: so the two
are told apart. What the running node removes meanwhile does not count.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from os import stat_result
from pathlib import Path

from tocsin.lake.catalog import CATALOG, Catalog
from tocsin.lake.records import IMPOSSIBLE_DAY
from tocsin.node.live.segments import RAW
from tocsin.node.service.config import NodeFolder
from tocsin.node.upkeep.check_facts import DiskFacts

_DAYS = 7  # newest days that tell how much a day takes


def disk(folder: NodeFolder) -> DiskFacts:
    """All of it at this moment."""
    lake, by_event = _lake(folder)
    raw, by_packing = _raw(folder)
    free = shutil.disk_usage(folder.path).free
    journal = sum(each.st_size for each in _stats(folder.journal.glob("*/*.log")))
    return DiskFacts(free, lake, _newest(by_event), raw, _newest(by_packing), journal)


def _lake(folder: NodeFolder) -> tuple[int, Mapping[str, int]]:
    """Bytes of the lake, in all and by day."""
    if not (folder.lake / CATALOG).is_file():
        return 0, {}
    catalog = Catalog(folder.lake)
    try:
        files = catalog.files()
    finally:
        catalog.close()
    days: dict[str, int] = {}
    for file in files:
        if file.day != IMPOSSIBLE_DAY:
            days[file.day] = days.get(file.day, 0) + file.bytes
    return sum(file.bytes for file in files), days


def _raw(folder: NodeFolder) -> tuple[int, Mapping[str, int]]:
    """Bytes of original lines, in all and by day."""
    total, days = 0, dict[str, int]()
    for each in _stats((folder.path / RAW).glob("*/*")):
        day = str(datetime.fromtimestamp(each.st_mtime, UTC).date())
        total, days[day] = total + each.st_size, days.get(day, 0) + each.st_size
    return total, days


def _stats(paths: Iterable[Path]) -> Iterator[stat_result]:
    for path in paths:
        try:
            yield path.stat()
        except FileNotFoundError:
            continue


def _newest(days: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(days[day] for day in sorted(days)[-_DAYS:])

"""Files that know which record they are writing.

Rules: bytes only, `\\n` line ends unless the format says otherwise; header lines count as lines; nothing is overwritten
outside the exercise's own folder; files are opened when their first record comes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tocsin.exercise.calendar import moment

BUFFER_BYTES = 1 << 20
MICROSECONDS_PER_DAY = 86_400_000_000


class RecordFile:
    """One file under the exercise's folder."""

    def __init__(self, root: Path, name: str, header: bytes = b"", footer: bytes = b"", lines: bool = True) -> None:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.records = 0
        self._file: BinaryIO = path.open("wb", buffering=BUFFER_BYTES)
        self._file.write(header)
        self._before = header.count(b"\n") if lines else 0
        self._footer = footer

    def write(self, record: bytes) -> int:
        """Appends one record, with its line end, and gives its position."""
        self._file.write(record)
        self.records += 1
        return self._before + self.records

    def write_many(self, records: bytes, count: int) -> int:
        """Appends that many records, each with its line end, and gives the position of the first."""
        self._file.write(records)
        self.records += count
        return self._before + self.records - count + 1

    def close(self) -> None:
        """Writes the footer and closes."""
        self._file.write(self._footer)
        self._file.close()


class Folder:
    """The exercise's folder with its open files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files: dict[str, RecordFile] = {}

    def file(
        self, name: str, header: Callable[[], bytes] = bytes, footer: Callable[[], bytes] = bytes, lines: bool = True
    ) -> RecordFile:
        """The file of that name; opened with its header when it is asked for first; the footer waits for the end."""
        known = self._files.get(name)
        if known is None:
            known = self._files[name] = RecordFile(self.root, name, header(), footer(), lines)
        return known

    def close(self) -> dict[str, int]:
        """Closes all files; how many records each holds."""
        for file in self._files.values():
            file.close()
        return {name: file.records for name, file in sorted(self._files.items())}


class DayNames:
    """`name-%Y-%m-%d` patterns by the UTC day of a time, computed once a day."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._day = -1
        self._name = ""

    def name(self, time_us: int) -> str:
        """The file name for that time."""
        day = time_us // MICROSECONDS_PER_DAY
        if day != self._day:
            self._day = day
            self._name = moment(time_us).strftime(self._pattern)
        return self._name

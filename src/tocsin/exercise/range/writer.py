"""Writes a member's streams, a day at a time, in the order in which records reach their files.

1. All batches of a local day are rendered, stream by stream, and sorted by when each record is written.
2. What is written after the horizon, an hour before local midnight, waits for the next day: what begins or ends around
   midnight comes in order.
3. Lines go out in one piece to the file of their UTC day's period; the positions of planted records go to the ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tocsin.exercise.output import RecordFile
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.batches import Batch
from tocsin.exercise.range.columns import Integers, Texts
from tocsin.exercise.range.streams import STREAMS, Rotation, Stream, header
from tocsin.exercise.range.times import DAY
from tocsin.exercise.range.truth import Ledger


@dataclass(slots=True, eq=False)
class _Lines:
    """Rendered records: when each is written, its own time, its text, its mark."""

    written: Integers
    times: Integers
    texts: Texts
    marks: Integers

    def take(self, chosen: Integers) -> "_Lines":
        return _Lines(self.written[chosen], self.times[chosen], self.texts[chosen], self.marks[chosen])


def _joined(parts: Sequence[_Lines]) -> _Lines:
    return _Lines(
        np.concatenate([part.written for part in parts]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.texts for part in parts]),
        np.concatenate([part.marks for part in parts]),
    )


@dataclass(slots=True)
class MemberWriter:
    """The files of one member."""

    member: Member
    root: Path
    rotation: Rotation
    ledger: Ledger
    _waiting: dict[str, _Lines] = field(default_factory=dict)
    _files: dict[str, RecordFile] = field(default_factory=dict)
    _floor: int = 0  # the last horizon: what comes too late goes to the file that is open, never to a closed one
    written: int = 0

    def day(self, batches: Sequence[Batch], horizon: int | None) -> None:
        """Writes what reaches the files before the horizon (microseconds UTC); without one everything that is left."""
        by_stream: dict[str, list[_Lines]] = {name: [lines] for name, lines in self._waiting.items()}
        self._waiting = {}
        for batch in batches:
            if len(batch):
                by_stream.setdefault(batch.stream, []).append(self._rendered(batch))
        for name in sorted(by_stream):
            self._write(STREAMS[name], _joined(by_stream[name]), horizon)
        self._floor = horizon or self._floor

    def _rendered(self, batch: Batch) -> _Lines:
        texts = np.empty(len(batch), dtype=object)
        texts[:] = STREAMS[batch.stream].render(self.member, batch)
        return _Lines(batch.written, batch.times, texts, self.ledger.marks(self.member, batch))

    def _write(self, stream: Stream, lines: _Lines, horizon: int | None) -> None:
        order = np.argsort(lines.written, kind="stable")
        if horizon is not None:
            due = int(np.searchsorted(lines.written[order], horizon))
            if due < len(order):
                self._waiting[stream.name] = lines.take(order[due:])
            order = order[:due]
        if len(order):
            self._write_days(stream, lines.take(order))

    def _write_days(self, stream: Stream, lines: _Lines) -> None:
        """Sorted lines, day by day, each to the file of its period."""
        days = np.maximum(lines.written, self._floor) // DAY
        for day in np.unique(days).tolist():
            begin, end = (int(place) for place in np.searchsorted(days, (day, day + 1)))
            file = self._file(stream, day)
            first = file.write_many("".join(lines.texts[begin:end].tolist()).encode(), end - begin)
            self.ledger.note(file.name, first, lines.marks[begin:end], lines.times[begin:end])
            self.written += end - begin

    def _file(self, stream: Stream, day: int) -> RecordFile:
        name = f"{self.member.folder}/{stream.path.format(period=self.rotation.period(day))}"
        known = self._files.get(stream.name)
        if known is not None and known.name != name:
            self._close(known)
        if known is None or known.name != name:
            known = RecordFile(self.root, name, header(stream, self.member, day).encode())
            self._files[stream.name] = known
        return known

    def _close(self, file: RecordFile) -> None:
        file.close()
        self.ledger.files[file.name] = file.records

    def close(self) -> None:
        """Closes all files."""
        for file in self._files.values():
            self._close(file)

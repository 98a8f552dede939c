"""What the engine reads from, one after the other: segments of the journal, growing files, whole files.

A channel gives its next portion as `Portion`; the engine keeps it and tells the channel when it is in the lake.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Protocol

from tocsin import clock, limits
from tocsin.lake.catalog import SourceRecord
from tocsin.model import Chunk, Reject
from tocsin.node.live.followed import Followed, Told, begin, enough, resume
from tocsin.node.messages import Seen
from tocsin.node.reading import Begun, Ended, Step, Took
from tocsin.telemetry.reader import Reader


@dataclass(frozen=True, slots=True)
class Portion:
    """Rows and rejects of one source that belong together: with them everything before is handed on.

    `head`, `digest` and `size` tell how far a growing source is read; `digest` is '' for a whole file, whose own
    record says it. `ended` when nothing follows, `problem` why it ended early.
    """

    record: SourceRecord
    items: Sequence[Chunk | Reject]
    zone: tzinfo = UTC
    head: str = ""
    digest: str = ""
    size: int = 0
    ended: bool = False
    problem: str = ""
    notes: tuple[str, ...] = ()


class Channel(Protocol):
    """Something that is read portion by portion."""

    name: str

    def next(self) -> Portion | None:
        """The next portion, None when there is nothing now."""

    def stored(self, record: SourceRecord) -> None:
        """What was given is in the lake, under this record."""


class GrowingChannel:
    """A file that grows, as far as `until`. Used for segments and for watched files."""

    def __init__(
        self,
        path: Path,
        told: Told,
        source: str,
        record: SourceRecord | None,
        own: tuple[Reader, ...] = (),
        otherwise: str = "",
    ) -> None:
        """`otherwise` names the reader for what cannot be followed; without it such a channel is refused."""
        self.name = told.name
        self.path, self.told, self.source = path, told, source
        self.until = 0
        self.closed = False  # nothing is added any more
        self.refused = ""  # why it cannot be followed
        self.followed: Followed | None = None
        self._record, self._own, self._otherwise = record, own, otherwise
        self._since = clock.monotonic()

    @property
    def done(self) -> bool:
        """True when a closed file is read to its end and everything was handed on."""
        followed = self.followed
        return self.closed and followed is not None and followed.read_to >= self.until and not followed.waits

    def next(self) -> Portion | None:
        """New rows; those held back when nothing came for a while or nothing will come."""
        if self.refused or not self.until:
            return None
        try:
            with self.path.open("rb") as stream:
                if self.followed is None and not self._start(stream.read(min(self.until, limits.SNIFF_BYTES))):
                    return None
                followed = self.followed
                assert followed is not None
                if followed.read_to < self.until:
                    return self._portion(followed.read(stream, self.until))
        except FileNotFoundError:
            return None  # renamed or removed a moment ago: the next look finds out
        idle = clock.monotonic() - followed.fed
        over = self.closed or idle > limits.FOLLOW_UNENDED_SECONDS
        if over and (followed.waits or followed.unended):
            return self._portion(followed.rest(last=True))
        if idle > limits.FOLLOW_IDLE_SECONDS and followed.waits:
            return self._portion(followed.rest())
        return None

    def _start(self, first: bytes) -> bool:
        """Recognise the format, or go on where the lake is."""
        if self._record is None and not (enough(first, self._since) or self.closed):
            return False
        if self._record is None:
            whole = first if self.closed else first[: first.rfind(b"\n") + 1]
            found = begin(self.told, self.source, whole, self._own)
            if isinstance(found, str) and self._otherwise:
                found = begin(replace(self.told, reader=self._otherwise), self.source, whole)
        else:
            with self.path.open("rb") as stream:
                found = resume(self.told, self._record, stream, self._own)
        if isinstance(found, str):
            self.refused = found
            return False
        self.followed = found
        return True

    def _portion(self, items: Sequence[Chunk | Reject]) -> Portion:
        followed = self.followed
        assert followed is not None
        digest, size = followed.settled
        return Portion(followed.record, items, followed.zone, followed.head, digest, size, notes=followed.notes)

    def stored(self, record: SourceRecord) -> None:
        """Go on from this record."""
        if self.followed is not None:
            self.followed.record = record


@dataclass
class WholeChannel:
    """A file or archive that is read once, content by content."""

    name: str
    steps: Iterator[Step]
    seen: list[Seen] = field(default_factory=list)
    _begun: Begun | None = None
    _waiting: Took | None = None
    _highest: int = 0
    _record: SourceRecord | None = None
    over: bool = False

    def next(self) -> Portion | None:
        """Rows until enough of them are there and the next ones begin behind all of them."""
        items: list[Chunk | Reject] = []
        size = 0
        while True:
            step = self._waiting or next(self.steps, None)
            self._waiting = None
            match step:
                case None:
                    self.over = True
                    return None
                case Seen():
                    self.seen.append(step)
                case Begun():
                    self._begun, self._record, self._highest = step, step.record, step.record.position
                case Took():
                    if size >= limits.FOLLOW_BATCH_BYTES and _first(step.item) > self._highest:
                        self._waiting = step
                        return self._portion(items)
                    items.append(step.item)
                    size += step.item.size if isinstance(step.item, Chunk) else 0
                    self._highest = max(self._highest, _last(step.item))
                case Ended():
                    return self._portion(items, step)

    def _portion(self, items: Sequence[Chunk | Reject], end: Ended | None = None) -> Portion:
        assert self._begun is not None and self._record is not None
        zone = self._begun.zone
        if end is None:
            return Portion(self._record, items, zone)
        return Portion(self._record, items, zone, ended=True, problem=end.problem, notes=end.notes)

    def stored(self, record: SourceRecord) -> None:
        """Go on from this record."""
        self._record = record


def _first(item: Chunk | Reject) -> int:
    if isinstance(item, Reject):
        return item.position
    return item.positions[0] if item.positions else 0


def _last(item: Chunk | Reject) -> int:
    if isinstance(item, Reject):
        return item.position
    return item.positions[-1] if item.positions else 0

"""One growing source: a segment of the journal, or a watched file. What it has of new lines, as rows.

Rules:
1. Reading goes on where the lake's record of the source says: `digest_size` bytes are behind, rows up to `position` are
   in the lake. The bytes behind are passed over once more for their hash, and the last of them feed the reader's state.
2. `settled` is a place in the file behind which no row waits: all rows before it were handed on. That is what the lake
   records, so a restart reads held rows again and loses none.
3. The hash is over the file's own bytes, so the same content scanned later is known.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import BinaryIO

from blake3 import blake3

from tocsin import clock, limits
from tocsin.lake.catalog import Origin, SourceRecord
from tocsin.model import Chunk, Reject
from tocsin.node.reading import HEAD_DIGEST_BYTES, head_digest, past
from tocsin.telemetry.content import SourceContent
from tocsin.telemetry.encodings import LineCutter, RawBlock, as_lines, encoding_note, head_of
from tocsin.telemetry.reader import Follower, FollowingReader, ReadContext, Reader
from tocsin.telemetry.registry import choose, reader_by_name

BEGIN_LINES = 100  # by which a format is recognised …
BEGIN_SECONDS = 1.5  # … or as many as came in this time
_PIECE_BYTES = limits.MIB
_MOST_PLACES = 64


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a source before its first byte. `reader` '' lets the content decide."""

    name: str
    origin: Origin
    reader: str = ""
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class _Place:
    """Somewhere in the file: the next line's number and offset, and the digest of what is before."""

    line: int
    offset: int
    digest: str


class Followed:
    """A source that is being read. `begin` or `resume` makes one."""

    def __init__(self, told: Told, record: SourceRecord, follower: Follower, context: ReadContext) -> None:
        self.record = record
        self._told, self._follower, self._context = told, follower, context
        self._cutter = LineCutter(context.encoding)
        self._hasher = blake3()
        self._pending = bytearray()
        self._first = bytearray()
        self._read_to = 0
        self._places: deque[_Place] = deque(maxlen=_MOST_PLACES)
        self._settled = _Place(1, 0, self._hasher.hexdigest())
        self.fed = clock.monotonic()

    @property
    def zone(self) -> tzinfo:
        """The zone of times that carry none."""
        return self._context.zone

    @property
    def read_to(self) -> int:
        """The offset of the first byte that was not read yet."""
        return self._read_to

    @property
    def waits(self) -> bool:
        """True while rows are held back."""
        return self._follower.held_from is not None

    @property
    def unended(self) -> bool:
        """True while the last bytes are a line without its end."""
        return self._cutter.offset < self._read_to

    @property
    def settled(self) -> tuple[str, int]:
        """Digest and size of the content whose rows were all handed on."""
        return self._settled.digest, self._settled.offset

    @property
    def head(self) -> str:
        """The digest of its first bytes."""
        return head_digest(bytes(self._first))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader had to assume."""
        return tuple(sorted(self._context.notes))

    def read(self, stream: BinaryIO, until: int) -> list[Chunk | Reject]:
        """The next portion, at most limits.FOLLOW_BATCH_BYTES and not behind `until`."""
        most = min(until - self._read_to, limits.FOLLOW_BATCH_BYTES)
        stream.seek(self._read_to)
        found: list[Chunk | Reject] = []
        start = self._read_to
        while most > 0 and (piece := self._piece(stream, min(most, _PIECE_BYTES), start)):
            most -= len(piece)
            self.fed = clock.monotonic()
            self._note(piece)
            self._pending += piece
            for block in self._cutter.feed(piece):
                found += self._taken(block)
        self._note_place()
        return self._unknown(found)

    def _piece(self, stream: BinaryIO, size: int, start: int) -> bytes:
        """The next bytes; none where they cannot be read and others were read since `start`, else OSError."""
        try:
            return stream.read(size)
        except OSError:
            if self._read_to == start:
                raise
            return b""

    def rest(self, last: bool = False) -> list[Chunk | Reject]:
        """What was held back: nothing came for a while. With `last` also a line without an end."""
        found: list[Chunk | Reject] = []
        if last:
            for block in self._cutter.finish():
                found += self._taken(block)
                self._cutter = LineCutter(self._context.encoding, self._read_to, block.first_line + 1)
        found += self._follower.rest()
        self._note_place()
        return self._unknown(found)

    def pass_over(self, stream: BinaryIO, record: SourceRecord) -> None:
        """Bring the state to where the lake is (rule 1)."""
        replay = _Replay(record.digest_size)
        while self._read_to < record.digest_size:
            piece = stream.read(min(_PIECE_BYTES, record.digest_size - self._read_to))
            if not piece:
                break
            self._hasher.update(piece)
            self._note(piece)
            replay.take(piece)
        for block in replay.blocks():
            deque(self._follower.feed(as_lines(block, self._context.encoding)), maxlen=0)
        self._cutter = LineCutter(self._context.encoding, self._read_to, replay.line)
        self._settled = _Place(replay.line, self._read_to, self._hasher.hexdigest())

    def _note(self, piece: bytes) -> None:
        self._read_to += len(piece)
        if len(self._first) < HEAD_DIGEST_BYTES:
            self._first += piece[: HEAD_DIGEST_BYTES - len(self._first)]

    def _taken(self, block: RawBlock | Reject) -> Iterator[Chunk | Reject]:
        if isinstance(block, Reject):
            yield block
            return
        yield from self._follower.feed(as_lines(block, self._context.encoding))

    def _note_place(self) -> None:
        """Move `settled` to the last place without a held row before it."""
        done = self._cutter.offset - (self._read_to - len(self._pending))
        if done > 0:
            self._hasher.update(bytes(self._pending[:done]))
            del self._pending[:done]
            self._places.append(_Place(self._cutter.line, self._cutter.offset, self._hasher.hexdigest()))
        held = self._follower.held_from
        while self._places and (held is None or self._places[0].line <= held):
            self._settled = self._places.popleft()

    def _unknown(self, items: list[Chunk | Reject]) -> list[Chunk | Reject]:
        """Without what the lake has from before a restart."""
        known = self.record.position
        cut = (past(item, known) if isinstance(item, Chunk) else item for item in items)
        return [item for item in cut if (item.rows if isinstance(item, Chunk) else item.position > known)]


class _Replay:
    """Of bytes that are passed over: how many lines, the first, those that look like headers, and the last."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._head = bytearray()
        self._tail = bytearray()
        self._marks: deque[bytes] = deque(maxlen=BEGIN_LINES)
        self._passed = 0
        self.line = 1

    def take(self, piece: bytes) -> None:
        self.line += piece.count(b"\n")
        if len(self._head) < limits.SNIFF_BYTES:
            self._head += piece[: limits.SNIFF_BYTES - len(self._head)]
        if self._passed and b"\n#" in piece:
            self._marks.extend(b"#" + each.partition(b"\n")[0] + b"\n" for each in piece.split(b"\n#")[1:])
        self._passed += len(piece)
        if self._size - self._passed < limits.FOLLOW_REPLAY_BYTES:
            self._tail += piece
            del self._tail[: max(0, len(self._tail) - limits.FOLLOW_REPLAY_BYTES)]

    def blocks(self) -> Iterator[RawBlock]:
        """What brings a reader's state to the end. Positions do not matter: the rows are in the lake."""
        head = bytes(self._head[: self._head.rfind(b"\n") + 1])
        if len(self._tail) >= self._passed:  # all of it
            yield _block(bytes(self._tail))
            return
        yield _block(head)
        if self._marks:
            yield _block(b"".join(self._marks))
        yield _block(bytes(self._tail[self._tail.find(b"\n") + 1 :]))


def _block(data: bytes) -> RawBlock:
    return RawBlock(data, 1, 0, data.count(b"\n"))


def begin(told: Told, source: str, first: bytes, own: tuple[Reader, ...] = ()) -> Followed | str:
    """Start with the first lines; a sentence where they cannot be followed: the file must be read when it is whole."""
    content = SourceContent(told.name, len(first), data=first)
    head = head_of(content)
    choice = choose(head, told.reader or None, own)
    if choice.reader is None:
        return choice.why
    record = SourceRecord(
        source, told.name, choice.reader.name, 0, head_digest(first),
        blake3().hexdigest(), 0, 0, True, 0, 0, origin=told.origin,
    )  # fmt: skip
    return _followed(told, record, choice.reader, content, head.encoding)


def resume(told: Told, record: SourceRecord, stream: BinaryIO, own: tuple[Reader, ...] = ()) -> Followed | str:
    """Go on with a source that the lake knows."""
    stream.seek(0)
    first = stream.read(limits.SNIFF_BYTES)
    content = SourceContent(told.name, len(first), data=first)
    mapped = {reader.name: reader for reader in own}
    reader = mapped.get(record.reader) or reader_by_name(record.reader)
    followed = _followed(told, replace(record, name=told.name), reader, content, head_of(content).encoding)
    if isinstance(followed, Followed):
        stream.seek(0)
        followed.pass_over(stream, record)
    return followed


def _followed(
    told: Told, record: SourceRecord, reader: Reader, content: SourceContent, encoding: str
) -> Followed | str:
    context = ReadContext(encoding, told.zone, clock.now())
    if note := encoding_note(encoding):
        context.notes.add(note)
    follower = reader.follow(content, context) if isinstance(reader, FollowingReader) else None
    if follower is None:
        return f"{reader.title} is read when the file is whole"
    return Followed(told, record, follower, context)


def enough(first: bytes, since: float) -> bool:
    """Whether a format can be recognised by what came so far; `since` is when the first of it was seen."""
    lines = first.count(b"\n")
    if not lines:
        return False
    return lines >= BEGIN_LINES or len(first) >= limits.SNIFF_BYTES or clock.monotonic() - since >= BEGIN_SECONDS

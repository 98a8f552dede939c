"""Writing to the journal: many senders' bodies are made durable together, then all of them are told.

Steps of a group: 1. leave out what was acknowledged before (idempotency keys) and what has no room; 2. append the rest
to the open segments; 3. sync the files; 4. one transaction raises `committed` and writes the receipts; 5. answer.
What fails between 2 and 4 is cut off before the next bytes are written, and its senders are told to come back.

One thread does all of this, so the order of a stream is the order in which its bodies were handed in.
"""

import os
import queue
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from blake3 import blake3

from tocsin import clock, limits
from tocsin.errors import StateError
from tocsin.lake.durable import sync
from tocsin.node.journal.records import JournalRecords, Segment, Stream

STREAM_CHARACTERS = 20
_RETRY_SECONDS = 1.0
_ROOM_SECONDS = 1.0
_EXPIRE_SECONDS = 3_600.0
_AGED_SECONDS = 60.0  # between two looks at which segments are old


class JournalFull(StateError):
    """There is no room for more: the sender should wait and send it again."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was made durable. `repeated` when the key was known and nothing was added."""

    lines: int
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Body:
    stream: str
    data: bytes
    lines: int
    key: bytes | None
    answer: "Future[Receipt]"


@dataclass(frozen=True, slots=True)
class _Closing:
    """Wanted: that all open segments are closed."""

    answer: "Future[frozenset[str]]"


@dataclass(slots=True)
class _Open:
    """A segment that is written to."""

    segment: Segment
    file: int


@dataclass(slots=True)
class _Group:
    """What one round writes."""

    kept: list[_Body] = field(default_factory=list)
    keys: dict[bytes, int] = field(default_factory=dict)
    repeated: list[tuple[_Body, int]] = field(default_factory=list)
    touched: dict[str, _Open] = field(default_factory=dict)
    grown: dict[str, Segment] = field(default_factory=dict)


def stream_id(*parts: str) -> str:
    """The id of a stream from what tells it apart."""
    return blake3("\x00".join(parts).encode()).hexdigest()[:STREAM_CHARACTERS]


def receipt_key(stream: str, key: str) -> bytes:
    """An idempotency key of one stream as it is kept."""
    return blake3(f"{stream}\x00{key}".encode()).digest()


class Journal:
    """The journal open for writing; use it as one object of the server process."""

    def __init__(self, folder: Path, most_bytes: int = limits.JOURNAL_BYTES) -> None:
        self._records = JournalRecords(folder)
        self._folder, self._most = folder, most_bytes
        self._waiting: queue.SimpleQueue[_Body | _Closing | None] = queue.SimpleQueue()
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}
        self._streams = self._records.streams()
        self._unread: dict[str, int] = {}
        self._looked = 0.0
        self._room = 0
        self._older = self._records.newest_receipt() - clock.monotonic()
        self._expired = self._aged = clock.monotonic()
        self._recover()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def add_stream(self, stream: Stream) -> None:
        """Make a stream known before its first body."""
        if self._streams.get(stream.id) != stream:
            with self._lock:
                with self._records.writing():
                    self._records.put_stream(stream)
                self._streams[stream.id] = stream

    def append(self, stream: str, data: bytes, key: str | None = None) -> "Future[Receipt]":
        """Hand in whole lines. The future ends when they are durable, or with JournalFull or StateError.

        Raises JournalFull at once when too much waits in memory already.
        """
        if not data.endswith(b"\n"):
            data += b"\n"
        answer: Future[Receipt] = Future()
        with self._lock:
            if self._waiting_bytes + len(data) > limits.JOURNAL_WAITING_BYTES:
                raise _full("the disk does not keep up")
            self._waiting_bytes += len(data)
        named = None if key is None else receipt_key(stream, key)
        self._waiting.put(_Body(stream, data, data.count(b"\n"), named, answer))
        return answer

    def close_segments(self) -> "Future[frozenset[str]]":
        """Let what comes from now on be in segments of its own; the segments that hold what came before, by file.

        They leave the journal when the lake has them and their lines are packed away. Ends with StateError where the
        disk does not take it.
        """
        answer: Future[frozenset[str]] = Future()
        self._waiting.put(_Closing(answer))
        return answer

    def files(self) -> frozenset[str]:
        """The segments that are in the journal, by file."""
        return frozenset(segment.file for segment in self._records.segments())

    def unread(self) -> dict[str, int]:
        """Bytes by stream that wait for the lake, as of a moment ago."""
        return dict(self._unread)

    def close(self) -> None:
        """Write what waits, then close."""
        self._waiting.put(None)
        self._thread.join()
        for each in self._open.values():
            os.close(each.file)
        self._records.close()

    def _recover(self) -> None:
        """Cut off what was never acknowledged; go on with the newest segment of each stream."""
        for segment in self._records.segments():
            path = self._folder / segment.file
            if path.exists() and path.stat().st_size > segment.committed:
                os.truncate(path, segment.committed)
            if not segment.closed:
                self._open_segment(segment)
        known = {segment.file for segment in self._records.segments()}
        for path in self._folder.glob("*/*.log"):
            if str(path.relative_to(self._folder)) not in known:
                path.unlink(missing_ok=True)  # read to its end, or never acknowledged
        with self._records.writing():
            self._records.expire_receipts(self._age())

    def _age(self) -> int:
        """Seconds that this journal was open, as far as its receipts tell."""
        return int(self._older + clock.monotonic())

    def _open_segment(self, segment: Segment) -> _Open:
        path = self._folder / segment.file
        path.parent.mkdir(exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        opened = self._open[segment.stream] = _Open(segment, os.open(path, flags, 0o600))
        for folder in (path.parent, self._folder):
            sync(folder)
        return opened

    def _run(self) -> None:
        going = True
        while going:
            wanted = self._gather()
            self._write([each for each in wanted if isinstance(each, _Body)])
            last = wanted[-1] if wanted else None
            if isinstance(last, _Closing):
                self._close_segments(last)
            if clock.monotonic() - self._aged >= _AGED_SECONDS:
                self._aged = clock.monotonic()
                self._close_old()
            going = not wanted or last is not None

    def _gather(self) -> list[_Body | _Closing | None]:
        """The bodies that wait, and what is wanted after them; nothing where nothing came for a while."""
        try:
            wanted = [self._waiting.get(timeout=_AGED_SECONDS)]
        except queue.Empty:
            return []
        while isinstance(wanted[-1], _Body) and len(wanted) < limits.JOURNAL_GROUP:
            try:
                wanted.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return wanted

    def _close_segments(self, wanted: _Closing) -> None:
        try:
            self._close([stream for stream, each in self._open.items() if each.segment.committed])
            wanted.answer.set_result(self.files())
        except (OSError, sqlite3.Error) as error:
            wanted.answer.set_exception(StateError(f"the journal cannot be written: {error}", "Check the disk."))

    def _close_old(self) -> None:
        """Close what is old though nothing more comes: else the last lines of who falls silent would stay for ever."""
        now = int(clock.now().timestamp())
        old = [stream for stream, each in self._open.items() if each.segment.committed and _old(each.segment, now)]
        with suppress(OSError, sqlite3.Error):  # who sends is told of it; the next look tries again
            self._close(old)

    def _close(self, streams: Sequence[str]) -> None:
        """Let segments be closed, all of them or none."""
        for stream in streams:
            _cut(self._open[stream])
        with self._records.writing():
            for stream in streams:
                self._records.put_segment(replace(self._open[stream].segment, closed=True))
        for stream in streams:
            os.close(self._open.pop(stream).file)

    def _write(self, bodies: list[_Body]) -> None:
        group = _Group()
        try:
            for body in bodies:
                self._sort(body, group)
            self._append(group)
            self._commit(group)
        except (OSError, sqlite3.Error) as error:
            _fail(bodies, StateError(f"the journal cannot be written: {error}", "Check the disk."))
        else:
            self._settle(group)
        for body, lines in group.repeated:
            _resolve(body, Receipt(lines, repeated=True))
        with self._lock:
            self._waiting_bytes -= sum(len(body.data) for body in bodies)

    def _sort(self, body: _Body, group: _Group) -> None:
        """Step 1."""
        known = None
        if body.key is not None:
            known = group.keys.get(body.key)
            known = self._records.receipt(body.key) if known is None else known
        if known is not None:
            group.repeated.append((body, known))
        elif not self._has_room(body):
            _fail([body], _full(f"more than {self._most} bytes wait for the lake, or the disk is nearly full"))
        else:
            group.kept.append(body)
            if body.key is not None:
                group.keys[body.key] = body.lines

    def _has_room(self, body: _Body) -> bool:
        """Whether the journal takes more of this stream; disk and lake are looked at now and then."""
        now = clock.monotonic()
        if now - self._looked > _ROOM_SECONDS:
            self._looked, self._unread = now, self._records.unread()
            self._room = shutil.disk_usage(self._folder).free - limits.JOURNAL_FREE_BYTES
        mine = self._unread.get(body.stream, 0) + len(body.data)
        if mine > self._most * limits.JOURNAL_STREAM_SHARE:
            return False
        if sum(self._unread.values()) + len(body.data) > self._most or len(body.data) > self._room:
            return False
        self._unread[body.stream] = mine
        self._room -= len(body.data)
        return True

    def _append(self, group: _Group) -> None:
        """Step 2 and 3."""
        for body in group.kept:
            opened = group.touched.get(body.stream) or self._touched(body.stream)
            group.touched[body.stream] = opened
            segment = group.grown.get(body.stream, opened.segment)
            view = memoryview(body.data)
            while view:
                view = view[os.write(opened.file, view) :]
            group.grown[body.stream] = replace(
                segment, committed=segment.committed + len(body.data), lines=segment.lines + body.lines
            )
        for opened in group.touched.values():
            os.fsync(opened.file)

    def _touched(self, stream: str) -> _Open:
        """The open segment of a stream, as far as it counts."""
        opened = self._open.get(stream)
        if opened is None:
            number = self._records.last_number(stream) + 1
            opened = self._open_segment(Segment(stream, number, begun=int(clock.now().timestamp())))
        _cut(opened)
        return opened

    def _commit(self, group: _Group) -> None:
        """Step 4."""
        if not group.kept:
            return
        now = int(clock.now().timestamp())
        with self._records.writing():
            for stream, segment in group.grown.items():
                full = segment.committed >= limits.SEGMENT_BYTES or _old(segment, now)
                group.grown[stream] = replace(segment, closed=full)
                self._records.put_segment(group.grown[stream])
            for key, lines in group.keys.items():
                self._records.put_receipt(key, self._age(), lines)
            if clock.monotonic() - self._expired >= _EXPIRE_SECONDS:
                self._expired = clock.monotonic()
                self._records.expire_receipts(self._age())

    def _settle(self, group: _Group) -> None:
        """Step 5."""
        for stream, segment in group.grown.items():
            opened = self._open[stream]
            opened.segment = segment
            if segment.closed:
                os.close(opened.file)
                del self._open[stream]
        for body in group.kept:
            _resolve(body, Receipt(body.lines))


def _old(segment: Segment, now: int) -> bool:
    """Whether it was begun long enough ago (`now` in seconds since 1970) to be closed."""
    return abs(now - segment.begun) >= limits.SEGMENT_SECONDS


def _cut(opened: _Open) -> None:
    """Remove what an earlier failure left behind the end of a segment."""
    if os.fstat(opened.file).st_size != opened.segment.committed:
        os.truncate(opened.file, opened.segment.committed)


def _full(why: str) -> JournalFull:
    return JournalFull(f"the journal takes no more: {why}", "Send it again in a while; see `tocsin node status`.")


def _fail(bodies: Iterable[_Body], error: StateError) -> None:
    for body in bodies:
        _answer(body, lambda answer: answer.set_exception(error))


def _resolve(body: _Body, receipt: Receipt) -> None:
    _answer(body, lambda answer: answer.set_result(receipt))


def _answer(body: _Body, tell: Callable[["Future[Receipt]"], None]) -> None:
    """A sender that gave up meanwhile is not told."""
    if not body.answer.done() and body.answer.set_running_or_notify_cancel():
        tell(body.answer)

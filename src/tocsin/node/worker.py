"""One worker process of a scan: takes sources, reads, evaluates and writes; the conductor commits.

Steps for each content: recognise its format, ask whether the lake has it, read it record by record past what the
lake has, flush whenever the buffer is full. A worker never touches the catalog.
"""

import ctypes
import gc
import signal
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection

import pyarrow as pa
from blake3 import blake3

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.lake.catalog import SOURCE_ID_CHARACTERS, Origin, SourceRecord
from tocsin.model import Chunk, Reject
from tocsin.node.buffer import Buffer, Hits
from tocsin.node.messages import Claim, Failed, Finished, Flushed, Known, Progress, Ready, Seen, WorkerSettings
from tocsin.telemetry.content import SourceContent, SourceProblem
from tocsin.telemetry.encodings import encoding_note, head_of
from tocsin.telemetry.mapped import mapped_reader
from tocsin.telemetry.mapping import load_mapping
from tocsin.telemetry.reader import ReadContext, Reader
from tocsin.telemetry.registry import choose
from tocsin.telemetry.sources import SourceOpener, SourceRef

HEAD_DIGEST_BYTES = 1_024  # first bytes by which a grown file is recognised
FAILED = 3
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_MMAP_BYTES, _TRIM_BYTES = 1 << 30, 256 << 20
_CRASHES = ("PanicException",)  # a Rust panic of a reader's library is a BaseException


def source_id(digest: str) -> str:
    """The id of a source from the digest of its content."""
    return digest[:SOURCE_ID_CHARACTERS]


def work(pipe: Connection, settings: WorkerSettings, rules: str, hits: Callable[[], Hits | None]) -> None:
    """The worker's life: until the conductor has no more sources."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the conductor decides when to stop
    keep_freed_memory()
    gc.disable()  # records are short-lived trees without cycles; collecting them costs a fifth of the time
    try:
        _Worker(pipe, settings, rules, hits()).run()
    except TocsinError as error:
        pipe.send(Failed(str(error), error.advice()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the conductor is gone
    except Exception as error:
        pipe.send(
            Failed(f"internal error in a worker: {traceback.format_exc()}", "Please report this with the text above.")
        )
        raise SystemExit(FAILED) from error
    finally:
        pipe.close()


def keep_freed_memory() -> None:
    """Let one batch's memory become the next one's without page faults: Arrow allocates from the C library, and
    that (glibc) keeps freed blocks.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)


class _Worker:
    def __init__(self, pipe: Connection, settings: WorkerSettings, rules: str, hits: Hits | None) -> None:
        self._pipe = pipe
        self._settings = settings
        self._opener = SourceOpener(settings.spool, settings.passwords)
        self._own = tuple(mapped_reader(load_mapping(path)) for path in settings.mappings)
        self._buffer = Buffer(settings.lake, settings.run, rules, hits, clock.now())

    def run(self) -> None:
        while isinstance(ref := self._ask(Ready()), SourceRef):
            self._read_ref(ref)
            self._pipe.send(Finished(ref))
        if not self._buffer.empty:
            self._flush()

    def _ask(self, question: Ready | Claim) -> object:
        self._pipe.send(question)
        return self._pipe.recv()

    def _read_ref(self, ref: SourceRef) -> None:
        for found in self._opener.open(ref):
            if isinstance(found, SourceProblem):
                self._pipe.send(Seen(found.name, problem=found.reason))
                continue
            with found as content:
                try:
                    self._read_content(content, ref)
                except TocsinError as error:
                    self._pipe.send(Seen(content.name, problem=str(error)))

    def _read_content(self, content: SourceContent, ref: SourceRef) -> None:
        if not content.size:
            self._pipe.send(Seen(content.name, problem="empty"))
            return
        head = head_of(content)
        known = self._ask(Claim(content.name, content.digest, blake3(head.data[:HEAD_DIGEST_BYTES]).hexdigest()))
        assert isinstance(known, Known)
        if known.skip:
            self._pipe.send(Seen(content.name, content.digest, known=True))
            return
        choice = choose(head, self._settings.reader, self._own)
        if choice.reader is None:
            self._pipe.send(Seen(content.name, problem=choice.why))
            return
        reader = choice.reader
        start = _start(content, head.data, reader, known, self._settings.origin)
        context = ReadContext(head.encoding, self._settings.zone, content.modified)
        if note := encoding_note(head.encoding):
            context.notes.add(note)
        self._buffer.begin(start, context.zone)
        problem = self._read_records(reader, content, context, start, ref.size)
        self._buffer.finish(start.id, problem, tuple(sorted(context.notes)))
        self._pipe.send(Seen(content.name, content.digest, reader.name, problem))

    def _read_records(
        self, reader: Reader, content: SourceContent, context: ReadContext, start: SourceRecord, packed: int
    ) -> str:
        """Read past the start's position into the buffer; returns the problem that ended it early, if any."""
        records = reader.read(content, context)
        while True:
            try:
                item = next(records, None)
            except (TocsinError, OSError) as error:
                return str(error)
            except BaseException as error:  # a fault of the reader costs this source, not the scan
                if not isinstance(error, Exception) and type(error).__name__ not in _CRASHES:
                    raise
                return f"the reader {reader.name} gave up: {type(error).__name__}: {error}"
            if item is None:
                return ""
            self._take(item, start, packed, content.size)

    def _take(self, item: Chunk | Reject, start: SourceRecord, packed: int, size: int) -> None:
        """Put what a reader gave into the buffer, flush when it is full."""
        if isinstance(item, Reject):
            if item.position > start.position:
                self._buffer.reject(start.id, item)
                self._pipe.send(Progress(0, 0, 1))
            return
        if self._buffer.full and item.positions and item.positions[0] > self._buffer.position(start.id):
            self._flush()  # only here: chunks of several tables may overlap, and a flush must hold a whole prefix
        self._buffer.add(start.id, _past(item, start.position))
        self._pipe.send(Progress(min(packed * item.size // max(size, 1), packed), len(item.rows), 0))

    def _flush(self) -> None:
        self._pipe.send(Flushed(self._buffer.flush()))


def _start(content: SourceContent, head: bytes, reader: Reader, known: Known, origin: Origin) -> SourceRecord:
    """Where to begin: behind what the lake has of this content, or at its first record."""
    if known.resume is not None:
        return known.resume
    size, digest = content.size, content.digest
    grown = _grown(content, known.earlier) if reader.lines else None
    if grown is not None:
        return replace(grown, name=content.name, size=size, digest=digest, digest_size=size, done=False)
    head_digest = blake3(head[:HEAD_DIGEST_BYTES]).hexdigest()
    return SourceRecord(
        source_id(digest), content.name, reader.name, size, head_digest, digest, size, 0, False, 0, 0, origin=origin
    )


def _past(chunk: Chunk, position: int) -> Chunk:
    """The part of a chunk behind a position."""
    if not chunk.positions or chunk.positions[0] > position:
        return chunk
    keep = [index for index, number in enumerate(chunk.positions) if number > position]
    size = chunk.size * len(keep) // len(chunk.rows)
    positions, rows = [chunk.positions[index] for index in keep], [chunk.rows[index] for index in keep]
    return replace(chunk, positions=positions, rows=rows, size=size)


def _grown(content: SourceContent, earlier: Sequence[SourceRecord]) -> SourceRecord | None:
    """The earlier source whose whole content is the beginning of this one, the longest first."""
    for candidate in earlier:
        if candidate.digest_size < content.size and content.prefix_digest(candidate.digest_size) == candidate.digest:
            return candidate
    return None


__all__ = ["source_id", "work"]

"""Reading the contents behind a file or archive member, as steps: for a scan's worker and for the live engine.

Steps for each content: recognise its format, ask whether the lake has it, read it record by record past what the lake
has. The caller answers the question, keeps what comes and decides when to write it.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo

from blake3 import blake3

from tocsin.errors import TocsinError
from tocsin.lake.catalog import SOURCE_ID_CHARACTERS, Origin, SourceRecord
from tocsin.model import Chunk, Reject
from tocsin.node.messages import Claim, Known, Seen
from tocsin.telemetry.content import SourceContent, SourceProblem, os_reason
from tocsin.telemetry.encodings import encoding_note, head_of
from tocsin.telemetry.reader import ReadContext, Reader
from tocsin.telemetry.registry import choose
from tocsin.telemetry.sources import SourceOpener, SourceRef

HEAD_DIGEST_BYTES = 1_024  # first bytes by which a grown file is recognised
_CRASHES = ("PanicException",)  # a Rust panic of a reader's library is a BaseException


@dataclass(frozen=True, slots=True)
class Reading:
    """How a source is to be read. `own` are readers of the user's mapping files."""

    origin: Origin = field(default_factory=Origin)
    zone: tzinfo = UTC
    reader: str | None = None
    own: tuple[Reader, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A content that is read now, from its record's position on. `size` in decompressed bytes."""

    record: SourceRecord
    zone: tzinfo
    size: int


@dataclass(frozen=True, slots=True)
class Took:
    """The next rows or reject of the content that was begun last."""

    source: str
    item: Chunk | Reject


@dataclass(frozen=True, slots=True)
class Ended:
    """The content is read to its end, or as far as `problem` let it."""

    source: str
    problem: str
    notes: tuple[str, ...]


Step = Begun | Took | Ended | Seen


def source_id(digest: str) -> str:
    """The id of a source from the digest of its content."""
    return digest[:SOURCE_ID_CHARACTERS]


def head_digest(first: bytes) -> str:
    """The digest of a content's first bytes, by which its record is found when it has grown."""
    return blake3(first[:HEAD_DIGEST_BYTES]).hexdigest()


def read_ref(ref: SourceRef, opener: SourceOpener, ask: Callable[[Claim], Known], how: Reading) -> Iterator[Step]:
    """Everything behind a reference; a `Seen` for each content when it is done with."""
    for found in opener.open(ref):
        if isinstance(found, SourceProblem):
            yield Seen(found.name, problem=found.reason, again=found.again)
            continue
        with found as content:
            try:
                yield from _read_content(content, ask, how)
            except TocsinError as error:
                yield Seen(content.name, problem=str(error))
            except OSError as error:
                yield Seen(content.name, problem=f"cannot be read: {os_reason(error)}", again=True)


def _read_content(content: SourceContent, ask: Callable[[Claim], Known], how: Reading) -> Iterator[Step]:
    if not content.size:
        yield Seen(content.name, problem="empty")
        return
    head = head_of(content)
    known = ask(Claim(content.name, content.digest, head_digest(head.data)))
    if known.skip:
        yield Seen(content.name, content.digest, known=True)
        return
    choice = choose(head, how.reader, how.own)
    if choice.reader is None:
        yield Seen(content.name, problem=choice.why)
        return
    reader = choice.reader
    start = _start(content, head.data, reader, known, how.origin)
    context = ReadContext(head.encoding, how.zone, content.modified)
    if note := encoding_note(head.encoding):
        context.notes.add(note)
    yield Begun(start, context.zone, content.size)
    problem = yield from _records(reader, content, context, start)
    yield Ended(start.id, problem, tuple(sorted(context.notes)))
    yield Seen(content.name, content.digest, reader.name, problem)


def _records(
    reader: Reader, content: SourceContent, context: ReadContext, start: SourceRecord
) -> Generator[Step, None, str]:
    """Read past the start's position; returns the problem that ended it early, if any."""
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
        if isinstance(item, Chunk):
            yield Took(start.id, past(item, start.position))
        elif item.position > start.position:
            yield Took(start.id, item)


def past(chunk: Chunk, position: int) -> Chunk:
    """The part of a chunk behind a position."""
    if not chunk.positions or chunk.positions[0] > position:
        return chunk
    keep = [index for index, number in enumerate(chunk.positions) if number > position]
    size = chunk.size * len(keep) // len(chunk.rows)
    positions, rows = [chunk.positions[index] for index in keep], [chunk.rows[index] for index in keep]
    return replace(chunk, positions=positions, rows=rows, size=size)


def _start(content: SourceContent, head: bytes, reader: Reader, known: Known, origin: Origin) -> SourceRecord:
    """Where to begin: behind what the lake has of this content, or at its first record."""
    if known.resume is not None:
        return known.resume
    size, digest = content.size, content.digest
    first = head_digest(head)
    grown = _grown(content, known.earlier) if reader.lines or getattr(reader, "appends", False) else None
    if grown is not None:
        return replace(grown, name=content.name, size=size, head=first, digest=digest, digest_size=size, done=False)
    return SourceRecord(
        source_id(digest), content.name, reader.name, size, first, digest, size, 0, False, 0, 0, origin=origin
    )


def _grown(content: SourceContent, earlier: Sequence[SourceRecord]) -> SourceRecord | None:
    """The earlier source whose whole content is the beginning of this one, the longest first."""
    for candidate in earlier:
        if candidate.digest_size < content.size and content.prefix_digest(candidate.digest_size) == candidate.digest:
            return candidate
    return None

"""What a reader is: one module a format, found by content, from bytes to chunks and rejects.

Rules for every reader:
1. It never raises on bad content: a bad record becomes a `Reject` with position, offset and reason.
2. It keeps the source's own field names and values; `rename` may only lift containers that carry no meaning
   (`Event.EventData.Image` → `Image`).
3. It works in bounded memory: chunks of a few thousand rows or a few MiB of text, whichever comes first.
4. Positions are 1-based and the same on every run: the line number for line formats, the ordinal else.
5. Two readers never claim the same content with the same score: `sniff` is specific before it is generous.
6. A reader of lines that can go on where it stopped has `follow`: reading a whole source and following it while it
   grows are the same code, so both give the same rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, runtime_checkable

from tocsin.model import Chunk, Reject

CHUNK_ROWS = 4_096
CHUNK_BYTES = 8 * 1024 * 1024

CERTAIN = 100  # a magic number or a header that nothing else has
LIKELY = 80  # several marks of the format in the first records
POSSIBLE = 50  # the right shape, no mark of its own
FALLBACK = 10  # generic readers: anything line by line
NO = 0


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a source: what a reader may look at to recognise it."""

    name: str  # file name as given, or the archive member's name
    data: bytes  # at most limits.SNIFF_BYTES, decompressed, as they are
    text: str  # the same, decoded (undecodable bytes replaced)
    encoding: str  # Python codec name that `text` was decoded with, e.g. "utf-8", "utf-16-le", "cp1252"


class Content(Protocol):
    """The decompressed bytes of one source, readable more than once."""

    @property
    def name(self) -> str:
        """Path as given, with the archive member after `!`."""

    @property
    def size(self) -> int:
        """Decompressed size in bytes."""

    @property
    def path(self) -> Path | None:
        """A file that holds exactly these bytes, None when they are only in memory."""

    def open(self) -> BinaryIO:
        """A fresh binary stream from byte 0."""


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What a reader is told about its source besides the bytes."""

    encoding: str = "utf-8"
    zone: tzinfo = UTC  # the zone of times that carry none (`--tz`, or the source's own)
    modified: datetime | None = None  # the file's time: the year of times that carry none is at most this
    notes: set[str] = field(default_factory=set)  # sentences for the summary: what the reader had to assume


class LineBlock(NamedTuple):
    """Whole lines as UTF-8, with the number and byte offset of the first and the count of line ends."""

    data: bytes
    first_line: int
    offset: int
    ends: int


class Follower(Protocol):
    """The state of reading one growing source: whole lines in, rows out, in any portions."""

    def feed(self, block: LineBlock) -> Iterator[Chunk | Reject]:
        """The next lines. Rows that later lines may still complete are held back, and all that comes behind them."""

    def rest(self) -> Iterator[Chunk | Reject]:
        """What was held back: nothing follows, or not for a while."""

    @property
    def held_from(self) -> int | None:
        """The position of the first row or line that is held back, None when nothing is."""


class Reader(Protocol):
    """One format. Stateless: `read` may be called for many sources, also at once in several processes."""

    @property
    def name(self) -> str:
        """A stable id such as "windows-json"; `--reader` overrides detection with it."""

    @property
    def title(self) -> str:
        """For people, such as "Windows events as JSON"."""

    @property
    def lines(self) -> bool:
        """True when positions are line numbers, so that a grown file can be continued. A reader of another form whose
        positions stay when records are appended has `appends`."""

    def sniff(self, head: Head) -> int:
        """How sure this reader is, 0 to 100."""

    def read(self, content: Content, context: ReadContext) -> Iterator[Chunk | Reject]:
        """All records of the content in order."""


@runtime_checkable
class FollowingReader(Protocol):
    """A reader that can go on where it stopped."""

    def follow(self, begin: Content, context: ReadContext) -> Follower | None:
        """The state at the beginning of a source, whose first lines `begin` holds; None where it must be whole."""

"""Archives and packed files, opened layer by layer until plain contents come out.

Rules:
1. A layer is recognised by its first bytes, never by its name.
2. A packed file keeps its name; a member of an archive is `archive!member`. Names are labels, nothing is written there.
3. zip and tar nest at most `limits.ARCHIVE_DEPTH` deep; so does compression inside compression.
4. All layers of one file share one `Budget`. What came out before damage is yielded, then a `SourceProblem`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

from tocsin import limits
from tocsin.errors import SourceError, TocsinError
from tocsin.telemetry.compression import MAGIC, Budget, Inflated
from tocsin.telemetry.content import SourceContent, SourceProblem, Stream, collect, label
from tocsin.telemetry.tar_members import is_tar, tar_members
from tocsin.telemetry.zip_members import (
    RefusedMember,
    modified_time,
    open_member,
    read_directory,
    readable_members,
    salvaged_members,
)

HEAD_BYTES = 512  # enough to recognise every kind of layer
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")

Opened = Iterator[SourceContent | SourceProblem]


def layer_kind(head: bytes) -> str:
    """`gzip`, `zstd`, `bzip2`, `xz`, `zip`, `tar`, or "" for plain bytes."""
    for kind, magic in MAGIC.items():
        if head.startswith(magic):
            return kind
    if head.startswith(_ZIP_MAGIC):
        return "zip"
    return "tar" if is_tar(head) else ""


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known while layers are opened: where to spool, the passwords, the bounds left."""

    spool: Path
    passwords: Sequence[str]
    budget: Budget
    modified: datetime | None = None
    archives: int = 0  # zip and tar around this layer
    packings: int = 0  # compressions directly around this layer


class Peeked:
    """A stream whose first bytes can be looked at before they are read."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._head = b""
        self._error: TocsinError | None = None

    def peek(self) -> bytes:
        """The first `HEAD_BYTES`; damage in them is kept for the reading."""
        try:
            while len(self._head) < HEAD_BYTES and (piece := self._stream.read(HEAD_BYTES - len(self._head))):
                self._head += piece
        except TocsinError as error:
            self._error = error
        return self._head

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""
        if self._head:
            piece, self._head = self._head[:size], self._head[size:]
            return piece
        if self._error is not None:
            raise self._error
        return self._stream.read(size)


def expand(name: str, stream: Stream, opening: Opening) -> Opened:
    """All plain contents inside a stream, in order, with a problem for each thing that cannot be read."""
    peeked = Peeked(stream)
    kind = layer_kind(peeked.peek())
    if not kind:
        yield from _plain(name, peeked, opening)
    elif max(opening.archives, opening.packings) >= limits.ARCHIVE_DEPTH:
        yield SourceProblem(name, f"packed more than {limits.ARCHIVE_DEPTH} times over: not opened")
    elif kind == "tar":
        yield from _tar(name, peeked, replace(opening, archives=opening.archives + 1, packings=0))
    elif kind == "zip":
        yield from _spooled_zip(name, peeked, opening)
    else:
        inner = Inflated(peeked, kind, opening.budget)
        yield from expand(name, inner, replace(opening, packings=opening.packings + 1))


def _plain(name: str, stream: Stream, opening: Opening) -> Opened:
    collected = collect(name, stream, opening.spool, opening.modified)
    size = collected.content.size
    if size:
        yield collected.content
    if collected.damage:
        yield SourceProblem(name, collected.damage, size)
    elif not size:
        yield SourceProblem(name, "empty")


def _tar(name: str, stream: Stream, opening: Opening) -> Opened:
    reported = False
    try:
        for member in tar_members(stream):
            inner = replace(opening, modified=member.modified or opening.modified)
            yield from expand(f"{name}!{label(member.name)}", member, inner)
            reported = member.failed
    except TocsinError as error:
        if not reported:
            yield SourceProblem(name, str(error))


def _spooled_zip(name: str, stream: Stream, opening: Opening) -> Opened:
    """A zip inside another layer: zips need random access, so it is held whole first."""
    collected = collect(name, stream, opening.spool)
    with collected.content as content:
        if collected.damage:
            yield SourceProblem(name, collected.damage, content.size)
        yield from expand_zip(content, opening)


def expand_zip(content: SourceContent, opening: Opening) -> Opened:
    """All members of a zip that lies in a file or in memory."""
    inner = replace(opening, archives=opening.archives + 1, packings=0)
    try:
        with content.open() as stream, read_directory(stream) as archive:
            for found in readable_members(archive):
                if isinstance(found, RefusedMember):
                    yield SourceProblem(f"{content.name}!{label(found.name)}", found.reason)
                else:
                    yield from expand_zip_member(content.name, archive, found, inner)
    except SourceError as error:
        yield SourceProblem(content.name, str(error))
        yield from _salvaged_zip(content, inner)
    except TocsinError as error:
        yield SourceProblem(content.name, str(error))


def expand_zip_member(name: str, archive: ZipFile, index: int, opening: Opening) -> Opened:
    """What is inside member number `index`; `opening` counts the archive already."""
    info = archive.infolist()[index]
    member = f"{name}!{label(info.filename)}"
    try:
        stream = open_member(archive, info, opening.passwords)
    except SourceError as error:
        yield SourceProblem(member, str(error))
        return
    charged = _Charged(stream, opening.budget)
    yield from expand(member, charged, replace(opening, modified=modified_time(info) or opening.modified))


def _salvaged_zip(content: SourceContent, opening: Opening) -> Opened:
    with content.open() as stream:
        try:
            for found in salvaged_members(stream):
                member = f"{content.name}!{label(found.name)}"
                if isinstance(found, RefusedMember):
                    yield SourceProblem(member, found.reason)
                else:
                    yield from expand(member, _Charged(found, opening.budget), opening)
        except SourceError:
            return  # the member that met the cut has been reported by its own reading


class _Charged:
    """A stream whose bytes are charged to the budget."""

    def __init__(self, stream: Stream, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, size: int, /) -> bytes:
        piece = self._stream.read(size)
        self._budget.spend(len(piece))
        return piece

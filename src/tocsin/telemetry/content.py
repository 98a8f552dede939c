"""The decompressed bytes of one source, in a file or in memory, with the hash that names them.

Rules:
1. Bytes live in the file they came from, in memory up to `limits.MEMORY_CONTENT_BYTES`, else in a spool file.
2. The digest is BLAKE3 over all decompressed bytes, so the same log gives the same digest under any name and packing.
3. Damage never loses what came before it: `collect` keeps the good prefix and reports the damage beside it.
4. Names are labels for people: they are never used as a path, and NUL and undecodable bytes are made visible.
"""

import io
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol

from blake3 import blake3

from tocsin import limits
from tocsin.errors import SourceError, TocsinError

READ_BYTES = 1 * limits.MIB  # taken from a stream at once
SPOOLED = "content-"  # a spool file's name begins so


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """Something that could not be read, wholly or to its end. `size` is the bytes that were still read from it."""

    name: str
    reason: str
    size: int = 0
    again: bool = False  # the disk refused it: it may be readable later


class Stream(Protocol):
    """Bytes read once from front to back."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end. Raises SourceError at damage, after all good bytes."""


class SourceContent:
    """One source, readable more than once. Close it (or use `with`) to give its spool file back."""

    def __init__(
        self,
        name: str,
        size: int,
        *,
        path: Path | None = None,
        data: bytes = b"",
        digest: str | None = None,
        modified: datetime | None = None,
        spooled: bool = False,
    ) -> None:
        self.name = name
        self.size = size
        self.path = path
        self.modified = modified
        self._data = data
        self._digest = digest
        self._spooled = spooled

    def __repr__(self) -> str:
        return f"SourceContent({self.name!r}, {self.size} bytes)"

    def open(self) -> BinaryIO:
        """A fresh binary stream from byte 0. Raises SourceError when the file has gone."""
        if self.path is None:
            return io.BytesIO(self._data)
        try:
            return self.path.open("rb")
        except OSError as error:
            raise SourceError(f"{self.name}: {os_reason(error)}", "Check that the file is still there.") from error

    @property
    def digest(self) -> str:
        """BLAKE3 of all bytes, in hexadecimal."""
        if self._digest is None:
            self._digest = self.prefix_digest(self.size)
        return self._digest

    def prefix_digest(self, size: int) -> str:
        """BLAKE3 of the first `size` bytes, in hexadecimal."""
        hasher = blake3()
        left = size
        with self.open() as stream:
            while left > 0 and (piece := stream.read(min(READ_BYTES, left))):
                hasher.update(piece)
                left -= len(piece)
        return hasher.hexdigest()

    def close(self) -> None:
        """Remove the spool file, if there is one. The content cannot be opened afterwards."""
        self._data = b""
        if self._spooled and self.path is not None:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> "SourceContent":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(slots=True)
class Collected:
    """What `collect` took from a stream: the good bytes, and the reason where it stopped short."""

    content: SourceContent
    damage: str = ""


def collect(name: str, stream: Stream, spool: Path, modified: datetime | None = None) -> Collected:
    """Read a stream to its end, in memory or into a spool file, and hash it on the way.

    What cannot be read is damage of the source. That it cannot be put aside is none: OSError, such as of a full disk.
    """
    hasher = blake3()
    kept = _Kept(spool)
    damage = ""
    try:
        while not damage:
            piece, damage = _piece(stream)
            if not piece:
                break
            hasher.update(piece)
            kept.write(piece)
        data, path = kept.finish()
    except BaseException:
        kept.discard()
        raise
    content = SourceContent(
        name, kept.size, path=path, data=data, digest=hasher.hexdigest(), modified=modified, spooled=path is not None
    )
    return Collected(content, damage)


def _piece(stream: Stream) -> tuple[bytes, str]:
    """The next bytes, and why there are no more where that is no end."""
    try:
        return stream.read(READ_BYTES), ""
    except TocsinError as error:
        return b"", str(error)
    except OSError as error:
        return b"", os_reason(error)


class _Kept:
    """Bytes in memory until there are too many, then in a spool file."""

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._pieces: list[bytes] = []
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self.size = 0

    def write(self, piece: bytes) -> None:
        self.size += len(piece)
        if self._file is None and self.size > limits.MEMORY_CONTENT_BYTES:
            self._move_to_file()
        if self._file is None:
            self._pieces.append(piece)
        else:
            self._file.write(piece)

    def _move_to_file(self) -> None:
        self._spool.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix=SPOOLED, dir=self._spool)
        self._path = Path(path)
        self._file = os.fdopen(handle, "wb")
        for piece in self._pieces:
            self._file.write(piece)
        self._pieces.clear()

    def finish(self) -> tuple[bytes, Path | None]:
        if self._file is not None:
            self._file.close()
        return b"".join(self._pieces), self._path

    def discard(self) -> None:
        self._pieces.clear()
        if self._file is not None and self._path is not None:
            with suppress(OSError):  # what the disk did not take is thrown away anyway
                self._file.close()
            self._path.unlink(missing_ok=True)


def label(name: str) -> str:
    """A foreign name made fit to show and store: NUL and undecodable bytes become visible escapes."""
    return name.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def os_reason(error: OSError) -> str:
    """What the operating system said, in a few words."""
    return (error.strerror or type(error).__name__).lower()

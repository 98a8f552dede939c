"""Answers that an errand left as files: streamed, and removed afterwards, whatever becomes of the client.

The files lie in a folder of their own below the node's `spool`. What a killed server left there goes when it starts.
"""

import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from io import RawIOBase
from pathlib import Path

from anyio import CancelScope
from anyio.to_thread import run_sync
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from tocsin.node.service.config import NodeFolder

TAR = "application/x-tar"
ARROW = "application/vnd.apache.arrow.stream"
_PREFIX = "handed-"
_PART_BYTES = 1 << 18


class Handed(StreamingResponse):
    """Streams what is in a folder and removes the folder."""

    def __init__(self, folder: Path, parts: Iterator[bytes], media_type: str) -> None:
        super().__init__(parts, media_type=media_type)
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all; then, or when the client left, or this is cancelled, remove the folder in a thread."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await run_sync(partial(shutil.rmtree, self._folder, ignore_errors=True))


def handed(node: NodeFolder, media_type: str, made: Callable[[Path], Iterator[bytes]]) -> Handed:
    """What `made` writes into a new folder and streams from there. The folder goes where making it fails, too."""
    node.spool.mkdir(mode=0o700, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=node.spool))
    try:
        return Handed(folder, made(folder), media_type)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def remove_leftovers(node: NodeFolder) -> None:
    """Remove what a server that was killed had not handed on."""
    for folder in node.spool.glob(f"{_PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)


def file_parts(path: Path) -> Iterator[bytes]:
    """A file in parts."""
    with path.open("rb") as file:
        while part := file.read(_PART_BYTES):
            yield part


def tar_parts(folder: Path) -> Iterator[bytes]:
    """The files of a folder as a tar (POSIX.1-2001), without owners and times of this machine."""
    waiting = _Waiting()
    with tarfile.open(fileobj=waiting, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            about = tarfile.TarInfo(path.relative_to(folder).as_posix())
            about.size = path.stat().st_size
            yield from _member(tar, about, path, waiting)
    yield waiting.taken()


def _member(tar: tarfile.TarFile, about: tarfile.TarInfo, path: Path, waiting: "_Waiting") -> Iterator[bytes]:
    with path.open("rb") as file:
        tar.addfile(about, file)
    yield waiting.taken()


class _Waiting(RawIOBase):
    """What the tar has written and nobody has taken yet."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, part: object) -> int:
        """Keep a part until it is taken."""
        self._parts.append(bytes(part))  # type: ignore[call-overload]  # any buffer, as io.RawIOBase has it
        return len(self._parts[-1])

    def taken(self) -> bytes:
        """What waits, all of it."""
        parts, self._parts = self._parts, []
        return b"".join(parts)

"""Finding sources: files, folders, archives and standard input, as references that any process can open.

Rules:
1. `list_sources` is cheap: it looks at names and first bytes, and reads directories of zips. A zip gives one
   reference a member (opened by random access); a packed file or tar gives one for all that comes out of it.
2. Folders are walked in sorted order. Links to folders, devices, pipes and sockets are not followed but reported.
3. `SourceOpener` turns a reference into contents, one at a time; a content's spool file lives until it is closed.
4. Nothing here raises on bad sources: each gives a `SourceProblem`. A path that does not exist is a UsageError.
"""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from zipfile import ZipFile

from tocsin import limits
from tocsin.errors import LimitExceeded, TocsinError, UsageError
from tocsin.telemetry.archives import HEAD_BYTES, Opened, Opening, expand, expand_zip, expand_zip_member, layer_kind
from tocsin.telemetry.compression import Budget
from tocsin.telemetry.content import SourceContent, SourceProblem, collect, label, os_reason
from tocsin.telemetry.zip_members import RefusedMember, modified_time, read_directory, readable_members

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class SourceRef:
    """Where a source is. Picklable; opening it may give several contents (a tar) or none (only problems)."""

    name: str  # as given, with the zip member after `!`
    path: str  # the file on disk that holds it
    member: int | None  # number of the zip member, None for the whole file
    size: int  # packed bytes on disk behind it
    modified: datetime | None


def list_sources(paths: Sequence[Path | str], spool: Path) -> Iterator[SourceRef | SourceProblem]:
    """References to everything below `paths`, in a fixed order. Standard input is first written to `spool`."""
    for path in paths:
        if str(path) == STANDARD_INPUT:
            yield _standard_input(spool)
            continue
        start = Path(path)
        if not os.path.lexists(start):
            raise UsageError(
                f"{label(str(path))}: no such file or folder", "Check the spelling; `-` reads standard input."
            )
        for count, found in enumerate(_walk(start)):
            if count >= limits.FOLDER_FILES:
                yield SourceProblem(label(str(path)), f"more than {limits.FOLDER_FILES} files: the rest is not read")
                break
            if isinstance(found, SourceProblem):
                yield found
            else:
                yield from _refs(found)


def _standard_input(spool: Path) -> SourceRef | SourceProblem:
    content = collect(STANDARD_INPUT, sys.stdin.buffer, spool).content
    if not content.size:
        return SourceProblem(STANDARD_INPUT, "empty")
    if content.path is None:
        spool.mkdir(parents=True, exist_ok=True)
        path = spool / f"stdin-{content.digest[:16]}"
        with content.open() as stream:
            path.write_bytes(stream.read())
    else:
        path = content.path
    return SourceRef(STANDARD_INPUT, str(path), None, content.size, None)


def _walk(start: Path) -> Iterator[Path | SourceProblem]:
    """Plain files at or below a path, sorted; anything else as a problem."""
    if not start.is_dir():
        yield _plain_file(start)
        return
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        try:
            children = sorted(folder.iterdir())
        except OSError as error:
            yield SourceProblem(label(str(folder)), f"folder cannot be read: {os_reason(error)}")
            continue
        for child in children:
            if not child.is_dir():
                yield _plain_file(child)
            elif child.is_symlink():
                yield SourceProblem(label(str(child)), "link to a folder: not followed")
        waiting.extend(child for child in reversed(children) if child.is_dir() and not child.is_symlink())


def _plain_file(path: Path) -> Path | SourceProblem:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return SourceProblem(label(str(path)), f"cannot be read: {os_reason(error)}")
    if not stat.S_ISREG(mode):
        return SourceProblem(label(str(path)), "not a plain file (device, pipe or socket): skipped")
    return path


def _refs(path: Path) -> Iterator[SourceRef | SourceProblem]:
    """One reference for a file, or one for each member of a zip."""
    name = label(str(path))
    try:
        status = path.stat()
        modified = datetime.fromtimestamp(status.st_mtime, UTC)
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
            if layer_kind(head) == "zip":
                yield from _zip_refs(SourceRef(name, str(path), None, status.st_size, modified), stream)
                return
    except (OSError, OverflowError, ValueError) as error:
        reason = os_reason(error) if isinstance(error, OSError) else "its time is out of range"
        yield SourceProblem(name, f"cannot be read: {reason}", again=isinstance(error, OSError))
        return
    yield SourceRef(name, str(path), None, status.st_size, modified) if head else SourceProblem(name, "empty")


def _zip_refs(whole: SourceRef, stream: BinaryIO) -> Iterator[SourceRef | SourceProblem]:
    try:
        with read_directory(stream) as archive:
            for found in readable_members(archive):
                if isinstance(found, RefusedMember):
                    yield SourceProblem(f"{whole.name}!{label(found.name)}", found.reason)
                    continue
                info = archive.infolist()[found]
                name = f"{whole.name}!{label(info.filename)}"
                yield SourceRef(name, whole.path, found, info.compress_size, modified_time(info) or whole.modified)
    except LimitExceeded as error:
        yield SourceProblem(whole.name, str(error))
    except TocsinError:
        yield whole  # opening it reports the damage and reads what lies before it


class SourceOpener:
    """Opens references one after another; keeps the last zip's directory, so members cost no second look at it."""

    def __init__(self, spool: Path, passwords: Sequence[str] = ()) -> None:
        self._spool = spool
        self._passwords = tuple(passwords)
        self._archive: ZipFile | None = None
        self._archive_path = ""
        self._opened = ExitStack()

    def open(self, ref: SourceRef) -> Opened:
        """All contents behind a reference, lazily, and a problem for each part that cannot be read."""
        opening = Opening(self._spool, self._passwords, Budget(ref.size), ref.modified)
        try:
            if ref.member is not None:
                yield from self._member(ref, ref.member, opening)
            else:
                yield from self._whole(ref, opening)
        except OSError as error:
            yield SourceProblem(ref.name, f"cannot be read: {os_reason(error)}", again=True)
        except TocsinError as error:
            yield SourceProblem(ref.name, str(error))

    def _member(self, ref: SourceRef, member: int, opening: Opening) -> Opened:
        archive = self._directory(ref.path)
        name = ref.name.removesuffix(f"!{label(archive.infolist()[member].filename)}")
        counted = Opening(opening.spool, opening.passwords, opening.budget, opening.modified, archives=1)
        yield from expand_zip_member(name, archive, member, counted)

    def _whole(self, ref: SourceRef, opening: Opening) -> Opened:
        path = Path(ref.path)
        size = path.stat().st_size
        with path.open("rb") as stream:
            kind = layer_kind(stream.read(HEAD_BYTES))
            stream.seek(0)
            if kind and kind != "zip":
                yield from expand(ref.name, stream, opening)
                return
        content = SourceContent(ref.name, size, path=path, modified=ref.modified)
        if kind == "zip":
            yield from expand_zip(content, opening)
        else:
            yield content

    def _directory(self, path: str) -> ZipFile:
        if self._archive is None or self._archive_path != path:
            self.close()
            with ExitStack() as undo:
                stream = undo.enter_context(Path(path).open("rb"))
                self._archive = undo.enter_context(read_directory(stream))
                self._opened, self._archive_path = undo.pop_all(), path
        return self._archive

    def close(self) -> None:
        """Let go of the last zip."""
        self._opened.close()
        self._archive = None

    def __enter__(self) -> "SourceOpener":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_source(ref: SourceRef, spool: Path, passwords: Sequence[str] = ()) -> Opened:
    """All contents behind one reference; for many references of one zip a `SourceOpener` is faster."""
    with SourceOpener(spool, passwords) as opener:
        yield from opener.open(ref)


def find_sources(paths: Sequence[Path | str], *, spool: Path, passwords: Sequence[str] = ()) -> Opened:
    """Every content below `paths`, one at a time, and a problem for everything that cannot be read."""
    with SourceOpener(spool, passwords) as opener:
        for item in list_sources(paths, spool):
            if isinstance(item, SourceProblem):
                yield item
            else:
                yield from opener.open(item)

"""Watched files and folders as channels: logs that grow are followed, everything else is read once it is whole.

Rules:
1. A file is known by its device and inode, so a log that is renamed goes on under its new name, and the new file under
   the old name begins anew. A file that got shorter was truncated: it begins anew.
2. A plain text file that a reader can follow is followed; the lake's record of the same content says where to go on.
   Content that another file here is at is nobody else's, unless it is the same to its end: a copy.
3. Archives, compressed files and binary logs are read when they did not change for limits.FOLLOW_SETTLED_SECONDS.
   What the lake has already adds nothing, so a log that was followed and then compressed is known.
4. A link inside a watched folder is followed to a file below that folder only: who may write into the folder must not
   have the node read what only the node may read. A watched path may itself be a link; links to folders are not
   followed. A file with several names is read under the first.
5. What the disk refuses of one file holds up no other: it is told as long as it is so, and tried again after
   limits.FOLLOW_AGAIN_SECONDS.
"""

import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import partial
from itertools import islice
from pathlib import Path

from tocsin import clock, limits
from tocsin.errors import TocsinError, UsageError
from tocsin.lake.catalog import SOURCE_ID_CHARACTERS, Catalog, Origin, SourceRecord
from tocsin.node.claims import Claims
from tocsin.node.live.channels import Channel, GrowingChannel, Portion, WholeChannel
from tocsin.node.live.followed import Told
from tocsin.node.messages import Claim, Known, Seen
from tocsin.node.reading import HEAD_DIGEST_BYTES, Reading, Step, head_digest, read_ref
from tocsin.telemetry.archives import layer_kind
from tocsin.telemetry.content import SourceContent, SourceProblem, os_reason
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.reader import FollowingReader, ReadContext, Reader
from tocsin.telemetry.registry import choose
from tocsin.telemetry.sources import SourceOpener, SourceRef, list_sources

LOOK_SECONDS = 1.0  # between two looks at the folders
_SOURCES_KEPT = 1_000  # what is told of files that could not be read


@dataclass(frozen=True, slots=True)
class Watched:
    """A file or folder and what its logs are. `reader` '' lets the content decide."""

    path: Path
    origin: Origin = field(default_factory=Origin)
    reader: str = ""
    zone: tzinfo = UTC


class _Growing(GrowingChannel):
    """A watched file that grows (rule 5)."""

    problem = ""
    _again = 0.0

    def next(self) -> Portion | None:
        """What the file has; nothing while it cannot be read."""
        if clock.monotonic() < self._again:
            return None
        try:
            portion = super().next()
        except OSError as error:
            self.problem, self._again = _reason(error), clock.monotonic() + limits.FOLLOW_AGAIN_SECONDS
            return None
        self.problem = ""
        return portion


@dataclass(slots=True)
class _File:
    """A file as it was seen last."""

    path: Path
    watched: Watched
    size: int
    changed: float  # when its size or time changed last, by the node's own clock
    mtime_ns: int
    growing: _Growing | None = None
    whole: WholeChannel | None = None
    claimed: list[str] = field(default_factory=list)  # digests of what the whole file holds
    read_mtime_ns: int = 0  # the time of the state that was read as a whole
    rotated: bool = False  # it got another name: its writer is done with it
    problems: dict[str, str] = field(default_factory=dict)  # by name: of it, or of what it holds
    again: float = 0.0  # not opened before, by the node's own clock

    def told(self) -> dict[str, str]:
        """What of it cannot be read, and why."""
        if self.growing is None:
            return self.problems
        why = self.growing.problem or self.growing.refused
        return {str(self.path): why} if why else {}


class WatchFeeder:
    """The files below the watched paths."""

    def __init__(self, watched: Sequence[Watched], catalog: Catalog, spool: Path, own: tuple[Reader, ...] = ()) -> None:
        self._watched, self._catalog, self._spool, self._own = watched, catalog, spool, own
        self._claims = Claims(catalog)
        self._files: dict[tuple[int, int], _File] = {}
        self._looked = 0.0
        self.problems: dict[str, str] = {}  # by name: what cannot be read, and why, as of the last look
        self.left_out = 0  # files beyond limits.FOLLOWED_FILES, at the last look

    def use(self, watched: Sequence[Watched]) -> None:
        """Watch other paths from now on; what was read of files that stay goes on. Call it when all is stored."""
        self._files = {key: file for key, file in self._files.items() if file.watched in watched}
        self._watched, self._looked = watched, 0.0

    def channels(self) -> Sequence[Channel]:
        """A channel for each file that has something new."""
        now = clock.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._look(now)
        found: list[Channel] = []
        for file in self._files.values():
            if file.growing is not None:
                found.append(file.growing)
            elif file.whole is not None:
                found.append(file.whole)
        return found

    def _look(self, now: float) -> None:
        """What is there now."""
        seen: set[tuple[int, int]] = set()
        told: dict[str, str] = {}
        left_out = 0
        for watched in self._watched:
            for path, status in _files(watched.path, partial(_tell, told)):
                if len(seen) >= limits.FOLLOWED_FILES:
                    left_out += 1
                    continue
                key = (status.st_dev, status.st_ino)
                if key in seen:
                    continue
                seen.add(key)
                self._meet(key, path, watched, status, now)
        for key in [key for key in self._files if key not in seen]:
            del self._files[key]
        for file in self._files.values():
            told.update(file.told())
        self.problems, self.left_out = dict(islice(told.items(), _SOURCES_KEPT)), left_out

    def _meet(self, key: tuple[int, int], path: Path, watched: Watched, status: os.stat_result, now: float) -> None:
        file = self._files.get(key)
        if file is None:
            file = self._files[key] = _File(path, watched, 0, now, 0)
        if file.path != path:
            file.path, file.rotated = path, True
            if file.growing is not None:
                file.growing.path = path
        if status.st_size < file.size and file.growing is not None:
            file.growing = None  # truncated
        if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
            file.size, file.mtime_ns, file.changed = status.st_size, status.st_mtime_ns, now
        if file.whole is not None and file.whole.over:
            self._end(file, file.whole.seen, now)
        if file.growing is None and file.whole is None and file.size and now >= file.again:
            self._try(file, now)
        if file.growing is not None:
            file.growing.until = file.size
            file.growing.closed = file.rotated and now - file.changed >= limits.FOLLOW_SETTLED_SECONDS

    def _try(self, file: _File, now: float) -> None:
        """Open it (rule 5)."""
        try:
            self._open(file, now)
        except FileNotFoundError:
            return  # renamed or removed a moment ago: the next look finds out
        except (OSError, TocsinError) as error:
            file.problems, file.again = {str(file.path): _reason(error)}, now + limits.FOLLOW_AGAIN_SECONDS
        else:
            if file.again:
                file.problems, file.again = {}, 0.0

    def _open(self, file: _File, now: float) -> None:
        with file.path.open("rb") as stream:
            first = stream.read(limits.SNIFF_BYTES)
        if not layer_kind(first) and self._can_follow(file, first):
            file.growing, file.problems = self._growing(file, first), {}
        elif now - file.changed >= limits.FOLLOW_SETTLED_SECONDS and file.read_mtime_ns != file.mtime_ns:
            file.read_mtime_ns, file.claimed, file.problems = file.mtime_ns, [], {}
            file.whole = WholeChannel(str(file.path), self._steps(file))

    def _can_follow(self, file: _File, first: bytes) -> bool:
        content = SourceContent(str(file.path), file.size, path=file.path)
        head = head_of(content)
        reader = choose(head, file.watched.reader or None, self._own).reader
        if not isinstance(reader, FollowingReader):
            return False
        return b"\n" in first and reader.follow(content, ReadContext(head.encoding)) is not None

    def _growing(self, file: _File, first: bytes) -> _Growing:
        watched = file.watched
        told = Told(str(file.path), watched.origin, watched.reader, watched.zone)
        record = self._known(file, first)
        source = record.id if record else uuid.uuid4().hex[:SOURCE_ID_CHARACTERS]
        return _Growing(file.path, told, source, record, self._own)

    def _known(self, file: _File, first: bytes) -> SourceRecord | None:
        """The lake's source whose content is the beginning of this file (rule 2)."""
        content = SourceContent(str(file.path), file.size, path=file.path)
        mine = {each.growing.source for each in self._files.values() if each.growing is not None}
        for candidate in self._catalog.beginnings(head_digest(first), HEAD_DIGEST_BYTES):
            whole = candidate.digest_size == file.size
            if not candidate.records or candidate.digest_size > file.size or (candidate.id in mine and not whole):
                continue
            if content.prefix_digest(candidate.digest_size) == candidate.digest:
                return candidate
        return None

    def _steps(self, file: _File) -> Iterator[Step]:
        how = Reading(file.watched.origin, file.watched.zone, file.watched.reader or None, self._own)
        name = str(file.path)
        try:
            with SourceOpener(self._spool) as opener:
                for ref in list_sources((name,), self._spool):
                    if isinstance(ref, SourceProblem):
                        yield Seen(ref.name, problem=ref.reason, again=ref.again)
                    elif isinstance(ref, SourceRef):
                        yield from read_ref(ref, opener, partial(self._claim, file), how)
        except UsageError as error:  # gone, or its disk is
            yield Seen(name, problem=str(error), again=True)

    def _claim(self, file: _File, claim: Claim) -> Known:
        known = self._claims.answer(claim)
        if not known.skip:
            file.claimed.append(claim.digest)
        return known

    def _end(self, file: _File, seen: Sequence[Seen], now: float) -> None:
        """A whole file is read, or as much of it as can be."""
        file.whole = None
        file.problems = dict(islice(((each.name, each.problem) for each in seen if each.problem), _SOURCES_KEPT))
        if any(each.again for each in seen):
            file.read_mtime_ns, file.again = 0, now + limits.FOLLOW_AGAIN_SECONDS
            for digest in file.claimed:
                self._claims.give_back(digest)

    def stored(self, records: Mapping[str, SourceRecord]) -> None:
        """Nothing to let go: files belong to others."""

    def restart(self) -> None:
        """Open everything anew."""
        self._files, self._claims, self._looked = {}, Claims(self._catalog), 0.0


def _tell(told: dict[str, str], name: str, problem: str) -> None:
    if len(told) < _SOURCES_KEPT:
        told[name] = problem


def _reason(error: OSError | TocsinError) -> str:
    return f"cannot be read: {os_reason(error)}" if isinstance(error, OSError) else str(error)


def _files(start: Path, tell: Callable[[str, str], None]) -> Iterator[tuple[Path, os.stat_result]]:
    """Plain files at or below a path, in the order of their names (rule 4)."""
    waiting = [start]
    while waiting:
        path = waiting.pop()
        try:
            status = path.stat()
            if path != start and path.is_symlink() and not _is_link_inside(path, start):
                tell(str(path), "is a link to a folder or out of the watched folder: watch what it leads to")
            elif path.is_dir():
                waiting += sorted(path.iterdir(), reverse=True)
            elif path.is_file():
                yield path, status
        except FileNotFoundError:
            continue  # gone between two looks
        except OSError as error:
            tell(str(path), f"cannot be read: {error.strerror}")


def _is_link_inside(path: Path, start: Path) -> bool:
    """Whether a link leads to a file below the watched folder."""
    return path.is_file() and path.resolve().is_relative_to(start.resolve())

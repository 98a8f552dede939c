"""What a worker and the conductor of a scan say to each other over their pipe. All of it pickles."""

from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from tocsin.lake.catalog import Flush, Origin, SourceRecord
from tocsin.telemetry.sources import SourceRef


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What every worker is told at its start."""

    lake: Path
    spool: Path
    run: str  # unique part of the file names of this run
    origin: Origin
    zone: tzinfo
    reader: str | None = None  # `--format`: use this reader, do not detect
    passwords: tuple[str, ...] = ()
    mappings: tuple[Path, ...] = ()  # the user's mapping files


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker wants a source. Answered by a `SourceRef`, or None when there are no more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The worker holds content and asks whether to read it. Answered by `Known`."""

    name: str
    digest: str
    head: str  # digest of its first bytes


@dataclass(frozen=True, slots=True)
class Known:
    """Whether to read. `skip`: the lake has all of it; `resume`: it has the beginning, from a killed scan;
    `earlier`: sources that the content may be a grown version of."""

    skip: bool
    resume: SourceRecord | None = None
    earlier: tuple[SourceRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """Content that is done with, for the summary: read, known, continued, or not readable."""

    name: str
    digest: str = ""  # of its content, empty where nothing could be read
    reader: str = ""
    problem: str = ""
    known: bool = False
    again: bool = False  # the disk refused it: worth another try


@dataclass(frozen=True, slots=True)
class Progress:
    """Work done since the last message. `share` is in the packed bytes of the reference at hand."""

    share: int
    events: int
    rejects: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A reference is read to its end."""

    ref: SourceRef


@dataclass(frozen=True, slots=True)
class Flushed:
    """Files are written under their final names; the conductor makes them part of the lake."""

    flush: Flush


@dataclass(frozen=True, slots=True)
class Failed:
    """The worker met an error of ours and stops."""

    message: str
    advice: str

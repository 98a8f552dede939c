"""What one scan says to people: frozen facts, from which the console makes a page, a terminal summary and files.

Rules: times are aware and in UTC; foreign text stays as it was read, the sinks make it harmless where it is shown;
`incidents` come ranked, the first needs a person first.
"""

from dataclasses import dataclass
from datetime import datetime

from tocsin.model.findings import Finding, Incident


@dataclass(frozen=True, slots=True)
class SourceRead:
    """One file or archive member. `problem` is why it could not be read to its end, empty when it was."""

    name: str  # path as given, with the archive member after `!`
    reader: str  # id of the reader, empty when none recognised the content
    table: str  # tables it fed, separated by commas
    records: int
    rejects: int = 0
    problem: str = ""
    first: datetime | None = None
    last: datetime | None = None
    known: bool = False  # the lake held this content already, nothing was added


@dataclass(frozen=True, slots=True)
class RuleRefused:
    """A rule that did not take part, with the reason."""

    where: str  # file:line
    reason: str


@dataclass(frozen=True, slots=True)
class LogSourceMissing:
    """A log source that rules wait for and this scan did not hold."""

    name: str  # for people, for example "Windows: process creation"
    rules: int  # how many loaded rules need it
    advice: str = ""  # which audit setting or sensor would bring it


@dataclass(frozen=True, slots=True)
class RulesUsed:
    """The rules behind the findings. The same fingerprint means the same rules and the same engine."""

    loaded: int
    fingerprint: str
    paths: tuple[str, ...] = ()
    refused: int = 0
    refusals: tuple[RuleRefused, ...] = ()  # a bounded sample; `refused` has no bound


@dataclass(frozen=True, slots=True)
class TableRead:
    """One table of the lake as far as this scan read it."""

    name: str
    rows: int
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class RejectSeen:
    """One record that could not be read, as a sample."""

    source: str
    position: int
    reason: str
    offset: int | None = None  # in decompressed bytes
    sample: str = ""


@dataclass(frozen=True, slots=True)
class ScanReport:
    """Everything that the report, the terminal summary and the files are made from."""

    version: str
    generated: datetime
    seconds: float
    command: str
    paths: tuple[str, ...]
    rules: RulesUsed
    sources: tuple[SourceRead, ...]
    incidents: tuple[Incident, ...]
    unjoined: tuple[Finding, ...] = ()  # findings outside every incident, for example below --min-level
    tables: tuple[TableRead, ...] = ()
    notes: tuple[str, ...] = ()  # what had to be assumed, for example the zone of times that carry none
    missing: tuple[LogSourceMissing, ...] = ()
    rejects: tuple[RejectSeen, ...] = ()  # a bounded sample; the sources count all
    zone: str = "UTC"  # the second zone in which people read times
    analytics: int = 0  # that had logs to read and ran

    @property
    def events(self) -> int:
        """Events of all sources."""
        return sum(source.records for source in self.sources)

    @property
    def rejected(self) -> int:
        """Records of all sources that could not be read."""
        return sum(source.rejects for source in self.sources)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding, in the order of the incidents."""
        joined = (finding for incident in self.incidents for finding in incident.findings)
        return (*joined, *self.unjoined)

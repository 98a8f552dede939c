"""The engine: takes portions from all channels in turn, evaluates and writes them, and commits.

Rules:
1. Every channel gives one portion a round, so a busy one delays no other.
2. What is written together becomes part of the lake together, with how far each source was read. When that fails, the
   engine removes what it has written, forgets what it has read and goes on from what the lake says.
3. A batch is written when it is full or FLUSH_SECONDS old.
"""

import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from tocsin import clock, limits
from tocsin.lake.catalog import Catalog, Flush, SourceRecord
from tocsin.model import Chunk
from tocsin.node.buffer import Buffer, Hits
from tocsin.node.live.channels import Channel, Portion

FLUSH_SECONDS = 1.0


class Feeder(Protocol):
    """Knows the channels of one kind."""

    def channels(self) -> Sequence[Channel]:
        """Those that may have something, as of now."""

    def stored(self, records: Mapping[str, SourceRecord]) -> None:
        """Sources that were written, by id: what is read to its end may go."""

    def restart(self) -> None:
        """Forget what was read and not stored."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What evaluates batches, and the fingerprint of the rules in it."""

    fingerprint: str
    hits: Hits


@dataclass(slots=True)
class Counts:
    """What the engine did since its start."""

    events: int = 0
    rejects: int = 0
    flushes: int = 0


@dataclass(slots=True)
class _Gathered:
    """One batch on its way: its name in the lake, its buffer, and the channel of each source in it."""

    name: str
    buffer: Buffer
    since: float
    sources: dict[str, Channel] = field(default_factory=dict)
    partly: set[str] = field(default_factory=set)


class Engine:
    """Reads into one lake, whose write lock the caller holds."""

    def __init__(self, catalog: Catalog, feeders: Sequence[Feeder], rules: Rules) -> None:
        self._catalog, self._feeders, self._rules = catalog, feeders, rules
        self._run = uuid.uuid4().hex[:12]
        self._gathered: _Gathered | None = None
        self._rules_of: dict[str, str] = {}  # source that is not in the lake to its end → rules it was begun under
        self.counts = Counts()

    def use(self, rules: Rules) -> None:
        """Evaluate with other rules from now on."""
        self.flush()
        self._rules = rules

    def step(self) -> bool:
        """One round; True when something was read. After OSError, sqlite3.Error or LakeError call `restart`."""
        took = False
        for feeder in self._feeders:
            for channel in feeder.channels():
                portion = channel.next()
                if portion is not None:
                    self._take(channel, portion)
                    took = True
        gathered = self._gathered
        if gathered is not None and clock.monotonic() - gathered.since >= FLUSH_SECONDS:
            self.flush()
        elif gathered is None:
            for feeder in self._feeders:
                feeder.stored({})
        return took

    def _take(self, channel: Channel, portion: Portion) -> None:
        gathered = self._gathered or self._new()
        self._gathered = gathered
        source = portion.record.id
        if source not in gathered.sources:
            gathered.buffer.begin(portion.record, portion.zone)
            gathered.sources[source] = channel
            begun = self._rules_of.get(source)
            if begun is None:
                begun = self._rules_of[source] = self._began_under(portion.record)
            if begun != self._rules.fingerprint:
                gathered.partly.add(source)
        for item in portion.items:
            if isinstance(item, Chunk):
                gathered.buffer.add(source, item)
            else:
                gathered.buffer.reject(source, item)
                self.counts.rejects += 1
        if portion.digest:
            gathered.buffer.read_to(source, portion.head, portion.digest, portion.size)
        if portion.digest or portion.ended:
            gathered.buffer.finish(source, portion.problem, portion.notes)
        if gathered.buffer.full:
            self.flush()

    def _began_under(self, record: SourceRecord) -> str:
        """The rules under which all of a source was evaluated so far; '' where they were others."""
        fingerprint = self._rules.fingerprint
        return fingerprint if not record.position or self._catalog.is_evaluated(record.id, fingerprint) else ""

    def _new(self) -> _Gathered:
        name = f"{self._run}-{self.counts.flushes:06d}"
        now = clock.now()
        buffer = Buffer(
            self._catalog.lake, name, self._rules.fingerprint, self._rules.hits, now, limits.LIVE_BATCH_BYTES
        )
        return _Gathered(name, buffer, clock.monotonic())

    def flush(self) -> None:
        """Write and commit what was gathered."""
        gathered, self._gathered = self._gathered, None
        if gathered is None:
            return
        self.counts.flushes += 1
        flush = self._committed(gathered)
        self.counts.events += sum(file.rows for file in flush.files)
        records = {record.id: record for record in flush.sources}
        for source, record in records.items():
            gathered.sources[source].stored(record)
            if record.done:
                self._rules_of.pop(source, None)  # the lake knows by now, and many never give anything again
        for feeder in self._feeders:
            feeder.stored(records)

    def _committed(self, gathered: _Gathered) -> Flush:
        """Rule 2: a disk that is full must not be filled with what is no part of the lake."""
        try:
            flush = replace(gathered.buffer.flush(), partly=frozenset(gathered.partly))
            self._catalog.commit(flush)
        except (OSError, sqlite3.Error):
            self._catalog.sweep(gathered.name)
            raise
        return flush

    def restart(self) -> None:
        """After a failure: forget what was read and not stored."""
        self._gathered = None
        for feeder in self._feeders:
            feeder.restart()

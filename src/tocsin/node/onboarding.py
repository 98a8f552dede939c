"""A look at one source before it is relied on: which reader, how well it reads, what becomes possible, what is missing.

Nothing is written to the lake. At most `RECORDS_LOOKED_AT` records are read.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

import numpy as np

from tocsin import clock
from tocsin.detect.analytics import Analytic
from tocsin.detect.sigma import Engine, RuleSet
from tocsin.lake.view_files import load_views
from tocsin.model import Batch, Reject
from tocsin.node.found import moment
from tocsin.node.possible_analytics import possible_analytics
from tocsin.node.presence import advice
from tocsin.telemetry.builder import BatchBuilder
from tocsin.telemetry.content import SourceContent, SourceProblem
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.reader import ReadContext
from tocsin.telemetry.registry import choose
from tocsin.telemetry.sources import find_sources

RECORDS_LOOKED_AT = 200_000
REJECTS_SHOWN = 5
_FEW_RULES = 3


@dataclass(frozen=True, slots=True)
class TableLook:
    """One table that the source feeds. `unmapped` are fields that no OCSF view uses; rules and hunts still see them."""

    name: str
    rows: int
    fields: int
    unmapped: tuple[str, ...]
    views: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Possible:
    """A log source of the rules: how many rules it makes possible or, when it is missing, would make possible."""

    logsource: str
    rules: int
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What was learnt about one content. Without a reader, `why` says why none fits and the rest is empty."""

    name: str
    reader: str
    title: str
    why: str
    records: int = 0
    rejects: int = 0
    rejected: tuple[Reject, ...] = ()
    seconds: float = 0.0
    cut: bool = False  # True when only the first RECORDS_LOOKED_AT were read
    first: datetime | None = None
    last: datetime | None = None
    untimed: int = 0
    notes: tuple[str, ...] = ()
    tables: tuple[TableLook, ...] = ()
    possible: tuple[Possible, ...] = ()
    absent: tuple[Possible, ...] = ()
    analytics: tuple[str, ...] = ()  # ids of the behaviour analytics that it makes possible


def look(
    paths: list[str],
    rules: RuleSet,
    spool: Path,
    zone: tzinfo,
    reader: str | None = None,
    analytics: Collection[Analytic] = (),
) -> Iterator[Look]:
    """One look a content, one with `why` only for what cannot be read."""
    engine = Engine(rules)
    for found in find_sources(paths, spool=spool):
        if isinstance(found, SourceProblem):
            yield Look(found.name, "", "", found.reason)
            continue
        with found as content:
            yield _look(content, engine, zone, reader, analytics)


def _look(
    content: SourceContent, engine: Engine, zone: tzinfo, override: str | None, analytics: Collection[Analytic]
) -> Look:
    head = head_of(content)
    choice = choose(head, override)
    if choice.reader is None:
        return Look(content.name, "", "", choice.why)
    context = ReadContext(head.encoding, zone, content.modified)
    builders: dict[str, BatchBuilder] = {}
    rejected: list[Reject] = []
    records = rejects = 0
    started = clock.monotonic()
    for item in choice.reader.read(content, context):
        if isinstance(item, Reject):
            rejects += 1
            rejected = [*rejected, item][:REJECTS_SHOWN]
        else:
            builders.setdefault(item.table, BatchBuilder(item.table)).add(item, "look", zone)
            records += len(item.rows)
        if records + rejects >= RECORDS_LOOKED_AT:
            break
    batches = [builder.build() for builder in builders.values()]
    seconds = clock.monotonic() - started
    times = np.concatenate([np.empty(0, np.int64), *(batch.time_us for batch in batches)])
    timed = times[times != 0]
    present, absent = _rules(engine, batches)
    return Look(
        content.name,
        choice.reader.name,
        choice.reader.title,
        choice.why,
        records,
        rejects,
        tuple(rejected),
        seconds,
        records + rejects >= RECORDS_LOOKED_AT,
        moment(int(timed.min())) if len(timed) else None,
        moment(int(timed.max())) if len(timed) else None,
        len(times) - len(timed),
        tuple(sorted(context.notes)),
        tuple(_table(batch) for batch in batches),
        present,
        absent,
        possible_analytics(analytics, batches, clock.now()),
    )


def _table(batch: Batch) -> TableLook:
    branches = [(view.name, branch) for view in load_views() for branch in view.branches if branch.table == batch.table]
    mapped = {name.lower() for _, branch in branches for name in branch.native}
    unmapped = tuple(sorted(name for name in batch.columns if name.lower() not in mapped))
    views = tuple(dict.fromkeys(name for name, _ in branches))
    return TableLook(batch.table, len(batch), len(batch.columns), unmapped, views)


def _rules(engine: Engine, batches: list[Batch]) -> tuple[tuple[Possible, ...], tuple[Possible, ...]]:
    rules = engine.ruleset
    found = {number for batch in batches for number in engine.sources_in(batch)}
    products = {rules.sources[number].product for number in found} - {""}
    counted = [
        (number, Possible(source.text, len(rules.rules_of_source.get(number, ())), advice(source.text)))
        for number, source in enumerate(rules.sources)
    ]
    present = [entry for number, entry in counted if number in found]
    absent = [
        entry
        for number, entry in counted
        if number not in found and rules.sources[number].product in products and entry.rules >= _FEW_RULES
    ]
    return _by_rules(present), _by_rules(absent)


def _by_rules(entries: list[Possible]) -> tuple[Possible, ...]:
    return tuple(sorted(entries, key=lambda entry: (-entry.rules, entry.logsource)))

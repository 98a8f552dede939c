"""A Sigma rule asked of everything that the lake remembers: raw events, and rollups where the raw events have expired.

Steps: 1 load the rules; 2 evaluate them over the raw files of the period, hits beside the lake; 3 findings of single
rules and of correlations; 4 days whose raw events are gone: ask the rollups what they can be asked, and say of the
other rules what they read that no rollup keeps. Stored hits and everything else in the lake stay as they are.
"""

import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import msgspec
import pyarrow as pa

from tocsin import limits
from tocsin.detect.sigma import RuleSet, load_rules
from tocsin.errors import RuleError
from tocsin.lake.catalog import Catalog, FileRecord
from tocsin.lake.database import SPILL, connect
from tocsin.lake.records import IMPOSSIBLE_DAY
from tocsin.lake.rollup_records import NONE, day_of
from tocsin.lake.rollup_records import Period as Remembered
from tocsin.lake.rollups import open_rollups
from tocsin.model import Finding
from tocsin.node.conductor import Observe
from tocsin.node.correlated import correlation_findings
from tocsin.node.evaluation import Evaluator
from tocsin.node.found import findings, microseconds, moment, open_hits
from tocsin.node.machines import machines
from tocsin.node.rescan import evaluate_apart
from tocsin.node.rule_memory import Recalled, RuleMemory

EVENTS = "events"
_NO_BOUND = 2**62  # microseconds, beyond every time
_DAY_US = 86_400_000_000
_SCHEMA = pa.schema(
    [
        ("rule", pa.string()), ("level", pa.string()), ("place", pa.string()), ("host", pa.string()),
        ("user", pa.string()), ("first", pa.timestamp("us", "UTC")), ("last", pa.timestamp("us", "UTC")),
        ("days", pa.int64()), ("count", pa.int64()), ("detail", pa.string()), ("event_ids", pa.string()),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Days:
    """A run of days, both inclusive."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Unasked:
    """A rule that no rollup can answer. `fields` are what it reads and none keeps; none where none is near at all."""

    title: str
    fields: tuple[str, ...] = ()
    correlates: bool = False


@dataclass(frozen=True, slots=True)
class RuleHunt:
    """What was found, and where: `events` are the days that were asked in full, `remembered` those only in rollups."""

    rows: pa.Table
    events: Days | None
    remembered: Days | None
    unasked: tuple[Unasked, ...]
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """Both ends of the time that is asked for, in UTC and inclusive; None is no bound."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def low_us(self) -> int:
        """The first microsecond."""
        return microseconds(self.since) if self.since else -_NO_BOUND

    @property
    def high_us(self) -> int:
        """The last microsecond."""
        return microseconds(self.until) if self.until else _NO_BOUND


def hunt_rules(
    catalog: Catalog, paths: Sequence[Path], cache: Path | None, period: Period, observe: Observe
) -> RuleHunt:
    """Ask rules of all that is there. Raises RuleError where no rule loads, UsageError, LakeError."""
    rules = load_rules(paths, cache_dir=cache)
    refused = tuple(f"{each.path}:{each.line}: {each.reason}" for each in rules.refused)
    if not rules.rules:
        reason = next(iter(refused), "there is none")
        raise RuleError(f"no rule could be loaded: {reason}", "`tocsin rules check` says more.")
    files = [
        file for file in catalog.files() if file.max_time_us >= period.low_us and file.min_time_us <= period.high_us
    ]
    found = list(_in_events(catalog, rules, files, period, observe))
    forgotten = _without_events(catalog, period)
    recalled, unasked = _in_rollups(catalog, rules, forgotten, period)
    return RuleHunt(
        pa.Table.from_pylist([*found, *recalled], _SCHEMA),
        _days({file.day for file in files} - {IMPOSSIBLE_DAY}),
        _days({day_of(day).isoformat() for each in forgotten for day in (each.days[0], each.days[-1])}),
        unasked,
        refused,
    )


def _in_events(
    catalog: Catalog, rules: RuleSet, files: Sequence[FileRecord], period: Period, observe: Observe
) -> Iterator[dict[str, object]]:
    """Steps 2 and 3."""
    names = {source: source for file in files for source in file.sources}
    names |= {source.id: source.name for source in catalog.sources()}
    machine_of = machines(names, catalog.source_tables(), "")
    with tempfile.TemporaryDirectory(prefix="tocsin-hunt-") as folder:
        written = evaluate_apart(
            catalog.lake, files, rules.fingerprint, lambda: Evaluator(rules), Path(folder), observe
        )
        with closing(open_hits(catalog.lake, written, names, period.since, period.until, machine_of)) as hits:
            infos = {info.id: info for index, info in enumerate(rules.rules) if index not in rules.silent}
            correlated = correlation_findings(hits, rules, names).findings
            for finding in (*findings(hits, infos, names), *correlated):
                yield _row(finding)


def _row(finding: Finding) -> dict[str, object]:
    shown = finding.evidence[0].fields if finding.evidence else {}
    return {
        "rule": finding.rule.title, "level": finding.rule.level, "place": EVENTS, "host": finding.host,
        "user": finding.user, "first": finding.first, "last": finding.last, "count": finding.count,
        "detail": msgspec.json.encode(shown).decode(),
        "event_ids": " ".join(finding.event_ids[: limits.SIGHTING_EVENTS]),
    }  # fmt: skip


def _without_events(catalog: Catalog, period: Period) -> list[Remembered]:
    """The days and weeks of rollups some of whose raw events are gone."""
    first, last = period.low_us // _DAY_US, period.high_us // _DAY_US
    return [
        each
        for each in catalog.rollups.periods()
        if each.base != NONE and each.rows and each.days[-1] >= first and each.day <= last
    ]


def _in_rollups(
    catalog: Catalog, rules: RuleSet, forgotten: Sequence[Remembered], period: Period
) -> tuple[list[dict[str, object]], tuple[Unasked, ...]]:
    """Step 4."""
    if not forgotten:
        return [], ()
    spill = catalog.lake / SPILL
    with closing(connect(limits.HUNT_MEMORY_BYTES, limits.HUNT_THREADS, spill, limits.QUERY_SPILL_BYTES)) as connection:
        open_rollups(connection, catalog)
        memory = RuleMemory(rules, connection)
        answers = [(each, asked - rules.silent) for each, asked in memory.answers()]
        found: dict[tuple[object, ...], dict[str, object]] = {}
        low, high = period.low_us, period.high_us
        for each, asked in answers:
            days = [gone.day for gone in forgotten if gone.rollup == each.rollup]
            for hit in memory.recalled(each, asked, days, low, high) if asked and days else ():
                found.setdefault(
                    (hit.rule, hit.rollup, hit.who, hit.first_us, hit.last_us, hit.count), _recalled_row(rules, hit)
                )
        return list(found.values()), tuple(_unasked(rules, memory, frozenset().union(*(asked for _, asked in answers))))


def _unasked(rules: RuleSet, memory: RuleMemory, answered: Collection[int]) -> Iterator[Unasked]:
    for rule, info in enumerate(rules.rules):
        if rule not in answered and rule not in rules.silent:
            yield Unasked(info.title, tuple(sorted(memory.missing(rule))))
    for correlation in rules.correlations:
        yield Unasked(correlation.info.title, correlates=True)


def _recalled_row(rules: RuleSet, hit: Recalled) -> dict[str, object]:
    info = rules.rules[hit.rule]
    return {
        "rule": info.title, "level": info.level, "place": hit.rollup, "host": hit.who, "user": "",
        "first": moment(hit.first_us), "last": moment(hit.last_us), "days": hit.days, "count": hit.count,
        "detail": msgspec.json.encode(hit.fields).decode(), "event_ids": "",
    }  # fmt: skip


def _days(days: Collection[str]) -> Days | None:
    return Days(date.fromisoformat(min(days)), date.fromisoformat(max(days))) if days else None

"""The wiring of a scan: sources → lake → rules and analytics → findings → incidents → report facts.

Steps of `scan`: 1 load rules and analytics; 2 list sources; 3 read, evaluate and write what the lake does not have;
4 evaluate known content that these rules have not seen, or all of the lake with `rescan`, then bring the long memory
up to date; 5 correlate, run the analytics, read the alerts of others; 6 findings and incidents; 7 the facts that the
console shows.
A second `scan` of the same content does steps 5 to 7 only.
"""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path

from tocsin import __version__, clock
from tocsin.detect.analytics import AnalyticSet, load_analytics
from tocsin.detect.sigma import RuleSet, load_rules
from tocsin.errors import UsageError
from tocsin.lake.catalog import Catalog, Origin, SourceRecord
from tocsin.lake.rollups import update_rollups
from tocsin.model import LEVELS, Finding
from tocsin.model.report import (
    RejectSeen,
    RuleRefused,
    RulesUsed,
    ScanReport,
    SourceRead,
    TableRead,
)
from tocsin.node.alerted import AlertsTold, alert_findings
from tocsin.node.analysed import Analysed, analyse
from tocsin.node.assets import with_assets
from tocsin.node.conductor import WORKERS, Conductor, Tally
from tocsin.node.correlated import correlation_findings
from tocsin.node.evaluation import Evaluator
from tocsin.node.found import findings, moment, open_hits
from tocsin.node.identities import identified
from tocsin.node.indicator_hits import matcher_of, rules_of
from tocsin.node.indicator_past import told_by_scan
from tocsin.node.machines import machine_notes, machines
from tocsin.node.memory import with_memory
from tocsin.node.messages import Seen, WorkerSettings
from tocsin.node.presence import missing
from tocsin.node.prevalence import prevalence
from tocsin.node.rescan import evaluate_lake
from tocsin.node.tested import tested_by
from tocsin.telemetry.content import SourceProblem
from tocsin.telemetry.sources import SourceRef, list_sources
from tocsin.triage import group_findings
from tocsin.triage.judged import Known
from tocsin.triage.reliability import Reliability

ONLY_RULES, ONLY_ANALYTICS = "rules", "analytics"
REFUSALS_SHOWN = 200
REJECTS_SHOWN = 200
_SPOOL = "spool"


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What a scan is asked to do. `rules` are folders or files; empty means the own baseline pack."""

    paths: tuple[str, ...]
    lake: Path
    rules: tuple[Path, ...]
    cache_dir: Path | None
    values: dict[str, list[str]] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    zone: tzinfo = UTC
    min_level: str = LEVELS[0]
    reader: str | None = None
    passwords: tuple[str, ...] = ()
    mappings: tuple[Path, ...] = ()
    rescan: bool = False
    origin: Origin = field(default_factory=Origin)
    workers: int = WORKERS
    command: str = ""
    analytics: tuple[Path, ...] = ()  # folders of a site's own, beside the pack
    analytic_ids: frozenset[str] = frozenset()  # only these of the analytics; none means all
    only: str = ""  # ONLY_RULES or ONLY_ANALYTICS: the other part is left out


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the scan for the progress display; `tally` is None while its size is unknown."""

    name: str
    tally: Tally | None = None
    unit: str = "bytes"


Observe = Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The report facts, and what writing the hits needs: rules, sources and the files that hold the hits."""

    report: ScanReport
    rules: RuleSet
    names: dict[str, str]  # source id → name as given in this scan
    hit_files: tuple[Path, ...]


def scan(request: ScanRequest, observe: Observe) -> ScanResult:
    """Run a scan. Raises UsageError for a path that is not there, LakeError, RuleError."""
    started = clock.monotonic()
    observe(Stage("loading rules"))
    rules = _rules(request)
    analytics = _analytics(request)
    catalog = Catalog(request.lake, create=True)
    with catalog.writing():
        seen = _read(request, rules, catalog, observe)
        _evaluate_known(request, rules, catalog, seen, observe)
        if request.only != ONLY_RULES:
            _remember(catalog, observe)
    result = _result(request, rules, analytics, catalog, seen, started, observe)
    catalog.close()
    return result


def _rules(request: ScanRequest) -> RuleSet:
    """Step 1. Without rules where only analytics are wanted. Raises UsageError when none could be loaded."""
    if request.only == ONLY_ANALYTICS:
        with tempfile.TemporaryDirectory(prefix="tocsin-no-rules-") as empty:
            return load_rules((Path(empty),), cache_dir=None)
    rules = load_rules(request.rules, cache_dir=request.cache_dir, values=request.values)
    if not rules.rules:
        raise UsageError("no rule could be loaded", "`tocsin rules check DIR` says why.")
    return rules


def _analytics(request: ScanRequest) -> AnalyticSet:
    """Step 1, the other part."""
    if request.only == ONLY_RULES:
        return AnalyticSet({})
    loaded = load_analytics(request.analytics)
    return loaded.chosen(request.analytic_ids) if request.analytic_ids else loaded


def _remember(catalog: Catalog, observe: Observe) -> None:
    """Bring the long memory up to what the lake holds."""

    def tell(done: int, total: int) -> None:
        observe(Stage("updating the long memory", Tally(done, total, 0, 0), "events"))

    update_rollups(catalog, clock.now().date(), tell)


def _read(request: ScanRequest, rules: RuleSet, catalog: Catalog, observe: Observe) -> list[Seen]:
    """Step 2 and 3. What could not be read comes back as `Seen` with a problem."""
    spool = request.lake / _SPOOL
    shutil.rmtree(spool, ignore_errors=True)
    observe(Stage("listing sources"))
    try:
        listed = list(list_sources(request.paths, spool))
        lake = request.lake.resolve()
        refs = [item for item in listed if isinstance(item, SourceRef) and not _below(item, lake, spool)]
        problems = [Seen(item.name, problem=item.reason) for item in listed if isinstance(item, SourceProblem)]
        run = uuid.uuid4().hex[:12]
        settings = WorkerSettings(
            request.lake,
            spool,
            run,
            request.origin,
            request.zone,
            request.reader,
            request.passwords,
            request.mappings,
        )
        conductor = Conductor(
            catalog,
            settings,
            rules.fingerprint,
            lambda: Evaluator(rules, matcher_of(request.lake)).hits,
            lambda tally: observe(Stage("reading", tally)),
        )
        conductor.run(refs, request.workers)
    finally:
        shutil.rmtree(spool, ignore_errors=True)
    return problems + conductor.seen


def _below(ref: SourceRef, lake: Path, spool: Path) -> bool:
    """Whether a source is one of the lake's own files: the lake may lie below a scanned folder."""
    path = Path(ref.path).resolve()
    return path.is_relative_to(lake) and not path.is_relative_to(spool.resolve())


def _evaluate_known(
    request: ScanRequest, rules: RuleSet, catalog: Catalog, seen: Sequence[Seen], observe: Observe
) -> None:
    """Step 4."""

    def tell(tally: Tally) -> None:
        observe(Stage("evaluating the lake", tally, "events"))

    def evaluator() -> Evaluator:
        return Evaluator(rules, matcher_of(request.lake))

    run = uuid.uuid4().hex[:12]
    if request.rescan:
        evaluate_lake(catalog, rules.fingerprint, evaluator, run, tell)
        return
    known = {source.id for source in _sources(catalog, seen)} - catalog.evaluated(rules.fingerprint)
    if known:
        evaluate_lake(catalog, rules.fingerprint, evaluator, run, tell, known)


def _sources(catalog: Catalog, seen: Sequence[Seen]) -> list[SourceRecord]:
    """The lake's sources behind what was seen, each once."""
    found: dict[str, SourceRecord] = {}
    for item in seen:
        source = catalog.source_for(item.digest) if item.digest else None
        if source is not None:
            found.setdefault(source.id, replace(source, name=item.name))
    return list(found.values())


def _result(
    request: ScanRequest,
    rules: RuleSet,
    analytics: AnalyticSet,
    catalog: Catalog,
    seen: Sequence[Seen],
    started: float,
    observe: Observe,
) -> ScanResult:
    """Step 5 to 7."""
    sources = _sources(catalog, seen) if request.paths else catalog.sources()
    names = {source.id: source.name for source in sources}
    files = catalog.hit_files(rules.fingerprint)
    sensor = request.origin.sensor
    machine_of = machines(names, catalog.source_tables(), sensor)
    origins = {source.id: _origin(source, request.origin) for source in sources}
    hits = open_hits(catalog.lake, files, names, request.since, request.until, machine_of, origins)
    infos = {info.id: info for index, info in enumerate(rules.rules) if index not in rules.silent}
    correlated = correlation_findings(hits, rules, names)
    found = [*findings(hits, infos | rules_of(request.lake), names), *correlated.findings]
    found += told_by_scan(request.lake, names if request.paths else None)
    hits.close()
    analysed = _analysed(request, analytics, catalog, names, observe)
    alerted = _alerted(request, catalog, names, origins)
    observe(Stage("grouping findings"))
    named = identified(catalog, [*found, *analysed.findings, *alerted.findings], request.origin)
    found = with_memory(catalog, with_assets(catalog.lake, named.findings))
    loud = [finding for finding in found if _level(finding) >= LEVELS.index(request.min_level)]
    known = Known(Reliability(tested=tested_by(rules, analytics)))
    incidents = group_findings(loud, clock.now(), partial(prevalence, catalog), known=known)
    report = ScanReport(
        version=__version__,
        generated=clock.now(),
        seconds=clock.monotonic() - started,
        command=request.command,
        paths=request.paths,
        rules=_rules_used(request, rules),
        sources=_sources_read(catalog, seen, sources),
        incidents=incidents,
        tables=_tables(catalog, names),
        notes=(
            *sorted({note for source in sources for note in source.notes}),
            *machine_notes(loud, machine_of, sensor),
            *correlated.notes,
            *analysed.notes,
            *alerted.notes,
            *named.notes,
        ),
        missing=missing(rules, catalog, names),
        rejects=_rejects(catalog, names),
        zone=str(request.zone),
        analytics=analysed.ran,
    )
    return ScanResult(report, rules, names, tuple(files))


def _analysed(
    request: ScanRequest, analytics: AnalyticSet, catalog: Catalog, names: dict[str, str], observe: Observe
) -> Analysed:
    """Every analytic, with a word on each that is begun."""

    def tell(done: int, total: int) -> None:
        observe(Stage("running analytics", Tally(done, total, 0, 0), "analytics"))

    return analyse(catalog, analytics, names, request.origin, request.since, request.until, tell)


def _origin(source: SourceRecord, asked: Origin) -> Origin:
    """Who saw a source; what this scan says where the lake does not know."""
    return asked if source.origin == Origin() else source.origin


def _alerted(request: ScanRequest, catalog: Catalog, names: dict[str, str], origins: dict[str, Origin]) -> AlertsTold:
    """What other products found; it is neither of the parts that a scan may be asked for alone."""
    if request.only:
        return AlertsTold()
    return alert_findings(catalog, names, origins, request.since, request.until)


def _level(finding: Finding) -> int:
    return LEVELS.index(finding.rule.level) if finding.rule.level in LEVELS else 0


def _rules_used(request: ScanRequest, rules: RuleSet) -> RulesUsed:
    refusals = tuple(
        RuleRefused(f"{refusal.path}:{refusal.line}", refusal.reason) for refusal in rules.refused[:REFUSALS_SHOWN]
    )
    return RulesUsed(
        len(rules.rules) + len(rules.correlations),
        rules.fingerprint,
        tuple(str(path) for path in request.rules),
        len(rules.refused),
        refusals,
    )


def _sources_read(catalog: Catalog, seen: Sequence[Seen], sources: Sequence[SourceRecord]) -> tuple[SourceRead, ...]:
    tables = catalog.source_tables()
    by_digest = {item.digest: item for item in seen if item.digest and not item.known}
    read = []
    for source in sources:
        item = by_digest.get(source.digest)
        read.append(
            SourceRead(
                source.name,
                source.reader,
                ", ".join(tables.get(source.id, {})),
                source.records,
                source.rejects,
                source.problem,
                moment(source.first_us),
                moment(source.last_us),
                known=item is None,
            )
        )
    names = {(source.name, source.problem) for source in sources}
    failed = [
        SourceRead(item.name, item.reader, "", 0, 0, item.problem)
        for item in seen
        if item.problem and (item.name, item.problem) not in names
    ]
    return (*read, *failed)


def _tables(catalog: Catalog, names: dict[str, str]) -> tuple[TableRead, ...]:
    rows: dict[str, int] = {}
    for source_id, counted in catalog.source_tables().items():
        if source_id in names:
            for table, count in counted.items():
                rows[table] = rows.get(table, 0) + count
    return tuple(TableRead(name, count) for name, count in sorted(rows.items()))


def _rejects(catalog: Catalog, names: dict[str, str]) -> tuple[RejectSeen, ...]:
    shown: list[RejectSeen] = []
    for source_id, reject in catalog.rejects.some():
        if source_id in names and len(shown) < REJECTS_SHOWN:
            shown.append(RejectSeen(names[source_id], reject.position, reject.reason, reject.offset, reject.sample))
    return tuple(shown)

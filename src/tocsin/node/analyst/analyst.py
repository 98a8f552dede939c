"""The analyst: looks at what is new in the lake and brings what the node says up to it.

Steps of a look: 1. rules: the places that new hits touch; 2. alerts of others, where new ones came, and what the lake
remembers of indicators that were imported; 3. analytics that
need no long memory, over the new rows and what they look back at; 4. now and then everything that came since the last
time, with the long memory brought up to date first (`settle`); 5. incidents.

What is found at some place is put in place of what was told of it (`standing`), so that any portions and any order of
the same events end in the same findings.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from tocsin import clock, limits
from tocsin.detect.analytics import AnalyticSet, Budget
from tocsin.detect.sigma import RuleSet
from tocsin.lake.catalog import Catalog, FileRecord
from tocsin.lake.database import Standing
from tocsin.lake.facts import Facts
from tocsin.lake.rollup_files import load_rollups
from tocsin.model import Finding, Incident
from tocsin.node.alert_surprise import Past
from tocsin.node.alerted import alert_findings, may_hold_alerts
from tocsin.node.analyst.behaviour import Look, Looking, Tidy, Tidying, look, tidy
from tocsin.node.analyst.board import Board, Prevalence, Tell
from tocsin.node.analyst.rule_findings import KnownSources, rule_findings
from tocsin.node.assets import with_assets
from tocsin.node.found import microseconds, moment
from tocsin.node.identities import Identities
from tocsin.node.indicator_past import read, waiting
from tocsin.node.memory import with_memory
from tocsin.node.prevalence import prevalence
from tocsin.node.store.database import Store
from tocsin.node.tested import tested_by

HITS_BACK = timedelta(days=35)
ALERTS_BACK = timedelta(days=7)


@dataclass(slots=True)
class Seen:
    """Files of the lake that a part of the analyst has looked at."""

    files: set[str] = field(default_factory=set)
    hits: set[str] = field(default_factory=set)


class Analyst:
    """Looks at one lake and writes into one store. Its parts may run in turn or in threads of their own."""

    def __init__(
        self, lake: Path, store: Store, rules: RuleSet, analytics: AnalyticSet,
        looking: Looking = look, tidying: Tidying = tidy,
    ) -> None:  # fmt: skip
        self._looking, self._tidying = looking, tidying
        self._lake, self._store, self._rules, self._analytics = lake, store, rules, analytics
        self.board = Board(store, lambda: tested_by(self._rules, self._analytics))
        self._seen = Seen()
        self._settled: set[str] = set()
        self._quick = without_memory(analytics)
        self._notes: tuple[str, ...] = ()
        self._standing = Standing()
        self._sources = KnownSources()
        self._past = Past()
        self._facts: frozenset[tuple[str, int, int]] | None = None  # by which incidents were made last
        self._identities = Identities(self._standing)

    def close(self) -> None:
        """Let its DuckDB go."""
        self._standing.close()

    def use(self, rules: RuleSet, analytics: AnalyticSet) -> None:
        """Look with other rules and analytics from now on."""
        self._rules, self._analytics, self._quick = rules, analytics, without_memory(analytics)

    def tidy(self, quick: set[str]) -> int:
        """Merge the lake's small files, each with its like: settled, in `quick` (looked at by step 3), or neither.

        What is merged of files in `quick` is added to it, and what the lake has no more is taken out. Returns how many
        files were made.
        """
        with closing(Catalog(self._lake)) as catalog:
            fresh = self._prune(catalog, quick) - quick - self._settled
        merged = self._merged(self._settled), self._merged(quick - self._settled), self._merged(fresh)
        self._settled.update(merged[0])
        quick.update(merged[0], merged[1])
        return sum(map(len, merged))

    def _prune(self, catalog: Catalog, quick: set[str]) -> set[str]:
        """Forget files that were merged or removed; returns the paths of those of tables that there are.

        Another thread adds hits meanwhile, so only what was known before the lake was asked can be gone. Each call on a
        set of texts is one step for other threads.
        """
        known = self._seen.hits.copy()
        live, hits = catalog.paths(), {file.path for file in catalog.all_hit_files()}
        self._seen.hits.difference_update(known - hits)
        quick.intersection_update(live)
        self._settled.intersection_update(live)
        return live

    def _merged(self, paths: Collection[str]) -> tuple[str, ...]:
        if len(paths) < limits.LIVE_SMALL_FILES:
            return ()
        done = self._tidying(Tidy(self._lake, frozenset(paths), frozenset(self._seen.hits)))
        self._seen.hits.update(done.hits)
        return done.tables

    def look_at_rules(self) -> int:
        """Step 1 and 2; returns how many findings changed."""
        with closing(Catalog(self._lake)) as catalog:
            hits = [file.path for file in catalog.all_hit_files()]
            new = [path for path in hits if path not in self._seen.hits]
            changed = 0
            if new:
                since = clock.now() - HITS_BACK
                first = moment(catalog.first_time())
                since = min(since, first - timedelta(days=1)) if first else since
                paths = [self._lake / path for path in hits]
                asked = [self._lake / path for path in new]
                found = rule_findings(
                    self._lake, self._sources.now(catalog), self._rules, asked, paths, since, self._standing
                )
                places = list(found.places)
                if found.correlated:
                    places += self.board.rules({spec.info.id for spec in self._rules.correlations})
                changed += self.board.say(self._complete(catalog, found.findings), places, since)
            self._seen.hits.update(new)
            return changed + self._look_at_alerts(catalog) + self._look_at_past(catalog)

    def _look_at_past(self, catalog: Catalog) -> int:
        """Where indicators that were imported had been seen before: told once, then kept by the store alone."""
        changed = 0
        for path in waiting(catalog.lake):
            found = self._complete(catalog, read(path))
            changed += self.board.say(found, (), min((each.first for each in found if each.first), default=None))
            path.unlink()
        return changed

    def _look_at_alerts(self, catalog: Catalog) -> int:
        """Step 2: from the first new alert on, and a pause before it."""
        paths = catalog.paths()
        new = [file for file in catalog.files_at(paths - self._seen.files) if may_hold_alerts(file)]
        changed = self._say_alerts(catalog, new)
        self._seen.files = paths
        return changed

    def _say_alerts(self, catalog: Catalog, new: Sequence[FileRecord]) -> int:
        if not new:
            return 0
        first = _first_time(new)
        since = first - ALERTS_BACK if first else None
        sources = self._sources.now(catalog)
        told = alert_findings(catalog, sources.names, sources.origins, since, None, self._standing, self._past)
        return self.board.say(self._complete(catalog, told.findings), (), since)

    def look_at_behaviour(self, new: Sequence[FileRecord], budget: Budget) -> int:
        """Step 3: analytics without long memory over some new files; returns how many findings changed."""
        return self._run_analytics(new, self._quick, budget)

    def settle(self, budget: Budget | None = None) -> int:
        """Step 4: all analytics over everything that came since the last time."""
        with closing(Catalog(self._lake)) as catalog:
            new = catalog.files_at(catalog.paths() - self._settled)
            if not new:
                return 0
        changed = self._run_analytics(new, self._analytics, budget, remember=True)
        self._settled.update(file.path for file in new)
        return changed

    def _run_analytics(
        self, new: Sequence[FileRecord], chosen: AnalyticSet, budget: Budget | None, *, remember: bool = False
    ) -> int:
        first = _first_time(new)
        if first is None or not chosen.analytics:
            return 0
        if remember:
            first = self._widened(first, chosen, (budget or Budget()).behind_rows)
        looked = self._looking(Look(self._lake, chosen, first, budget, remember))
        self._notes = looked.notes
        return self.board.say(looked.findings, self.board.rules(looked.ran), first)

    def _widened(self, first: datetime, chosen: AnalyticSet, most_rows: int) -> datetime:
        """From where findings began that still go on, so that they are told as a whole; bounded by rows."""
        began = min(first, self.board.began({each.info.id for each in chosen.analytics.values()}, first))
        with closing(Catalog(self._lake)) as catalog:
            rows = catalog.rows_since(microseconds(began))
        return began if rows <= most_rows else first

    def group(self, *, whole: bool = False) -> int:
        """Step 5; returns how many incidents were written. With `whole` nothing waits for a later call."""
        with closing(Catalog(self._lake)) as catalog:
            return self.board.group(*self._memory(catalog, whole=whole), whole=whole)

    @property
    def due(self) -> bool:
        """Whether incidents have to be made though nothing is new: as board and identities say, or for other facts."""
        facts = self._facts is not None and self._facts != Facts(self._lake).version()
        return facts or self.board.due or self._identities.due

    def groups(self) -> tuple[Incident, ...]:
        """All that stands as incidents, without the people's part."""
        with closing(Catalog(self._lake)) as catalog:
            return self.board.groups(*self._memory(catalog, whole=True))

    def _memory(self, catalog: Catalog, *, whole: bool) -> tuple[Tell, Prevalence]:
        opening = self._standing
        self._facts = Facts(self._lake).version()

        def tell(findings: Iterable[Finding]) -> list[Finding]:
            named = self._identities.named(catalog, findings, whole=whole)
            return with_memory(catalog, with_assets(catalog.lake, named), opening)

        return tell, partial(prevalence, catalog, opening=opening)

    def _complete(self, catalog: Catalog, found: Sequence[Finding]) -> list[Finding]:
        return with_assets(catalog.lake, found)

    def catch_up(self) -> int:
        """Everything at once; returns how many findings and incidents changed."""
        return self.look_at_rules() + self.settle() + self.group(whole=True)

    def behind(self) -> int:
        """How many files of the lake were not looked at as a whole yet."""
        with closing(Catalog(self._lake)) as catalog:
            hits = sum(file.path not in self._seen.hits for file in catalog.all_hit_files())
            return hits + len(catalog.paths() - self._settled)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the last run of analytics could not do."""
        return self._notes


def without_memory(analytics: AnalyticSet) -> AnalyticSet:
    """The analytics that read no rollup: they can run while the long memory is behind."""
    rollups = {rollup.name for rollup in load_rollups()}
    quick = {id for id, analytic in analytics.analytics.items() if rollups.isdisjoint(analytic.words)}
    return analytics.chosen(frozenset(quick))


def _first_time(files: Sequence[FileRecord]) -> datetime | None:
    """The first readable time in some files."""
    times = [file.min_time_us for file in files if file.min_time_us > 0]
    return moment(min(times)) if times else None

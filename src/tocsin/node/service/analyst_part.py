"""The analyst process: findings and incidents from what the lake has, and the lake's upkeep.

The rules run in the first thread; a second one asks a child process for analytics and tidies the lake, a third one
makes incidents: what a rule finds must not wait for a query over hours, nor for incidents of what was found before.
"""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from tocsin import clock, limits
from tocsin.detect.analytics import AnalyticSet, Budget, load_analytics
from tocsin.detect.sigma import RuleSet
from tocsin.lake.catalog import Catalog, FileRecord
from tocsin.node.analyst.analyst import Analyst
from tocsin.node.analyst.behaviour import Aside
from tocsin.node.sensors.pulse_records import count
from tocsin.node.service.compiling import node_rules
from tocsin.node.service.config import state_url
from tocsin.node.service.in_use import InUse
from tocsin.node.service.part import Part, analytic_paths, rule_paths
from tocsin.node.service.reconfiguring import Reconfiguring
from tocsin.node.service.reloading import Attempt, Reloading
from tocsin.node.store.database import Store, open_store
from tocsin.node.upkeep.believed_day import BelievedDay
from tocsin.node.upkeep.retention import retain

LOOK_SECONDS = 0.4
QUICK_SHARE = 4  # analytics rest this many times as long as they took
SETTLE_SECONDS = 60.0  # at least between two looks at everything
SETTLE_SHARE = 8
DAY_SECONDS = 86_400.0
TIDY_SECONDS = 10.0  # many small files cost every query
TIDY_SHARE = 4
QUIET_SECONDS = 5.0  # without new rows
QUIET_SHARE = 1
GROUP_SHARE = 6
COUNT_SECONDS = 20.0  # between two counts of the sensors' events
COUNT_SHARE = 10
QUICK = Budget(limits.LIVE_ANALYTIC_BYTES, 1, limits.LIVE_BEHIND_ROWS)
FULL = Budget(limits.LIVE_ANALYTIC_BYTES, 1, limits.ANALYTIC_BEHIND_ROWS)
Result = TypeVar("Result")


@dataclass(slots=True)
class _Pace:
    """When something that takes long may run again."""

    share: float
    least: float = 0.0
    ready: float = 0.0
    rested: float = 0.0
    seconds: float = 0.0

    def due(self, *, quiet: bool = False) -> bool:
        """Whether it may run; when nothing comes in, it needs no longer rest than it took."""
        return clock.monotonic() >= (self.rested if quiet else self.ready)

    def timed(self, work: Callable[[], Result]) -> Result:
        start = clock.monotonic()
        try:
            return work()
        finally:
            self.seconds = clock.monotonic() - start
            now = clock.monotonic()
            self.rested = now + min(self.share, QUIET_SHARE) * self.seconds
            self.ready = now + max(self.share * self.seconds, self.least)


@dataclass(slots=True)
class _Working:
    """What both threads share."""

    analyst: Analyst
    in_use: InUse
    changed: threading.Event = field(default_factory=threading.Event)
    trouble: dict[str, str] = field(default_factory=dict)
    behaviour: _Pace = field(default_factory=lambda: _Pace(QUICK_SHARE))
    settling: _Pace = field(default_factory=lambda: _Pace(SETTLE_SHARE, SETTLE_SECONDS))
    rules: _Pace = field(default_factory=lambda: _Pace(0.0))
    grouping: _Pace = field(default_factory=lambda: _Pace(GROUP_SHARE))


def run(part: Part) -> None:
    """Look again and again until told to stop."""
    part.when_there_is_room(lambda: Catalog(part.folder.lake, create=True)).close()
    store = part.when_there_is_room(lambda: open_store(state_url(part.folder, part.config)))
    configured = Reconfiguring(part.folder, part.config)
    rules = Reloading(lambda: rule_paths(part.folder, part.config), lambda: node_rules(part))
    analytics = Reloading(lambda: analytic_paths(part.folder, part.config), lambda: _load_analytics(part))
    aside = Aside()
    analyst = Analyst(part.folder.lake, store, rules.value, analytics.value, aside.look, aside.tidy)
    working = _Working(analyst, InUse(part.folder, store))
    others = [
        threading.Thread(target=_look_at_behaviour, args=(part, working, store), name="behaviour"),
        threading.Thread(target=_make_incidents, args=(part, working), name="incidents"),
    ]
    for thread in others:
        thread.start()
    try:
        _look_at_rules(part, working, rules, analytics, configured)
    finally:
        part.stopping.set()  # whatever ends one thread ends all
        aside.close()
        for thread in others:
            thread.join()
    working.analyst.close()
    part.note({**_state(working, ""), "stopped": True}, at_once=True)
    store.close()


def _look_at_rules(
    part: Part,
    working: _Working,
    rules: Reloading[RuleSet],
    analytics: Reloading[AnalyticSet],
    configured: Reconfiguring,
) -> None:
    """The first thread: rules and alerts."""
    while not part.stopping.is_set():
        if configured.changed():
            part.config = configured.config
        if rules.changed() or analytics.changed():
            working.analyst.use(rules.value, analytics.value)
        _tried(working, "ledger", partial(working.in_use.enter, part.config, rules.value, analytics.value))
        if _tried(working, "rules", lambda: working.rules.timed(working.analyst.look_at_rules)):
            working.changed.set()
        if part.due():
            told = _state(working, rules.problem or analytics.problem)
            part.note({**told, "config_problem": configured.problem})
        part.stopping.wait(LOOK_SECONDS)


def _make_incidents(part: Part, working: _Working) -> None:
    """The third thread: incidents of the findings that stand: at the start, after each change or decision, when one
    waited."""
    working.changed.set()
    while not part.stopping.is_set():
        if _tried(working, "decisions", working.analyst.board.decided):
            working.changed.set()
        if (working.changed.is_set() or working.analyst.due) and working.grouping.due():
            working.changed.clear()
            _tried(working, "incidents", lambda: working.grouping.timed(working.analyst.group))
            if "incidents" in working.trouble:
                working.changed.set()  # again, when it is due
        part.stopping.wait(LOOK_SECONDS)


def _look_at_behaviour(part: Part, working: _Working, store: Store) -> None:
    """The second thread: analytics over what is new, now and then over everything, and the lake's small files."""
    seen: set[str] = set()
    retention, day = _Pace(0.0, DAY_SECONDS), BelievedDay(part.folder.run / "day")
    tidying = _Pace(TIDY_SHARE, TIDY_SECONDS)
    counting = _Pace(COUNT_SHARE, COUNT_SECONDS)
    last_new = 0.0
    while not part.stopping.is_set():
        new = _tried_list(working, lambda: _new_files(part, seen))
        last_new = clock.monotonic() if new else last_new
        if new and working.behaviour.due():
            look = partial(working.analyst.look_at_behaviour, new, QUICK)
            found = _tried(working, "analytics", partial(working.behaviour.timed, look))
            seen.update(file.path for file in new)
            if found:
                working.changed.set()
        quiet = clock.monotonic() - last_new > QUIET_SECONDS
        settle = partial(working.settling.timed, partial(working.analyst.settle, FULL))
        if working.settling.due(quiet=quiet) and _tried(working, "settling", settle):
            working.changed.set()
        if tidying.due():
            _tried(working, "tidying", partial(tidying.timed, partial(working.analyst.tidy, seen)))
        if retention.due():
            _tried(working, "retention", partial(retention.timed, partial(_retain, part, store, day)))
        if counting.due():
            _tried(working, "sensors", partial(counting.timed, partial(_count, part)))
        part.stopping.wait(LOOK_SECONDS)


def _count(part: Part) -> int:
    """Count what each sensor has in the lake, for its rhythm."""
    return count(part.folder.lake, part.folder.cache, clock.now())


def _retain(part: Part, store: Store, day: BelievedDay) -> int:
    """Let go of what is older than the configuration says; this process is the one that removes files of the lake."""
    today = day.today()
    if today is None:
        return 0
    with closing(Catalog(part.folder.lake)) as catalog, catalog.adding():
        done = retain(part.folder, part.config, store, catalog, today)
    return 0 if done is None else 1


def _new_files(part: Part, seen: set[str]) -> list[FileRecord]:
    with closing(Catalog(part.folder.lake)) as catalog:
        return catalog.files_at(catalog.paths() - seen)


def _tried(working: _Working, name: str, work: Callable[[], int]) -> int:
    """Do it; what fails is told in the status until it works again, and never ends the process."""
    try:
        changed = work()
    except Exception as error:
        working.trouble[name] = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        return 0
    working.trouble.pop(name, None)
    return changed


def _tried_list(working: _Working, work: Callable[[], list[Result]]) -> list[Result]:
    found: list[Result] = []

    def counted() -> int:
        found.extend(work())
        return len(found)

    _tried(working, "lake", counted)
    return found


def _load_analytics(part: Part) -> Attempt[AnalyticSet]:
    loaded = load_analytics(analytic_paths(part.folder, part.config))
    return Attempt(loaded, tuple(f"{each.id}: {each.reason}" for each in loaded.refused))


def _state(working: _Working, problem: str) -> dict[str, object]:
    board = working.analyst.board
    return {
        "behind": _tried(working, "lake", working.analyst.behind),
        "findings": sum(not each.gone for each in board.findings.values()),
        "incidents": len(board.incidents),
        "rules_seconds": round(working.rules.seconds, 2),
        "analytics_seconds": round(working.behaviour.seconds, 2),
        "settle_seconds": round(working.settling.seconds, 2),
        "grouping_seconds": round(working.grouping.seconds, 2),
        "trouble": dict(working.trouble),
        "problem": problem,
        "notes": list(working.analyst.notes),
    }

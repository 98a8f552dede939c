"""The engine process: inputs' journal and watched files into the lake, with every rule."""

import gc
import sqlite3
from contextlib import closing
from zoneinfo import ZoneInfo

from tocsin import clock
from tocsin.detect.sigma import RuleSet
from tocsin.errors import LakeError
from tocsin.lake.catalog import Catalog
from tocsin.node.allocation import keep_freed_memory
from tocsin.node.evaluation import Evaluator
from tocsin.node.journal.records import JournalRecords
from tocsin.node.live.engine import Engine, Feeder, Rules
from tocsin.node.live.segments import SegmentFeeder
from tocsin.node.live.watching import Watched, WatchFeeder
from tocsin.node.service.compiling import node_rules
from tocsin.node.service.config import below, watch_origin
from tocsin.node.service.indicators_in_use import IndicatorsInUse
from tocsin.node.service.part import Part, rule_paths
from tocsin.node.service.reconfiguring import Reconfiguring
from tocsin.node.service.reloading import Reloading
from tocsin.node.upkeep.spool import sweep_spool

IDLE_SECONDS = 0.1
RETRY_SECONDS = 2.0
LOCK_SECONDS = 20.0  # for whoever had the lake during a pause, and was killed, to let it go


def run(part: Part) -> None:
    """Read until told to stop. What fails is told, and tried again."""
    keep_freed_memory()
    gc.disable()  # records are short-lived trees without cycles
    configured = Reconfiguring(part.folder, part.config)
    rules = Reloading(lambda: rule_paths(part.folder, part.config), lambda: node_rules(part))
    journal = part.when_there_is_room(lambda: JournalRecords(part.folder.journal))
    opened = part.when_there_is_room(lambda: Catalog(part.folder.lake, create=True))
    with closing(opened) as catalog, catalog.writing_beside(LOCK_SECONDS):
        part.when_there_is_room(lambda: catalog.own(part.folder.path.absolute()))
        sweep_spool(part.folder)
        watch = WatchFeeder(_watched(part), catalog, part.folder.spool)
        segments = SegmentFeeder(part.folder.path, journal, catalog, keep_raw=part.config.lake.raw)
        feeders: list[Feeder] = [segments, watch]
        indicators = IndicatorsInUse(part.folder.lake)
        evaluator = Evaluator(rules.value, indicators.matcher)
        engine = Engine(catalog, feeders, Rules(rules.value.fingerprint, evaluator.hits))
        trouble = ""
        while not part.stopping.is_set():
            try:
                if configured.changed():
                    part.config = configured.config
                    engine.flush()
                    watch.use(_watched(part))
                if indicators.changed():
                    evaluator.match_with(indicators.matcher)
                if rules.changed():
                    evaluator = Evaluator(rules.value, indicators.matcher)
                    engine.use(Rules(rules.value.fingerprint, evaluator.hits))
                took = engine.step()
                trouble = ""
            except (OSError, sqlite3.Error, LakeError) as error:
                trouble, took = f"{type(error).__name__}: {error}", False
                engine.restart()
                part.stopping.wait(RETRY_SECONDS)
            part.note({**_state(engine, watch, rules, indicators, trouble), "config_problem": configured.problem})
            if not took:
                part.stopping.wait(IDLE_SECONDS)
        if not trouble:
            engine.flush()
        segments.close()
        part.note({**_state(engine, watch, rules, indicators, trouble), "stopped": True}, at_once=True)
    journal.close()


def _watched(part: Part) -> list[Watched]:
    return [
        Watched(below(part.folder, each.path), watch_origin(part.config, each), each.reader, ZoneInfo(each.timezone))
        for each in part.config.watch
    ]


def _state(
    engine: Engine, watch: WatchFeeder, rules: Reloading[RuleSet], indicators: IndicatorsInUse, trouble: str
) -> dict[str, object]:
    counts = engine.counts
    return {
        "events": counts.events,
        "rejects": counts.rejects,
        "flushes": counts.flushes,
        "trouble": trouble,
        "unreadable": dict(sorted(watch.problems.items())[:20]),
        "left_out": watch.left_out,
        "rules": len(rules.value.rules) + len(rules.value.correlations),
        "rules_fingerprint": rules.value.fingerprint,
        "rules_problem": rules.problem,
        "indicators": indicators.count,
        "indicators_problem": indicators.problem,
        "monotonic": clock.monotonic(),
    }

"""What a node goes by, in its ledger: the rules, the analytics and the settings in use, whenever they are others.

Rules:
1. The analyst process enters it, at the start and after each change that it took over. Who edited a file is not known
   to it, so the actor is the node.
2. Nothing is told twice: what the newest entry of the same subject tells is in the ledger already. So a restart adds
   nothing, and neither does a set of rules that `rules update` put in place under somebody's name.
3. Of settings the ledger has a keyed digest a table, so that the next entry can name the tables that differ. `detect`
   has none: what it names is told by what is in its files.
4. What cannot be entered waits, as it was when it was taken over, until the ledger can be written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import Connection

import tocsin
from tocsin import clock
from tocsin.detect.analytics import AnalyticSet
from tocsin.detect.sigma import RuleSet
from tocsin.ledger.entry import NODE, Draft, Kind, Value
from tocsin.node.people.keys import Keys
from tocsin.node.service.config import Config, NodeFolder
from tocsin.node.service.part import rule_paths
from tocsin.node.store import ledger
from tocsin.node.store.database import Store
from tocsin.node.upkeep.keys import load_secret
from tocsin.node.upkeep.rule_update import SUBJECT, files_digest

ANALYTICS, SETTINGS = "node:analytics", "node:settings"
_TOLD_BY_CONTENT = "detect"


@dataclass(frozen=True, slots=True)
class _Fact:
    """Something in use: it is another one when a digest is another one."""

    kind: Kind
    subject: str
    digests: Mapping[str, str]
    more: Mapping[str, Value]

    def draft(self, before: Mapping[str, Value]) -> Draft | None:
        """The entry after one that had `before` as its detail; None where that tells the same."""
        changed = [name for name, digest in self.digests.items() if before.get(name) != digest]
        if not changed:
            return None
        came = {"changed": " ".join(changed)} if self.subject == SETTINGS else {"before": before.get("after", "")}
        return Draft(self.kind, NODE, self.subject, {**came, **self.digests, **self.more})


class InUse:
    """What one process has in use, and what of it waits to be entered."""

    def __init__(self, folder: NodeFolder, store: Store) -> None:
        self._folder, self._store = folder, store
        self._seen: dict[str, object] = {}
        self._waiting: dict[str, _Fact] = {}

    def enter(self, config: Config, rules: RuleSet, analytics: AnalyticSet) -> int:
        """Enter what the ledger does not have yet; how many entries that were. Cheap where nothing changed.

        Raises what reading the rule files, the node's secret or the database does; the next call tries again.
        """
        self._look(SUBJECT, rules, lambda: _rules(rule_paths(self._folder, config), rules))
        self._look(ANALYTICS, analytics, lambda: _analytics(analytics))
        self._look(SETTINGS, config, lambda: _settings(self._folder, config))
        if not self._waiting:
            return 0
        entered = self._store.transact(self._enter)
        self._waiting.clear()
        return entered

    def _look(self, subject: str, used: object, fact: Callable[[], _Fact]) -> None:
        """Read what is used now, once: its files may be others when it can be entered."""
        if self._seen.get(subject) is not used:
            self._waiting[subject] = fact()
            self._seen[subject] = used

    def _enter(self, connection: Connection) -> int:
        newest = [(fact, ledger.newest(connection, 1, subject)) for subject, fact in self._waiting.items()]
        drafts = [fact.draft(found[0].detail if found else {}) for fact, found in newest]
        new = [draft for draft in drafts if draft is not None]
        for draft in new:
            ledger.record(connection, draft, clock.now())
        return len(new)


def _rules(paths: Sequence[Path], rules: RuleSet) -> _Fact:
    number = len(rules) + len(rules.correlations)
    more = {"rules": number, "refused": len(rules.refused)}
    return _Fact(Kind.RULE_CHANGE, SUBJECT, {"after": files_digest(paths)}, more)


def _analytics(analytics: AnalyticSet) -> _Fact:
    more = {"analytics": len(analytics.analytics), "refused": len(analytics.refused)}
    return _Fact(Kind.RULE_CHANGE, ANALYTICS, {"after": analytics.digest}, more)


def _settings(folder: NodeFolder, config: Config) -> _Fact:
    more = {"tocsin": tocsin.__version__}
    return _Fact(Kind.CONFIGURATION_CHANGE, SETTINGS, _tables(folder, config), more)


def _tables(folder: NodeFolder, config: Config) -> dict[str, str]:
    """A keyed digest of each table: a short or a secret value cannot be guessed from it."""
    keys = Keys.derived(load_secret(folder))
    names = [name for name in config.__struct_fields__ if name != _TOLD_BY_CONTENT]
    return {name: keys.name_digest(name, msgspec.json.encode(getattr(config, name)).decode()) for name in names}

"""What another set of rules would have raised, beside the present one: asked of the events that the lake has.

Steps: 1. which rules are new, changed, gone; 2. both sets are evaluated over the files of the period, their hits beside
the lake; 3. findings of single rules and correlations; 4. incidents of the findings of rules alone. The lake stays as
it is. Analytics and alerts of other products are the same under both sets and are left out.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

from tocsin.detect.sigma import RuleSet
from tocsin.lake.catalog import Catalog
from tocsin.model import LEVELS, Finding, Incident, RuleInfo
from tocsin.node.analyst.rule_findings import Sources, sources_of
from tocsin.node.conductor import Observe
from tocsin.node.correlated import correlation_findings
from tocsin.node.evaluation import Evaluator
from tocsin.node.found import findings, microseconds, open_hits
from tocsin.node.memory import with_memory
from tocsin.node.prevalence import prevalence
from tocsin.node.rescan import evaluate_apart
from tocsin.triage.incidents import group_findings
from tocsin.words.dates import utc
from tocsin.words.messages import say

EXAMPLES = 3
SETS = ("the present rules", "the offered rules")
_DOCUMENTS = re.compile(r"^---[ \t\r]*$", re.MULTILINE)  # between two documents of a YAML file


class Change(StrEnum):
    """What becomes of a rule."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Raised:
    """What one rule raises: hits, and incidents in the queue that rest on it too."""

    hits: int = 0
    incidents: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleReview:
    """One rule under both sets."""

    id: str
    title: str
    level: str
    change: Change
    before: Raised
    after: Raised


@dataclass(frozen=True, slots=True)
class Review:
    """Both sets: rules that differ or raise something else, and incidents in the queue under each."""

    events: int
    rules: tuple[RuleReview, ...]
    changes: Mapping[Change, int]
    incidents_before: int
    incidents_after: int


def review(
    catalog: Catalog, present: RuleSet, offered: RuleSet, since: datetime, observe: Callable[[str], Observe]
) -> Review:
    """Both sets over the events since a time (UTC). `observe` is asked with the name of each set (`SETS`)."""
    changes = compare(present, offered)
    before, after = _found(catalog, (present, offered), since, observe)
    queue_before, queue_after = (_queue(catalog, each) for each in (before, after))
    raised_before, raised_after = _raised(before, queue_before), _raised(after, queue_after)
    infos = {info.id: info for info in (*_infos(present), *_infos(offered))}
    rules = [
        RuleReview(
            id,
            infos[id].title,
            infos[id].level,
            change,
            raised_before.get(id, Raised()),
            raised_after.get(id, Raised()),
        )
        for id, change in changes.items()
        if change is not Change.SAME or raised_before.get(id) != raised_after.get(id)
    ]
    events = sum(file.rows for file in catalog.files() if file.max_time_us >= microseconds(since))
    return Review(
        events, tuple(sorted(rules, key=_order)), dict(Counter(changes.values())), len(queue_before), len(queue_after)
    )


def compare(present: RuleSet, offered: RuleSet) -> dict[str, Change]:
    """Step 1, by id and by the text of the rule."""
    old, new = texts(present), texts(offered)
    return {
        id: Change.NEW if id not in old
        else Change.GONE if id not in new
        else Change.SAME if old[id] == new[id]
        else Change.CHANGED
        for id in sorted({*old, *new})
    }  # fmt: skip


def texts(rules: RuleSet) -> dict[str, str]:
    """The text of each rule by its id: the document of its file that holds the rule's line."""
    files: dict[str, str] = {}
    found = {}
    for info in _infos(rules):
        path, line = _place(info.path)
        if path not in files:
            files[path] = Path(path).read_text("utf-8", "replace")
        found[info.id] = _document(files[path], line)
    return found


def _place(text: str) -> tuple[str, int]:
    """File and line of a rule; the first line where none is told: the file has one rule."""
    path, _, line = text.rpartition(":")
    return (path, int(line)) if path and line.isdecimal() else (text, 1)


def _document(text: str, line: int) -> str:
    """The document of a YAML file in which a line is; the line `---` belongs to the document that it begins."""
    parts = _DOCUMENTS.split(text)
    passed = 1
    for part in parts:
        passed += part.count("\n")
        if line < passed:
            return part.strip()
    return parts[-1].strip()


def _infos(rules: RuleSet) -> Iterable[RuleInfo]:
    return (*rules.rules, *(spec.info for spec in rules.correlations))


def _found(
    catalog: Catalog, sets: Sequence[RuleSet], since: datetime, observe: Callable[[str], Observe]
) -> list[list[Finding]]:
    """Steps 2 and 3, of one set after the other. All forks come before the first query, which has threads."""
    files = [file for file in catalog.files() if file.max_time_us >= microseconds(since)]
    sources = sources_of(catalog)
    with tempfile.TemporaryDirectory(prefix="tocsin-rules-") as folder:
        hits = []
        for name, rules in zip(SETS, sets, strict=True):
            evaluator, out = partial(Evaluator, rules), Path(folder) / name
            hits.append(evaluate_apart(catalog.lake, files, rules.fingerprint, evaluator, out, observe(name)))
        return [_findings(catalog.lake, each, rules, sources, since) for each, rules in zip(hits, sets, strict=True)]


def _findings(lake: Path, hits: Sequence[Path], rules: RuleSet, sources: Sources, since: datetime) -> list[Finding]:
    named = dict(sources.names)
    with closing(open_hits(lake, hits, named, since, None, sources.machines, sources.origins)) as opened:
        infos = {info.id: info for number, info in enumerate(rules.rules) if number not in rules.silent}
        correlated = correlation_findings(opened, rules, named).findings
        return [*findings(opened, infos, named), *correlated]


def _queue(catalog: Catalog, found: Sequence[Finding]) -> list[Incident]:
    """Step 4: those that a person would be shown."""
    now = max((each.last for each in found if each.last), default=None)
    if now is None:
        return []
    groups = group_findings(with_memory(catalog, found), now, partial(prevalence, catalog))
    return [group for group in groups if group.queued]


def _raised(found: Sequence[Finding], queue: Sequence[Incident]) -> dict[str, Raised]:
    hits, shown = Counter[str](), dict[str, list[Finding]]()
    for each in found:
        hits[each.rule.id] += each.count
        shown.setdefault(each.rule.id, []).append(each)
    incidents = Counter(id for group in queue for id in {each.rule.id for each in group.findings})
    return {id: Raised(number, incidents[id], _examples(shown[id])) for id, number in hits.items()}


def _examples(found: Sequence[Finding]) -> tuple[str, ...]:
    """The largest of a rule's findings as sentences."""
    largest = sorted(found, key=lambda each: (-each.count, each.host, each.user))[:EXAMPLES]
    return tuple(_example(each) for each in largest)


def _example(found: Finding) -> str:
    who = " / ".join(part for part in (found.host, found.user) if part) or say("no machine named")
    shown = ", ".join(f"{name}={value}" for name, value in found.evidence[0].fields.items()) if found.evidence else ""
    return say("{who}, {time}, {n} hits: {shown}", who=who, time=utc(found.first), n=found.count, shown=shown)


def _order(rule: RuleReview) -> tuple[object, ...]:
    """What raises most more comes first, then by severity and title."""
    more = rule.after.incidents - rule.before.incidents, rule.after.hits - rule.before.hits
    return -more[0], -more[1], -LEVELS.index(rule.level) if rule.level in LEVELS else 0, rule.title

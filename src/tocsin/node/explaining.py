"""Why a rule says something of events, or does not: for a lake here, and as an errand for one that a node owns.

Rules:
1. A Sigma rule is told test by test (`detect.sigma.explain`). A correlation counts what its rules find: each of them is
   told. An analytic is told by its thresholds (of one event, which of them said no), an alert of another product by
   what the product said (the finding).
2. An event that is not in the lake (any more) is told as such, or is an error where it alone was asked for.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from tocsin.detect.analytics import AnalyticSet, load_analytics
from tocsin.detect.sigma import Explanation, RuleSet, explain, load_rules
from tocsin.errors import UsageError
from tocsin.lake.catalog import Catalog
from tocsin.lake.lookup import find_event
from tocsin.model import RuleInfo
from tocsin.node.explaining_analytic import ask
from tocsin.node.service.config import Config, NodeFolder
from tocsin.node.service.part import analytic_paths, rule_paths
from tocsin.node.store.codec import encode
from tocsin.words.dates import duration
from tocsin.words.messages import say

SIGMA, CORRELATION, ANALYTIC, OTHER = "sigma", "correlation", "analytic", "other"


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold of an analytic."""

    name: str
    value: float
    unit: str
    why: str


@dataclass(frozen=True, slots=True)
class OnEvent:
    """A rule on one event; `problem` says why there is no explanation."""

    event: str
    table: str = ""
    explanation: Explanation | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """What made a finding, or would: `kind` says what kind of rule it is."""

    kind: str
    title: str = ""
    about: str = ""
    limits: tuple[Limit, ...] = ()
    misses: tuple[str, ...] = ()
    events: tuple[OnEvent, ...] = ()
    fires: bool | None = None  # whether an analytic names the event in a finding, None where that was not asked
    told: tuple[str, ...] = ()  # its sentence, or which threshold said no


def explain_events(
    folder: NodeFolder, config: Config, rule: str, events: Sequence[str], *, strict: bool
) -> Explained:  # fmt: skip
    """A rule of a node on events of its lake. UsageError for an unknown rule or event where it is `strict`."""
    analytics = load_analytics(analytic_paths(folder, config))
    if rule in analytics.analytics:
        if not strict:
            return of_analytic(analytics, rule)
        with closing(Catalog(folder.lake)) as catalog:
            return on_event(catalog, analytics, rule, events[0])
    rules = load_rules(rule_paths(folder, config), cache_dir=folder.cache)
    with closing(Catalog(folder.lake)) as catalog:
        found = of_rule(catalog, rules, rule, events, strict=strict)
    if found is None and strict:
        raise unknown(rule)
    return found or Explained(OTHER)


def names_rule(rules: RuleSet, rule: str) -> bool:
    """Whether a rule or correlation has this id or title."""
    infos = (*rules.rules, *(spec.info for spec in rules.correlations))
    return any(rule in (info.id, info.title) for info in infos)


def of_rule(catalog: Catalog, rules: RuleSet, rule: str, events: Sequence[str], *, strict: bool) -> Explained | None:
    """A Sigma rule on events of a lake; None where no rule is called so."""
    infos = [info for info in rules.rules if rule in (info.id, info.title)]
    if infos:
        told = tuple(_on_event(catalog, rules, infos[0], event, strict=strict) for event in events)
        return Explained(SIGMA, infos[0].title, infos[0].description, events=told)
    specs = [spec for spec in rules.correlations if rule in (spec.info.id, spec.info.title)]
    if not specs:
        return None
    spec = specs[0]
    parts = [rules.rules[each.rule] for each in spec.references if each.rule is not None]
    told = tuple(_on_event(catalog, rules, info, event, strict=strict) for event in events for info in parts)
    within = say("{type} {operator}, within {time}", type=spec.type, operator=spec.operator,
                 time=duration(spec.timespan_seconds))  # fmt: skip
    wanted = tuple(Limit(spec.type, number, "", within) for _, number in spec.comparisons)
    return Explained(CORRELATION, spec.info.title, spec.info.description, wanted, events=told)


def of_analytic(analytics: AnalyticSet, id: str) -> Explained:
    """An analytic by its own words."""
    analytic = analytics.analytics[id]
    tuned = analytic.tuned(analytics.tuning.get(id, {}))
    values = tuple(Limit(each.name, each.value, each.unit, each.why) for each in tuned)
    return Explained(ANALYTIC, analytic.info.title, analytic.about, values, analytic.misses)


def on_event(catalog: Catalog, analytics: AnalyticSet, id: str, event: str) -> Explained:
    """The same, with whether it names an event, and which threshold said no."""
    asked = ask(catalog, analytics, analytics.analytics[id], event)
    return replace(of_analytic(analytics, id), fires=asked.fires, told=asked.told)


def unknown(rule: str) -> UsageError:
    """The error where no rule is called so."""
    return UsageError(
        f"no loaded rule or analytic has the id or title {rule!r}",
        "`tocsin rules check DIR` and `tocsin analytics list` name what is loaded.",
    )


def told_why(found: Explained) -> dict[str, object]:
    """What an errand says of it: JSON in ASCII, as values of logs may hold what UTF-8 cannot."""
    return {"explained": encode(found)}


def _on_event(catalog: Catalog, rules: RuleSet, info: RuleInfo, event: str, *, strict: bool) -> OnEvent:
    try:
        table, fields = find_event(catalog, event)
    except UsageError as error:
        if strict:
            raise
        return OnEvent(event, problem=f"{error}. {error.advice()}")
    return OnEvent(event, table, explain(rules, info.id, table, fields))

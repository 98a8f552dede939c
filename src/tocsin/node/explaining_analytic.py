"""Which threshold of an analytic said no to an event: it is asked again around it, one threshold wider each time.

Rules:
1. Asked are the rows of a day before and after the event, and what the analytic looks back at. An event that a finding
   names has fired. More rows than limits.EXPLAINED_ROWS since then are not asked: it would take minutes.
2. A threshold said no when the analytic names the event with it alone put aside: as nothing, or WIDER times as large.
   Where several said no together, no one of them is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from tocsin import limits
from tocsin.detect.analytics import Analytic, AnalyticSet
from tocsin.lake.catalog import Catalog, Origin
from tocsin.lake.lookup import find_event
from tocsin.node.analysed import analyse
from tocsin.node.store.times import moment
from tocsin.words.messages import say

WIDER = 1_000
AROUND = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether the analytic fires on an event, and in a sentence each why, or which threshold said no."""

    fires: bool
    told: tuple[str, ...]


def ask(catalog: Catalog, analytics: AnalyticSet, analytic: Analytic, event: str) -> Asked:
    """Ask it again around an event. UsageError where the lake has no such event."""
    _, fields = find_event(catalog, event)
    at_us = int(str(fields.get("time_us", "0")) or 0)
    if at_us <= 0:
        return Asked(False, (say("The event has no readable time, and analytics look at times."),))
    if catalog.rows_since(at_us - AROUND // timedelta(microseconds=1)) > limits.EXPLAINED_ROWS:
        return Asked(False, (say("There are too many events since then to ask threshold by threshold."),))
    if sentence := _named(catalog, analytics, analytic, at_us, event):
        return Asked(True, (sentence,))
    said_no = tuple(_said_no(catalog, analytics, analytic, at_us, event))
    none = say("It names the event in no finding, whichever single threshold is put aside.")
    return Asked(False, said_no or (none,))


def _said_no(
    catalog: Catalog, analytics: AnalyticSet, analytic: Analytic, at_us: int, event: str
) -> Iterator[str]:  # fmt: skip
    tuning = analytics.tuning.get(analytic.id, {})
    for threshold in analytic.tuned(tuning):
        for wide in (0.0, threshold.value * WIDER):
            other = {**tuning, threshold.name: wide}
            wider = replace(analytics, tuning={**analytics.tuning, analytic.id: other})
            if sentence := _named(catalog, wider, analytic, at_us, event):
                value = f"{threshold.value:,g} {threshold.unit}".strip()
                yield say("{name} = {value} said no; without it: {told}", name=threshold.name, value=value,
                          told=sentence)  # fmt: skip
                break


def _named(catalog: Catalog, analytics: AnalyticSet, analytic: Analytic, at_us: int, event: str) -> str:
    """The sentence of the finding that names the event; empty where none does."""
    at = moment(at_us)
    names = {source.id: source.name for source in catalog.sources()}
    only = analytics.chosen({analytic.id})
    found = analyse(catalog, only, names, Origin(), at - AROUND, at + AROUND)
    return next((each.message or each.rule.title for each in found.findings if event in each.named_events), "")

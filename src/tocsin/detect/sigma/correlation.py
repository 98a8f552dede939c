"""Sigma correlation rules over event time (Sigma correlation rules specification 2.1), as pure functions.

All types: event_count, value_count, temporal, temporal_ordered, value_sum, value_avg, value_percentile, value_median
and extended temporal conditions. How windows, conditions and episodes are meant stands in `correlation_windows`, who
takes part in `correlation_rows`, what is computed in `correlation_measures`. In short:

1. Each group (the values of `group-by`) is looked at alone; the window slides with every hit.
2. One episode of overlapping matches is one result, however long it lasts.
3. temporal_ordered: hits follow in the order of the rules; hits of the same microsecond may stand in any order.
4. Correlations of correlations are evaluated from the inside out.
5. At most limits.CORRELATION_EVENTS hits of one correlation are looked at, the earliest first; a note says so.
Time is O(n log n), memory O(n).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tocsin import limits
from tocsin.detect.sigma.correlation_hits import Hits
from tocsin.detect.sigma.correlation_measures import ORDERED_REFERENCES, Rows
from tocsin.detect.sigma.correlation_rows import Inner, LeftOut, prepare
from tocsin.detect.sigma.correlation_spec import CorrelationSpec
from tocsin.detect.sigma.correlation_windows import Episode, episodes
from tocsin.errors import RuleError


@dataclass(frozen=True, slots=True)
class CorrelationHit:
    """One episode of one group.

    `value` is the measure of the window that went furthest: the largest, for `lt` and `lte` the smallest.
    `count` counts the hits in all matching windows, `event_ids` lists the first limits.FINDING_EVENT_IDS of them.
    """

    correlation: str  # the rule's id
    group: Mapping[str, str]  # group-by name → value, in the spelling seen first
    first_us: int  # time of the first event of the first matching window
    crossed_us: int  # time at which the condition was first met
    last_us: int  # time of the last event of the last matching window
    value: float
    count: int
    event_ids: tuple[str, ...]
    moments_us: tuple[int, ...]  # every event time at which the condition held, for outer correlations


@dataclass(frozen=True, slots=True)
class Correlated:
    """The result of one correlation rule: its hits, and what could not take part."""

    hits: tuple[CorrelationHit, ...]
    left_out: LeftOut = field(default_factory=LeftOut)
    notes: tuple[str, ...] = ()


def correlate(
    spec: CorrelationSpec, hits: Hits, inner: Mapping[int, Sequence[CorrelationHit]] | None = None
) -> Correlated:
    """All episodes of one correlation rule. `inner` holds the hits of the correlations it references, by index."""
    reason = cannot_run(spec)
    if reason:
        return Correlated((), notes=(reason,))
    matches = inner or {}
    seen = {index: [Inner(hit.moments_us, hit.group) for hit in found] for index, found in matches.items()}
    prepared = prepare(spec, hits, seen)
    evidence = _Evidence(spec, prepared.rows, hits, matches)
    found = [evidence.hit(episode, prepared.groups) for episode in episodes(spec, prepared.rows)]
    found.sort(key=lambda hit: (hit.first_us, hit.last_us))
    return Correlated(tuple(found), prepared.left_out, tuple(_notes(prepared.left_out)))


def cannot_run(spec: CorrelationSpec) -> str:
    """Why a correlation rule cannot be evaluated; empty if it can."""
    ordered = spec.type == "temporal_ordered" and spec.expression is not None
    if ordered and len(spec.references) > ORDERED_REFERENCES:
        return f"an ordered condition over {len(spec.references)} rules is more than the {ORDERED_REFERENCES} possible"
    if spec.type.startswith("temporal") and spec.expression is None and _asks_for_more(spec):
        return f"the condition asks for more than the {len(spec.references)} rules that the correlation names"
    if spec.type.startswith("value_") and not spec.fields:
        return f"a {spec.type} correlation needs a field"
    if spec.type.startswith("value_") and spec.type != "value_count" and len(spec.fields) > 1:
        return f"a {spec.type} correlation takes one field, not {len(spec.fields)}"
    return ""


def _asks_for_more(spec: CorrelationSpec) -> bool:
    most = len(spec.references)
    return any(
        (operator in ("gte", "eq") and count > most) or (operator == "gt" and count >= most)
        for operator, count in spec.comparisons
    )


def _notes(left_out: LeftOut) -> Iterator[str]:
    if left_out.beyond_limit:
        yield f"{left_out.beyond_limit} later hits were not correlated: the limit is {limits.CORRELATION_EVENTS}"
    if left_out.untimed:
        yield f"{left_out.untimed} hits without a readable time were left out"
    if left_out.ungrouped:
        yield f"{left_out.ungrouped} hits without a group-by field were left out"
    if left_out.unmeasured:
        yield f"{left_out.unmeasured} hits without a usable value of the condition's field were left out"


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Looks up what stands behind the rows of an episode."""

    spec: CorrelationSpec
    rows: Rows
    hits: Hits
    inner: Mapping[int, Sequence[CorrelationHit]]

    def hit(self, episode: Episode, groups: Sequence[Mapping[str, str]]) -> CorrelationHit:
        behind = [self._inner_hit(row) for row in range(episode.first, episode.last + 1)] if self.inner else []
        matches = list({id(match): match for match in behind if match is not None}.values())
        events = episode.last + 1 - episode.first - sum(match is not None for match in behind)
        times = self.rows.time_us
        return CorrelationHit(
            correlation=self.spec.id,
            group=groups[self.rows.group[episode.first]],
            first_us=min([times[episode.first], *(match.first_us for match in matches)]),
            crossed_us=episode.moments_us[0],
            last_us=max([times[episode.last], *(match.last_us for match in matches if not self._temporal)]),
            value=float(Fraction(episode.value) / self.rows.scale),
            count=events + sum(match.count for match in matches),
            event_ids=self._event_ids(episode),
            moments_us=tuple(episode.moments_us),
        )

    @property
    def _temporal(self) -> bool:
        return self.spec.type.startswith("temporal")

    def _inner_hit(self, row: int) -> CorrelationHit | None:
        origin = self.rows.origin[row]
        correlation = self.spec.references[self.rows.reference[row]].correlation
        return self.inner[correlation][~origin] if origin < 0 and correlation is not None else None

    def _event_ids(self, episode: Episode) -> tuple[str, ...]:
        ids: dict[str, None] = {}
        for row in range(episode.first, episode.last + 1):
            match = self._inner_hit(row)
            ids.update(dict.fromkeys(match.event_ids if match else (self.hits.event_id(self.rows.origin[row]),)))
            if len(ids) >= limits.FINDING_EVENT_IDS:
                break
        return tuple(ids)[: limits.FINDING_EVENT_IDS]


def correlate_all(specs: Sequence[CorrelationSpec], hits: Hits) -> list[Correlated]:
    """Every correlation rule, those that others reference first; results in the order of `specs`."""
    results: dict[int, Correlated] = {}
    for index in _inside_out(specs):
        references = (reference.correlation for reference in specs[index].references)
        inner = {number: results[number].hits for number in references if number is not None}
        results[index] = correlate(specs[index], hits, inner)
    return [results[index] for index in range(len(specs))]


def _inside_out(specs: Sequence[CorrelationSpec]) -> list[int]:
    """Indexes so that each correlation comes after those it references."""
    waiting = {i: {r.correlation for r in spec.references if r.correlation is not None} for i, spec in enumerate(specs)}
    order: list[int] = []
    while waiting:
        ready = [index for index, needs in waiting.items() if needs.isdisjoint(waiting)]
        if not ready:
            names = ", ".join(sorted(specs[index].id for index in waiting))
            raise RuleError(f"correlation rules reference each other in a circle: {names}", "Remove one reference.")
        for index in ready:
            del waiting[index]
        order += ready
    return order

"""Analytics in a scan: one window over what was scanned, every analytic over it, its rows as findings with evidence.

Rules:
1. The window holds the rows of the scanned sources and what analytics look back at; the long memory holds everything
   that the lake has seen. What the older rows alone show was told when they were scanned, and is not told again.
2. A finding's evidence are the events that its analytic names first, shown with the columns of the header.
3. An analytic that fails or has nothing to read is told, and never stops a scan.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb
import pyarrow as pa

from tocsin import limits
from tocsin.detect.analytics import (
    Analytic,
    AnalyticSet,
    Budget,
    Hit,
    Outcome,
    Refused,
    Window,
    open_window,
    run_analytic,
)
from tocsin.lake.catalog import Catalog, Origin
from tocsin.lake.rollups import rollup_files
from tocsin.model import Evidence, Finding
from tocsin.node.found import microseconds, moment
from tocsin.words.messages import say

Observe = Callable[[int, int], None]
"""Told of analytics done and analytics in all."""
_ALWAYS = ("event_id", "time_us", "source", "table_name")
_PROCESS = ("process_uid", "actor_process_uid")
_PARENT = ("parent_process_uid",)


@dataclass(frozen=True, slots=True)
class Analysed:
    """What the analytics of a scan gave. `outcomes` has one entry an analytic, by id."""

    findings: tuple[Finding, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def ran(self) -> int:
        """How many had logs to read and did not fail."""
        return sum(not each.reason for each in self.outcomes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What failed, and what could not be loaded, in a sentence each."""
        failed = (each for each in self.outcomes if each.failed)
        return (
            *(
                say("The analytic {id} did not run: {reason}.", id=each.analytic.id, reason=each.reason.rstrip("."))
                for each in failed
            ),
            *(say("The analytic {id} was refused: {reason}", id=each.id, reason=each.reason) for each in self.refused),
        )


def analyse(
    catalog: Catalog,
    chosen: AnalyticSet,
    names: Mapping[str, str],
    origin: Origin,
    since: datetime | None = None,
    until: datetime | None = None,
    observe: Observe | None = None,
    budget: Budget | None = None,
) -> Analysed:
    """Run the analytics over the sources in `names` (id → file name), within the times (UTC, both inclusive)."""
    analytics = list(chosen.analytics.values())
    if not analytics or not names:
        return Analysed(refused=chosen.refused)
    everything = len(names) == len(catalog.sources())
    with open_window(
        catalog.lake,
        catalog.files(),
        analytics,
        None if everything else names,
        microseconds(since) if since else None,
        microseconds(until) if until else None,
        rollup_files(catalog),
        budget,
    ) as window:
        outcomes = []
        for done, analytic in enumerate(analytics):
            if observe:
                observe(done, len(analytics))
            outcomes.append(run_analytic(window, chosen, analytic))
        known = {source.id: source.name for source in catalog.sources()} | dict(names)
        found = [finding for each in outcomes for finding in _findings(window, each, known, origin)]
    return Analysed(tuple(found), tuple(outcomes), chosen.refused)


def _findings(window: Window, outcome: Outcome, names: Mapping[str, str], origin: Origin) -> Iterator[Finding]:
    wanted = {id for hit in outcome.hits for id in hit.event_ids[: limits.EVIDENCE_EVENTS]}
    shown = _evidence(window.connection, outcome.analytic, wanted, names) if wanted else {}
    for hit in outcome.hits:
        if window.is_new(hit.event_ids, hit.last_us):
            yield _finding(outcome.analytic, hit, shown, origin)


def _finding(analytic: Analytic, hit: Hit, shown: Mapping[str, tuple[Evidence, str]], origin: Origin) -> Finding:
    events = [shown[id] for id in hit.event_ids if id in shown]
    return Finding(
        rule=replace(analytic.info, level=hit.level),
        host=hit.host,
        user=hit.user,
        count=hit.count,
        first=moment(hit.first_us),
        last=moment(hit.last_us),
        event_ids=hit.event_ids,
        evidence=tuple(event for event, _ in events),
        organisation=hit.organisation or origin.organisation,
        network=hit.network or origin.network,
        table=events[0][1] if events else "",
        message=hit.message,
        opened=moment(hit.opened_us),
        keys=hit.keys,
    )


def _evidence(
    connection: duckdb.DuckDBPyConnection, analytic: Analytic, wanted: Collection[str], names: Mapping[str, str]
) -> dict[str, tuple[Evidence, str]]:
    """The wanted events with the columns that the header shows, by id, each with its native table."""
    connection.register("wanted_events", pa.table({"event_id": pa.array(sorted(wanted), pa.string())}))
    found: dict[str, tuple[Evidence, str]] = {}
    for each in analytic.evidence:
        there = set(connection.sql(f'SELECT * FROM "{each.view}" LIMIT 0').columns)
        columns = [*_ALWAYS, *(name for name in (*each.columns, *_PROCESS, *_PARENT) if name in there)]
        listed = ", ".join(f'"{name}"' for name in dict.fromkeys(columns))
        rows = connection.sql(f'SELECT {listed} FROM "{each.view}" SEMI JOIN wanted_events USING (event_id)')
        for row in rows.to_arrow_table().to_pylist():
            found.setdefault(row["event_id"], (_event(row, each.columns, names), row["table_name"]))
    connection.unregister("wanted_events")
    return found


def _event(row: Mapping[str, object], columns: Sequence[str], names: Mapping[str, str]) -> Evidence:
    source, _, record = str(row["event_id"]).rpartition("-")
    return Evidence(
        event_id=str(row["event_id"]),
        time=moment(row["time_us"]),
        file=names.get(source, source),
        record=int(record),
        fields={
            name: str(row[name])[: limits.EVIDENCE_CHARACTERS] for name in columns if row.get(name) not in (None, "")
        },
        process=_first(row, _PROCESS),
        parent=_first(row, _PARENT),
    )


def _first(row: Mapping[str, object], columns: Sequence[str]) -> str:
    return next((str(row[name]) for name in columns if row.get(name)), "")

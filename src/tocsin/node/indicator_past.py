"""What a lake remembers of indicators that came: sightings as findings, told once.

Rules:
1. One finding is one rule of indicators (`Warned`) and whom it was seen with; it says how often, from when to when, and
   where that is known from. Raw events and rollups tell of the same: the larger count stands, not the sum.
2. Findings wait as a file below `indicators/past` until the node's analyst has told them, which then removes it. In a
   lake without a node the file stays, and every scan tells them.
3. The rollup of domains keeps what was registered: that `evil.example` was called says nothing of an indicator for
   `c2.evil.example`, so it gives no finding. `tocsin hunt --indicator` shows such rows too.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa

from tocsin import limits
from tocsin.detect.indicators import Warned, place_of
from tocsin.lake.catalog import Catalog
from tocsin.lake.durable import hidden, settle
from tocsin.lake.indicators import Indicator
from tocsin.lake.sightings import sightings
from tocsin.model import Evidence, Finding
from tocsin.node.indicator_hits import INDICATOR, VALUES_SHOWN, WARNED_BY
from tocsin.node.store.codec import decode, encode, prepare
from tocsin.words.messages import first_few, say, say_many

PAST_FOLDER = "past"
_NO_RECORD = 0
prepare(tuple[Finding, ...])

Row = Mapping[str, object]


def past_findings(catalog: Catalog, wanted: Mapping[Warned, Sequence[Indicator]], most: int) -> tuple[Finding, ...]:
    """Where indicators were seen, each under its rule; at most so many rows. Raises LakeError."""
    rules: dict[tuple[str, str], list[Warned]] = {}
    for warned, indicators in wanted.items():
        for each in indicators:
            rules.setdefault((each.kind, each.given), []).append(warned)
    every = list({(each.kind, each.given): each for group in wanted.values() for each in group}.values())
    if not every:
        return ()
    found = sightings(catalog, every, rows=most, whose=True)
    by_place: dict[tuple[Warned, str, str, str], list[Row]] = {}
    spellings = {(each.kind, each.given): each.spellings for each in every}
    rows = [row for row in _rows(found.rows) if not _is_above(row, spellings)]
    with_whom = {(row["kind"], row["indicator"]) for row in rows if row["who"]}
    for row in rows:
        if not row["who"] and (row["kind"], row["indicator"]) in with_whom:
            continue  # a rollup that forgot whose it was tells nothing more
        for warned in rules[str(row["kind"]), str(row["indicator"])]:
            place = (warned, str(row["who"] or "").lower(), str(row["organisation"] or ""), str(row["network"] or ""))
            by_place.setdefault(place, []).append(row)
    return tuple(
        _finding(warned, _spelled(rows), organisation, network, rows)
        for (warned, _, organisation, network), rows in by_place.items()
    )


def keep(lake: Path, findings: Sequence[Finding]) -> None:
    """Let findings wait for whoever tells them."""
    if not findings:
        return
    path = place_of(lake).parent / PAST_FOLDER / f"{uuid4().hex}.json"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    hidden(path).write_text(encode(findings), "ascii")
    hidden(path).chmod(0o600)
    settle([path])


def waiting(lake: Path) -> list[Path]:
    """The files of findings that wait."""
    return sorted((place_of(lake).parent / PAST_FOLDER).glob("[!.]*.json"))


def read(path: Path) -> tuple[Finding, ...]:
    """The findings of one file. Raises StateError where it is damaged."""
    return decode(path.read_text("ascii"), tuple[Finding, ...], f"the file {path}")


def told_by_scan(lake: Path, sources: Iterable[str] | None) -> Iterator[Finding]:
    """The findings that wait; with `sources` only those with an event of one of them."""
    known = None if sources is None else set(sources)
    for path in waiting(lake):
        for finding in read(path):
            if known is None or any(event.rpartition("-")[0] in known for event in finding.event_ids):
                yield finding


def _rows(rows: pa.Table) -> Iterator[Row]:
    for batch in rows.to_batches(limits.INDICATOR_PORTION):
        yield from batch.to_pylist()


def _spelled(rows: Sequence[Row]) -> str:
    """Who it was, as the events write it: rollups write names in lower case."""
    return max((str(row["who"] or "") for row in rows), key=lambda who: (who != who.lower(), who))


def _is_above(row: Row, spellings: Mapping[tuple[str, str], Sequence[str]]) -> bool:
    """Rule 3."""
    indicator = str(row["kind"]), str(row["indicator"])
    return row["place"] == "domain_days" and row["kind"] == "domain" and row["value"] not in spellings[indicator]


def _finding(warned: Warned, who: str, organisation: str, network: str, rows: Sequence[Row]) -> Finding:
    by_value: dict[str, list[Row]] = {}
    for row in rows:
        by_value.setdefault(str(row["indicator"]), []).append(row)
    count = sum(max(_number(row, "count") for row in each) for each in by_value.values())
    first, last = min(_time(row, "first") for row in rows), max(_time(row, "last") for row in rows)
    events = dict.fromkeys(event for row in rows for event in str(row["event_ids"]).split())
    keys = tuple(f"{warned.kind}:{value}" for value in by_value)
    return Finding(
        rule=warned.info(past=True),
        host=who,
        user="",
        count=count,
        first=first,
        last=last,
        event_ids=tuple(events)[: limits.FINDING_EVENT_IDS],
        evidence=tuple(_evidence(warned, rows))[: limits.EVIDENCE_EVENTS],
        organisation=organisation,
        network=network,
        message=_message(warned, list(by_value), count, first, last, rows),
        keys=keys[: limits.FINDING_KEYS],
    )


def _message(
    warned: Warned, values: Sequence[str], count: int, first: datetime, last: datetime, rows: Sequence[Row]
) -> str:
    days = max(_number(row, "days") for row in rows)
    places = first_few(list(dict.fromkeys(str(row["place"]) for row in rows)), VALUES_SHOWN)
    often = say_many("once", "{n} times", count)
    when = (
        say("on {day}", day=first.date())
        if days == 1
        else say("from {first} to {last}", first=first.date(), last=last.date())
    )
    return say(
        "{values}: {source} warned about it; it was seen {often} {when} (by {places})",
        values=first_few(list(values), VALUES_SHOWN), source=warned.source, often=often, when=when, places=places,
    )  # fmt: skip


def _evidence(warned: Warned, rows: Iterable[Row]) -> Iterator[Evidence]:
    """The raw events that are still there: the first of each place."""
    for row in rows:
        for event in str(row["event_ids"]).split()[:1]:
            record = event.rpartition("-")[2]
            fields = {
                INDICATOR: f"{warned.kind}:{row['indicator']}",
                WARNED_BY: warned.source,
                str(row["field"]): str(row["value"] or ""),
            }
            shortened = {name: text[: limits.EVIDENCE_CHARACTERS] for name, text in fields.items() if text}
            number = int(record) if record.isdecimal() else _NO_RECORD
            yield Evidence(event, _time(row, "first"), str(row["place"]), number, shortened)


def _number(row: Row, name: str) -> int:
    return int(str(row[name] or 0))


def _time(row: Row, name: str) -> datetime:
    time = row[name]
    assert isinstance(time, datetime)
    return time


def summary(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """What is told of past sightings to who imported: one row a finding."""
    rows = [json.loads(encode(each)) for each in findings[: limits.INDICATOR_SIGHTINGS_TOLD]]
    wanted = ("host", "count", "first", "last", "message", "organisation", "network", "event_ids")
    return [{name: row[name] for name in wanted} | {"rule": row["rule"]["id"]} for row in rows]

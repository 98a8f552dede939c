"""Findings and hits for programs: the stable forms of `--format` and `--hits`, documented in docs/formats.md.

Rules:
1. Field names and their order are a promise; a new field goes to the end.
2. Times are ISO 8601 in UTC with `Z`; null (JSON) or empty (CSV) where the event carried no readable time.
3. Lists are arrays in JSON and joined by one blank in CSV.
4. Findings come in the order of the incidents, in each by time; findings outside every incident come last.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin.model import Finding, Incident, NameRole
from tocsin.sinks import csv, json
from tocsin.triage.evidence import first_lines
from tocsin.words.dates import machine

FINDING_FIELDS = (
    "rule_id", "title", "level", "attack", "host", "user", "count", "first", "last", "event_ids", "incident",
    "message", "opened", "keys", "mission", "queued", "first_lines",
    "domain", "cause", "rsit", "logged_host", "names",
)  # fmt: skip
HIT_FIELDS = ("rule_id", "event_id", "file", "record", "time")

Value = str | int | bool | list[str] | None


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule that matched one event."""

    rule_id: str
    event_id: str
    file: str  # path as given, with the archive member after `!`
    record: int  # position in the file, 1-based
    time: datetime | None


def findings_ndjson(incidents: Sequence[Incident], unjoined: Sequence[Finding] = ()) -> Iterator[str]:
    """One JSON object a line and finding."""
    for record in finding_records(incidents, unjoined):
        yield json.dumps(record) + "\n"


def findings_json(incidents: Sequence[Incident], unjoined: Sequence[Finding] = ()) -> Iterator[str]:
    """One JSON array, one finding a line."""
    before = "[\n"
    for record in finding_records(incidents, unjoined):
        yield before + json.dumps(record)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def findings_csv(incidents: Sequence[Incident], unjoined: Sequence[Finding] = ()) -> Iterator[str]:
    """A header and one line a finding (RFC 4180)."""
    yield csv.line(FINDING_FIELDS)
    for record in finding_records(incidents, unjoined):
        yield csv.line(_flat(value) for value in record.values())


def finding_records(incidents: Sequence[Incident], unjoined: Sequence[Finding] = ()) -> Iterator[dict[str, Value]]:
    """The findings as records with FINDING_FIELDS."""
    for incident in incidents:
        shown: dict[int, list[str]] = defaultdict(list)
        for line in first_lines(incident):
            shown[id(line.finding)] += line.event_ids[:1]
        for finding in incident.findings:
            yield _record(finding, incident, shown[id(finding)])
    for finding in unjoined:
        yield _record(finding, None, [])


def hit_line(hit: Hit) -> str:
    """One JSON line of `--hits` with HIT_FIELDS."""
    record = {field: getattr(hit, field) for field in HIT_FIELDS}
    return json.dumps(record | {"time": machine(hit.time)}) + "\n"


def _record(finding: Finding, incident: Incident | None, lines: list[str]) -> dict[str, Value]:
    return {
        "rule_id": finding.rule.id,
        "title": finding.rule.title,
        "level": finding.rule.level,
        "attack": list(finding.rule.attack),
        "host": finding.host,
        "user": finding.user,
        "count": finding.count,
        "first": machine(finding.first),
        "last": machine(finding.last),
        "event_ids": list(finding.event_ids),
        "incident": incident.id if incident else None,
        "message": finding.message or None,
        "opened": machine(finding.opened),
        "keys": list(finding.keys),
        "mission": finding.mission or None,
        "queued": incident is not None and incident.queued,
        "first_lines": lines,
        "domain": finding.domain or None,
        "cause": incident.cause if incident else None,
        "rsit": incident.rsit or None if incident else None,
        "logged_host": next((each.said for each in finding.namings if each.role is NameRole.HOST), None),
        "names": list(dict.fromkeys(each.why for each in finding.namings)),
    }


def _flat(value: Value) -> str | int:
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value

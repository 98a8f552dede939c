"""One incident as a file: Markdown for a report, CSV of what was seen, JSON of everything.

Rules:
1. Markdown: foreign text goes through `sinks.markdown`, so addresses are defanged and no syntax of it acts.
2. CSV: one line an event that a finding shows (`first_line` says whether it is among the ten that tell the story), and
   one for a finding that shows none; by time; values for machines, as they were read.
3. JSON is what the node answered, whole, with the history.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from tocsin.console.case import Case
from tocsin.console.queue import owner_name
from tocsin.model import Evidence, Finding
from tocsin.sinks import csv, json
from tocsin.sinks.markdown import inline, lines
from tocsin.triage.evidence import first_lines
from tocsin.words import rsit
from tocsin.words.dates import machine, span, utc
from tocsin.words.messages import say, say_many

CSV_FIELDS = (
    "time", "level", "title", "rule_id", "host", "user", "organisation", "attack", "event_id", "file", "record",
    "first_line", "fields",
)  # fmt: skip
_LATEST = datetime.max.replace(tzinfo=UTC)


def case_json(told: Mapping[str, object]) -> Iterator[str]:
    """The answers of the node as one object."""
    yield json.dumps(dict(told)) + "\n"


def case_csv(case: Case) -> Iterator[str]:
    """A header and the lines (RFC 4180)."""
    first = {event for line in first_lines(case.incident) for event in line.event_ids}
    yield csv.line(CSV_FIELDS)
    rows = [(event, finding) for finding in case.incident.findings for event in finding.evidence or (None,)]
    for event, finding in sorted(rows, key=lambda row: _time(*row) or _LATEST):
        yield csv.line(_csv_row(event, finding, first))


def case_markdown(case: Case, now: datetime, done: Iterable[str] = ()) -> Iterator[str]:
    """The incident as a report; `done` are its lines on what is done about it (`case_acting`)."""
    yield f"# {inline(case.state.title)}\n\n"
    yield inline(say("{id}, as of {time}", id=case.state.id, time=utc(now))) + "\n\n"
    yield from _facts(case)
    yield from _seen(case)
    yield from _list(say("Why it matters and why it is one incident"), case.incident.why)
    yield from _list(say("What speaks against it"), case.incident.against)
    ranked = tuple(f"{part.points:+d} {part.name}: {part.why}" for part in case.incident.parts)
    yield from _list(say("Its rank: {n} points", n=case.state.score), ranked)
    yield from _list(say("How reliable its rules were"), case.incident.reliability)
    yield from _list(say("Next steps"), case.incident.next_steps)
    yield from done
    yield from _notes(case)
    yield from _history(case)


def _facts(case: Case) -> Iterator[str]:
    state, shown = case.state, case.incident
    status = f"{state.status}: {state.ruling}" if state.ruling else str(state.status)
    seen = say("{time} by {who}", time=utc(state.acknowledged), who=_who(case, state.acknowledged_by))
    facts = {
        say("Level"): say("{level}, {points} points", level=state.level, points=state.score),
        say("Class"): rsit.name_of(shown.rsit) if shown.rsit else "",
        say("Status"): status,
        say("Exceptions"): " ".join(shown.excepted),
        say("Owner"): owner_name(state.owner, case.people),
        say("Here since"): utc(state.opened),
        say("Acknowledged"): seen if state.acknowledged else say("not yet"),
        say("Closed"): utc(state.closed) if state.closed else "",
        say("When"): span(shown.first, shown.last),
        say("Hosts"): ", ".join(shown.hosts),
        say("Accounts"): ", ".join(shown.users),
        "ATT&CK": ", ".join(shown.attack),
        say("Includes"): ", ".join(f"{part.id} ({part.title})" for part in case.parts),
        say("A part of"): state.merged_into,
        say("Evidence is kept"): "; ".join(f"{each.incident}: {each.why}" for each in case.holds if not each.released),
    }
    for name, value in facts.items():
        if value:
            yield f"- **{inline(name)}:** {inline(value)}\n"


def _seen(case: Case) -> Iterator[str]:
    yield f"\n## {inline(say('What was seen'))}\n\n"
    told = first_lines(case.incident)
    if not told:
        yield inline(say("No log has told of it.")) + "\n"
        return
    yield f"| {say('Time')} | {say('Level')} | {say('What')} | {say('Host')} | {say('Account')} | {say('Where')} |\n"
    yield "|---|---|---|---|---|---|\n"
    for line in told:
        where = f"{line.event.file}:{line.event.record}" if line.event else ""
        cells = (utc(line.time), line.finding.rule.level, line.told, line.finding.host, line.finding.user, where)
        yield "| " + " | ".join(inline(cell) for cell in cells) + " |\n"
    more = len(case.incident.findings) + case.left_out
    yield "\n" + inline(say_many("{n} finding in all.", "{n} findings in all.", more)) + "\n"


def _list(heading: str, sentences: tuple[str, ...]) -> Iterator[str]:
    if sentences:
        yield f"\n## {inline(heading)}\n\n"
    for sentence in sentences:
        yield f"- {inline(sentence)}\n"


def _notes(case: Case) -> Iterator[str]:
    notes = [*case.state.notes, *(note for part in case.parts for note in part.notes)]
    if notes:
        yield f"\n## {inline(say('Notes'))}\n"
    for note in sorted(notes, key=lambda each: each.time):
        yield f"\n**{inline(utc(note.time))}, {inline(_who(case, note.author))}**\n\n{lines(note.text)}\n"


def _history(case: Case) -> Iterator[str]:
    yield f"\n## {inline(say('History'))}\n\n"
    for change in case.history:
        why = f" ({change.why})" if change.why else ""
        told = f"{utc(change.time)}, {_who(case, change.actor)}: {_named(change.what, case)}{why}"
        yield f"{change.version}. {inline(told)}\n"


def _who(case: Case, actor: str) -> str:
    return case.people.get(actor, actor)


def _named(text: str, case: Case) -> str:
    for actor, name in case.people.items():
        text = text.replace(actor, name)
    return text


def _time(event: Evidence | None, finding: Finding) -> datetime | None:
    return event.time if event else finding.first


def _csv_row(event: Evidence | None, finding: Finding, first: set[str]) -> tuple[str | int, ...]:
    place = (event.event_id, event.file, event.record) if event else ("", "", "")
    fields = " ".join(f"{name}={value}" for name, value in event.fields.items()) if event else ""
    told = "true" if event and event.event_id in first else "false"
    return (
        machine(_time(event, finding)) or "", finding.rule.level, finding.message or finding.rule.title,
        finding.rule.id, finding.host, finding.user, finding.organisation, " ".join(finding.rule.attack), *place, told,
        fields,
    )  # fmt: skip

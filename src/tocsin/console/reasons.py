"""Why an incident is one, and why a finding was made, on a terminal: every part with what it rests on."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from tocsin.console.case import Case
from tocsin.console.explanation import print_explanation
from tocsin.console.terminal import INDENT, foreign, level_word
from tocsin.model import OTHERS_STATUS, Finding
from tocsin.node.explaining import ANALYTIC, CORRELATION, OTHER, Explained
from tocsin.words import rsit
from tocsin.words.attack import technique_name
from tocsin.words.dates import span, utc
from tocsin.words.messages import mark, say, say_many

FINDINGS = 40  # findings of an incident that are listed; more are counted
FIELDS = 12  # of one event


def explained_json(found: Explained) -> str:
    """The whole answer as one JSON object."""
    return json.dumps(asdict(found), ensure_ascii=True, indent=2)


def print_incident(case: Case, ids: Sequence[str], console: Console) -> None:
    """All findings, why they belong together, the rank part by part, the doubts, how reliable each rule was."""
    for part in _incident(case, ids):
        console.print(part)


def print_finding(
    id: str, finding: Finding, incident: str, why: Explained, console: Console, *, gone: bool
) -> None:  # fmt: skip
    """The rule, what it says, the events, then test by test."""
    console.print(Text.assemble(level_word(finding.rule.level), "  ", foreign(finding.rule.title, "bold")))
    for line in _place(id, finding, incident, gone=gone):
        console.print(_indented(foreign(line)))
    if finding.message:
        console.print(_indented(foreign(finding.message)))
    for part in _evidence(finding):
        console.print(part)
    console.print()
    if why.kind == OTHER:
        console.print(foreign(_made_by(finding)))
    else:
        print_explained(why, console)


def print_explained(found: Explained, console: Console) -> None:
    """An analytic by its thresholds; a Sigma rule, or the rules that a correlation counts, test by test."""
    if found.about:
        console.print(foreign(found.about))
    for each in found.limits:
        value = f"{each.value:,g} {each.unit}".strip()
        console.print(_indented(foreign(f"{each.name} = {value}: {each.why}")))
    if found.fires is not None:
        console.print(Text(say("It fires on this event.") if found.fires else say("It does not fire on this event.")))
        for sentence in found.told:
            console.print(_indented(foreign(sentence)))
    if found.kind == ANALYTIC:
        for sentence in found.misses:
            console.print(_indented(foreign(say("Misses: {what}", what=sentence))))
    if found.kind == CORRELATION:
        console.print(foreign(say("It counts what these rules find:")))
    told: set[str] = set()
    for event in found.events:
        why = event.explanation
        if why is None:
            console.print(foreign(f"{event.event}: {event.problem}"))
        elif why.rule.id in told:  # the first event has the tree
            sentence = mark("It fires on {event} too.") if why.matched else mark("It does not fire on {event}.")
            console.print(foreign(say(sentence, event=event.event)))
        else:
            told.add(why.rule.id)
            print_explanation(why.rule, event.event, why)


def _incident(case: Case, ids: Sequence[str]) -> Iterator[RenderableType]:
    incident = case.incident
    yield Text.assemble(level_word(case.state.level), "  ", foreign(f"{case.state.id}  {incident.title}", "bold"))
    told = [span(incident.first, incident.last), rsit.name_of(incident.rsit)]
    yield _indented(foreign(" · ".join(each for each in told if each), "dim"))
    for technique in incident.attack:
        name = technique_name(technique)
        yield _indented(foreign(technique if name == technique else f"{technique} {name}", "dim"))
    yield from _findings(case, ids)
    yield from _list(say("Why these belong together, and why it matters"), incident.why)
    parts = [f"{part.points:+4d}  {part.name}: {part.why}" for part in incident.parts]
    yield from _list(say("Its rank: {points} points", points=incident.score), parts)
    yield from _list(say("What speaks against it"), incident.against)
    yield from _list(say("How reliable its rules were"), incident.reliability)
    yield from _list(say("Why it is folded"), incident.excepted)


def _findings(case: Case, ids: Sequence[str]) -> Iterator[RenderableType]:
    found = list(zip(ids, case.incident.findings, strict=True))
    total = len(found) + case.left_out
    yield from _heading(say_many("{n} finding", "{n} findings", total))
    for id, finding in found[:FINDINGS]:
        where = " · ".join(each for each in (finding.host, finding.user) if each)
        told = finding.message or finding.rule.title
        line = Text.assemble(level_word(finding.rule.level), "  ", foreign(f"{id}  {told}"))
        yield _indented(line)
        yield _indented(_indented(foreign(f"{where} · {_times(finding)} · {utc(finding.first)}", "dim")))
    if total > FINDINGS:
        yield _indented(Text(say_many("… and {n} more", "… and {n} more", total - FINDINGS), style="dim"))
    if found:
        yield _indented(foreign(say("Why one fired: tocsin explain {id}", id=found[0][0])))


def _place(id: str, finding: Finding, incident: str, *, gone: bool) -> Iterator[str]:
    where = " · ".join(each for each in (finding.organisation, finding.network, finding.host, finding.user) if each)
    yield f"{id} · {where} · {_times(finding)} · {span(finding.first, finding.last)}"
    yield say("rule {id}, {path}", id=finding.rule.id, path=finding.rule.path or finding.rule.logsource)
    yield say("in incident {incident}", incident=incident) if incident else say("in no incident")
    if gone:
        yield say("New data made it untrue: it counts no longer.")


def _evidence(finding: Finding) -> Iterator[RenderableType]:
    if finding.evidence:
        yield from _heading(say_many("{n} event is shown", "{n} events are shown", len(finding.evidence)))
    for event in finding.evidence:
        shown = ", ".join(f"{name} {value}" for name, value in list(event.fields.items())[:FIELDS])
        yield _indented(foreign(f"{event.event_id} · {utc(event.time)} · {shown}"))


def _made_by(finding: Finding) -> str:
    if finding.rule.status == OTHERS_STATUS:
        return say("{product} raised it; why is known there. Above is what it said.",
                   product=finding.rule.author or say("Another product"))  # fmt: skip
    return say("The rule is not among those that the node uses now, so it cannot be asked again.")


def _times(finding: Finding) -> str:
    return say_many("{n} time", "{n} times", finding.acts)


def _list(heading: str, sentences: Sequence[str]) -> Iterator[RenderableType]:
    if sentences:
        yield from _heading(heading)
    yield from (_indented(foreign(sentence)) for sentence in sentences)


def _heading(text: str) -> Iterator[RenderableType]:
    yield Text()
    yield Text(text, style="dim")


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, INDENT))

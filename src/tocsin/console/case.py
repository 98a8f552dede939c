"""One incident of the node on a terminal: how far people are, then what a scan tells of it, notes and history."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from tocsin.console.queue import owner_name
from tocsin.console.terminal import INDENT, foreign, incident_lines
from tocsin.model import Incident
from tocsin.node.store.holds import Hold
from tocsin.node.store.incident_state import IncidentState, Note
from tocsin.sinks.defang import defang
from tocsin.sinks.terminal import plain
from tocsin.words import rsit
from tocsin.words.dates import utc
from tocsin.words.messages import enumeration, say, say_many


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the history."""

    version: int
    time: datetime
    actor: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Part:
    """An incident that people made a part of the one that is shown."""

    id: str
    title: str
    level: str
    findings: int
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """An incident with its findings and what people made of it. `people` names accounts."""

    state: IncidentState
    incident: Incident
    left_out: int
    people: dict[str, str]
    history: Sequence[Change] = ()
    parts: Sequence[Part] = ()
    holds: Sequence[Hold] = ()


def print_case(case: Case, console: Console) -> None:
    """Write it."""
    for part in _parts(case):
        console.print(part)


def _parts(case: Case) -> Iterator[RenderableType]:
    yield foreign(_standing(case), "bold")
    yield foreign(_began(case))
    yield from (foreign(sentence) for sentence in _links(case))
    yield Text()
    yield from incident_lines(case.state.id, case.incident)
    if case.left_out:
        one, many = "{n} finding is not shown here.", "{n} findings are not shown here."
        yield Text(say_many(one, many, case.left_out), style="dim")
    yield from _sentences(say("Why"), case.incident.why)
    yield from _sentences(say("Points"), [f"{part.points:+d} {part.name}: {part.why}" for part in case.incident.parts])
    yield from _sentences(say("How reliable its rules were"), case.incident.reliability)
    yield from _notes(case)
    yield from _history(case)


def _standing(case: Case) -> str:
    state = case.state
    told = f"{state.status}: {state.ruling}" if state.ruling else str(state.status)
    return say(
        "{level}, {points} points · {status} · {owner} · version {version}",
        level=state.level, points=state.score, status=told, owner=owner_name(state.owner, case.people),
        version=state.version,
    )  # fmt: skip


def _links(case: Case) -> Iterator[str]:
    """Its class, and what ties it to people and to other incidents."""
    state = case.state
    if state.shown.rsit:
        yield say("Class (RSIT {version}): {name}.", version=rsit.VERSION, name=rsit.name_of(state.shown.rsit))
    yield from state.shown.excepted
    if state.readers:
        names = enumeration([case.people.get(reader, reader) for reader in state.readers])
        yield say("Only these people see it: {names}.", names=names)
    if state.grown_since_closed:
        yield say("It has grown since it was closed.")
    if state.merged_into:
        yield say("It is told as a part of {other}.", other=state.merged_into)
    for part in case.parts:
        yield say_many("It includes {id}, {title} ({n} finding).", "It includes {id}, {title} ({n} findings).",
                       part.findings, id=part.id, title=part.title)  # fmt: skip
    if state.split_from:
        yield say("It was split off {other}.", other=state.split_from)
    if state.apart:
        yield say("The node joins it no more with {others}.", others=enumeration(state.apart))
    for hold in (each for each in case.holds if each.released is None):
        yield say("What {id} rests on is kept since {time} by {actor}: {why}", id=hold.incident, time=utc(hold.time),
                  actor=case.people.get(hold.actor, hold.actor), why=hold.why)  # fmt: skip


def _began(case: Case) -> str:
    """Since when it is here and who has seen it."""
    state = case.state
    since = utc(state.opened)
    opened = say("Opened by hand {time}.", time=since) if state.reported else say("Here since {time}.", time=since)
    if state.acknowledged is None:
        return say("{opened} Nobody has acknowledged it.", opened=opened)
    who = case.people.get(state.acknowledged_by, state.acknowledged_by)
    return say("{opened} Acknowledged {time} by {who}.", opened=opened, time=utc(state.acknowledged), who=who)


def _sentences(heading: str, sentences: Sequence[str]) -> Iterator[RenderableType]:
    if sentences:
        yield Text()
        yield Text(heading, style="dim")
    yield from (_indented(foreign(sentence)) for sentence in sentences)


def _notes(case: Case) -> Iterator[RenderableType]:
    notes = sorted(
        [*(("", note) for note in case.state.notes), *((part.id, note) for part in case.parts for note in part.notes)],
        key=lambda each: each[1].time,
    )
    if notes:
        yield Text()
        yield Text(say("Notes"), style="dim")
    for incident, note in notes:
        author = case.people.get(note.author, note.author)
        where = say("change {version} of {id}", version=note.version, id=incident or case.state.id)
        yield _indented(foreign(say("{time}, {author}, {where}:", time=utc(note.time), author=author, where=where)))
        yield from (_indented(plain(defang(line))) for line in note.text.splitlines())


def _history(case: Case) -> Iterator[RenderableType]:
    if case.history:
        yield Text()
        yield Text(say("History"), style="dim")
    for change in case.history:
        yield _indented(plain(defang(_changed(change, case.people))))


def _changed(change: Change, people: Mapping[str, str]) -> str:
    told = say(
        "{version}. {time}, {actor}: {what}.",
        version=change.version, time=utc(change.time), actor=people.get(change.actor, change.actor),
        what=_named(change.what, people),
    )  # fmt: skip
    return say("{told} Why: {why}", told=told, why=change.why) if change.why else told


def _named(text: str, people: Mapping[str, str]) -> str:
    """The sentence with accounts by name."""
    for actor, name in people.items():
        text = text.replace(actor, name)
    return text


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, INDENT))

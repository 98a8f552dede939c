"""Playbooks: checklists in CACAO Security Playbooks 2.0 (OASIS, cs01), and which one fits an incident.

Rules:
1. A playbook is a JSON document (§3). Read is what people need: its name, its steps with their manual commands, who
   does them, and what decides between branches. Nothing of it is ever run: a command of another type is text.
2. What is refused, with the place: another version, ids that are no CACAO identifiers (§10) or stand twice, a step that
   names one that is not there, steps that the start does not reach, no end, a circle, and more than `limits` allows.
3. Steps are numbered from 1, one branch after the other, and each after all that lead to it; start and end have no
   number.
4. Which incidents a playbook is for stands in an extension of the document (EXTENSION): rules and analytics, techniques
   and tactics of ATT&CK, classes of RSIT. A document without it fits none by itself, and can be chosen by hand.
5. A rule that fired counts most, then techniques (T1486 also for T1486.001), then its class, then tactics.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from tocsin import limits
from tocsin.errors import ConfigError
from tocsin.model import Incident
from tocsin.words import rsit
from tocsin.words.messages import enumeration, say

VERSION = "cacao-2.0"
EXTENSION = "extension-definition--d5a1f7a3-9d7c-5a05-8f5b-6b1f0c2f9a10"
_ID = re.compile(r"[a-z][a-z-]{0,40}--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_HELP = "docs/acting.md tells what a playbook holds; `tocsin playbook check FILE` reads one."
_RULE, _TECHNIQUE, _CLASS, _TACTIC = 100, 10, 5, 1
_TYPES = frozenset(
    {
        "start", "end", "action", "playbook-action", "parallel", "if-condition", "while-condition", "switch-condition",
    }
)  # fmt: skip
_SILENT = frozenset({"start", "end", "parallel"})


class Command(Struct, frozen=True):
    """What to do (§5). Only what people read is taken: `command`, or its `description`."""

    type: str
    command: str = ""
    description: str = ""


class Step(Struct, frozen=True):
    """One step of the workflow (§4). Other properties are allowed, and not read."""

    type: str
    name: str = ""
    description: str = ""
    commands: tuple[Command, ...] = ()
    agent: str = ""
    on_completion: str = ""
    on_success: str = ""
    on_failure: str = ""
    next_steps: tuple[str, ...] = ()
    condition: str = ""
    on_true: str = ""
    on_false: str = ""
    switch: str = ""
    cases: dict[str, str] = {}

    @property
    def following(self) -> tuple[str, ...]:
        """The steps that it names, in the order in which people take them."""
        named = (*self.next_steps, self.on_true, self.on_false, *self.cases.values(), self.on_success, self.on_failure,
                 self.on_completion)  # fmt: skip
        return tuple(dict.fromkeys(each for each in named if each))


class Agent(Struct, frozen=True):
    """Who does a step (§7)."""

    type: str
    name: str


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """Which incidents a playbook is for (rule 4)."""

    type: str = ""
    rules: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()
    rsit: tuple[str, ...] = ()


class Document(Struct, frozen=True):
    """The properties of a playbook (§3.1) that are read."""

    type: str
    spec_version: str
    id: str
    name: str
    created_by: str
    created: str
    modified: str
    workflow_start: str
    workflow: dict[str, Step]
    description: str = ""
    agent_definitions: dict[str, Agent] = {}
    playbook_extensions: dict[str, msgspec.Raw] = {}


@dataclass(frozen=True, slots=True)
class NumberedStep:
    """A step as people see it. `branch` says when it is taken, where that depends."""

    number: int
    name: str
    description: str
    commands: tuple[str, ...]
    agent: str
    question: str = ""
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Playbook:
    """A playbook that was read. `name` is that of its file, `title` its own."""

    name: str
    id: str
    title: str
    description: str
    modified: str
    steps: tuple[NumberedStep, ...]
    match: Match


@dataclass(frozen=True, slots=True)
class Chosen:
    """A playbook that fits an incident, and why."""

    playbook: Playbook
    points: int
    why: str


def parse_playbook(name: str, text: str) -> Playbook:
    """The playbook of a file's text; ConfigError with the file and what is wrong. Rule 2."""
    try:
        told = json.loads(text, object_pairs_hook=_once)
        _bounded(told)
        document = msgspec.json.decode(text, type=Document)
        match = _match(document)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise ConfigError(f"{name}: {error}", _HELP) from error
    for fault in _faults(document):
        raise ConfigError(f"{name}: {fault}", _HELP)
    stem = name.rpartition("/")[2].removesuffix(".json")
    return Playbook(
        stem, document.id, document.name, document.description, document.modified, tuple(_numbered(document)), match
    )


def playbooks_for(incident: Incident, playbooks: Iterable[Playbook]) -> list[Chosen]:
    """The playbooks that fit an incident, the best first, with the reasons. Rule 5."""
    found = [chosen for playbook in playbooks if (chosen := _fit(incident, playbook)).points]
    return sorted(found, key=lambda each: (-each.points, each.playbook.name))


def _fit(incident: Incident, playbook: Playbook) -> Chosen:
    rules = sorted({each.rule.id for each in incident.findings} & set(playbook.match.rules))
    attack = sorted(each for each in incident.attack if _is_of(each, playbook.match.attack))
    tactics = sorted(set(incident.tactics) & set(playbook.match.tactics))
    classes = [incident.rsit] if incident.rsit in playbook.match.rsit else []
    points = _RULE * len(rules) + _TECHNIQUE * len(attack) + _CLASS * len(classes) + _TACTIC * len(tactics)
    names = [rsit.name_of(each) for each in classes]
    return Chosen(playbook, points, say("because of {what}", what=enumeration([*rules, *attack, *names, *tactics])))


def _is_of(technique: str, wanted: Sequence[str]) -> bool:
    return technique in wanted or technique.partition(".")[0] in wanted


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """An object whose names are all different: two steps of one id are one that nobody sees."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)[:80]!r} stands twice in one object")
    return found


def _bounded(told: object, depth: int = 0) -> None:
    """ValueError for what is nested too deep or has too long texts."""
    if depth > limits.PLAYBOOK_DEPTH:
        raise ValueError(f"nested deeper than {limits.PLAYBOOK_DEPTH}")
    if isinstance(told, str) and len(told) > limits.PLAYBOOK_TEXT_CHARACTERS:
        raise ValueError(f"a text of more than {limits.PLAYBOOK_TEXT_CHARACTERS:,} characters")
    if isinstance(told, Mapping):
        for name, each in told.items():
            _bounded(name, depth + 1)
            _bounded(each, depth + 1)
    elif isinstance(told, list):
        for each in told:
            _bounded(each, depth + 1)


def _match(document: Document) -> Match:
    raw = document.playbook_extensions.get(EXTENSION)
    return Match() if raw is None else msgspec.json.decode(raw, type=Match)


def _faults(document: Document) -> Iterator[str]:
    if (document.type, document.spec_version) != ("playbook", VERSION):
        yield f"this is {document.type!r} of {document.spec_version!r}, not a playbook of {VERSION}"
    if not document.id.startswith("playbook--") or not document.created_by.startswith("identity--"):
        yield "`id` is a playbook--UUID, `created_by` an identity--UUID"
    for each in (document.id, document.created_by, *document.agent_definitions, *document.workflow):
        if not _ID.fullmatch(each):
            yield f"{each[:80]!r} is no identifier of the form type--UUID"
    if not document.name.strip():
        yield "it has no name"
    if len(document.workflow) > limits.PLAYBOOK_STEPS:
        yield f"more than {limits.PLAYBOOK_STEPS} steps"
    for id, step in document.workflow.items():
        yield from (f"step {id}: {fault}" for fault in _step_faults(id, step, document))
    yield from _path_faults(document)


def _step_faults(id: str, step: Step, document: Document) -> Iterator[str]:
    if step.type not in _TYPES or not id.startswith(f"{step.type}--"):
        yield f"it says that it is {step.type[:40]!r}"
    for each in step.following:
        if each not in document.workflow:
            yield f"it names {each[:80]!r}, which is not there"
    if step.agent and step.agent not in document.agent_definitions:
        yield f"its agent {step.agent[:80]!r} is not there"
    if step.type == "action" and (not step.commands or not step.agent):
        yield "an action has commands and an agent (§4)"
    if step.type == "if-condition" and not (step.condition and step.on_true):
        yield "an if-condition has `condition` and `on_true` (§4)"
    if step.type == "parallel" and not step.next_steps:
        yield "a parallel step has `next_steps` (§4)"
    if (step.type == "end") is bool(step.following):
        yield "only an end, and every end, has no step after it"


def _path_faults(document: Document) -> Iterator[str]:
    """Steps: 1. it starts at a start; 2. every step is reached; 3. no step comes after itself; 4. there is an end."""
    start = document.workflow.get(document.workflow_start)
    if start is None or start.type != "start":
        yield "`workflow_start` names no start step"
        return
    if any(each not in document.workflow for step in document.workflow.values() for each in step.following):
        return  # told already
    reached = set(_reached(document))
    if unreached := [id for id in document.workflow if id not in reached]:
        yield f"step {unreached[0]} is not reached from the start"
    if not any(step.type == "end" for step in document.workflow.values()):
        yield "there is no end step"
    if circle := _circle(document):
        yield f"step {circle} comes after itself"


def _reached(document: Document) -> list[str]:
    """Ids of the steps in the order of rule 3: depth first, each after all that lead to it."""
    done: dict[str, None] = {}  # a step after all that follow it
    waiting = [(document.workflow_start, False)]
    seen: set[str] = set()
    while waiting:
        id, is_followed = waiting.pop()
        if is_followed:
            done[id] = None
        elif id not in seen:
            seen.add(id)
            waiting.append((id, True))
            waiting += [(each, False) for each in document.workflow[id].following]
    return list(reversed(done))


def _circle(document: Document) -> str:
    """A step that can be reached from itself, but for what a while-condition repeats; empty where there is none."""
    before: dict[str, int] = dict.fromkeys(document.workflow, 0)
    for step in document.workflow.values():
        for each in step.following:
            before[each] += 1
    free = [id for id, number in before.items() if not number]
    while free:
        for each in document.workflow[free.pop()].following:
            before[each] -= 1
            if not before[each]:
                free.append(each)
    return next((id for id, number in before.items() if number), "")


def _numbered(document: Document) -> Iterator[NumberedStep]:
    branches = dict(_branches(document))
    number = 0
    for id in _reached(document):
        step = document.workflow[id]
        if step.type in _SILENT:
            continue
        number += 1
        agent = document.agent_definitions.get(step.agent)
        yield NumberedStep(
            number, step.name or step.type, step.description,
            tuple(each.command or each.description for each in step.commands), agent.name if agent else "",
            "" if step.name.endswith("?") else step.condition or step.switch, branches.get(id, ""),
        )  # fmt: skip


def _branches(document: Document) -> Iterator[tuple[str, str]]:
    """What a step's being taken depends on: the first step of each branch."""
    for step in document.workflow.values():
        if step.condition and step.on_true:
            yield step.on_true, say("if yes")
        if step.condition and step.on_false:
            yield step.on_false, say("if no")
        yield from ((id, say("in the case {case}", case=case)) for case, id in step.cases.items())

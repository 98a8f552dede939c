"""Playbooks that were begun for incidents, and how far people are with them. Rules: `papers`.

A run keeps the steps of the playbook as it was begun: a later file changes nothing of it. The word INCIDENT in its
commands is the incident's id, so that they can be run as they stand. What was done can be said
again, with another note; who said it last, and when, counts.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from tocsin.errors import Conflict, NotFound, UsageError
from tocsin.ledger.entry import Draft, Kind, Value
from tocsin.node.store import incident_rows, ledger, papers
from tocsin.node.store.codec import prepare
from tocsin.triage.playbooks import NumberedStep, Playbook

_INCIDENT = "INCIDENT"  # as the shipped playbooks write it
RUNS = papers.paper_table("playbook_runs")


class RunStep(Struct, frozen=True):
    """One step, and what became of it: `state` is open, done or skipped."""

    number: int
    name: str
    description: str
    commands: tuple[str, ...]
    agent: str
    question: str = ""
    branch: str = ""
    state: str = "open"
    actor: str = ""
    time: datetime | None = None
    note: str = ""


class Run(Struct, frozen=True):
    """One playbook of one incident."""

    id: str
    incident: str
    playbook: str
    title: str
    version: str
    actor: str
    started: datetime
    steps: tuple[RunStep, ...]

    @property
    def open(self) -> int:
        """How many steps are neither done nor skipped."""
        return sum(1 for step in self.steps if step.state == "open")


prepare(Run)


def start(connection: Connection, incident: str, playbook: Playbook, actor: str, time: datetime) -> Run:
    """Begin a playbook. Conflict where it was begun already."""
    incident_rows.locked(connection, [incident])  # so that nobody else begins it at the same time
    if any(each.playbook == playbook.name for each in of_incidents(connection, [incident])):
        raise Conflict(
            f"{playbook.name} was begun for {incident} already", "`tocsin incident show` tells how far it is."
        )
    steps = tuple(_step(step, incident) for step in playbook.steps)
    made = Run(papers.new_id("P"), incident, playbook.name, playbook.title, playbook.modified, actor, time, steps)
    _keep(connection, made, time)
    ledger.record(connection, _draft(made, actor, "started", steps=len(steps)), time)
    return made


def step(
    connection: Connection, incident: str, playbook: str, number: int, state: str, note: str, actor: str, time: datetime
) -> Run:
    """A step is `done` or `skipped`; skipping needs a note. `playbook` may be empty where only one was begun."""
    if state == "skipped" and not note.strip():
        raise UsageError("a step is skipped with a reason", "Say it: --note.")
    run = papers.locked(connection, RUNS, _chosen(connection, incident, playbook).id, Run)
    if not 1 <= number <= len(run.steps):
        raise NotFound(f"{run.playbook} has no step {number}", f"Its steps are 1 to {len(run.steps)}.")
    after = tuple(
        msgspec.structs.replace(each, state=state, actor=actor, time=time, note=note) if each.number == number else each
        for each in run.steps
    )
    made = msgspec.structs.replace(run, steps=after)
    _keep(connection, made, time)
    ledger.record(connection, _draft(made, actor, state, step=number), time)
    return made


def of_incidents(connection: Connection, incidents: Sequence[str]) -> list[Run]:
    """The runs of these incidents, the oldest first."""
    return sorted(papers.of_incidents(connection, RUNS, incidents, Run), key=lambda run: (run.started, run.id))


def _step(step: NumberedStep, incident: str) -> RunStep:
    commands = tuple(each.replace(_INCIDENT, incident) for each in step.commands)
    return RunStep(**{**asdict(step), "commands": commands})


def _chosen(connection: Connection, incident: str, playbook: str) -> Run:
    runs = of_incidents(connection, [incident])
    found = [run for run in runs if playbook in ("", run.playbook)]
    if len(found) > 1:
        raise UsageError(
            "several playbooks were begun", "Name it: --playbook " + " or ".join(r.playbook for r in found)
        )
    if not found:
        raise NotFound(f"no such playbook was begun for {incident}", "Begin it: `tocsin playbook start`.")
    return found[0]


def _keep(connection: Connection, run: Run, time: datetime) -> None:
    papers.keep(connection, RUNS, run.id, run.incident, run.playbook, run.open > 0, time, run)


def _draft(run: Run, actor: str, change: str, **detail: Value) -> Draft:
    told: dict[str, Value] = {"change": change, "incident": run.incident, **detail}
    return Draft(Kind.DECISION, actor, f"playbook:{run.id}", told)

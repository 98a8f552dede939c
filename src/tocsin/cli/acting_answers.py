"""What the command line takes out of the node's answers about playbooks, actions and clocks."""

from datetime import datetime

from msgspec import Struct

from tocsin.triage.actions import Action


class ClockStepKind(Struct, frozen=True):
    """One duty of a clock."""

    step: str
    title: str
    source: str


class ClockKind(Struct, frozen=True):
    """A clock that can be started."""

    clock: str
    title: str
    law: str
    starts: str
    steps: list[ClockStepKind]


class ActionRow(Struct, frozen=True):
    """One action of the list."""

    id: str
    incident: str
    kind: str
    form: str
    state: str
    values: list[str]
    owner: str
    until: datetime
    approvals: int
    needed: int
    undo_waits: bool
    hosts: int | None


class ActionTold(Struct, frozen=True):
    """One action, as the node tells it."""

    action: Action
    state: str
    needed: int
    needed_why: list[str]
    artefact: str
    undo: str
    people: dict[str, str]
    left_out: list[str] = []
    file: str = ""


class PlaybookRow(Struct, frozen=True):
    """One playbook of a list."""

    name: str
    title: str
    description: str = ""
    steps: int = 0
    why: str = ""

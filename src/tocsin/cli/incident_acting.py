"""What is done about an incident, out of the node's answer, on the terminal."""

from collections.abc import Iterator

from msgspec import Struct
from rich.console import Console

from tocsin import clock
from tocsin.cli.node_client import Answer
from tocsin.console import acting
from tocsin.console.case_acting import acting_markdown
from tocsin.node.store.playbook_runs import Run
from tocsin.triage.actions import Action
from tocsin.triage.clocks import Row


class Proposed(Struct, frozen=True):
    """One action and how far it is."""

    action: Action
    state: str


def markdown(answer: Answer) -> Iterator[str]:
    """The same for a report."""
    proposed = [(each.action, each.state) for each in answer.part("actions", list[Proposed])]
    return acting_markdown(
        answer.part("rows", list[Row]), answer.part("playbooks", list[Run]), proposed,
        answer.part("people", dict[str, str]),
    )  # fmt: skip


def print_acting(answer: Answer, console: Console) -> None:
    """Its clocks, playbooks and actions."""
    proposed = [(each.action, each.state) for each in answer.part("actions", list[Proposed])]
    acting.print_acting(
        answer.part("rows", list[Row]), answer.part("playbooks", list[Run]), proposed,
        answer.part("people", dict[str, str]), clock.now(), console,
    )  # fmt: skip

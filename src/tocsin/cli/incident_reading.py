"""Incidents out of the node's answers, as the console shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tocsin import limits
from tocsin.cli.node_client import Answer, NodeClient
from tocsin.console.case import Case, Change, Part
from tocsin.console.queue import QueueRow
from tocsin.model import Finding
from tocsin.node.store.holds import Hold
from tocsin.node.store.incident_state import IncidentState


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list was answered with. `told` are the rows as the node wrote them, for JSON."""

    rows: Sequence[QueueRow]
    told: Sequence[Mapping[str, object]]
    people: dict[str, str]
    cut: bool  # there are more than limits.CLIENT_PAGES pages


def read_queue(client: NodeClient, wanted: Mapping[str, str]) -> Listed:
    """All incidents that the person may see and wants (an empty filter: all), the most urgent first."""
    rows: list[QueueRow] = []
    told: list[Mapping[str, object]] = []
    people: dict[str, str] = {}
    filtered = {name: text for name, text in wanted.items() if text}
    for _ in range(limits.CLIENT_PAGES):
        answer = client.get("/incidents", most=limits.API_PAGE_ROWS, skip=len(rows), **filtered)
        page = answer.part("incidents", list[QueueRow])
        rows += page
        told += answer.part("incidents", list[dict[str, object]])
        people |= answer.part("people", dict[str, str])
        if len(page) < limits.API_PAGE_ROWS:
            return Listed(rows, told, people, cut=False)
    return Listed(rows, told, people, cut=True)


def case_of(answer: Answer, history: Answer | None = None) -> Case:
    """An incident with its findings, and its history where that was asked for."""
    state = answer.part("incident", IncidentState)
    found = answer.part("found", tuple[Finding, ...])
    people = answer.part("people", dict[str, str])
    changes: list[Change] = []
    if history is not None:
        people |= history.part("people", dict[str, str])
        changes = history.part("history", list[Change])
    parts, kept_by = answer.part("parts", list[Part]), answer.part("holds", list[Hold])
    shown = replace(state.shown, findings=found)
    return Case(state, shown, answer.part("left_out", int), people, changes, parts, kept_by)

"""Telling people of incidents: who is on call is told, then the next one; a ticket system hears of the same incidents.

Rules are those of `triage.escalation`. A step is noted and its messages are put into the outbox in one transaction, so
that a node that dies in between tells it once. What leaves is id, rank and link.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec
from sqlalchemy import Connection

from tocsin import clock, limits
from tocsin.ledger.entry import NODE, spelled
from tocsin.node.store import incidents, oncall, outbox, tickets
from tocsin.node.store.database import Store
from tocsin.node.store.incident_state import IncidentState, Status
from tocsin.node.upkeep.mailing import CalledFor, Letter
from tocsin.node.upkeep.notify import MAIL, TICKETS, Notice, put
from tocsin.node.upkeep.notify_settings import NotifySettings
from tocsin.sinks import json
from tocsin.triage.escalation import Policy, Waiting, due, ticket_event
from tocsin.triage.on_call import Duty, last_step, on_call
from tocsin.words.messages import say

_OPEN = (Status.OPEN, Status.INVESTIGATING, Status.CONTAINED)


@dataclass(frozen=True, slots=True)
class Called:
    """What a round put into the outbox."""

    calls: int = 0
    tickets: int = 0


def acknowledged(state: IncidentState) -> bool:
    """Whether somebody has taken notice of an incident: says so, has it, or has moved it on."""
    return state.acknowledged is not None or bool(state.owner) or state.status is not Status.OPEN


class Caller:
    """Looks now and then at what nobody has acknowledged."""

    def __init__(self, store: Store, node: str, settings: NotifySettings) -> None:
        self._store, self._node, self._settings = store, node, settings

    def look(self) -> Called:
        """One round."""
        now, settings = clock.now(), self._settings
        with self._store.read() as connection:
            queue = incidents.listed(connection, NODE, limits.CALL_INCIDENTS, statuses=_OPEN, queued=True)
            known = tickets.of(connection, [each.id for each in queue]) if settings.tickets else {}
            moved = tickets.moved(connection, limits.CALL_INCIDENTS) if settings.tickets else []
        waiting = [_waiting(each) for each in queue]
        calls = self._call(waiting, now) if settings.calls else 0
        told = 0
        if settings.tickets and settings.tickets.url:
            fresh = [each for each in waiting if each.id not in known]
            told = self._tell_tickets([*map(_waiting, moved), *fresh], now)
        return Called(calls, told)

    def _call(self, waiting: Sequence[Waiting], now: datetime) -> int:
        """A round. Returns how many messages that made."""
        with self._store.read() as connection:
            duties = oncall.duties(connection) if self._settings.mail else []
            told = oncall.told(connection, [each.id for each in waiting])
        people = {step: on_call(duties, step, now) for step in range(1, last_step(duties) + 1)}
        manned = frozenset(step for step, some in people.items() if some) if self._settings.mail else frozenset({1})
        steps = due(waiting, told, Policy(self._settings.level, self._settings.minutes, manned), now)
        if not steps:
            return 0
        return self._store.transact(partial(self._put, steps=steps, people=people, now=now))

    def _put(
        self,
        connection: Connection,
        steps: Sequence[tuple[Waiting, int]],
        people: Mapping[int, Sequence[Duty]],
        now: datetime,
    ) -> int:
        """Note the steps and put their messages. Returns how many those are."""
        messages = 0
        for step in sorted({step for _, step in steps}):
            called = people.get(step, ())
            some = [each for each, its in steps if its == step]
            new = [each for each in some if oncall.tell(connection, each.id, step, len(called), now)]
            messages += self._letters(connection, step, called, new, now) + self._posts(connection, step, new, now)
        return messages

    def _letters(
        self, connection: Connection, step: int, people: Sequence[Duty], new: Sequence[Waiting], now: datetime
    ) -> int:
        names = dict.fromkeys(each.name for each in people) if new else {}
        for name in names:
            letter = Letter(self._node, name, step, tuple(map(self._told, new)))
            outbox.put(connection, MAIL, "incident", msgspec.json.encode(letter).decode(), now)
        return len(names)

    def _posts(self, connection: Connection, step: int, new: Sequence[Waiting], now: datetime) -> int:
        if not self._settings.webhook:
            return 0
        for each in new:
            put(connection, self._node, _notice(self._told(each), step), now)
        return len(new)

    def _told(self, waiting: Waiting) -> CalledFor:
        link = f"{self._settings.link}{waiting.id}" if self._settings.link else ""
        return CalledFor(waiting.id, waiting.level, waiting.points, link)

    def _tell_tickets(self, waiting: Sequence[Waiting], now: datetime) -> int:
        with self._store.read() as connection:
            known = tickets.of(connection, [each.id for each in waiting])
        events = [(each, self._ticket_event(each, known, now)) for each in waiting]
        told = [(each, event) for each, event in events if event][: limits.CALLS_AT_ONCE]

        def work(connection: Connection) -> None:
            for each, event in told:
                number = known[each.id].number if each.id in known else ""
                tickets.hear(connection, each.id, event, now)
                body = ticket_body(self._node, event, self._told(each), number, now)
                outbox.put(connection, TICKETS, event, body, now)

        if told:
            self._store.transact(work)
        return len(told)

    def _ticket_event(self, waiting: Waiting, known: Mapping[str, tickets.Ticket], now: datetime) -> str:
        heard = known[waiting.id].heard if waiting.id in known else ""
        return ticket_event(waiting, heard, self._settings.level, now)


def ticket_body(node: str, event: str, told: CalledFor | None, number: str, time: datetime) -> str:
    """What a ticket system is told."""
    about = {} if told is None else msgspec.to_builtins(told)
    return json.dumps({"node": node, "event": event, "time": spelled(time), "incident": about, "ticket": number})


def _waiting(state: IncidentState) -> Waiting:
    return Waiting(
        state.id, state.level, state.score, state.changed, acknowledged(state), bool(state.readers),
        state.status is Status.CLOSED,
    )  # fmt: skip


def _notice(told: CalledFor, step: int) -> Notice:
    text = say("Incident {id} needs somebody: {level}, {points} points.", id=told.id, level=told.level,
               points=told.points)  # fmt: skip
    about: dict[str, str | int] = {"incident": told.id, "level": told.level, "points": told.points, "step": step}
    return Notice("incident", text, {**about, **({"link": told.link} if told.link else {})})

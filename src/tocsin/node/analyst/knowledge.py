"""What the analyst knows beside findings: votes of closed incidents, confirmed attacks, exceptions in force.

It is read anew when people closed or opened an incident, and when an exception begins or ends.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.node.store import exceptions, people, verdicts
from tocsin.node.store.database import Store
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_state import IncidentState
from tocsin.triage.exceptions import RuleException
from tocsin.triage.judged import Known, mark_of
from tocsin.triage.reliability import Reliability

LOOK_SECONDS = 5.0
IN_FORCE = "in force"


class Knowledge:
    """Reads the store, seldom. `tested` tells how rules were tested, as it stands when it is asked."""

    def __init__(self, store: Store, tested: Callable[[], Mapping[str, str]]) -> None:
        self._store, self._tested = store, tested
        self._lock = threading.Lock()
        self._decision = -1  # number of the newest decision that was looked at; none before the first look
        self._in_force: tuple[str, ...] = ()
        self._reliability = Reliability()
        self._confirmed: frozenset[str] = frozenset()
        self._exceptions: tuple[RuleException, ...] = ()
        self._next_look = 0.0

    def now(self, told: Mapping[str, StoredFinding], incidents: Mapping[str, IncidentState]) -> Known:
        """What is known at this moment; of confirmed incidents the findings that were told."""
        with self._lock:
            self._read(clock.now())
            own = (id for each in self._confirmed if each in incidents for id in incidents[each].findings)
            marks = frozenset(mark_of(told[id].finding) for id in own if id in told)
            return Known(self._reliability, self._exceptions, marks)

    def is_stale(self) -> bool:
        """Whether incidents were made with other knowledge than there is now; looked at every LOOK_SECONDS.

        Where the store cannot be read it says yes: whoever makes them tells why not.
        """
        if self._decision < 0 or clock.monotonic() < self._next_look:
            return False
        self._next_look = clock.monotonic() + LOOK_SECONDS
        try:
            with self._lock, self._store.read() as connection:
                return self._has_moved(connection, clock.now())
        except TocsinError:
            return True

    def _has_moved(self, connection: Connection, now: datetime) -> bool:
        """Whether rulings or exceptions are others than those that were read."""
        if _ids(connection, now) != self._in_force:
            return True
        newest, moved = verdicts.moved_since(connection, self._decision)
        if not moved:
            self._decision = newest
        return moved

    def _read(self, now: datetime) -> None:
        with self._store.read() as connection:
            if self._decision >= 0 and not self._has_moved(connection, now):
                return
            self._decision = max(verdicts.moved_since(connection, self._decision)[0], 0)
            self._reliability = Reliability(verdicts.votes(connection), self._tested())
            self._confirmed = verdicts.confirmed(connection)
            self._exceptions = in_force(connection, now)
            self._in_force = _ids(connection, now)


def in_force(connection: Connection, now: datetime) -> tuple[RuleException, ...]:
    """The exceptions that count, each with its owner by name."""
    standing = [each for each in exceptions.standing(connection, now) if each.state(now) == IN_FORCE]
    names = _names(connection, {each.owner for each in standing})
    return tuple(each.rule_exception(names.get(each.owner, each.owner)) for each in standing)


def _names(connection: Connection, actors: Iterable[str]) -> dict[str, str]:
    wanted = set(actors)
    return {each.actor: each.name for each in people.accounts(connection) if each.actor in wanted} if wanted else {}


def _ids(connection: Connection, now: datetime) -> tuple[str, ...]:
    return tuple(each.id for each in exceptions.standing(connection, now) if each.state(now) == IN_FORCE)

"""Which incidents a ticket system knows: what it heard last, its own number for each, and which messages of it came.

Rules:
1. A message of a ticket system carries an id. It is remembered while its signature would still be believed, so that the
   same message counts once however often it comes.
2. What a ticket system changes at an incident is an event of the incident, and in the ledger by that. Here stands only
   its number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Connection, String, Table, Text, delete, func, insert, or_, select, update

from tocsin import limits
from tocsin.errors import LimitExceeded
from tocsin.node.store.incident_rows import INCIDENTS, state_of
from tocsin.node.store.incident_state import IncidentState, Status
from tocsin.node.store.rows import upsert
from tocsin.node.store.schema import METADATA, ForeignText
from tocsin.node.store.times import microseconds
from tocsin.triage.escalation import CLOSED

_REMEMBERED = timedelta(seconds=2 * limits.SIGNATURE_SECONDS)  # a signature may be early by as much as late

TICKETS = Table(
    "tickets",
    METADATA,
    Column("incident", Text, primary_key=True),
    Column("number", ForeignText, nullable=False),
    Column("heard", String(20), nullable=False),
    Column("heard_us", BigInteger, nullable=False),
)
MESSAGES = Table(
    "ticket_messages",
    METADATA,
    Column("id", ForeignText, primary_key=True),
    Column("time_us", BigInteger, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the ticket system knows of an incident: what it heard last, and its own number, empty until it says one."""

    incident: str
    heard: str
    number: str = ""


def ticket(connection: Connection, incident: str) -> Ticket | None:
    """The ticket of an incident, None where the ticket system never heard of it."""
    row = connection.execute(select(TICKETS).where(TICKETS.c.incident == incident)).first()
    return None if row is None else Ticket(row.incident, row.heard, row.number)


def of(connection: Connection, incidents: Sequence[str]) -> dict[str, Ticket]:
    """The tickets of those incidents that have one."""
    rows = connection.execute(select(TICKETS).where(TICKETS.c.incident.in_(sorted(incidents))))
    return {row.incident: Ticket(row.incident, row.heard, row.number) for row in rows}


def moved(connection: Connection, most: int) -> list[IncidentState]:
    """Incidents with a ticket that may have moved on: those not closed on both sides, the newest first."""
    open_somewhere = or_(TICKETS.c.heard != CLOSED, INCIDENTS.c.status != str(Status.CLOSED))
    query = select(INCIDENTS.c.id, INCIDENTS.c.state).join(TICKETS, TICKETS.c.incident == INCIDENTS.c.id)
    rows = connection.execute(query.where(open_somewhere).order_by(INCIDENTS.c.changed_us.desc()).limit(most))
    return [state_of(row) for row in rows]


def hear(connection: Connection, incident: str, event: str, time: datetime) -> None:
    """Note what the ticket system is told, in the transaction that puts the message."""
    known = ticket(connection, incident)
    row = {"incident": incident, "number": known.number if known else "", "heard": event}
    upsert(connection, TICKETS, [{**row, "heard_us": microseconds(time)}])


def set_number(connection: Connection, incident: str, number: str) -> None:
    """The ticket system's own number for an incident."""
    connection.execute(update(TICKETS).where(TICKETS.c.incident == incident).values(number=number))


def is_new(connection: Connection, message: str, time: datetime) -> bool:
    """Remember a message; False where it came before. LimitExceeded where too many come. Rule 1."""
    connection.execute(delete(MESSAGES).where(MESSAGES.c.time_us < microseconds(time - _REMEMBERED)))
    if connection.execute(select(MESSAGES.c.id).where(MESSAGES.c.id == message)).first() is not None:
        return False
    if int(connection.execute(select(func.count()).select_from(MESSAGES)).scalar_one()) >= limits.TICKET_MESSAGES:
        raise LimitExceeded("the ticket system sends too many messages", "Send again in some minutes, and fewer.")
    connection.execute(insert(MESSAGES).values(id=message, time_us=microseconds(time)))
    return True

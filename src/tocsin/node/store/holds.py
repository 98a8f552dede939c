"""Holds: what an incident rests on is kept, whatever retention or a request for erasure says, until it is released.

Rules:
1. A hold is on an incident. What it keeps is what the incident's findings rest on at the moment of asking, so it grows
   with the incident: all days from the first to the last event of each finding, and all events that a finding names
   (`Finding.named_events`: what an export hands over is what a hold keeps). What people made a part of it is kept too.
2. Hold and release are in the ledger, each with its reason beside the ledger.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Row, String, Table, Text, insert, select, update

from tocsin import limits
from tocsin.errors import Conflict, UsageError
from tocsin.lake.records import IMPOSSIBLE_DAY
from tocsin.ledger.entry import Draft, Kind
from tocsin.model import Finding
from tocsin.node.store import ledger
from tocsin.node.store.findings import by_incident
from tocsin.node.store.incident_places import with_parts
from tocsin.node.store.incidents import present
from tocsin.node.store.schema import METADATA, ForeignText
from tocsin.node.store.times import microseconds, moment, moment_or_none
from tocsin.triage.twins import TWIN_SECONDS

_ID_BYTES = 8
_TWIN = timedelta(seconds=TWIN_SECONDS)

HOLDS = Table(
    "holds",
    METADATA,
    Column("id", String(20), primary_key=True),
    Column("incident", Text, nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("why", ForeignText, nullable=False),
    Column("time_us", BigInteger, nullable=False),
    Column("released_by", Text, nullable=False),
    Column("released_why", ForeignText, nullable=False),
    Column("released_us", BigInteger),
)


@dataclass(frozen=True, slots=True)
class Hold:
    """Who keeps what an incident rests on, why and since when; `released` is None while it holds."""

    id: str
    incident: str
    actor: str
    why: str
    time: datetime
    released: datetime | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What all holds keep: days (YYYY-MM-DD) of the lake, ids of events, and incidents."""

    days: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    incidents: frozenset[str] = frozenset()


def hold(connection: Connection, incident: str, actor: str, why: str, time: datetime) -> Hold:
    """Keep what an incident rests on. NotFound where there is none, Conflict where it is kept already."""
    _check_reason(why)
    present(connection, incident, "node")
    if _standing(connection, incident) is not None:
        raise Conflict(f"{incident} is held already", "`tocsin evidence list` shows the holds.")
    made = Hold(secrets.token_hex(_ID_BYTES), incident, actor, why, time)
    values = {"released_by": "", "released_why": "", "released_us": None}
    row = {"id": made.id, "incident": incident, "actor": actor, "why": why, "time_us": microseconds(time), **values}
    connection.execute(insert(HOLDS).values(**row))
    ledger.record(connection, _draft(made, actor, "held"), time)
    return made


def release(connection: Connection, incident: str, actor: str, why: str, time: datetime) -> Hold:
    """No longer keep it. Conflict where it is not held."""
    _check_reason(why)
    standing = _standing(connection, incident)
    if standing is None:
        raise Conflict(f"{incident} is not held", "`tocsin evidence list` shows the holds.")
    values = {"released_by": actor, "released_why": why, "released_us": microseconds(time)}
    connection.execute(update(HOLDS).where(HOLDS.c.id == standing.id).values(**values))
    ledger.record(connection, _draft(standing, actor, "released"), time)
    return standing


def holds(connection: Connection) -> list[Hold]:
    """All holds, also those that were released, the oldest first."""
    return [_hold(row) for row in connection.execute(select(HOLDS).order_by(HOLDS.c.time_us, HOLDS.c.id))]


def held(connection: Connection) -> Held:
    """What must be kept now: what retention and erasure ask before they remove anything."""
    standing = {each.incident for each in holds(connection) if each.released is None}
    incidents = frozenset().union(*with_parts(connection, standing).values())
    findings = [stored.finding for incident in sorted(incidents) for stored in by_incident(connection, incident)]
    return Held(days_of(findings), frozenset().union(*(each.named_events for each in findings)), incidents)


def days_of(findings: Iterable[Finding]) -> frozenset[str]:
    """The days of the lake on which the events of findings lie; those without a time lie on a day of their own.

    The second record of an act may be a little earlier or later than the one that counts: on another day at midnight.
    """
    days: set[str] = set()
    for finding in findings:
        if finding.first is None or finding.last is None:
            days.add(IMPOSSIBLE_DAY)
            continue
        around = _TWIN if any(each.also for each in finding.evidence) else timedelta()
        first = (finding.first - around).astimezone(UTC).date()
        last = (finding.last + around).astimezone(UTC).date()
        days |= {str(first + timedelta(days=number)) for number in range((last - first).days + 1)}
    return frozenset(days)


def _check_reason(why: str) -> None:
    if not why.strip() or len(why) > limits.WHY_CHARACTERS:
        raise UsageError("a hold needs a reason", f"Say why in at most {limits.WHY_CHARACTERS:,} characters.")


def _standing(connection: Connection, incident: str) -> Hold | None:
    mine = (HOLDS.c.incident == incident) & HOLDS.c.released_us.is_(None)
    row = connection.execute(select(HOLDS).where(mine).with_for_update()).first()
    return None if row is None else _hold(row)


def _hold(row: Row[*tuple[Any, ...]]) -> Hold:
    return Hold(row.id, row.incident, row.actor, row.why, moment(row.time_us), moment_or_none(row.released_us))


def _draft(held_by: Hold, actor: str, change: str) -> Draft:
    return Draft(Kind.EVIDENCE, actor, f"incident:{held_by.incident}", {"change": change, "hold": held_by.id})

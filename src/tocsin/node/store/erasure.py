"""Looking for a value in the state, and putting a mark in its place.

Rules:
1. Findings, incidents (their events, notes and reasons), what is done about them (playbooks, actions, clocks),
   messages, constituents and mails to them (`telling_erasure`), the on-call list (whose lines go), numbers of tickets,
   exceptions, and the reasons of holds, switches, rescues and retired sensors are looked through. An exception with an
   erased value covers nothing any more. Accounts are told and left: an admin disables them. The ledger holds no
   personal data.
2. Events of an incident get a new salt, and the ledger an entry with their new digest: so `incident_check` sees that
   they were redacted by somebody and not altered.
3. What an incident that is held says stays, and is counted.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import Column, Connection, Table, delete, select, update

from tocsin.errors import StateError
from tocsin.lake.value import Value
from tocsin.ledger.entry import Draft, Kind
from tocsin.model import Finding
from tocsin.node.store import findings, ledger
from tocsin.node.store.actions import ACTIONS
from tocsin.node.store.codec import decode, encode
from tocsin.node.store.exceptions import EXCEPTIONS
from tocsin.node.store.findings import FINDINGS, StoredFinding
from tocsin.node.store.holds import HOLDS, Held
from tocsin.node.store.incident_rows import EVENTS, INCIDENTS, digest, history, state_of, write_state
from tocsin.node.store.incident_state import derive
from tocsin.node.store.legal_clocks import CLOCKS
from tocsin.node.store.oncall import ONCALL
from tocsin.node.store.outbox import OUTBOX
from tocsin.node.store.people import ACCOUNTS
from tocsin.node.store.playbook_runs import RUNS
from tocsin.node.store.reasons import REASONS
from tocsin.node.store.retirements import RETIREMENTS
from tocsin.node.store.switches import SWITCHES
from tocsin.node.store.telling_erasure import erase_told, find_told, spellings
from tocsin.node.store.tickets import TICKETS

_REASONS: tuple[tuple[Table, Column[Any]], ...] = (
    (HOLDS, HOLDS.c.why),
    (HOLDS, HOLDS.c.released_why),
    (SWITCHES, SWITCHES.c.why),
    (SWITCHES, SWITCHES.c.asked_why),
    (REASONS, REASONS.c.why),
    (RETIREMENTS, RETIREMENTS.c.why),
    (RETIREMENTS, RETIREMENTS.c.ended_why),
    (TICKETS, TICKETS.c.number),
    (EXCEPTIONS, EXCEPTIONS.c.why),
    (EXCEPTIONS, EXCEPTIONS.c.ended_why),
)
_PAPERS: tuple[Table, ...] = (ACTIONS, CLOCKS, RUNS)
_SALT_BYTES = 16


@dataclass(slots=True)
class StatePlaces:
    """How many of each hold a value; `reasons` counts what exceptions name too.

    `kept` are findings, incidents and what is done about them that a hold keeps.
    """

    findings: int = 0
    incidents: int = 0
    papers: int = 0  # playbooks, actions and clocks
    messages: int = 0
    reasons: int = 0
    duties: int = 0
    accounts: int = 0
    kept: int = 0
    constituents: int = 0
    tellings: int = 0


@dataclass(slots=True)
class _Redaction:
    """What is to be changed, found in one transaction."""

    places: StatePlaces = field(default_factory=StatePlaces)
    findings: list[StoredFinding] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)
    papers: list[tuple[Table, str]] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    duties: list[int] = field(default_factory=list)


def find_in_state(connection: Connection, value: Value, held: Held) -> StatePlaces:
    """Where a value is in the state."""
    return _sought(connection, value, held).places


def erase_from_state(connection: Connection, value: Value, held: Held, actor: str, time: datetime) -> StatePlaces:
    """Put a mark in the place of a value; returns where it was. Locks in the order of the database's rules."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # what goes is overwritten in the file
    found = _sought(connection, value, held)
    drafts = [draft for each in sorted(found.incidents) for draft in _redact_incident(connection, each, value, actor)]
    findings.put(connection, found.findings)
    for table, id in found.papers:
        _redact_paper(connection, table, id, value)
    connection.execute(delete(OUTBOX).where(OUTBOX.c.id.in_(found.messages)))
    connection.execute(delete(ONCALL).where(ONCALL.c.position.in_(found.duties)))
    for table, column in _REASONS:
        for text in _holding(connection, column, value):
            connection.execute(update(table).where(column == text).values({column.name: value.without(text)}))
    erase_told(connection, value, held.incidents)
    for id, same in _exceptions(connection, value):
        connection.execute(update(EXCEPTIONS).where(EXCEPTIONS.c.id == id).values(same=same))
    for draft in drafts:
        ledger.record(connection, draft, time)
    return found.places


def _sought(connection: Connection, value: Value, held: Held) -> _Redaction:
    found = _Redaction()
    _seek_findings(connection, value, held, found)
    _seek_incidents(connection, value, held, found)
    _seek_papers(connection, value, held, found)
    for row in connection.execute(select(OUTBOX.c.id, OUTBOX.c.body)):
        if any(each.is_in(row.body) for each in spellings(value)):
            found.messages.append(row.id)
    found.places.messages = len(found.messages)
    told = find_told(connection, value, held.incidents)
    found.places.constituents, found.places.tellings = told.constituents, told.tellings
    found.places.kept += told.kept
    people = connection.execute(select(ONCALL.c.position, ONCALL.c.name, ONCALL.c.mail))
    found.duties = [row.position for row in people if value.is_in(row.name) or value.is_in(row.mail)]
    found.places.duties = len(found.duties)
    found.places.reasons = sum(1 for _, column in _REASONS for _ in _holding(connection, column, value))
    found.places.reasons += sum(1 for _ in _exceptions(connection, value))
    found.places.accounts = sum(1 for _ in _holding(connection, ACCOUNTS.c.name, value))
    return found


def _seek_findings(connection: Connection, value: Value, held: Held, found: _Redaction) -> None:
    for row in connection.execute(select(FINDINGS).order_by(FINDINGS.c.id)):
        if not _is_in(value, row.payload):
            continue
        if row.incident in held.incidents:
            found.places.kept += 1
            continue
        found.places.findings += 1
        (stored,) = findings.by_ids(connection, [row.id])
        told = _without(msgspec.to_builtins(stored.finding), value)
        cleaned = msgspec.convert(told, Finding)
        found.findings.append(StoredFinding(stored.id, cleaned, stored.seen, stored.incident, stored.gone))


def _seek_incidents(connection: Connection, value: Value, held: Held, found: _Redaction) -> None:
    query = select(EVENTS.c.incident, EVENTS.c.body, EVENTS.c.why).order_by(EVENTS.c.incident)
    holding = {row.incident for row in connection.execute(query) if _is_in(value, row.body) or value.is_in(row.why)}
    found.places.kept += len(holding & held.incidents)
    found.incidents = sorted(holding - held.incidents)
    found.places.incidents = len(found.incidents)


def _seek_papers(connection: Connection, value: Value, held: Held, found: _Redaction) -> None:
    for table in _PAPERS:
        for row in connection.execute(select(table.c.id, table.c.incident, table.c.body).order_by(table.c.id)):
            if not _is_in(value, row.body):
                continue
            if row.incident in held.incidents:
                found.places.kept += 1
            else:
                found.papers.append((table, row.id))
    found.places.papers = len(found.papers)


def _redact_paper(connection: Connection, table: Table, id: str, value: Value) -> None:
    mine = table.c.id == id
    body = connection.scalar(select(table.c.body).where(mine).with_for_update())
    told = _without(decode(str(body), object, f"{table.name} {id}"), value)
    connection.execute(update(table).where(mine).values(body=encode(told)))


def _redact_incident(connection: Connection, incident: str, value: Value, actor: str) -> Iterator[Draft]:
    """Rewrite the events of an incident and the state beside them; the drafts vouch for the new digests."""
    before = connection.execute(select(INCIDENTS).where(INCIDENTS.c.id == incident).with_for_update()).first()
    if before is None:
        raise StateError(f"incident {incident} has events and no state", "Run `tocsin node check`.")
    by_person = {event.version for event in history(connection, incident) if event.by_person}
    mine = EVENTS.c.incident == incident
    for row in connection.execute(select(EVENTS).where(mine).order_by(EVENTS.c.version)).all():
        if not (_is_in(value, row.body) or value.is_in(row.why)):
            continue
        body = encode(_without(decode(row.body, dict[str, Any], f"incident {incident}"), value))
        values = {"body": body, "why": value.without(row.why), "salt": secrets.token_hex(_SALT_BYTES)}
        connection.execute(update(EVENTS).where(mine & (EVENTS.c.version == row.version)).values(**values))
        if row.version in by_person:
            detail = {"change": "redacted", "version": row.version}
            told = {**detail, "digest": str(digest(connection, incident, row.version))}
            yield Draft(Kind.PRIVACY, actor, f"incident:{incident}", told)
    write_state(connection, state_of(before), derive(history(connection, incident)))


def _holding(connection: Connection, column: Column[Any], value: Value) -> Iterator[str]:
    found = connection.scalars(select(column).distinct()).all()
    return (str(text) for text in found if value.is_in(str(text)))


def _exceptions(connection: Connection, value: Value) -> Iterator[tuple[str, str]]:
    """The exceptions that name it, each with what is left of what has to be the same."""
    for row in connection.execute(select(EXCEPTIONS.c.id, EXCEPTIONS.c.same)).all():
        if _is_in(value, row.same):
            yield row.id, encode(_without(decode(row.same, dict[str, Any], f"exception {row.id}"), value))


def _is_in(value: Value, text: str) -> bool:
    """Whether JSON text holds it, in any of its strings."""
    return value.is_in(text) or any(value.is_in(each) for each in _strings(decode(text, object, "a text")))


def _strings(told: object) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, Mapping):
        for name, each in told.items():
            yield str(name)
            yield from _strings(each)
    elif isinstance(told, list | tuple):
        for each in told:
            yield from _strings(each)


def _without(told: object, value: Value) -> Any:
    """Builtins with the mark in the place of the value, in names too."""
    if isinstance(told, str):
        return value.without(told)
    if isinstance(told, Mapping):
        return {value.without(str(name)): _without(each, value) for name, each in told.items()}
    if isinstance(told, list | tuple | frozenset | set):
        return [_without(each, value) for each in cast(list[object], told)]
    return told

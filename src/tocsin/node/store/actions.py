"""Proposed actions of incidents (`triage.actions`). Rules: `papers`.

The ledger has for each step who did it, and a keyed digest of what the action is about: it proves what was approved
and written without telling it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import BigInteger, Column, Connection, func, select

from tocsin import limits
from tocsin.errors import LimitExceeded
from tocsin.ledger.entry import Draft, Kind, Value
from tocsin.node.store import ledger, papers
from tocsin.node.store.codec import prepare
from tocsin.node.store.reasons import check_reason
from tocsin.triage.actions import Action, Form
from tocsin.triage.artefacts import numbers_needed

ACTIONS = papers.paper_table("actions", Column("last_sid", BigInteger))
_FIRST, _PAST = limits.SURICATA_FIRST_SID, limits.SURICATA_FIRST_SID + limits.SURICATA_SIDS
Change = Callable[[Action], Action]
prepare(Action)


@dataclass(frozen=True, slots=True)
class By:
    """Who does a step, and when."""

    actor: str
    time: datetime


def propose(connection: Connection, action: Action, digest: str) -> Action:
    """Keep a new action, with numbers of its own; `digest` is the keyed one of what it is about."""
    check_reason(action.why)
    made = _numbered(connection, action)
    _keep(connection, made, made.proposed)
    _enter(connection, made, By(made.owner, made.proposed), "proposed", about=digest)
    return made


def change(connection: Connection, id: str, step: str, by: By, changed: Change, **detail: Value) -> Action:
    """One step of one action, decided by `changed`. NotFound, Conflict."""
    after = changed(papers.locked(connection, ACTIONS, id, Action))
    _keep(connection, after, by.time)
    _enter(connection, after, by, step, **detail)
    return after


def present(connection: Connection, id: str) -> Action:
    """One action. NotFound."""
    return papers.present(connection, ACTIONS, id, Action)


def listed(connection: Connection, *, standing: bool, skip: int = 0) -> list[Action]:
    """A page of actions, those that changed last first; `standing`: only those that have not ended by a person."""
    return papers.listed(connection, ACTIONS, Action, standing=standing, skip=skip)


def of_incidents(connection: Connection, incidents: Sequence[str]) -> list[Action]:
    """All actions of these incidents."""
    return papers.of_incidents(connection, ACTIONS, incidents, Action)


def in_the_zone(connection: Connection, now: datetime, without: str) -> list[Action]:
    """The other actions that a policy zone has to hold now: written, not ended. LimitExceeded where it is too long."""
    query = select(ACTIONS.c.id).where(ACTIONS.c.standing & ACTIONS.c.name.like(f"% {Form.RPZ}")).order_by(ACTIONS.c.id)
    found = [present(connection, str(id)) for id in connection.scalars(query).all() if id != without]
    there = [each for each in found if each.written is not None and now < each.until]
    if sum(len(each.values) for each in there) > limits.ACTION_ZONE_NAMES:
        raise LimitExceeded(f"the policy zone has more than {limits.ACTION_ZONE_NAMES:,} names", "Undo old actions.")
    return there


def _numbered(connection: Connection, action: Action) -> Action:
    """With the next free numbers. LimitExceeded where the range is used up. The ledger's head is the lock."""
    needed = numbers_needed(action.form, action.values)
    if not needed:
        return action
    ledger.locked_head(connection)
    last = connection.scalar(select(func.max(ACTIONS.c.last_sid)))
    first = _FIRST if last is None else last + 1
    if first + needed > _PAST:
        raise LimitExceeded("all numbers of Suricata rules are used up", "Write it as nftables or rpz.")
    return msgspec.structs.replace(action, sid=first)


def _keep(connection: Connection, action: Action, time: datetime) -> None:
    needed = numbers_needed(action.form, action.values)
    papers.keep(
        connection, ACTIONS, action.id, action.incident, f"{action.kind} {action.form}", action.ended is None, time,
        action, last_sid=action.sid + needed - 1 if needed else None,
    )  # fmt: skip


def _enter(connection: Connection, action: Action, by: By, step: str, **detail: Value) -> None:
    told: dict[str, Value] = {
        "change": step, "incident": action.incident, "kind": str(action.kind), "form": str(action.form), **detail,
    }  # fmt: skip
    ledger.record(connection, Draft(Kind.DECISION, by.actor, f"action:{action.id}", told), by.time)

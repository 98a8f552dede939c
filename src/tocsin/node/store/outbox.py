"""The outbox: messages on their way to a destination, each tried again until it is sent or given up.

Rules:
1. A message is put in the transaction of what it tells of. Whoever sends takes it for limits.OUTBOX_LEASE_SECONDS;
   when he dies, it is due again. So a message may be sent twice, never not at all.
2. After a failure it is due again after a pause that doubles; after limits.OUTBOX_TRIES it is given up.
3. At most limits.OUTBOX_WAITING wait. The oldest make room, stay in the table as `dropped`, and are told.
4. At most limits.OUTBOX_DONE that were sent, given up or dropped are kept.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Identity,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from tocsin import limits
from tocsin.errors import LimitExceeded
from tocsin.node.store.schema import METADATA, ForeignText
from tocsin.node.store.times import microseconds, moment

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
    Column("destination", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("body", ForeignText, nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("error", ForeignText, nullable=False),
    Index(None, "state", "due_us"),
)


class Fate(StrEnum):
    """Where a message is."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given up"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `due` is when it may be tried next, `error` what went wrong the last time."""

    id: int
    destination: str
    kind: str
    body: str
    fate: Fate
    created: datetime
    due: datetime
    tries: int
    error: str


def put(connection: Connection, destination: str, kind: str, body: str, time: datetime) -> int:
    """Put a message in; returns its id. LimitExceeded where its body is too long."""
    if len(body.encode("utf-8", "surrogatepass")) > limits.OUTBOX_BODY_BYTES:
        raise LimitExceeded(
            f"a message to {destination} is longer than {limits.OUTBOX_BODY_BYTES} bytes", "Send a shorter one."
        )
    now = microseconds(time)
    values = {"destination": destination, "kind": kind, "body": body, "state": str(Fate.WAITING), "created_us": now}
    added = insert(OUTBOX).values(**values, due_us=now, tries=0, error="").returning(OUTBOX.c.id)
    number = int(connection.execute(added).scalar_one())
    _drop_oldest(connection)
    return number


def take(connection: Connection, time: datetime, most: int, destinations: Collection[str] = ()) -> list[Message]:
    """Messages that are due, the oldest first; they are nobody else's until the lease ends."""
    now = microseconds(time)
    beyond = microseconds(time + timedelta(seconds=limits.OUTBOX_LONGEST_PAUSE_SECONDS))
    due = (OUTBOX.c.due_us <= now) | (OUTBOX.c.due_us > beyond)  # no pause is so long: the clock went back
    query = _waiting().where(due).order_by(OUTBOX.c.due_us, OUTBOX.c.id)
    if destinations:
        query = query.where(OUTBOX.c.destination.in_(sorted(destinations)))
    rows = connection.execute(query.limit(most).with_for_update(skip_locked=True)).all()
    until = microseconds(time + timedelta(seconds=limits.OUTBOX_LEASE_SECONDS))
    taken = OUTBOX.c.id.in_([row.id for row in rows])
    connection.execute(update(OUTBOX).where(taken).values(due_us=until, tries=OUTBOX.c.tries + 1))
    return [_message(row) for row in rows]


def sent(connection: Connection, message: int) -> None:
    """Say that a message has arrived."""
    _set(connection, message, {"state": str(Fate.SENT), "error": ""})
    _forget_oldest(connection)


def failed(connection: Connection, message: int, why: str, time: datetime) -> Fate:
    """Say that a try has failed; returns whether the message waits for another, or is given up."""
    mine = (OUTBOX.c.id == message) & (OUTBOX.c.state == str(Fate.WAITING))
    tries = connection.execute(select(OUTBOX.c.tries).where(mine)).scalar()
    if tries is None:
        return Fate.DROPPED
    fate = Fate.WAITING if tries < limits.OUTBOX_TRIES else Fate.GIVEN_UP
    due = microseconds(time + pause(tries))
    _set(connection, message, {"state": str(fate), "due_us": due, "error": why[: limits.OUTBOX_ERROR_CHARACTERS]})
    _forget_oldest(connection)
    return fate


def give_up(connection: Connection, message: int, why: str) -> None:
    """Say that no further try could help."""
    _set(connection, message, {"state": str(Fate.GIVEN_UP), "error": why[: limits.OUTBOX_ERROR_CHARACTERS]})
    _forget_oldest(connection)


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries that failed."""
    seconds = limits.OUTBOX_PAUSE_SECONDS * 2 ** min(tries - 1, limits.OUTBOX_TRIES)
    return timedelta(seconds=min(seconds, limits.OUTBOX_LONGEST_PAUSE_SECONDS))


def counts(connection: Connection) -> Mapping[Fate, int]:
    """How many messages are where; of the done ones only those that are kept."""
    rows = connection.execute(select(OUTBOX.c.state, func.count()).group_by(OUTBOX.c.state))
    found = {Fate(state): int(number) for state, number in rows}
    return {fate: found.get(fate, 0) for fate in Fate}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Messages to a destination that did not arrive: how many wait after a failure, how many were given up."""

    destination: str
    failing: int
    given_up: int
    since: datetime
    error: str


def troubles(connection: Connection, given_up_since: datetime) -> list[Trouble]:
    """What does not arrive, by destination. `since` is the oldest of those, `error` the newest reason."""
    gone = (OUTBOX.c.state == str(Fate.GIVEN_UP)) & (OUTBOX.c.due_us >= microseconds(given_up_since))
    waits = (OUTBOX.c.state == str(Fate.WAITING)) & (OUTBOX.c.error != "")
    found: dict[str, Trouble] = {}
    for row in connection.execute(select(OUTBOX).where(gone | waits).order_by(OUTBOX.c.id)):
        each = found.get(row.destination) or Trouble(row.destination, 0, 0, moment(row.created_us), "")
        failing = row.state == str(Fate.WAITING)
        found[row.destination] = replace(
            each, failing=each.failing + failing, given_up=each.given_up + (not failing), error=row.error
        )
    return list(found.values())


def messages(connection: Connection, most: int, fate: Fate | None = None) -> list[Message]:
    """The newest messages, newest first."""
    query = select(OUTBOX).order_by(OUTBOX.c.id.desc()).limit(most)
    if fate is not None:
        query = query.where(OUTBOX.c.state == str(fate))
    return [_message(row) for row in connection.execute(query)]


def _waiting() -> Select[*tuple[Any, ...]]:
    return select(OUTBOX).where(OUTBOX.c.state == str(Fate.WAITING))


def _set(connection: Connection, message: int, values: Mapping[str, object]) -> None:
    mine = (OUTBOX.c.id == message) & (OUTBOX.c.state == str(Fate.WAITING))
    connection.execute(update(OUTBOX).where(mine).values(**values))


def _drop_oldest(connection: Connection) -> None:
    waiting = select(OUTBOX.c.id).where(OUTBOX.c.state == str(Fate.WAITING)).order_by(OUTBOX.c.id.desc())
    over = connection.execute(waiting.offset(limits.OUTBOX_WAITING).limit(1)).scalar()
    if over is not None:
        old = (OUTBOX.c.id <= over) & (OUTBOX.c.state == str(Fate.WAITING))
        connection.execute(update(OUTBOX).where(old).values(state=str(Fate.DROPPED)))
        _forget_oldest(connection)


def _forget_oldest(connection: Connection) -> None:
    done = select(OUTBOX.c.id).where(OUTBOX.c.state != str(Fate.WAITING)).order_by(OUTBOX.c.id.desc())
    over = connection.execute(done.offset(limits.OUTBOX_DONE).limit(1)).scalar()
    if over is not None:
        connection.execute(delete(OUTBOX).where(OUTBOX.c.id <= over, OUTBOX.c.state != str(Fate.WAITING)))


def _message(row: Row[*tuple[Any, ...]]) -> Message:
    return Message(
        row.id, row.destination, row.kind, row.body, Fate(row.state), moment(row.created_us), moment(row.due_us),
        row.tries, row.error,
    )  # fmt: skip

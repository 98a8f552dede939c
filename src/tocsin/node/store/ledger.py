"""The ledger at rest: an entry is added inside the transaction of what it tells of; neither stands without the other.

Rules:
1. The row of `ledger_head` is locked last in a transaction (PostgreSQL: SELECT … FOR UPDATE), so that nobody waits
   for anything while holding it. On SQLite only one transaction writes at a time.
2. Nothing here changes or removes an entry.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, Row, String, Table, Text, insert, select, update

from tocsin import clock
from tocsin.errors import LedgerError
from tocsin.ledger.chain import EMPTY, Head, append
from tocsin.ledger.entry import Draft, Entry, Value, canonical
from tocsin.node.store.schema import METADATA
from tocsin.node.store.times import microseconds, moment

_ROWS = 500  # entries that are read at a time
_ONLY = 1  # number of the only row of ledger_head

ENTRIES = Table(
    "ledger",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("time_us", BigInteger, nullable=False),
    Column("kind", String(40), nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
)
HEAD = Table(
    "ledger_head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
)


def record(connection: Connection, draft: Draft, time: datetime | None = None) -> Entry:
    """Enter a draft inside the caller's transaction, as its last act. `time` is now unless it is given.

    LedgerError where the draft is not fit for the ledger.
    """
    entry = append(_locked_head(connection), draft, clock.now() if time is None else time)
    connection.execute(
        insert(ENTRIES).values(
            sequence=entry.sequence,
            time_us=microseconds(entry.time),
            kind=entry.kind,
            actor=entry.actor,
            subject=entry.subject,
            detail=canonical(entry.detail).decode(),
            previous=entry.previous,
            digest=entry.digest,
        )
    )
    connection.execute(update(HEAD).where(HEAD.c.id == _ONLY).values(sequence=entry.sequence, digest=entry.digest))
    return entry


def head(connection: Connection) -> Head:
    """The end of the ledger."""
    row = connection.execute(select(HEAD.c.sequence, HEAD.c.digest).where(HEAD.c.id == _ONLY)).first()
    return _head(row)


def entries(connection: Connection, after: int = 0) -> Iterator[Entry]:
    """All entries after a number, in order; read a few hundred at a time."""
    query = select(ENTRIES).where(ENTRIES.c.sequence > after).order_by(ENTRIES.c.sequence)
    with connection.execute(query, execution_options={"yield_per": _ROWS}) as rows:
        for row in rows:
            yield _entry(row)


def newest(connection: Connection, most: int, subject: str | None = None) -> list[Entry]:
    """The newest entries, of one subject or of all, newest first."""
    query = select(ENTRIES).order_by(ENTRIES.c.sequence.desc()).limit(most)
    if subject is not None:
        query = query.where(ENTRIES.c.subject == subject)
    return [_entry(row) for row in connection.execute(query)]


def _locked_head(connection: Connection) -> Head:
    query = select(HEAD.c.sequence, HEAD.c.digest).where(HEAD.c.id == _ONLY).with_for_update()
    return _head(connection.execute(query).first())


def _head(row: Row[int, str] | None) -> Head:
    if row is None:
        raise LedgerError("the state database has lost the head of its ledger", "Restore it from a backup.")
    return Head(row.sequence, row.digest)


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    try:
        detail = msgspec.json.decode(row.detail, type=dict[str, Value])
    except msgspec.MsgspecError as error:
        raise LedgerError(
            f"the detail of ledger entry {row.sequence} cannot be read: {error}",
            "Somebody changed the state database. Keep it as evidence and restore a backup.",
        ) from error
    return Entry(row.sequence, moment(row.time_us), row.kind, row.actor, row.subject, detail, row.previous, row.digest)


START = {"id": _ONLY, "sequence": EMPTY.sequence, "digest": EMPTY.digest}
"""The row with which `ledger_head` begins."""

"""The ledger at rest: an entry is added inside the transaction of what it tells of; neither stands without the other.

Rules:
1. The row of `ledger_head` is locked last in a transaction (PostgreSQL: SELECT … FOR UPDATE), so that nobody waits
   for anything while holding it. On SQLite only one transaction writes at a time.
2. Nothing here changes or removes an entry.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)

from tocsin import clock
from tocsin.errors import LedgerError
from tocsin.ledger.chain import EMPTY, Head, append
from tocsin.ledger.checkpoint import Checkpoint
from tocsin.ledger.entry import Draft, Entry, Kind, Value, canonical
from tocsin.ledger.lines import Damaged, line_of, merged
from tocsin.node.store.rows import upsert
from tocsin.node.store.schema import METADATA
from tocsin.node.store.times import microseconds, moment

Item = TypeVar("Item")

_DETAIL = msgspec.json.Decoder(dict[str, Value])
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


CHECKPOINTS = Table(
    "ledger_checkpoints",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("key_id", String(16), primary_key=True),
    Column("node", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("time_us", BigInteger, nullable=False),
    Column("signature", String(128), nullable=False),
    Column("witnessed_us", BigInteger),
)


def record(connection: Connection, draft: Draft, time: datetime | None = None) -> Entry:
    """Enter a draft inside the caller's transaction, as its last act. `time` is now unless it is given.

    LedgerError where the draft is not fit for the ledger.
    """
    entry = append(locked_head(connection), draft, clock.now() if time is None else time)
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


def locked_head(connection: Connection) -> Head:
    """The end of the ledger, to which nobody adds until this transaction ends (rule 1)."""
    query = select(HEAD.c.sequence, HEAD.c.digest).where(HEAD.c.id == _ONLY).with_for_update()
    return _head(connection.execute(query).first())


def add_checkpoint(connection: Connection, checkpoint: Checkpoint) -> None:
    """Keep a checkpoint; one of the same entry and key takes the place of the older one."""
    values = {
        "sequence": checkpoint.sequence,
        "key_id": checkpoint.key_id,
        "node": checkpoint.node,
        "digest": checkpoint.digest,
        "time_us": microseconds(checkpoint.time),
        "signature": checkpoint.signature,
        "witnessed_us": None,
    }
    upsert(connection, CHECKPOINTS, [values])


def mark_witnessed(connection: Connection, checkpoint: Checkpoint, time: datetime) -> None:
    """Say that the witness has a checkpoint."""
    mine = (CHECKPOINTS.c.sequence == checkpoint.sequence) & (CHECKPOINTS.c.key_id == checkpoint.key_id)
    connection.execute(update(CHECKPOINTS).where(mine).values(witnessed_us=microseconds(time)))


def unwitnessed(connection: Connection, most: int) -> list[Checkpoint]:
    """Checkpoints that the witness does not have yet, the oldest first."""
    query = select(CHECKPOINTS).where(CHECKPOINTS.c.witnessed_us.is_(None)).order_by(CHECKPOINTS.c.sequence)
    return [_checkpoint(row) for row in connection.execute(query.limit(most))]


def count_unwitnessed(connection: Connection) -> int:
    """How many checkpoints the witness does not have yet."""
    query = select(func.count()).select_from(CHECKPOINTS).where(CHECKPOINTS.c.witnessed_us.is_(None))
    return int(connection.execute(query).scalar_one())


def last_witnessed(connection: Connection) -> tuple[int, datetime] | None:
    """Number and time of the last entry that was sent to the witness; None where none was."""
    query = select(CHECKPOINTS.c.sequence, CHECKPOINTS.c.witnessed_us).where(CHECKPOINTS.c.witnessed_us.is_not(None))
    row = connection.execute(query.order_by(CHECKPOINTS.c.sequence.desc()).limit(1)).first()
    return None if row is None else (row.sequence, moment(row.witnessed_us))


def last_of(connection: Connection, kind: Kind) -> Entry | None:
    """The newest entry of a kind; None where there is none. LedgerError where it cannot be read."""
    return next(iter(newest_of(connection, kind, 1)), None)


def newest_of(connection: Connection, kind: Kind, most: int) -> list[Entry]:
    """The newest entries of a kind, the newest first. LedgerError where one cannot be read."""
    query = select(ENTRIES).where(ENTRIES.c.kind == str(kind)).order_by(ENTRIES.c.sequence.desc()).limit(most)
    return _sound(_read(connection, query, _entry))


def subjects_of(connection: Connection, kind: Kind) -> list[str]:
    """What the entries of a kind are about, the oldest first."""
    query = select(ENTRIES.c.subject).where(ENTRIES.c.kind == str(kind)).order_by(ENTRIES.c.sequence)
    return list(connection.scalars(query))


def last_checkpoint(connection: Connection) -> int:
    """Number of the last entry that a checkpoint signs; 0 where there is none."""
    return int(connection.execute(select(func.max(CHECKPOINTS.c.sequence))).scalar() or 0)


def checkpoints(connection: Connection) -> Iterator[Checkpoint | Damaged]:
    """All checkpoints in the order of their entries, for `verify`."""
    return _read(connection, select(CHECKPOINTS).order_by(CHECKPOINTS.c.sequence, CHECKPOINTS.c.time_us), _checkpoint)


def entries(connection: Connection, after: int = 0) -> Iterator[Entry | Damaged]:
    """All entries after a number, in order, for `verify`; read a few hundred at a time."""
    query = select(ENTRIES).where(ENTRIES.c.sequence > after).order_by(ENTRIES.c.sequence)
    return _read(connection, query, _entry)


def about(connection: Connection, subject: str) -> Iterator[Entry | Damaged]:
    """All entries about one subject, in order; read a few hundred at a time."""
    return _read(connection, select(ENTRIES).where(ENTRIES.c.subject == subject).order_by(ENTRIES.c.sequence), _entry)


def export(connection: Connection) -> Iterator[str]:
    """The whole ledger as lines of JSON, each with its line end. LedgerError at an entry that cannot be read."""
    for item in merged(entries(connection), checkpoints(connection)):
        if isinstance(item, Damaged):
            raise LedgerError(f"the ledger is damaged: an entry {item.why}", "Run `tocsin ledger verify`.")
        yield line_of(item) + "\n"


def newest(connection: Connection, most: int, subject: str | None = None) -> list[Entry]:
    """The newest entries, of one subject or of all, newest first; LedgerError where one cannot be read."""
    query = select(ENTRIES).order_by(ENTRIES.c.sequence.desc()).limit(most)
    if subject is not None:
        query = query.where(ENTRIES.c.subject == subject)
    return _sound(_read(connection, query, _entry))


def _sound(items: Iterator[Entry | Damaged]) -> list[Entry]:
    """The entries; LedgerError where one of them is damaged."""
    found = list(items)
    for item in found:
        if isinstance(item, Damaged):
            raise LedgerError(f"the ledger is damaged: an entry {item.why}", "Run `tocsin ledger verify`.")
    return [item for item in found if isinstance(item, Entry)]


def _head(row: Row[int, str] | None) -> Head:
    if row is None:
        raise LedgerError("the state database has lost the head of its ledger", "Restore it from a backup.")
    return Head(row.sequence, row.digest)


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    detail = _DETAIL.decode(row.detail)
    if canonical(detail).decode() != row.detail:
        raise ValueError("its detail is not spelled as Tocsin spells it")
    return Entry(row.sequence, moment(row.time_us), row.kind, row.actor, row.subject, detail, row.previous, row.digest)


def _checkpoint(row: Row[*tuple[Any, ...]]) -> Checkpoint:
    return Checkpoint(row.node, row.sequence, row.digest, moment(row.time_us), row.key_id, row.signature)


def _read(
    connection: Connection, query: Select[*tuple[Any, ...]], made: Callable[[Row[*tuple[Any, ...]]], Item]
) -> Iterator[Item | Damaged]:
    """What the rows hold. SQLite lets root put anything into any column: what is none of ours is damaged."""
    with connection.execute(query, execution_options={"yield_per": _ROWS}) as rows:
        for row in rows:
            try:
                yield made(row)
            except (ValueError, TypeError, OverflowError, RecursionError) as error:
                yield Damaged(f"cannot be read: {error}")


START = {"id": _ONLY, "sequence": EMPTY.sequence, "digest": EMPTY.digest}
"""The row with which `ledger_head` begins."""

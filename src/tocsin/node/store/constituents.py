"""The list of constituents that the node serves.

Rules:
1. A list takes the place of the one before it, whole, in one transaction; the ledger has who did it and its digest.
2. Constituents that a new list does not hold any more are removed only where that is asked for: a list that was cut
   short would silence the others.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, delete, insert, select

from tocsin.errors import Conflict, NotFound
from tocsin.ledger.entry import Draft, Kind, Value
from tocsin.node.store import ledger
from tocsin.node.store.codec import decode, encode, prepare
from tocsin.node.store.rows import portions
from tocsin.node.store.schema import METADATA, ForeignText
from tocsin.triage.constituents import Constituent

prepare(Constituent)

CONSTITUENTS = Table(
    "constituents",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("payload", ForeignText, nullable=False),
)
_NAMED = 5  # that a refusal names


@dataclass(frozen=True, slots=True)
class ListChanges:
    """What a new list changes, by id."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def constituents(connection: Connection) -> list[Constituent]:
    """All of them, by id."""
    rows = connection.execute(select(CONSTITUENTS).order_by(CONSTITUENTS.c.id))
    return [decode(row.payload, Constituent, f"constituent {row.id}") for row in rows]


def constituent(connection: Connection, id: str) -> Constituent:
    """One of them. NotFound where there is none of that id."""
    row = connection.execute(select(CONSTITUENTS).where(CONSTITUENTS.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no constituent {id}", "List them with `tocsin constituent list`.")
    return decode(row.payload, Constituent, f"constituent {row.id}")


def changes(connection: Connection, new: Sequence[Constituent]) -> ListChanges:
    """What a new list would change."""
    before, after = ({each.id: each for each in some} for some in (constituents(connection), new))
    both = before.keys() & after.keys()
    return ListChanges(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(id for id in both if before[id] != after[id])),
        tuple(sorted(before.keys() - after.keys())),
    )


def put(connection: Connection, new: Sequence[Constituent], actor: str, time: datetime, *, remove: bool) -> ListChanges:
    """Put a list in the place of the present one. Conflict by rule 2."""
    changed = changes(connection, new)
    if changed.removed and not remove:
        gone = ", ".join(changed.removed[:_NAMED]) + (", …" if len(changed.removed) > _NAMED else "")
        raise Conflict(
            f"{len(changed.removed)} constituents are not in this list any more: {gone}",
            "Add them, or say --remove if they are to go.",
        )
    rows = [{"id": each.id, "payload": encode(each)} for each in sorted(new, key=lambda each: each.id)]
    connection.execute(delete(CONSTITUENTS))
    for portion in portions(rows):
        connection.execute(insert(CONSTITUENTS), list(portion))
    digest = hashlib.sha256(encode(rows).encode()).hexdigest()
    detail: dict[str, Value] = {"change": "constituents imported", "digest": digest, "rows": len(rows)}
    ledger.record(connection, Draft(Kind.CONFIGURATION_CHANGE, actor, "node", detail), time)
    return changed

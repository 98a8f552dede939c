"""The node's findings: each with when the node found it, which incident it belongs to, and whether it is gone.

Rules:
1. A finding that is put again under its id takes the place of the older one. When it was first seen stays, and so does
   its incident, which only the module of incidents changes.
2. A finding that new data made untrue is marked as gone, not removed: somebody may have decided by it.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Row,
    Select,
    String,
    Table,
    Text,
    case,
    func,
    select,
    update,
)  # fmt: skip

from tocsin import limits
from tocsin.model import LEVELS, Finding
from tocsin.node.store.codec import decode, encode, prepare
from tocsin.node.store.rows import portions, upsert
from tocsin.node.store.schema import METADATA, ForeignText
from tocsin.node.store.times import microseconds, microseconds_or_none, moment

prepare(Finding)

_KEPT = ("seen_us", "incident")

FINDINGS = Table(
    "findings",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("organisation", ForeignText, nullable=False),
    Column("network", ForeignText, nullable=False),
    Column("host", ForeignText, nullable=False),
    Column("account", ForeignText, nullable=False),
    Column("level", String(20), nullable=False),
    Column("first_us", BigInteger),
    Column("last_us", BigInteger),
    Column("opened_us", BigInteger),
    Column("count", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
    Column("payload", Text, nullable=False),
    Column("incident", Text, index=True),
    Column("gone", Boolean, nullable=False),
    Column("place", String(64), nullable=False, index=True),  # foreign names may be longer than an index takes
    Index(None, "seen_us", "id"),
)


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding of the node. `seen` is when the node first found it; `incident` is empty where it is in none."""

    id: str
    finding: Finding
    seen: datetime
    incident: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """What findings of one story share: rule, organisation, network, host and user."""

    rule: str
    organisation: str
    network: str
    host: str
    user: str


def place_of(finding: Finding) -> Place:
    """Where a finding was made."""
    return Place(finding.rule.id, finding.organisation, finding.network, finding.host, finding.user)


def put(connection: Connection, findings: Iterable[StoredFinding]) -> None:
    """Keep findings, new ones and changed ones; their `seen` and `incident` count only where they are new."""
    upsert(connection, FINDINGS, [_values(finding) for finding in sorted(findings, key=lambda f: f.id)], _KEPT)


def mark_gone(connection: Connection, ids: Sequence[str], gone: bool = True) -> int:
    """Say that findings are no longer true, or are again; returns how many there were."""
    changed = 0
    for portion in portions(sorted(ids)):
        changed += connection.execute(update(FINDINGS).where(FINDINGS.c.id.in_(portion)).values(gone=gone)).rowcount
    return changed


def move(connection: Connection, ids: Sequence[str], incident: str) -> None:
    """Say which incident findings belong to. For the module of incidents, which keeps this equal to its events."""
    for portion in portions(sorted(ids)):
        connection.execute(update(FINDINGS).where(FINDINGS.c.id.in_(portion)).values(incident=incident))


def release(connection: Connection, ids: Sequence[str], incident: str) -> None:
    """Say that findings no longer belong to an incident, where they still do."""
    for portion in portions(sorted(ids)):
        mine = FINDINGS.c.id.in_(portion) & (FINDINGS.c.incident == incident)
        connection.execute(update(FINDINGS).where(mine).values(incident=None))


def by_ids(connection: Connection, ids: Sequence[str]) -> list[StoredFinding]:
    """The findings with these ids, in the order of ids; those that nobody put are left out."""
    found: list[StoredFinding] = []
    for portion in portions(sorted(ids)):
        found += _read(connection, select(FINDINGS).where(FINDINGS.c.id.in_(portion)).order_by(FINDINGS.c.id))
    return found


def by_incident(connection: Connection, incident: str) -> list[StoredFinding]:
    """The findings of one incident, by id."""
    return list(_read(connection, select(FINDINGS).where(FINDINGS.c.incident == incident).order_by(FINDINGS.c.id)))


def strongest(connection: Connection, incident: str, most: int, parts: Sequence[str] = ()) -> list[StoredFinding]:
    """The findings of an incident and its parts that are still true, at most so many.

    The gravest come first, of those the earliest.
    """
    columns = FINDINGS.c
    rank = case({level: number for number, level in enumerate(LEVELS)}, value=columns.level, else_=-1)
    mine = select(FINDINGS).where(columns.incident.in_([incident, *parts][: limits.STATE_ROWS]) & ~columns.gone)
    return list(_read(connection, mine.order_by(rank.desc(), columns.first_us, columns.id).limit(most)))


def rules_of(connection: Connection, incidents: Sequence[str]) -> dict[str, frozenset[str]]:
    """The ids of the rules that fired in each of these incidents."""
    found: dict[str, set[str]] = {incident: set() for incident in incidents}
    for portion in portions(sorted(found)):
        query = select(FINDINGS.c.incident, FINDINGS.c.rule).where(FINDINGS.c.incident.in_(portion)).distinct()
        for row in connection.execute(query):
            found[row.incident].add(row.rule)
    return {incident: frozenset(rules) for incident, rules in found.items()}


def titles(connection: Connection, incidents: Sequence[str]) -> dict[str, str]:
    """What the rules that fired in these incidents are called, as one finding of each says."""
    found: dict[str, str] = {}
    for portion in portions(sorted(incidents)):
        mine = select(func.max(FINDINGS.c.id)).where(FINDINGS.c.incident.in_(portion)).group_by(FINDINGS.c.rule)
        for stored in _read(connection, select(FINDINGS).where(FINDINGS.c.id.in_(mine))):
            found[stored.finding.rule.id] = stored.finding.rule.title
    return found


def by_place(connection: Connection, place: Place) -> list[StoredFinding]:
    """The findings of one rule on one host and user, by id."""
    query = select(FINDINGS).where(FINDINGS.c.place == _digest(place)).order_by(FINDINGS.c.id)
    return list(_read(connection, query))


def of_rules(connection: Connection, rules: Collection[str], since: datetime, most: int) -> list[StoredFinding]:
    """Findings of some rules that were first seen at a time or later and are still true, the newest first."""
    found: list[StoredFinding] = []
    for portion in portions(sorted(rules)):
        own = FINDINGS.c.rule.in_(portion) & (FINDINGS.c.seen_us >= microseconds(since)) & ~FINDINGS.c.gone
        newest = select(FINDINGS).where(own).order_by(FINDINGS.c.seen_us.desc(), FINDINGS.c.id).limit(most)
        found += _read(connection, newest)
    return found[:most]


def one(connection: Connection, id: str) -> StoredFinding | None:
    """A finding by its id; None where there is none."""
    return next(iter(by_ids(connection, [id])), None)


def seen_since(connection: Connection, since: datetime, most: int, after: str = "") -> list[StoredFinding]:
    """Findings that were first seen at a time or later, by that time and id.

    For the next page give `seen` and `id` of the last one as `since` and `after`.
    """
    number = microseconds(since)
    later = (FINDINGS.c.seen_us > number) | ((FINDINGS.c.seen_us == number) & (FINDINGS.c.id > after))
    return list(
        _read(connection, select(FINDINGS).where(later).order_by(FINDINGS.c.seen_us, FINDINGS.c.id).limit(most))
    )


def _values(stored: StoredFinding) -> dict[str, object]:
    finding = stored.finding
    return {
        "id": stored.id,
        "rule": finding.rule.id,
        "organisation": finding.organisation,
        "network": finding.network,
        "host": finding.host,
        "account": finding.user,
        "level": finding.rule.level,
        "first_us": microseconds_or_none(finding.first),
        "last_us": microseconds_or_none(finding.last),
        "opened_us": microseconds_or_none(finding.opened),
        "count": finding.count,
        "seen_us": microseconds(stored.seen),
        "payload": encode(finding),
        "incident": stored.incident or None,
        "gone": stored.gone,
        "place": _digest(place_of(finding)),
    }


def _digest(place: Place) -> str:
    return hashlib.sha256(encode(place).encode()).hexdigest()


def _read(connection: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[StoredFinding]:
    return (_stored(row) for row in connection.execute(query))


def _stored(row: Row[*tuple[Any, ...]]) -> StoredFinding:
    finding = decode(row.payload, Finding, f"finding {row.id}")
    return StoredFinding(row.id, finding, moment(row.seen_us), row.incident or "", row.gone)

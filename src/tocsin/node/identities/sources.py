"""The sources of claims: one SQL file each over the views, and what its rows claim.

A source is asked only where the lake has a table behind its view. Each takes at most limits.IDENTITY_ROWS rows, the
newest; the values that are asked for stand in tables `asked_…`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import resources

import duckdb

from tocsin import limits
from tocsin.lake.catalog import Origin
from tocsin.lake.view_files import load_view
from tocsin.node.found import microseconds, moment
from tocsin.node.identities.asked import DAY, LEASE_BACK, Asked, Days, around
from tocsin.triage.who import Called, Lease, Sighting, Source, Translation, Tunnel

Rows = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Question:
    """One SQL file: the views that it reads, and which of what is asked it needs."""

    name: str
    views: tuple[str, ...]
    needs: tuple[str, ...]
    far: bool = False  # looks LEASE_BACK before a finding

    def days(self, asked: Asked) -> Days:
        """The days of which it reads the files."""
        moments = asked.account_days if "accounts" in self.needs else asked.address_days
        return around(moments, LEASE_BACK if self.far else DAY)


QUESTIONS = (
    Question("translations", ("address_translation",), ("moments",)),
    Question("leases", ("dhcp_activity",), ("addresses",), far=True),
    Question("own_logs", ("network_activity",), ("addresses",)),
    Question("logons", ("authentication",), ("addresses",)),
    Question("tunnels", ("tunnel_activity",), ("addresses",)),
    Question("accounts", ("authentication", "account_change"), ("accounts", "identifiers")),
)
"""In the order in which they are asked: whom shared addresses stood for first, for it is asked for after that."""
_TABLES = {"own_logs": frozenset({"windows"})}
"""Of the tables behind a view, those whose rows a question reads; all where it is not named."""


@dataclass(slots=True)
class Told:
    """What all sources told. `cut` names those of which only the newest rows were taken."""

    leases: list[Lease] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    tunnels: list[Tunnel] = field(default_factory=list)
    translations: list[Translation] = field(default_factory=list)
    called: list[Called] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)


def possible(asked: Asked, tables: Iterable[str]) -> list[Question]:
    """The questions that this lake may answer about what is asked."""
    there = set(tables)
    return [
        each
        for each in QUESTIONS
        if any(getattr(asked, need) for need in each.needs) and not there.isdisjoint(behind(each))
    ]


def behind(question: Question) -> frozenset[str]:
    """The native tables whose rows a question reads."""
    return _TABLES.get(question.name) or frozenset(
        branch.table for view in question.views for branch in load_view(view).branches
    )


def every_table() -> frozenset[str]:
    """The native tables of all questions."""
    return frozenset().union(*map(behind, QUESTIONS))


def ask(connection: duckdb.DuckDBPyConnection, question: Question, asked: Asked, own: Origin, told: Told) -> None:
    """Add to `told` what a source says; rows without organisation and network are `own`."""
    rows = _rows(connection, question, asked)
    if len(rows) > limits.IDENTITY_ROWS:
        told.cut.append(question.name)
    kept = [_placed(row, own) for row in rows[: limits.IDENTITY_ROWS]]
    if question.name == "leases":
        told.leases += map(_lease, kept)
    elif question.name == "tunnels":
        told.tunnels += map(_tunnel, kept)
    elif question.name == "translations":
        told.translations += (each for row in kept for each in _translations(row))
    elif question.name == "accounts":
        told.called += map(_called, kept)
    else:
        told.sightings += map(_sighting, kept)


@cache
def sql(name: str) -> str:
    """The statement of a question."""
    return (resources.files("tocsin.node.identities") / f"{name}.sql").read_text("utf-8")


def _rows(connection: duckdb.DuckDBPyConnection, question: Question, asked: Asked) -> Rows:
    if asked.first is None or asked.last is None:
        return []
    bounds = {
        "low_us": microseconds(asked.first - (LEASE_BACK if question.far else DAY) - DAY),
        "high_us": microseconds(asked.last + DAY + DAY),
        "most": limits.IDENTITY_ROWS + 1,
    }
    found = connection.sql(sql(question.name), params=bounds)
    rows: Rows = found.to_arrow_table().to_pylist()
    return rows


def _placed(row: dict[str, object], own: Origin) -> dict[str, object]:
    """The row with whose it is."""
    mine = {name: str(row[name] or "") for name in ("organisation", "network")}
    if not any(mine.values()):
        mine = {"organisation": own.organisation, "network": own.network}
    return row | mine


def _time(row: dict[str, object], name: str) -> datetime:
    time = moment(row[name])
    assert time is not None  # every question filters by time
    return time


def _texts(row: dict[str, object], *names: str) -> list[str]:
    return [str(row[name] or "")[: limits.EVIDENCE_CHARACTERS] for name in names]


def _lease(row: dict[str, object]) -> Lease:
    organisation, network, address, mac, host = _texts(row, "organisation", "network", "address", "mac", "host")
    told = row["lease_seconds"]
    seconds = float(told) if isinstance(told, float | int) else None
    first, last = _time(row, "first_us"), _time(row, "last_us")
    return Lease(organisation, network, address, mac, host, first, last, seconds, bool(row["ended"]))


def _sighting(row: dict[str, object]) -> Sighting:
    logon = Source.MACHINE_LOGON if row.get("proven") else Source.WORKSTATION
    source = logon if "proven" in row else Source.OWN_LOG
    organisation, network, address, host = _texts(row, "organisation", "network", "address", "host")
    return Sighting(organisation, network, address, host, _time(row, "first_us"), _time(row, "last_us"), source)


def _tunnel(row: dict[str, object]) -> Tunnel:
    organisation, network, address = _texts(row, "organisation", "network", "address")
    account, host, session = _texts(row, "account", "host", "session_uid")
    opened = bool(row["opened"])
    return Tunnel(organisation, network, address, account, host, session, _time(row, "time_us"), opened)


def _called(row: dict[str, object]) -> Called:
    organisation, network, identifier, name = _texts(row, "organisation", "network", "identifier", "name")
    return Called(organisation, network, identifier, name, _time(row, "first_us"), _time(row, "last_us"))


def _translations(row: dict[str, object]) -> Iterator[Translation]:
    """One for each way in which the destination is told."""
    organisation, network, outside, inside = _texts(row, "organisation", "network", "outside", "inside")
    ends = _texts(row, "dst_ip", "dst_host")
    for end in [each for each in ends if each] or [""]:
        yield Translation(organisation, network, outside, _time(row, "time_us"), inside, end)

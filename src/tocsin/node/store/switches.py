"""The two switches: `ai` and `sharing`.

Rules:
1. One person stops, with a reason, at once. A stop also cancels a request to start again.
2. Starting again takes a request by one person and a confirmation by another; who counts as two people is asked of
   the caller (people/). A request that nobody confirms is void after limits.SWITCH_REQUEST_SECONDS.
3. A switch that nobody ever touched is on. Every step is in the ledger, with its reason as a text beside the ledger.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, Row, String, Table, Text, select

from tocsin import limits
from tocsin.errors import Conflict, Denied, UsageError
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.store import ledger
from tocsin.node.store.rows import upsert
from tocsin.node.store.schema import METADATA, ForeignText
from tocsin.node.store.times import microseconds, microseconds_or_none, moment, moment_or_none

TwoPeople = Callable[[str, str], bool]
"""Whether two accounts are two people."""

SWITCHES = Table(
    "switches",
    METADATA,
    Column("name", String(20), primary_key=True),
    Column("stopped", Boolean, nullable=False),
    Column("actor", Text, nullable=False),
    Column("why", ForeignText, nullable=False),
    Column("time_us", BigInteger, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_why", ForeignText, nullable=False),
    Column("asked_us", BigInteger),
)


class Switch(StrEnum):
    """What can be stopped."""

    AI = "ai"
    SHARING = "sharing"


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asked to start again, and waits for a second person."""

    actor: str
    time: datetime
    why: str


@dataclass(frozen=True, slots=True)
class SwitchState:
    """How a switch stands; `actor`, `time` and `why` tell of the last time it was moved, None and empty before."""

    switch: Switch
    stopped: bool = False
    actor: str = ""
    time: datetime | None = None
    why: str = ""
    request: Request | None = None


def states(connection: Connection) -> list[SwitchState]:
    """Both switches."""
    rows = {row.name: row for row in connection.execute(select(SWITCHES))}
    return [_state(switch, rows.get(str(switch))) for switch in Switch]


def is_stopped(connection: Connection, switch: Switch) -> bool:
    """Whether a switch is off now."""
    return bool(connection.execute(select(SWITCHES.c.stopped).where(SWITCHES.c.name == str(switch))).scalar())


def stop(connection: Connection, switch: Switch, actor: str, why: str, time: datetime) -> SwitchState:
    """Stop at once. UsageError without a reason. Stopping what is stopped changes nothing but cancels a request."""
    _check_reason(why)
    state = _locked(connection, switch)
    if state.stopped and state.request is None:
        return state
    if state.stopped:
        after = replace(state, request=None)
        return _write(connection, after, actor, "request cancelled", time)
    after = SwitchState(switch, True, actor, time, why)
    return _write(connection, after, actor, "stopped", time)


def ask_to_start(connection: Connection, switch: Switch, actor: str, why: str, time: datetime) -> SwitchState:
    """The first half of starting again. Conflict where somebody has asked already: that one can be confirmed."""
    _check_reason(why)
    state = _stopped(connection, switch)
    if state.request is not None and not is_void(state.request, time):
        raise Conflict(f"{state.request.actor} has asked to start {switch} already", "Confirm that request.")
    return _write(connection, replace(state, request=Request(actor, time, why)), actor, "start asked", time)


def confirm_start(
    connection: Connection, switch: Switch, actor: str, two_people: TwoPeople, time: datetime
) -> SwitchState:
    """The second half: on again. Denied where the two accounts are not two people."""
    state = _stopped(connection, switch)
    request = state.request
    if request is None or is_void(request, time):
        raise Conflict(f"nobody has asked to start {switch}", "Ask for it first; then a second person confirms.")
    if request.actor == actor or not two_people(request.actor, actor):
        raise Denied(
            f"{request.actor} and {actor} do not count as two people",
            "Let another person confirm, whose account and second factor neither of the two has set up.",
        )
    return _write(connection, SwitchState(switch, False, actor, time, request.why), actor, "started", time)


def _check_reason(why: str) -> None:
    if not why.strip() or len(why) > limits.WHY_CHARACTERS:
        raise UsageError("a switch is moved with a reason", f"Say why, in up to {limits.WHY_CHARACTERS} characters.")


def _stopped(connection: Connection, switch: Switch) -> SwitchState:
    state = _locked(connection, switch)
    if not state.stopped:
        raise Conflict(f"{switch} is not stopped", "There is nothing to start.")
    return state


def is_void(request: Request, time: datetime) -> bool:
    """Whether a request has waited for too long (rule 2)."""
    return abs(time - request.time) > timedelta(seconds=limits.SWITCH_REQUEST_SECONDS)


def _locked(connection: Connection, switch: Switch) -> SwitchState:
    query = select(SWITCHES).where(SWITCHES.c.name == str(switch)).with_for_update()
    return _state(switch, connection.execute(query).first())


def _write(connection: Connection, after: SwitchState, actor: str, step: str, time: datetime) -> SwitchState:
    upsert(connection, SWITCHES, [_values(after)])
    ledger.record(connection, Draft(Kind.SWITCH, actor, f"switch:{after.switch}", {"step": step}), time)
    return after


def _values(state: SwitchState) -> dict[str, object]:
    request = state.request
    return {
        "name": str(state.switch),
        "stopped": state.stopped,
        "actor": state.actor,
        "why": state.why,
        "time_us": microseconds_or_none(state.time) or 0,
        "asked_by": request.actor if request else "",
        "asked_why": request.why if request else "",
        "asked_us": microseconds(request.time) if request else None,
    }


def _state(switch: Switch, row: Row[*tuple[Any, ...]] | None) -> SwitchState:
    if row is None:
        return SwitchState(switch)
    asked = moment_or_none(row.asked_us)
    request = None if asked is None else Request(row.asked_by, asked, row.asked_why)
    return SwitchState(switch, row.stopped, row.actor, moment(row.time_us), row.why, request)

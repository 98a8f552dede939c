"""Proposed actions: what people want done at systems that Tocsin does not touch, from the proposal to the undo.

Rules:
1. An action has an owner (who proposed it), values that never change, a form, a reason and an end (`until`), all from
   the beginning: what is approved is exactly what was proposed.
2. proposed → approved → written → undone. Before it is written it can be withdrawn. When `until` has passed it is
   expired, whatever it was; what was written can be undone then, too. An artefact can be written again.
3. One person approves, who may be the owner. Destructive ones need two (`people_needed`): isolating a host, disabling
   an account, a network wider than limits.ACTION_ALONE_IPV4_PREFIX or …IPV6_PREFIX, also one that is written as its
   parts, and what limits.ACTION_ALONE_HOSTS own hosts or more talked to, or where nobody could say how many did.
4. Who counts as two people is asked of the caller.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from itertools import islice

import msgspec
from msgspec import Struct

from tocsin import limits
from tocsin.errors import Conflict, UsageError
from tocsin.sinks.networks import Network, network
from tocsin.words.messages import say

TwoPeople = Callable[[str, str], bool]


class ActionKind(StrEnum):
    """What is to be done."""

    BLOCK = "block"
    ISOLATE = "isolate"
    DISABLE_ACCOUNT = "disable-account"


class Form(StrEnum):
    """What Tocsin writes: the first three for `block`, the others for what people do."""

    NFTABLES = "nftables"
    RPZ = "rpz"
    SURICATA = "suricata"
    TEXT = "text"
    JSON = "json"


FORMS = {
    ActionKind.BLOCK: (Form.NFTABLES, Form.RPZ, Form.SURICATA),
    ActionKind.ISOLATE: (Form.TEXT, Form.JSON),
    ActionKind.DISABLE_ACCOUNT: (Form.TEXT, Form.JSON),
}


class State(StrEnum):
    """How far an action is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    WRITTEN = "written"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNDONE = "undone"


class Sighting(Struct, frozen=True):
    """An own host that was seen with a value: what would break."""

    value: str
    who: str
    first: datetime
    last: datetime
    count: int
    where: str


class Seen(Struct, frozen=True):
    """What the lake knows of the values. `hosts` is None where it could not be asked; `told` says what was asked."""

    hosts: int | None
    rows: tuple[Sighting, ...] = ()
    told: str = ""
    left_out: int = 0


class Approval(Struct, frozen=True):
    """Who said yes, and when."""

    actor: str
    time: datetime


class Action(Struct, frozen=True):
    """One proposed action. `sid` is the first of its numbers in Suricata rules."""

    id: str
    incident: str
    kind: ActionKind
    form: Form
    values: tuple[str, ...]
    owner: str
    why: str
    proposed: datetime
    until: datetime
    seen: Seen
    sid: int = 0
    approvals: tuple[Approval, ...] = ()
    written: datetime | None = None
    written_by: str = ""
    ended: datetime | None = None
    ended_by: str = ""
    ended_why: str = ""


def state(action: Action, now: datetime) -> State:
    """How far it is. Rule 2."""
    if action.ended is not None:
        return State.WITHDRAWN if action.written is None else State.UNDONE
    if now >= action.until:
        return State.EXPIRED
    if action.written is not None:
        return State.WRITTEN
    return State.APPROVED if len(action.approvals) >= people_needed(action) else State.PROPOSED


def people_needed(action: Action) -> int:
    """How many have to approve. Rule 3."""
    return 2 if two_needed(action) else 1


def two_needed(action: Action) -> list[str]:
    """Why two people have to approve, as sentences; none where one is enough."""
    if action.kind is not ActionKind.BLOCK:
        return [say("It takes a system or an account away from people who work with it.")]
    wide = (each for each in _together(action.values) if _is_wide(each))
    found = [say("{value} is a wide network.", value=each) for each in islice(wide, 1)]
    if action.seen.hosts is None:
        found.append(say("Nobody could say who talked to it."))
    elif action.seen.hosts >= limits.ACTION_ALONE_HOSTS:
        days = limits.ACTION_SEEN_DAYS
        found.append(say("{hosts} own hosts talked to it in {days} days.", hosts=action.seen.hosts, days=days))
    return found


def check_period(seconds: int) -> timedelta:
    """How long an action may stand. UsageError for too short and too long."""
    if not limits.ACTION_LEAST_SECONDS <= seconds <= limits.ACTION_MOST_SECONDS:
        days, minutes = limits.ACTION_MOST_SECONDS // 86_400, limits.ACTION_LEAST_SECONDS // 60
        raise UsageError("an action stands for a while", f"Let it expire after {minutes} minutes to {days} days.")
    return timedelta(seconds=seconds)


def form_of(kind: ActionKind, wanted: Form | None, values: tuple[str, ...]) -> Form:
    """The form that was asked for, or the one that fits. UsageError where it does not fit the kind."""
    if wanted is None:
        addresses = all(is_network(value) for value in values)
        return FORMS[kind][0] if kind is not ActionKind.BLOCK or addresses else Form.RPZ
    if wanted not in FORMS[kind]:
        raise UsageError(f"{kind} is not written as {wanted}", f"It is written as: {', '.join(FORMS[kind])}.")
    return wanted


def approve(action: Action, actor: str, now: datetime, two_people: TwoPeople) -> Action:
    """The action with one yes more. Conflict where it waits for none; what `two_people` raises where they are one."""
    _expect(action, now, State.PROPOSED)
    if any(each.actor == actor for each in action.approvals):
        raise Conflict("you have approved it already", "A second person approves it now.")
    if all(two_people(each.actor, actor) for each in action.approvals):
        return msgspec.structs.replace(action, approvals=(*action.approvals, Approval(actor, now)))
    raise Conflict("these do not count as two people", "Let somebody else approve it.")


def withdraw(action: Action, actor: str, why: str, now: datetime) -> Action:
    """The action, not wanted any more."""
    _expect(action, now, State.PROPOSED, State.APPROVED)
    return msgspec.structs.replace(action, ended=now, ended_by=actor, ended_why=why)


def write(action: Action, actor: str, now: datetime) -> Action:
    """The action, its artefact handed out."""
    _expect(action, now, State.APPROVED, State.WRITTEN)
    return msgspec.structs.replace(action, written=action.written or now, written_by=action.written_by or actor)


def undo(action: Action, actor: str, why: str, now: datetime) -> Action:
    """The action, its undo handed out."""
    _expect(action, now, State.WRITTEN, State.EXPIRED)
    if action.written is None:
        raise Conflict(f"{action.id} was never written, so there is nothing to undo", "It has expired by itself.")
    return msgspec.structs.replace(action, ended=now, ended_by=actor, ended_why=why)


def is_network(value: str) -> bool:
    """Whether a judged value is an address or a network, and not a domain."""
    return ":" in value or value.replace(".", "").partition("/")[0].isdigit()


def _expect(action: Action, now: datetime, *wanted: State) -> None:
    found = state(action, now)
    if found in wanted:
        return
    if found is State.PROPOSED:
        more = people_needed(action) - len(action.approvals)
        raise Conflict(
            f"{action.id} is not approved: {more} more has to",
            f"`tocsin action approve {action.id}` by another person.",
        )
    raise Conflict(f"{action.id} is {found}", "`tocsin action show` tells how it went.")


def _together(values: Iterable[str]) -> Iterator[Network]:
    """The networks that the values make, neighbours as one: 256 of /24 side by side are a /16."""
    found = [network(value) for value in values if is_network(value)]
    yield from collapse_addresses([each for each in found if isinstance(each, IPv4Network)])
    yield from collapse_addresses([each for each in found if isinstance(each, IPv6Network)])


def _is_wide(found: Network) -> bool:
    alone = limits.ACTION_ALONE_IPV4_PREFIX if isinstance(found, IPv4Network) else limits.ACTION_ALONE_IPV6_PREFIX
    return found.prefixlen < alone

"""Endpoints of proposed actions: proposed, approved, handed out as a file, undone. Nothing is done at any system.

Rules:
1. Who may not see an incident sees none of its actions. Who talked to a value is asked of the whole lake: whoever
   belongs to one organisation is not told (`in_part`).
2. What may be blocked is judged when an action is proposed, and again before anything is handed out: a list of what
   must not be blocked may have grown since. A policy zone is judged with the names of all actions in it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus

import msgspec
from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock, limits
from tocsin.errors import UsageError
from tocsin.ledger.entry import Value
from tocsin.node.api.acting_shapes import ActionProposed
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.evidence_calls import may_see
from tocsin.node.api.incident_calls import visible_incident, visible_parts
from tocsin.node.api.named import names_of
from tocsin.node.api.shapes import Why
from tocsin.node.api.switch_calls import counted_as_two
from tocsin.node.people.principal import Person
from tocsin.node.store import actions, findings, papers
from tocsin.node.store.actions import By
from tocsin.node.upkeep.errands import LookAtTargets
from tocsin.triage import actions as steps
from tocsin.triage.actions import Action, ActionKind, Form, Seen
from tocsin.triage.artefacts import artefact, can_stand, check_form, undo
from tocsin.triage.blockable import blockable
from tocsin.triage.never_block import target
from tocsin.words.messages import say

_KINDS = {Form.NFTABLES: ("ip",), Form.RPZ: ("domain",), Form.SURICATA: ("ip", "domain")}


class _Looked(msgspec.Struct, frozen=True):
    """What the errand says (`node.targets.Looked`)."""

    values: tuple[str, ...]
    refused: tuple[str, ...]
    seen: Seen


def listed(call: Call) -> Response:
    """GET /actions?all=true: those that have not ended, or all, that the caller may see."""
    now = clock.now()
    with call.desk.store.read() as connection:
        page = actions.listed(connection, standing=call.query.get("all") != "true")
        seen = [each for each in page if may_see(connection, call, each.incident)]
        names = names_of(connection, call, [each.owner for each in seen])
    return said({"actions": [_row(each, steps.state(each, now)) for each in seen], "people": names})


def show(call: Call) -> Response:
    """GET /actions/{id}: all of one action: its file as it would be written now, who talked to it, and its undo."""
    with call.desk.store.read() as connection:
        return said(_told(connection, call, _visible(connection, call)))


def propose(call: Call) -> Response:
    """POST /incidents/{id}/actions: what somebody wants done; 400 names what must not be blocked."""
    asked, actor, now = call.said(ActionProposed), call.person.actor, clock.now()
    period = steps.check_period(asked.seconds)
    with call.desk.store.read() as connection:
        state = visible_incident(connection, call)
        incident = state.id
        values = _spelled(asked) or _named_by(
            connection, [state.id, *(each.id for each in visible_parts(connection, call, state))], asked
        )
    form = steps.form_of(asked.kind, asked.form, values)
    check_form(form, values)
    looked = _looked(call, LookAtTargets(asked.kind, values, seek=True, drop=not asked.values))
    made = Action(
        papers.new_id("A"), incident, asked.kind, form, looked.values, actor, asked.why, now, now + period, looked.seen
    )
    digest = call.desk.keys.name_digest("action", " ".join((asked.kind, form, *looked.values)))

    def work(connection: Connection) -> Action:
        visible_incident(connection, call)
        return actions.propose(connection, made, digest)

    kept = call.desk.store.transact(work)
    with call.desk.store.read() as connection:
        return said({**_told(connection, call, kept), "left_out": looked.refused}, HTTPStatus.CREATED)


def approve(call: Call) -> Response:
    """POST /actions/{id}/approve: one yes; destructive actions need two people."""
    by = By(call.person.actor, clock.now())

    def work(connection: Connection) -> Action:
        two = counted_as_two(connection)
        return _step(connection, call, "approved", by, lambda a: steps.approve(a, by.actor, by.time, two))

    return _answer(call, call.desk.store.transact(work))


def withdraw(call: Call) -> Response:
    """POST /actions/{id}/withdraw: it is not wanted any more."""
    why, by = call.said(Why).why, By(call.person.actor, clock.now())
    return _answer(
        call,
        call.desk.store.transact(
            lambda c: _step(c, call, "withdrawn", by, lambda a: steps.withdraw(a, by.actor, why, by.time))
        ),
    )


def write(call: Call) -> Response:
    """POST /actions/{id}/write: the file, judged once more, for those who run the systems."""
    by = By(call.person.actor, clock.now())
    with call.desk.store.read() as connection:
        wanted = steps.write(_visible(connection, call), by.actor, by.time)
        others = _others(connection, wanted, by.time)
    _check_still(call, wanted, others)
    return _handed(call, "written", by, lambda a: steps.write(a, by.actor, by.time), artefact)


def undone(call: Call) -> Response:
    """POST /actions/{id}/undo: the file that takes it back."""
    why, by = call.said(Why).why, By(call.person.actor, clock.now())
    return _handed(call, "undone", by, lambda a: steps.undo(a, by.actor, why, by.time), undo)


def _handed(call: Call, step: str, by: By, change: Callable[[Action], Action], text_of: Callable[..., str]) -> Response:
    """One step and the file that belongs to it; the ledger has the file's keyed digest."""

    def work(connection: Connection) -> tuple[Action, str]:
        before = _visible(connection, call)
        others = _others(connection, before, by.time)
        text = text_of(change(before), by.time, others)
        digest = call.desk.keys.name_digest("file", text)
        return _step(connection, call, step, by, change, file=digest), text

    after, text = call.desk.store.transact(work)
    with call.desk.store.read() as connection:
        return said({**_told(connection, call, after), "file": text})


def _step(
    connection: Connection, call: Call, step: str, by: By, change: Callable[[Action], Action], **detail: Value
) -> Action:
    found = _visible(connection, call)
    return actions.change(connection, found.id, step, by, change, **detail)


def _visible(connection: Connection, call: Call) -> Action:
    found = actions.present(connection, call.parameters["id"])
    visible_incident(connection, call, found.incident)
    return found


def _others(connection: Connection, action: Action, now: datetime) -> list[Action]:
    """The actions whose names stand in the same file: those of the policy zone."""
    return actions.in_the_zone(connection, now, action.id) if action.form is Form.RPZ else []


def _check_still(call: Call, wanted: Action, others: Sequence[Action]) -> None:
    """UsageError where the file would hold what must not be in it by now. Rule 2."""
    there = (value for each in (wanted, *others) for value in each.values if can_stand(wanted.form, value))
    values = tuple(dict.fromkeys(there))
    looked = _errand(call, LookAtTargets(wanted.kind, values, seek=False))
    if looked.refused:
        raise UsageError(
            "this must not be: " + "; ".join(looked.refused), "Withdraw or undo what has it: `tocsin action list`."
        )


def _errand(call: Call, asked: LookAtTargets) -> _Looked:
    return msgspec.convert(call.errand(asked, limits.ACTION_SECONDS), _Looked)


def _looked(call: Call, asked: LookAtTargets) -> _Looked:
    """What the errand found. UsageError, with all reasons, where a value must not be blocked."""
    looked = _errand(call, asked)
    if looked.refused and not asked.drop:
        raise UsageError("this must not be: " + "; ".join(looked.refused), "Take it out, and propose the rest.")
    if not looked.values:
        raise UsageError("there is nothing to act on", "Name it: --value. " + "; ".join(looked.refused))
    return looked


def _spelled(asked: ActionProposed) -> tuple[str, ...]:
    """The values that were given: what can be in no list is refused before the lake is asked."""
    if asked.kind is not ActionKind.BLOCK:
        return asked.values
    return tuple(dict.fromkeys(target(value).text for value in asked.values))


def _named_by(connection: Connection, whole: Sequence[str], asked: ActionProposed) -> tuple[str, ...]:
    """What the findings of an incident and its parts name of the right kind; weak ones, which anybody makes, do not."""
    if asked.kind is not ActionKind.BLOCK:
        raise UsageError("this names nobody", "Name the hosts or accounts: --value.")
    kinds = _KINDS[asked.form or Form.NFTABLES] if asked.form in (None, *_KINDS) else ()
    strongest = findings.strongest(connection, whole[0], limits.API_FINDINGS, whole[1:])
    found = blockable([each.finding for each in strongest], kinds)[: limits.ACTION_VALUES]
    if not found:
        raise UsageError("the incident's findings name nothing to act on", "Name it: --value.")
    return found


def _answer(call: Call, action: Action) -> Response:
    with call.desk.store.read() as connection:
        return said(_told(connection, call, action))


def _told(connection: Connection, call: Call, action: Action) -> dict[str, object]:
    now = clock.now()
    others = _others(connection, action, now)
    actors = [action.owner, action.written_by, action.ended_by, *(each.actor for each in action.approvals)]
    return {
        "action": action, "state": steps.state(action, now), "needed": steps.people_needed(action),
        "needed_why": steps.two_needed(action), "artefact": artefact(action, now, others),
        "undo": undo(action, now, others), "people": names_of(connection, call, actors),
    }  # fmt: skip


def in_part(call: Call, action: Action) -> Action:
    """The action as the caller may see it. Rule 1."""
    if isinstance(call.principal, Person) and not call.principal.account.organisation:
        return action
    return msgspec.structs.replace(action, seen=Seen(None, told=say("This looks at the whole node.")))


def _row(action: Action, state: steps.State) -> Mapping[str, object]:
    return {
        "id": action.id, "incident": action.incident, "kind": action.kind, "form": action.form, "state": state,
        "values": action.values, "owner": action.owner, "proposed": action.proposed, "until": action.until,
        "approvals": len(action.approvals), "needed": steps.people_needed(action),
        "undo_waits": state is steps.State.EXPIRED and action.written is not None, "hosts": action.seen.hosts,
    }  # fmt: skip

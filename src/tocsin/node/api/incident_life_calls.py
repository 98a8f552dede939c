"""Endpoints about the life of an incident: opened by hand, acknowledged, closed, opened again, merged, split.

Rules are those of `incident_calls`. What two incidents share in a decision, the caller has to see both.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock
from tocsin.errors import UsageError
from tocsin.model import Incident, ScorePart
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.incident_calls import decided_on, etag_of, visible_incident
from tocsin.node.api.shapes import ClosedFor, CloseReason, Commented, IncidentNew, MergedInto, SplitOff
from tocsin.node.store import findings, incidents
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_rows import history
from tocsin.node.store.incident_state import (
    Acknowledged,
    IncidentState,
    Merged,
    Opened,
    Reason,
    Ruling,
    Status,
    StatusSet,
    active,
)
from tocsin.node.store.incidents import Decision, Impossible
from tocsin.triage import describe
from tocsin.triage.joins import joins_between
from tocsin.triage.names import same_host
from tocsin.triage.score import LEVEL_POINTS
from tocsin.words.messages import say

_ID_BYTES = 6
_RULINGS = {
    CloseReason.TRUE: Ruling.ATTACK, CloseReason.BENIGN: Ruling.HARMLESS, CloseReason.FALSE: Ruling.FALSE_ALARM,
}  # fmt: skip


def open_new(call: Call) -> Response:
    """POST /incidents: open an incident by hand, for what no log told."""
    wanted, actor = call.said(IncidentNew), call.person.actor
    own = call.person.account.organisation
    if own and wanted.organisation not in ("", own):
        raise UsageError(f"your account belongs to {own}", "Leave the organisation out.")
    decision = Decision(new_id(), 0, actor, clock.now(), wanted.why)
    opened = Opened(_reported(wanted, decision.incident), (), organisation=own or wanted.organisation)
    state = call.desk.store.transact(lambda connection: incidents.report(connection, decision, opened, wanted.note))
    return said({"incident": state}, HTTPStatus.CREATED, headers={"ETag": etag_of(state.version)})


def acknowledge(call: Call) -> Response:
    """POST /incidents/{id}/acknowledge: somebody has seen it; the first one counts."""
    why = call.said(Commented).why

    def decided(connection: Connection, decision: Decision) -> IncidentState:
        state = visible_incident(connection, call)
        if state.acknowledged:
            raise Impossible(say("it is acknowledged already"), say("Show it to see by whom and when."))
        return incidents.change(connection, decision, Acknowledged())

    return decided_on(call, why, decided)


def close(call: Call) -> Response:
    """POST /incidents/{id}/close: what people found out; a duplicate becomes a part of the other."""
    wanted = call.said(ClosedFor)
    if bool(wanted.of) is not (wanted.reason is CloseReason.DUPLICATE):
        raise UsageError("a duplicate names another incident, and nothing else does", "Give `of` with it, or leave it.")
    if wanted.of:
        return _merge(call, wanted.of, wanted.why)
    body = StatusSet(Status.CLOSED, _RULINGS[wanted.reason])
    return decided_on(call, wanted.why, lambda connection, decision: incidents.change(connection, decision, body))


def reopen(call: Call) -> Response:
    """POST /incidents/{id}/reopen: people go on with a closed one; one that is a part of another stands alone again."""

    def decided(connection: Connection, decision: Decision) -> IncidentState:
        state = visible_incident(connection, call)
        if state.merged_into:
            visible_incident(connection, call, state.merged_into)
            return incidents.undo(connection, decision, _merge_version(connection, state.id))
        if state.status is not Status.CLOSED:
            raise Impossible(say("it is not closed"), say("Show it to see how far people are."))
        return incidents.change(connection, decision, StatusSet(Status.OPEN))

    return decided_on(call, call.said(Commented).why, decided)


def merge(call: Call) -> Response:
    """POST /incidents/{id}/merge: tell it as a part of another from now on; the answer is that other."""
    wanted = call.said(MergedInto)
    return _merge(call, wanted.into, wanted.why)


def split(call: Call) -> Response:
    """POST /incidents/{id}/split: make some of its findings an incident of their own; the answer is that new one.

    With `dry_run` nothing is written: the answer tells what would go and what would stay.
    """
    wanted = call.said(SplitOff)
    if wanted.dry_run:
        with call.desk.store.read() as connection:
            going, staying = _parted(connection, visible_incident(connection, call), wanted)
        told = {"going": _told(going), "staying": _told(staying), "reasons": _reasons(going, staying)}
        return said(told)

    def decided(connection: Connection, decision: Decision) -> IncidentState:
        going, staying = _parted(connection, visible_incident(connection, call), wanted)
        new = new_id()
        shown = describe([each.finding for each in going], decision.time)
        opened = Opened(_without_findings(shown, new), tuple(each.id for each in going))
        return incidents.split(connection, decision, new, opened, _reasons(going, staying))

    return decided_on(call, wanted.why, decided)


def new_id() -> str:
    """The id of a new incident."""
    return f"I-{secrets.token_hex(_ID_BYTES)}"


def _merge(call: Call, into: str, why: str) -> Response:
    def decided(connection: Connection, decision: Decision) -> IncidentState:
        visible_incident(connection, call, into)
        return incidents.merge(connection, decision, into)

    return decided_on(call, why, decided)


def _merge_version(connection: Connection, incident: str) -> int:
    """The version at which it became a part of another, as it counts now."""
    events = history(connection, incident)
    counting = active(events)
    return max(each.version for each in events if isinstance(each.body, Merged) and each.version in counting)


def _reported(wanted: IncidentNew, incident: str) -> Incident:
    """What a person says of it, in the form in which the node tells its own."""
    points = ScorePart(
        say("level"), LEVEL_POINTS[wanted.level], say("a person reported it as {level}", level=wanted.level)
    )
    return Incident(
        id=incident, title=wanted.title.strip(), level=wanted.level, hosts=wanted.hosts, users=wanted.users,
        first=None, last=None, findings=(), parts=(points,), attack=(), tactics=(),
        why=(say("A person reported it; no log has told of it."),), against=(),
    )  # fmt: skip


def _without_findings(shown: Incident, incident: str) -> Incident:
    return replace(shown, id=incident, findings=())


def _parted(
    connection: Connection, state: IncidentState, wanted: SplitOff
) -> tuple[list[StoredFinding], list[StoredFinding]]:
    """The findings that go, and those that stay; UsageError where one of both is nothing."""
    found = findings.by_incident(connection, state.id)
    unknown = sorted(set(wanted.findings).difference(each.id for each in found))
    if unknown:
        raise UsageError(f"{state.id} has no finding {unknown[0]}", "`tocsin incident show ID --json` lists them.")
    going = [each for each in found if _is_chosen(each, wanted, state.shown)]
    staying = [each for each in found if not _is_chosen(each, wanted, state.shown)]
    if not going or not staying:
        told = say("these are none of the findings") if not going else say("these are all of the findings")
        raise UsageError(told, "Choose some of them; --dry-run shows what would go where.")
    return going, staying


def _is_chosen(stored: StoredFinding, wanted: SplitOff, shown: Incident) -> bool:
    """By its id, its rule, or its host: as the log called it, or as the incident does that says who it was then."""
    rules = {rule.casefold() for rule in wanted.rules}
    rule, called = stored.finding.rule, stored.finding.host
    own = {called, *(name for said, name in shown.machines if said == called)}
    named = stored.id in wanted.findings or any(same_host(each, host) for each in own for host in wanted.hosts)
    return named or not rules.isdisjoint((rule.id.casefold(), rule.title.casefold()))


def _reasons(going: Sequence[StoredFinding], staying: Sequence[StoredFinding]) -> tuple[Reason, ...]:
    """Why the node had joined them."""
    joins = joins_between([each.finding for each in going], [each.finding for each in staying])
    return tuple(dict.fromkeys(Reason(str(join.kind), join.shared) for join in joins))


def _told(some: Sequence[StoredFinding]) -> list[dict[str, object]]:
    return [
        {"id": each.id, "title": each.finding.rule.title, "level": each.finding.rule.level, "host": each.finding.host,
         "user": each.finding.user, "first": each.finding.first, "count": each.finding.count}
        for each in some
    ]  # fmt: skip

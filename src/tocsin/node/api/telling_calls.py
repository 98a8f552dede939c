"""Endpoints that tell constituents of an incident: shown first, asked for, released by a second person.

Rules:
1. Whoever may see the incident and works here is shown what each constituent would be told. Nothing is kept of it.
2. To ask names the digest of what was shown. Where the incident, the list of constituents or a marking has changed
   since, it is another digest: Conflict, and one looks again. What was asked for is kept as it was shown.
3. A releaser, another person than who asked (`two_people`), names the same digest. Before anything goes out it is
   looked at again: sharing is not stopped, the incident's marking is not stricter than what the mails say, each
   constituent still has these contacts, takes this label and has no fewer findings of the incident, and nobody undid
   the request.
4. The mails go into the outbox (kind `mail`), or into the answer where they are to be files. History and ledger have
   who let what go to whom: ids and the digest, no content.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock, limits
from tocsin.errors import Conflict, Denied
from tocsin.ledger.entry import Draft, Kind, Value
from tocsin.node import told_mails
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.incident_calls import visible_incident
from tocsin.node.api.problems import Refused
from tocsin.node.api.shapes import Delivery, MarkNew, TellingAsked, TellingReleased
from tocsin.node.api.switch_calls import counted_as_two
from tocsin.node.store import constituents, findings, incidents, ledger, switches, tellings
from tocsin.node.store.incident_rows import history
from tocsin.node.store.incident_state import IncidentState, Marked, TellAsked, Told, active
from tocsin.node.store.incidents import Decision
from tocsin.node.store.switches import Switch
from tocsin.node.store.tellings import Asked
from tocsin.policy.markings import Marking, parse_marking, strictest
from tocsin.triage.constituents import Directory, Machines
from tocsin.triage.telling import Telling, tell

_AGAIN = "Look at it again with `tocsin incident tell ID`, and ask anew."


def preview(call: Call) -> Response:
    """GET /incidents/{id}/telling: what each constituent would be told, and what waits to be released."""
    with call.desk.store.read() as connection:
        state = visible_incident(connection, call)
        telling, left_out = _telling(connection, call, state)
        asked = [each for each in tellings.of_incident(connection, state.id) if each.waits(clock.now())]
    return said(
        {"digest": telling.digest, "telling": telling, "left_out": left_out, "told": state.told, "asked": asked}
    )


def ask(call: Call) -> Response:
    """POST /incidents/{id}/telling: ask that just this be sent."""
    wanted = call.said(TellingAsked)
    now, actor = clock.now(), call.person.actor

    def work(connection: Connection) -> Asked:
        state = visible_incident(connection, call)
        telling, _ = _telling(connection, call, state)
        if telling.digest != wanted.digest:
            raise Conflict("what would be told is not what you were shown any more", _AGAIN)
        if not telling.mails:
            raise Conflict("there is nobody to tell", "See `tocsin constituent list`, and why others are refused.")
        body = TellAsked(telling.digest, tuple(mail.constituent for mail in telling.mails))
        after = incidents.change(connection, Decision(state.id, state.version, actor, now, wanted.why), body)
        return tellings.ask(connection, state.id, after.version, telling.mails, actor, now)

    return said({"asked": call.desk.store.transact(work)}, HTTPStatus.CREATED)


def release(call: Call) -> Response:
    """POST /incidents/{id}/telling/release: let just this go out. Rules 3 and 4."""
    wanted = call.said(TellingReleased)
    if wanted.by is Delivery.MAIL and not call.context.mails:
        raise Refused(
            HTTPStatus.CONFLICT, "this node sends no mail", "Name a folder for the mails as files: --output DIR."
        )
    now, actor = clock.now(), call.person.actor

    def work(connection: Connection) -> Asked:
        state = visible_incident(connection, call)
        if switches.is_stopped(connection, Switch.SHARING):
            raise Denied("sharing is stopped", "`tocsin start sharing` asks to start it again; two people do that.")
        found = tellings.release(connection, state.id, wanted.digest, actor, counted_as_two(connection), now)
        _check(connection, call, state, found)
        whom = tuple(mail.constituent for mail in found.mails)
        incidents.change(
            connection, Decision(state.id, state.version, actor, now), Told(found.digest, whom, str(wanted.by))
        )
        if wanted.by is Delivery.MAIL:
            told_mails.put(connection, found.mails, now)
        _enter(connection, Decision(state.id, state.version, actor, now), found, str(wanted.by))
        return found

    found = call.desk.store.transact(work)
    return said({"digest": found.digest, "mails": found.mails})


def _enter(connection: Connection, decision: Decision, found: Asked, by: str) -> None:
    """The release in the ledger: the digest, and nothing of what was said."""
    detail: dict[str, Value] = {
        "digest": found.digest, "mails": len(found.mails), "by": by, "asked_by": found.asked_by,
    }  # fmt: skip
    draft = Draft(Kind.RELEASE, decision.actor, f"incident:{decision.incident}", detail)
    ledger.record(connection, draft, decision.time)


def mark(call: Call) -> Response:
    """POST /incidents/{id}/mark: mark an incident more strictly than its node and rules do."""
    wanted = call.said(MarkNew)
    marking = str(
        parse_marking(wanted.marking, Marking(call.context.sender.marking.tlp, call.context.sender.marking.pap))
    )
    now, actor = clock.now(), call.person.actor

    def work(connection: Connection) -> IncidentState:
        state = visible_incident(connection, call)
        return incidents.change(connection, Decision(state.id, state.version, actor, now, wanted.why), Marked(marking))

    return said({"version": call.desk.store.transact(work).version})


def _telling(connection: Connection, call: Call, state: IncidentState) -> tuple[Telling, int]:
    """What would be told now, and how many findings were not looked through. Parts that were merged in count."""
    parts = [state, *_parts(connection, call, state)]
    rows = [each.finding for part in parts for each in findings.strongest(connection, part.id, limits.TELL_FINDINGS)]
    directory = Directory(constituents.constituents(connection))
    sender = replace(call.context.sender, marking=_marking(call, parts))
    left_out = sum(len(part.findings) for part in parts) - len(rows)
    return tell(state.id, rows, directory, sender, _machines(parts)), max(left_out, 0)


def _machines(parts: Sequence[IncidentState]) -> Machines:
    """Who hosts were then, as the incident and its parts say."""
    found = defaultdict[str, set[str]](set)
    for called, name in (each for part in parts for each in part.shown.machines):
        found[called].add(name)
    return found


def _parts(connection: Connection, call: Call, state: IncidentState) -> list[IncidentState]:
    """Incidents that are told as parts of it. NotFound where the caller may not see one of them."""
    found: list[IncidentState] = []
    waiting = list(state.merged_from)
    while waiting:
        part = visible_incident(connection, call, waiting.pop())
        found.append(part)
        waiting += part.merged_from
    return found


def _marking(call: Call, parts: Sequence[IncidentState]) -> Marking:
    """The node's marking and what people marked, the strictest."""
    return strictest(call.context.sender.marking, *(parse_marking(part.marking) for part in parts if part.marking))


def _check(connection: Connection, call: Call, state: IncidentState, found: Asked) -> None:
    """Conflict where what was asked for may not go out as it is. Rule 3."""
    if found.version not in active(history(connection, state.id)):
        raise Conflict("somebody undid the request", _AGAIN)
    now = _marking(call, [state, *_parts(connection, call, state)])
    directory = Directory(constituents.constituents(connection)).constituents
    for mail in found.mails:
        marked, whom = parse_marking(mail.marking), directory.get(mail.constituent)
        if whom is None or not set(mail.to) <= set(whom.contacts) or marked.tlp > whom.limit:
            raise Conflict(f"the list of constituents says something else of {mail.constituent} now", _AGAIN)
        if marked != strictest(marked, Marking(now.tlp, now.pap)):
            raise Conflict("the incident is marked more strictly than these mails", _AGAIN)
    telling, _ = _telling(connection, call, state)
    rows = {mail.constituent: mail.rows for mail in telling.mails}
    for mail in found.mails:
        if rows.get(mail.constituent, 0) < mail.rows:
            raise Conflict(f"not all of what these mails tell is {mail.constituent}'s any more", _AGAIN)

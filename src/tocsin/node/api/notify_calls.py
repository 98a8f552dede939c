"""Endpoints of notifications: the on-call list, what waits and what failed, and a test of each way out."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock, limits
from tocsin.errors import NotFound, UsageError
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.shapes import NoticeTested, OnCallChange
from tocsin.node.service.calling import ticket_body
from tocsin.node.store import oncall, outbox
from tocsin.node.store.outbox import Fate, Message
from tocsin.node.upkeep.mailing import Letter
from tocsin.node.upkeep.notify import MAIL, TICKETS, Notice, put
from tocsin.triage.on_call import Duty, last_step, on_call
from tocsin.words.messages import say

_ID_DIGITS = 18


def oncall_list(call: Call) -> Response:
    """GET /notify/oncall: the list, and who is on call at each step now."""
    with call.desk.store.read() as connection:
        duties = oncall.duties(connection)
    return said(_told(duties, clock.now()))


def change(call: Call) -> Response:
    """POST /notify/oncall: another list, or other duties of one person."""
    wanted, actor, now = call.said(OnCallChange), call.person.actor, clock.now()
    strangers = [each.name for each in wanted.duties if wanted.person is not None and each.name != wanted.person]
    if strangers:
        raise UsageError("these are duties of somebody else", "Give the duties of the person that is named.")

    def work(connection: Connection) -> list[Duty]:
        if wanted.person is None:
            return oncall.replace_all(connection, wanted.duties, actor, now)
        return oncall.set_person(connection, wanted.person, wanted.duties, actor, now)

    return said(_told(call.desk.store.transact(work), now))


def told(call: Call) -> Response:
    """GET /notify/messages?ids=…: what waits and what was given up, the newest first; or those messages."""
    ids = call.query.get("ids", "").split(",")
    wanted = {int(each) for each in ids if each.isdecimal() and len(each) <= _ID_DIGITS}
    with call.desk.store.read() as connection:
        found = outbox.messages(connection, limits.OUTBOX_DONE if wanted else limits.NOTICES_TOLD)
        if not wanted:
            found = [*outbox.messages(connection, limits.NOTICES_TOLD, Fate.WAITING),
                     *outbox.messages(connection, limits.NOTICES_TOLD, Fate.GIVEN_UP)]  # fmt: skip
        counts = outbox.counts(connection)
    shown = [each for each in found if not wanted or each.id in wanted]
    shown.sort(key=lambda each: -each.id)
    return said(
        {
            "messages": [_message(each) for each in shown[: limits.NOTICES_TOLD]],
            "counts": {str(fate): number for fate, number in counts.items()},
        }
    )


def test(call: Call) -> Response:
    """POST /notify/test: a test message by every way that is configured; their ids."""
    wanted, now, table = call.said(NoticeTested), clock.now(), call.node.config.notify
    name = call.node.config.node.name
    if not (table.webhook or table.mail or (table.tickets and table.tickets.url)):
        raise NotFound("this node tells nobody", "Set [notify] in tocsin.toml; docs/notify.md explains it.")

    def work(connection: Connection) -> list[int]:
        ids = []
        if table.mail:
            for person in _people(oncall.duties(connection), wanted.person, now):
                letter = msgspec.json.encode(Letter(name, person)).decode()
                ids.append(outbox.put(connection, MAIL, "test", letter, now))
        if table.webhook:
            ids.append(put(connection, name, Notice("test", say("This is a test of the node {node}.", node=name)), now))
        if table.tickets and table.tickets.url:
            body = ticket_body(name, "test", None, "", now)
            ids.append(outbox.put(connection, TICKETS, "test", body, now))
        return ids

    return said({"ids": call.desk.store.transact(work)})


def _people(duties: Sequence[Duty], person: str, now: datetime) -> list[str]:
    """Who gets a test. NotFound where that is nobody."""
    if person:
        found = [each.name for each in duties if each.name == person]
    else:
        found = [each.name for step in range(1, last_step(duties) + 1) for each in on_call(duties, step, now)]
    if not found:
        why = f"{person} is not on the on-call list" if person else "nobody is on call now"
        raise NotFound(why, "`tocsin notify oncall list` shows the list.")
    return list(dict.fromkeys(found))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _told(duties: Sequence[Duty], now: datetime) -> dict[str, object]:
    steps = {str(step): [each.name for each in on_call(duties, step, now)] for step in range(1, last_step(duties) + 1)}
    return {"duties": duties, "now": steps, "time": now}


def _message(message: Message) -> dict[str, object]:
    """A message without its body: who gets it and which incidents it is of."""
    try:
        body = msgspec.json.decode(message.body, type=dict[str, object])
    except msgspec.MsgspecError:  # of another version: who and what it is of is not known
        body = {}
    about = body.get("about")
    ids = [each.get("id") for each in (body.get("incident"), *_list(body.get("incidents"))) if isinstance(each, dict)]
    ids += [about.get("incident")] if isinstance(about, dict) else []
    return {
        "person": str(body.get("person", "")), "incidents": [each for each in ids if each],
        "id": message.id, "destination": message.destination, "kind": message.kind, "fate": message.fate,
        "created": message.created, "due": message.due, "tries": message.tries, "error": message.error,
    }  # fmt: skip

"""Whether who should be told of incidents is told: what does not arrive, and whether anybody is on call."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tocsin.node.service.config import Config
from tocsin.node.store import oncall, outbox
from tocsin.node.store.outbox import Trouble
from tocsin.node.upkeep.check_facts import NoticeFacts
from tocsin.node.upkeep.notify import MAIL, TICKETS, WEBHOOK
from tocsin.sinks.terminal import safe
from tocsin.triage.on_call import last_step, on_call
from tocsin.words.dates import utc
from tocsin.words.messages import say

GIVEN_UP_TOLD = timedelta(days=7)  # so long it is told that a message was given up
LATE = timedelta(hours=1)  # how long a message may fail to arrive


def ways(config: Config) -> NoticeFacts:
    """How the node tells people and tickets."""
    table = config.notify
    configured = {
        WEBHOOK: bool(table.webhook), MAIL: table.mail is not None, TICKETS: bool(table.tickets and table.tickets.url),
    }  # fmt: skip
    return NoticeFacts(tuple(way for way, there in configured.items() if there))


def notices(connection: Connection, facts: NoticeFacts, now: datetime) -> NoticeFacts:
    """The same ways with what does not arrive by them, and how many are on call."""
    found = outbox.troubles(connection, now - GIVEN_UP_TOLD)
    duties = oncall.duties(connection) if MAIL in facts.ways else []
    people = {each.name for step in range(1, last_step(duties) + 1) for each in on_call(duties, step, now)}
    return NoticeFacts(facts.ways, tuple(each for each in found if each.destination in facts.ways), len(people))


def told(facts: NoticeFacts, now: datetime) -> Iterator[tuple[bool, str, str]]:
    """Whether somebody is needed now, what was seen, what to do."""
    for trouble in facts.troubles:
        advice = say("Repair the way, then: tocsin notify test. `tocsin notify list` has the messages.")
        yield bool(trouble.given_up) or now - trouble.since > LATE, _seen(trouble), advice
    if MAIL in facts.ways and not facts.on_call:
        yield False, say("Mail is configured, and nobody is on call now."), say("Run: tocsin notify oncall set …")


def _seen(trouble: Trouble) -> str:
    return say(
        "{way}: {failing} messages wait after a failure, {given_up} were given up; the oldest is of {since}: {why}.",
        way=trouble.destination, failing=trouble.failing, given_up=trouble.given_up, since=utc(trouble.since),
        why=safe(trouble.error),
    )  # fmt: skip

"""The exceptions that people drew: whether one ends soon, waits, or has an owner who no longer works here."""

from datetime import datetime

from sqlalchemy import Connection

from tocsin.node.store import exceptions, people
from tocsin.node.upkeep.check_facts import ExceptionFacts
from tocsin.triage.exceptions import SOON
from tocsin.words.dates import utc
from tocsin.words.messages import first_few, say, say_many

SHOWN = 5  # in one line


def standing(connection: Connection, now: datetime) -> tuple[ExceptionFacts, ...]:
    """Those that stand, the next to run out first."""
    accounts = {each.actor: each for each in people.accounts(connection)}
    return tuple(
        ExceptionFacts(
            each.id,
            each.expires,
            accounts[each.owner].name if each.owner in accounts else each.owner,
            each.owner in accounts and accounts[each.owner].active,
            each.needs_two and not each.confirmed_by,
        )
        for each in exceptions.standing(connection, now)
    )


def told(found: tuple[ExceptionFacts, ...], now: datetime) -> list[tuple[str, str]]:
    """What somebody has to see to, with what to do."""
    lines = []
    if soon := [each for each in found if each.expires - now <= SOON]:
        names = first_few([say("{id} on {day}", id=e.id, day=utc(e.expires)[:10]) for e in soon], SHOWN)
        seen = say("Exceptions that end within {days} days: {names}.", days=SOON.days, names=names)
        lines.append((seen, say("Let them end, or draw new ones: `tocsin tune list` tells what they hide.")))
    if left := [each for each in found if not each.owner_active]:
        names = first_few([say("{id} of {owner}", id=e.id, owner=e.owner) for e in left], SHOWN)
        seen = say("Exceptions whose owner no longer works here: {names}.", names=names)
        lines.append((seen, say("End them with `tocsin tune end`, and draw new ones with another owner.")))
    if waiting := [each.id for each in found if each.waits]:
        seen = say("Exceptions that wait for a second person: {names}.", names=first_few(waiting, SHOWN))
        lines.append((seen, say("Agree with `tocsin tune confirm`, or end them.")))
    return lines


def counted(found: tuple[ExceptionFacts, ...]) -> str:
    """How many there are, where nobody has to see to any."""
    return say_many("{n} exception is in force.", "{n} exceptions are in force.", len(found))

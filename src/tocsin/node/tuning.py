"""What an incident offers as exceptions, with what each would have hidden of the stored findings of the last days.

Rules:
1. A choice that would have hidden a finding of a confirmed attack, or of a part of one, cannot be chosen; nor does an
   incident that is one offer any. That is looked at again when the second person agrees.
2. Findings count that the node found within limits.EXCEPTION_BACK_DAYS and that are still true.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tocsin import limits
from tocsin.errors import Conflict, UsageError
from tocsin.node.store import findings, verdicts
from tocsin.node.store.exceptions import Exempt
from tocsin.node.store.incident_state import IncidentState
from tocsin.triage.candidates import Choice, Hidden, Seen, Wanted, choice_of, choices, hidden
from tocsin.words.messages import say


@dataclass(frozen=True, slots=True)
class Offer:
    """A choice, and what it would have hidden."""

    choice: Choice
    hidden: Hidden


@dataclass(frozen=True, slots=True)
class Offers:
    """What an incident offers, the narrowest first; `why` says why that is nothing."""

    offers: tuple[Offer, ...] = ()
    why: str = ""


def offers(connection: Connection, state: IncidentState, now: datetime) -> Offers:
    """What an incident offers. Rules 1 and 2."""
    confirmed = verdicts.confirmed(connection)
    if state.id in confirmed:
        return Offers(why=say("People confirmed it as an attack: no exception hides it."))
    own = [each.finding for each in findings.strongest(connection, state.id, limits.API_FINDINGS)]
    found = choices(own, asked=bool(state.shown.asked))
    if not found:
        return Offers(
            why=say(
                "Its findings share nothing that an exception could name, or come from more than {n} rules: that is a "
                "story, and no habit.",
                n=limits.EXCEPTION_RULES,
            )
        )
    seen = _seen(connection, [each for choice in found for each in choice.exceptions], confirmed, now)
    return Offers(tuple(Offer(choice, hidden(choice, seen)) for choice in found))


def chosen(connection: Connection, state: IncidentState, key: str, now: datetime) -> Offer:
    """The offer of that key. UsageError where there is none (any more), Conflict where it cannot be chosen."""
    told = offers(connection, state, now)
    found = next((each for each in told.offers if each.choice.key == key), None)
    if found is None:
        raise UsageError(
            f"incident {state.id} has no such choice (any more)", told.why or f"Look again: `tocsin tune {state.id}`."
        )
    _check(found.hidden)
    return found


def check_still(connection: Connection, exempt: Exempt, now: datetime) -> None:
    """Conflict where an exception would hide a confirmed attack by now."""
    wanted = Wanted(exempt.rule, exempt.title, exempt.organisation, "", exempt.same)
    seen = _seen(connection, [wanted], verdicts.confirmed(connection), now)
    _check(hidden(choice_of((wanted,)), seen))


def _check(found: Hidden) -> None:
    if found.refused:
        raise Conflict(found.refused, "Choose a narrower one, or look at that incident again.")


def _seen(connection: Connection, wanted: Sequence[Wanted], confirmed: frozenset[str], now: datetime) -> list[Seen]:
    since = now - timedelta(days=limits.EXCEPTION_BACK_DAYS)
    rules = {each.rule for each in wanted}
    stored = findings.of_rules(connection, rules, since, limits.EXCEPTION_FINDINGS)
    statuses = verdicts.statuses(connection, {each.incident for each in stored if each.incident})
    return [
        Seen(each.finding, each.incident, each.incident in confirmed, statuses.get(each.incident, ""))
        for each in stored
    ]

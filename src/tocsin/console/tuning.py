"""Exceptions on a terminal: what an incident offers with what each choice would have hidden, and the list."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from tocsin.console.terminal import INDENT, foreign, level_word
from tocsin.triage.exceptions import SOON, Same, described
from tocsin.words.dates import duration, utc
from tocsin.words.messages import say, say_many

STANDING = ("in force", "waits for a second person")


class RuleTold(Struct, frozen=True):
    """One exception of a choice."""

    rule: str
    title: str
    level: str
    same: tuple[Same, ...]


class HiddenTold(Struct, frozen=True):
    """An incident of which a choice would have hidden findings."""

    id: str
    title: str
    status: str
    level: str
    findings: int
    ruling: str | None = None


class OfferTold(Struct, frozen=True):
    """A choice as the node tells it."""

    number: int
    key: str
    exceptions: tuple[RuleTold, ...]
    needs_two: bool
    findings: int
    high: int
    open: int
    incidents: tuple[HiddenTold, ...]
    other_incidents: int
    refused: str = ""


class ExceptionTold(Struct, frozen=True):
    """An exception as the node tells it."""

    id: str
    state: str
    incident: str
    title: str
    same: tuple[Same, ...]
    owner: str
    by: str
    why: str
    expires: datetime
    owner_active: bool = True
    organisation: str = ""
    confirmed_by: str = ""
    ended_by: str = ""
    ended_why: str = ""
    ended: datetime | None = None


def print_offers(incident: str, offers: Sequence[OfferTold], why: str, days: int, console: Console) -> None:
    """The choices, the narrowest first."""
    if not offers:
        console.print(foreign(why))
        return
    console.print(foreign(say("What exceptions would have hidden in the last {days} days:", days=days), "bold"))
    for offer in offers:
        for part in _offer(offer):
            console.print(part)
    usual = next((offer.number for offer in offers if not offer.refused), None)
    if usual is not None:
        console.print()
        command = f"tocsin tune {incident} --choose {usual} --owner me --expires DAY --why TEXT"
        console.print(foreign(say("To write one: {command}", command=command)))


def written(exceptions: Sequence[ExceptionTold]) -> Iterator[str]:
    """What was written, a line an exception."""
    for each in exceptions:
        if each.state == STANDING[0]:
            yield foreign(
                say("{id} is in force until {day}. To end it: tocsin tune end {id} --why TEXT",
                    id=each.id, day=utc(each.expires))
            ).plain  # fmt: skip
        else:
            yield foreign(say("{id} waits for a second person: tocsin tune confirm {id}", id=each.id)).plain


def print_exceptions(shown: Sequence[ExceptionTold], left_out: int, now: datetime, console: Console) -> None:
    """The list."""
    if not shown:
        console.print(say("There are no exceptions."))
    for each in shown:
        console.print(foreign(f"{each.id}  {each.state} · {_until(each, now)} · {each.owner}", "bold"))
        for line in _about(each):
            console.print(_indented(foreign(line)))
    if left_out:
        one, many = "{n} more has ended: --all", "{n} more have ended: --all"
        console.print(Text(say_many(one, many, left_out), style="dim"))


def _offer(offer: OfferTold) -> Iterator[RenderableType]:
    yield Text()
    for number, each in enumerate(offer.exceptions):
        label = f"{offer.number}. " if number == 0 else "   "
        yield Text.assemble(label, level_word(each.level), "  ", foreign(each.title, "bold"))
        yield _indented(foreign(say("where {what}", what=described(each.same))))
    yield from (_indented(foreign(line)) for line in _hides(offer))


def _hides(offer: OfferTold) -> Iterator[str]:
    total = len(offer.incidents) + offer.other_incidents
    findings = say_many("{n} finding", "{n} findings", offer.findings)
    incidents = say_many("{n} incident", "{n} incidents", total)
    yield say("hides {findings} in {incidents}; {high} of level high or stronger; {open} not closed yet",
              findings=findings, incidents=incidents, high=offer.high, open=offer.open)  # fmt: skip
    for each in offer.incidents:
        status = f"{each.status}: {each.ruling}" if each.ruling else each.status
        yield f"- {each.id} {each.level} {status} ({each.findings}): {each.title}"
    if offer.other_incidents:
        one, many = "- {n} incident that is not named here", "- {n} incidents that are not named here"
        yield say_many(one, many, offer.other_incidents)
    if offer.needs_two:
        yield say("It needs a second person.")
    if offer.refused:
        yield say("It cannot be chosen: {why}", why=offer.refused)


def _about(each: ExceptionTold) -> Iterator[str]:
    yield say("“{rule}” where {what}", rule=each.title, what=described(each.same))
    yield say("from {incident}, by {by}: {why}", incident=each.incident, by=each.by, why=each.why)
    if each.confirmed_by:
        yield say("{name} agreed", name=each.confirmed_by)
    if each.ended is not None:
        yield say("ended {time} by {name}: {why}", time=utc(each.ended), name=each.ended_by, why=each.ended_why)
    elif not each.owner_active and each.state in STANDING:
        yield say("! Its owner no longer works here: end it, and draw a new one with another owner.")


def _until(each: ExceptionTold, now: datetime) -> str:
    left = each.expires - now
    if each.state in STANDING and left <= SOON:
        return say("ends in {time}!", time=duration(left.total_seconds()))
    return say("until {time}", time=utc(each.expires))


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, INDENT))

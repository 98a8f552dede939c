"""What happened to an incident, in sentences: for whoever is told that somebody else was first, and for its history."""

from collections.abc import Sequence

from tocsin.errors import Conflict
from tocsin.node.store.incident_state import (
    Absorbed,
    Acknowledged,
    Assigned,
    Body,
    Divided,
    Event,
    Grown,
    Marked,
    Merged,
    Noted,
    Opened,
    Restricted,
    StatusSet,
    TellAsked,
    Told,
    Undone,
)
from tocsin.words.dates import utc
from tocsin.words.messages import enumeration, first_few, say, say_many


class IncidentChanged(Conflict):
    """Somebody else changed the incident first: `version` is where it stands, `changes` is what happened since."""

    def __init__(self, incident: str, version: int, changes: Sequence[Event]) -> None:
        told = " ".join(sentence(event) for event in changes[-_TOLD:])
        super().__init__(
            say("incident {incident} has changed meanwhile: {what}", incident=incident, what=told),
            say("Look at it again, then decide. Nothing of yours was written."),
        )
        self.version = version
        self.changes = tuple(changes)


_REASONS = 3  # of what a person parted, by name
_DIGITS = 16  # of a digest in a sentence
_TOLD = 3  # newest changes that the message repeats


def sentence(event: Event) -> str:
    """Who did what, and when, as a sentence."""
    return say("{actor}, {time}: {what}.", actor=event.actor, time=utc(event.time), what=what(event.body))


def what(body: Body) -> str:
    """What happened, as a phrase."""
    match body:
        case Opened(shown=shown, reported=True):
            return say("opened it by hand as “{title}”", title=shown.title)
        case Opened(shown=shown):
            return say("opened it as “{title}”", title=shown.title)
        case Grown(added=(), removed=()):
            return say("described it anew")
        case Grown(added=added, removed=removed):
            return say("found {more}, {less}", more=_more(len(added)), less=_less(len(removed)))
        case Merged(other=other):
            return say("made it a part of {other}", other=other)
        case Absorbed(other=other):
            return say("made {other} a part of it", other=other)
        case Divided() as divided:
            return _divided(divided)
        case Acknowledged():
            return say("acknowledged it")
        case Assigned(owner=owner):
            return say("gave it to {owner}", owner=owner) if owner else say("gave it to nobody")
        case StatusSet(status=status, ruling=ruling):
            return _status(str(status), str(ruling) if ruling else "")
        case Noted():
            return say("wrote a note")
        case Restricted(readers=readers):
            return _restricted(readers)
        case Marked(marking=marking):
            return say("marked it {marking}", marking=marking)
        case TellAsked(digest=digest, constituents=constituents):
            return say(
                "asked to tell {names} (digest {digest})", names=enumeration(constituents), digest=digest[:_DIGITS]
            )
        case Told(digest=digest, constituents=constituents):
            return say("told {names} (digest {digest})", names=enumeration(constituents), digest=digest[:_DIGITS])
        case Undone(version=version):
            return say("undid change {version}", version=version)


def _divided(body: Divided) -> str:
    done = say_many("split {n} finding off as {other}", "split {n} findings off as {other}", len(body.findings),
                    other=body.other)  # fmt: skip
    if not body.reasons:
        return done
    told = [f"{each.kind} {each.shared}".strip() for each in body.reasons]
    return say("{done}, which were joined by {reasons}", done=done, reasons=first_few(told, _REASONS))


def _status(status: str, ruling: str) -> str:
    if ruling:
        return say("set it to {status}: {ruling}", status=status, ruling=ruling)
    return say("set it to {status}", status=status)


def _restricted(readers: Sequence[str]) -> str:
    if not readers:
        return say("opened it to everybody")
    return say("restricted it to {readers}", readers=enumeration(readers))


def _more(number: int) -> str:
    return say_many("{n} finding more", "{n} findings more", number)


def _less(number: int) -> str:
    return say_many("{n} finding less", "{n} findings less", number)

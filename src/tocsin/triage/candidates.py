"""Which exceptions an incident offers, and what each would have hidden. Pure.

Rules:
1. Of each rule of level medium or stronger (of every rule, where surprise asks for a look), the things that all of its
   findings there share are looked at: host, account, and fields of the evidence. A command line that differs counts by
   the whole words that it begins with, from PREFIX characters on.
2. A choice names the same kinds of things for each such rule, the narrowest first: everything that is shared; host and
   account; the evidence alone, on any host, so without what names this one; the host; the account. Choices that come
   to the same are told once.
3. A choice that would have hidden a finding of an incident that people confirmed as an attack, or of a part of one, is
   told and cannot be chosen.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin import limits
from tocsin.model import Finding
from tocsin.triage.exceptions import ACCOUNT, HOST, RuleException, Same, covers, is_grave, is_queued
from tocsin.triage.score import level_rank
from tocsin.words.messages import say

PREFIX = 12  # characters that two values have to share at their beginning
KEY_CHARACTERS = 16
FIELDS = 6  # fields of the evidence that one exception names at most
_EMPTY = " -"  # how logs write that there is none
_CLOSED = "closed"
_Kind = Callable[[tuple[Same, ...]], tuple[Same, ...]]
_CHANGING = ("id", "guid", "time", "record", "port")
"""Endings of names of fields that are new every time: nothing is drawn from them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One exception of a choice: a rule, and what has to be the same."""

    rule: str
    title: str
    organisation: str
    level: str
    same: tuple[Same, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Exceptions that together cover what the incident is queued for. `key` names it for whoever chooses."""

    key: str
    exceptions: tuple[Wanted, ...]

    @property
    def needs_two(self) -> bool:
        """Whether it hides findings for which two people are needed."""
        return any(is_grave(each.level) for each in self.exceptions)


@dataclass(frozen=True, slots=True)
class Seen:
    """A stored finding with its incident, and how that stands: `confirmed`, `status`, its level."""

    finding: Finding
    incident: str
    confirmed: bool = False
    status: str = ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What a choice would have hidden: findings in all, by incident, and why it cannot be chosen (empty: it can)."""

    findings: int
    incidents: tuple[tuple[str, int], ...]
    high: int  # findings of level high or stronger
    open: int  # incidents that nobody closed yet
    refused: str = ""


def choices(findings: Sequence[Finding], *, asked: bool = False) -> tuple[Choice, ...]:
    """What an incident offers, the narrowest first; none where nothing of it is queued, or it has too many rules.

    `asked`: its surprise asks for a look, so that its weak findings have to be covered too.
    """
    findings = [finding for finding in findings if asked or is_queued(finding)]
    by_rule: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault((finding.rule.id, finding.organisation), []).append(finding)
    if not by_rule or len(by_rule) > limits.EXCEPTION_RULES:
        return ()
    shared = {place: _shared(found) for place, found in by_rule.items()}
    found: dict[tuple[Wanted, ...], Choice] = {}
    for kind in _KINDS:
        wanted = tuple(_wanted(by_rule[place], kind(same)) for place, same in sorted(shared.items()))
        if all(each.same for each in wanted) and _covered(findings, wanted):
            found.setdefault(wanted, choice_of(wanted))
    return tuple(found.values())[: limits.EXCEPTION_CHOICES]


def choice_of(wanted: tuple[Wanted, ...]) -> Choice:
    """A choice with its key."""
    return Choice(hashlib.sha256(repr(wanted).encode("utf-8", "surrogatepass")).hexdigest()[:KEY_CHARACTERS], wanted)


def hidden(choice: Choice, seen: Iterable[Seen]) -> Hidden:
    """What it would have hidden of stored findings."""
    probes = _probes(choice.exceptions)
    counted: Counter[str] = Counter()
    high, open_, confirmed = 0, set[str](), set[str]()
    for each in seen:
        if not any(covers(probe, each.finding) for probe in probes):
            continue
        counted[each.incident] += 1
        high += is_grave(each.finding.rule.level)
        if each.confirmed:
            confirmed.add(each.incident)
        elif each.status != _CLOSED and each.incident:
            open_.add(each.incident)
    why = say("It would have hidden findings of an attack that people confirmed.") if confirmed else ""
    return Hidden(counted.total(), tuple(counted.most_common()), high, len(open_), why)


def _shared(findings: Sequence[Finding]) -> tuple[Same, ...]:
    """What all findings of one rule have in common."""
    same = []
    for name, values in ((HOST, {f.host for f in findings}), (ACCOUNT, {f.user for f in findings})):
        if len(values) == 1 and (value := values.pop()).strip(_EMPTY):
            same.append(Same(name, value))
    events = [event.fields for finding in findings for event in finding.evidence]
    whole = all(finding.evidence and finding.acts <= len(finding.evidence) for finding in findings)
    fields = [found for name in (events[0] if events and whole else ()) if (found := _field(name, events))]
    return (*same, *fields[:FIELDS])


def _field(name: str, events: Sequence[Mapping[str, str]]) -> Same | None:
    """What a field says in all events: one value, or what all begin with."""
    values = {event.get(name, "") for event in events}
    if name in (HOST, ACCOUNT) or name.casefold().endswith(_CHANGING) or "" in values:
        return None
    if len(values) == 1:
        return Same(name, values.pop())
    begin = _beginning(values) if "command" in name.casefold() or "cmd" in name.casefold() else ""
    return Same(name, begin, prefix=True) if len(begin.strip()) >= PREFIX else None


def _beginning(values: set[str]) -> str:
    """The whole words that all begin with."""
    low, high = min(values), max(values)
    same = next((at for at, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), len(low))
    return low[: low.rfind(" ", 0, same + 1) + 1]


def _evidence(same: tuple[Same, ...]) -> tuple[Same, ...]:
    """What is shared beside host and account; a value that names the host would hold on no other."""
    host = next((_label(each.value) for each in same if each.name == HOST), "")
    fields = [each for each in same if each.name not in (HOST, ACCOUNT)]
    return tuple(each for each in fields if not host or host not in each.value.casefold())


def _label(host: str) -> str:
    """How logs call the host in short; an address as a whole."""
    host = host.casefold()
    return host if ":" in host or host.replace(".", "").isdigit() else host.partition(".")[0]


def _named(*names: str) -> _Kind:
    """All of these names, or nothing."""

    def chosen(same: tuple[Same, ...]) -> tuple[Same, ...]:
        found = tuple(each for each in same if each.name in names)
        return found if len(found) == len(names) else ()

    return chosen


_KINDS: tuple[_Kind, ...] = (lambda same: same, _named(HOST, ACCOUNT), _evidence, _named(HOST), _named(ACCOUNT))


def _wanted(findings: Sequence[Finding], same: tuple[Same, ...]) -> Wanted:
    gravest = max(findings, key=level_rank)
    level = next((each.rule.level for each in findings if is_grave(each.rule.level)), gravest.rule.level)
    return Wanted(gravest.rule.id, gravest.rule.title, gravest.organisation, level, same)


def _covered(findings: Sequence[Finding], wanted: Sequence[Wanted]) -> bool:
    """Whether none of them stays uncovered."""
    probes = _probes(wanted)
    return all(any(covers(probe, finding) for probe in probes) for finding in findings)


def _probes(wanted: Iterable[Wanted]) -> list[RuleException]:
    ever = datetime.max
    return [RuleException("", each.rule, each.organisation, each.same, "", ever, ever, two=True) for each in wanted]

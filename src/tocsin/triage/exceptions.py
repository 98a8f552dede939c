"""Exceptions: what people decided not to be asked about for a while. They fold, and delete nothing. Pure.

Rules:
1. An exception is of one rule and one organisation, and names at least one more thing that has to be the same: host,
   account, or a field of the evidence. It has an owner, a reason and an end, at most LONGEST away.
2. It covers a finding when all that it names holds. A field of the evidence has to hold in every event behind the
   finding: of a finding that shows fewer events than it counts nobody can say that, so it is not covered.
3. What hides findings of level high or stronger needs two people; until the second has agreed it covers none of them.
4. A finding that is covered is kept and searchable. An incident is folded when what is left of it without the covered
   findings is weaker than what is queued by its level; where its surprise asks for a look, when nothing is left. It
   comes back when the exception ends.
5. An incident with a finding that people confirmed as an attack is never folded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.model import LEVELS, Finding, Incident
from tocsin.model.findings import QUEUE_LEVEL
from tocsin.words.dates import utc
from tocsin.words.messages import enumeration, say

LONGEST = timedelta(days=366)
SOON = timedelta(days=14)  # before its end an exception is announced
HOST, ACCOUNT = "host", "account"
"""Things of the finding itself; all other names are fields of the evidence."""


@dataclass(frozen=True, slots=True)
class Same:
    """One thing that has to be the same: `name` is `host`, `account` or a field of the evidence.

    With `prefix` the value has to begin like it, else to be it; without regard to case, as logs differ in it.
    """

    name: str
    value: str
    prefix: bool = False

    def holds(self, text: str | None) -> bool:
        """Whether a value is what it wants; a field that is not there is not."""
        if text is None or not self.value:
            return False
        one, other = text.casefold(), self.value.casefold()
        return one.startswith(other) if self.prefix else one == other


@dataclass(frozen=True, slots=True)
class RuleException:
    """An exception as far as it decides; `owner` and `accepted` are told to people."""

    id: str
    rule: str
    organisation: str
    same: tuple[Same, ...]
    owner: str
    starts: datetime
    expires: datetime
    two: bool = False  # whether a second person has agreed

    def in_force(self, now: datetime) -> bool:
        """Whether it counts at a time."""
        return self.starts <= now < self.expires


def covers(exception: RuleException, finding: Finding) -> bool:
    """Whether a finding is one that it names. Rules 2 and 3."""
    if (finding.rule.id, finding.organisation) != (exception.rule, exception.organisation) or not exception.same:
        return False
    if is_grave(finding.rule.level) and not exception.two:
        return False
    return all(_holds(same, finding) for same in exception.same)


def is_grave(level: str) -> bool:
    """Whether to hide it needs two people: high, critical, and what is no known level."""
    return level not in LEVELS or LEVELS.index(level) >= LEVELS.index("high")


def _holds(same: Same, finding: Finding) -> bool:
    if same.name == HOST:
        return same.holds(finding.host)
    if same.name == ACCOUNT:
        return same.holds(finding.user)
    whole = bool(finding.evidence) and finding.acts <= len(finding.evidence)
    return whole and all(same.holds(event.fields.get(same.name)) for event in finding.evidence)


@dataclass(frozen=True, slots=True)
class Folded:
    """What exceptions make of an incident: those that cover some of it, and whether they fold it."""

    by: tuple[RuleException, ...] = ()
    folds: bool = False


def folded(incident: Incident, exceptions: Iterable[RuleException], now: datetime, *, confirmed: bool) -> Folded:
    """Which exceptions in force cover findings of an incident, and whether what is left needs nobody. Rules 4 and 5."""
    rules = {finding.rule.id for finding in incident.findings}
    able = [each for each in exceptions if each.rule in rules and each.in_force(now)]
    if not able or confirmed:
        return Folded()
    by: dict[str, RuleException] = {}
    left = []
    for finding in incident.findings:
        covering = next((each for each in able if covers(each, finding)), None)
        if covering is None:
            left.append(finding)
        else:
            by[covering.id] = covering
    weak = not left if incident.asked else not any(is_queued(each) for each in left)
    return Folded(tuple(by.values()), bool(by) and weak)


def is_queued(finding: Finding) -> bool:
    """Whether its level alone brings a finding into the queue; an unknown level counts as if it did."""
    level = finding.rule.level
    return level not in LEVELS or LEVELS.index(level) >= LEVELS.index(QUEUE_LEVEL)


def told(exception: RuleException) -> str:
    """Why something is folded, as a sentence."""
    return say(
        "Excepted by {id} of {owner} until {day}: {what}.",
        id=exception.id, owner=exception.owner, day=utc(exception.expires), what=described(exception.same),
    )  # fmt: skip


def described(same: Sequence[Same]) -> str:
    """`host is WS01 and Image begins with C:\\Tools`."""
    return enumeration(
        [
            say("{name} begins with {value}", name=each.name, value=each.value) if each.prefix
            else say("{name} is {value}", name=each.name, value=each.value)
            for each in same
        ]
    )  # fmt: skip

"""The likely harmless cause of an incident: exactly one, never left open, and no guess where facts say more.

The strongest and gravest finding is asked, in this order:
1. What the facts point to: a rule that fires all the time (here or on this host), the role of the acting machine in the
   assets, what the account did so far, an administrator's tool in the evidence, the same act on many machines within a
   day, something taken for new although the memory is young.
2. The first cause that its own rule names. Many rules say `Unknown`, or what to do about it: that is no cause.
3. The cause that is met most often with this kind of act (words.harmless).
Guessed passwords are a matter of the password, not of whose account it is: they skip the account.
"""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice

from tocsin.model import AccountRole, Finding, RuleInfo
from tocsin.triage.context import ALONE_HOSTS
from tocsin.triage.gravity import gravity
from tocsin.triage.groups import Kind
from tocsin.triage.progress import rule_tactics
from tocsin.triage.routine import STEADY_DAYS
from tocsin.triage.score import Group
from tocsin.words.attack import current
from tocsin.words.harmless import usual_cause
from tocsin.words.messages import mark, say, say_many

YOUNG = timedelta(days=14)  # the memory of such logs, below which what it does not know may yet be old
CAUSE_CHARACTERS = 200  # of a cause that a rule names
GUESSING = "T1110"
TEXTS_LOOKED_AT = 10_000  # values of evidence, for the name of a tool

_SOFTWARE = frozenset(
    {"execution", "persistence", "privilege-escalation", "stealth", "defense-impairment", "command-and-control",
     "impact"}
)  # fmt: skip
"""Tactics that a rollout looks like."""
_WORKING_ROLE = re.compile(
    r"scan|vulnerab|monitor|invent|backup|archiv|deploy|distribut|update|manage|admin|jump|sync", re.I
)
_TOOLS = {
    "PsExec": r"psexe(?:c|svc)\w*", "PAExec": r"paexec\w*", "RemCom": r"remcom(?:svc)?", "WinRS": r"winrs(?:host)?",
    "WinRM": r"wsmprovhost", "Configuration Manager": r"ccmexec|smsexec", "PDQ Deploy": r"pdqdeploy\w*",
    "Ansible": r"ansible\w*", "Salt": r"salt-(?:minion|call)", "Puppet": r"puppet",
}  # fmt: skip
"""Programs with which administrators work on other machines, by the name of their file."""
_TOOL = re.compile("|".join(rf"(?P<t{n}>\b(?:{files})(?:\.exe)?\b)" for n, files in enumerate(_TOOLS.values())), re.I)
_NO_CAUSE = re.compile(
    r"""(?:\W|(?:very|highly|most|quite)\s)*+(?:unknown|unlikely|likely|rare(?:ly\sobserved)?|none|n/?a|other|possible|yes|no)?\W*
    |(?:authori[sz]ed\s)?pen(?:etration)?[ -]?test\w*\W*
    |none\sknown.*
    |(?:legitimate\s)?(?:use|usage|activit(?:y|ies))(?:\sof\sthe\s(?:tool|application|software))?\W*
    |(?:verify|we\s|if\s|update\sthe|consider|investigate|apply|depend|false\spositive|fps?\b|please|this\s|these\s
        |there\s|it\s|unlikely|needs?\b|some\sfalse|you\s|can\s|could\s|may\s|add\s|exclude|filter|ensure|tun(?:e|ing)\b).*
    """,
    re.I | re.X | re.S,
)
_EMPTY = re.compile(r"\W*(?:unknown|none|unlikely|n/?a|penetration testing|none known in normal operation)?\W*", re.I)
_SENTENCE_END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\betc)\.\s+(?=[A-Z])")


def likely_cause(group: Group) -> str:
    """A phrase for words.harmless.if_harmless."""
    strongest = min(group.telling, key=gravity)
    pointed = (told for fact in _FACTS if (told := fact(group, strongest)))
    return next(pointed, "") or _plain_cause(strongest.rule)


def names_something(known: str) -> bool:
    """Whether a rule's entry says anything at all against its hits."""
    return not _EMPTY.fullmatch(known)


def known_cause(rule: RuleInfo) -> str:
    """The first harmless cause that the rule names, its first sentence without the stop; empty where it names none."""
    causes = (known.strip() for known in rule.falsepositives if not _NO_CAUSE.fullmatch(known.strip()))
    first = _SENTENCE_END.split(next(causes, ""))[0].rstrip(".")
    return first if len(first) <= CAUSE_CHARACTERS else first[: CAUSE_CHARACTERS - 1] + "…"


def _plain_cause(rule: RuleInfo) -> str:
    """Steps 2 and 3."""
    return known_cause(rule) or usual_cause(rule.attack, rule_tactics(rule))


def _routine(group: Group, strongest: Finding) -> str:
    """The rule fires here all the time."""
    rule = strongest.rule
    if rule.id not in group.routine:
        return ""
    volume = group.volumes[rule.id]
    sentence = mark("{cause}, which is usual here: “{rule}” fired {times}, on {hosts} of {all} hosts with findings")
    times = say_many("{n} time", "{n} times", volume.hits)
    return say(
        sentence, cause=_plain_cause(rule), rule=rule.title, times=times, hosts=volume.hosts, all=volume.all_hosts
    )


def _habit(group: Group, strongest: Finding) -> str:
    """The rule stands alone on one host, and comes back."""
    days = len({finding.first.date() for finding in group.telling if finding.first and finding.rule == strongest.rule})
    if days < STEADY_DAYS or not group.joined_by(Kind.AGAIN):
        return ""
    sentence = mark("{cause}, which is usual on {host}: it was seen there on {days} days")
    return say(sentence, cause=_plain_cause(strongest.rule), host=strongest.host, days=days)


def _role(_group: Group, strongest: Finding) -> str:
    """The assets know what the acting machine does."""
    if not _WORKING_ROLE.search(strongest.role):
        return ""
    return say("the ordinary work of a machine that the assets call “{role}”", role=strongest.role)


def _account(_group: Group, strongest: Finding) -> str:
    """The account serves or administers, as far as the memory tells."""
    if strongest.account_role is None or any(current(t).startswith(GUESSING) for t in strongest.rule.attack):
        return ""
    return say(_ACCOUNTS[strongest.account_role], user=strongest.user)


def _tool(group: Group, _strongest: Finding) -> str:
    """An administrator's tool is part of the evidence."""
    texts = (value for finding in group.strong for event in finding.evidence for value in event.fields.values())
    found = next(filter(None, map(_TOOL.search, islice(texts, TEXTS_LOOKED_AT))), None)
    if found is None or found.lastgroup is None:
        return ""
    tool = list(_TOOLS)[int(found.lastgroup[1:])]
    return say("an administrator's work on other machines with {tool}", tool=tool)


def _many_hosts(group: Group, strongest: Finding) -> str:
    """The same act on many machines within a day."""
    hosts = group.volumes[strongest.rule.id].most_hosts(_days(group.telling, strongest.rule.id))
    if hosts < ALONE_HOSTS or not _SOFTWARE.intersection(rule_tactics(strongest.rule)):
        return ""
    return say("a rollout or patch day: the same happened on {hosts} hosts within a day", hosts=hosts)


def _young(_group: Group, strongest: Finding) -> str:
    """What the memory does not know may be older than the memory."""
    novelty, since, first = strongest.rule.novelty, strongest.since, strongest.first
    if not novelty or since is None or first is None or first - since >= YOUNG:
        return ""
    sentence = mark("{novelty} that is older than this node's memory of such logs, which begins on {day}")
    return say(sentence, novelty=novelty, day=since.date().isoformat())


def _days(findings: Iterable[Finding], rule: str) -> set[int]:
    """The days on which the rule fired in the incident."""
    mine = (finding for finding in findings if finding.rule.id == rule)
    return {moment.toordinal() for finding in mine for moment in (finding.first, finding.last) if moment}


_ACCOUNTS = {
    AccountRole.SERVICE: mark("a job of {user}, an account that runs services and scheduled tasks"),
    AccountRole.ADMINISTRATOR: mark("work of {user}, who administers several machines"),
}
_FACTS: tuple[Callable[[Group, Finding], str], ...] = (_routine, _habit, _role, _account, _tool, _many_hosts, _young)

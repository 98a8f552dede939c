"""Drafts of what a law wants told, filled from an incident's facts.

Rules:
1. A template holds `{name}` of a fact (FACTS), and `[to be filled in: …]` where only people know.
2. A fact that is not there becomes `[to be filled in: what]`. Nothing is guessed: whether an act was unlawful, whom it
   concerns and what caused it is for people to say; a draft names what speaks for it.
3. Facts are put in and never read again, so a brace in a log is a brace. They are foreign text: addresses are defanged,
   acting characters made visible.
4. A list has at most limits.DRAFT_LINES lines and says how many more there are.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tocsin import limits
from tocsin.model import Incident
from tocsin.sinks.characters import visible
from tocsin.sinks.defang import defang
from tocsin.words.attack import technique_name
from tocsin.words.dates import utc
from tocsin.words.messages import first_few, mark, say, say_many

_PLACE = re.compile(r"\{([^{}]*)\}")
_ATTACK = "attack"  # the ruling of a closed incident
_KINDS_SHOWN = ("ip", "domain", "uri", "hash")
FACTS: Mapping[str, str] = {
    "organisation": mark("the entity"),
    "incident": mark("our reference"),
    "title": mark("what happened, in one sentence"),
    "now": mark("the time of this draft"),
    "aware": mark("since when you are aware of it"),
    "first": mark("when it began"),
    "last": mark("when it ended, or that it goes on"),
    "malicious": mark("yes or no"),
    "severity": mark("how severe it is"),
    "seen": mark("what was seen"),
    "hosts": mark("which systems are affected"),
    "serves": mark("which services they are for"),
    "accounts": mark("which accounts are concerned"),
    "techniques": mark("how it was done"),
    "indicators": mark("indicators of compromise"),
    "measures": mark("measures that were taken"),
    "status": mark("how far the handling is"),
    "earlier": mark("what was sent before, and when"),
    "delay": mark("the reasons for a delay, where there is one"),
}
"""What a template may name, and what people are asked for where it is not known."""


@dataclass(frozen=True, slots=True)
class Told:
    """What people know beside the incident: its status and ruling, what was done, what was sent, and when."""

    status: str
    ruling: str
    measures: Sequence[str]
    earlier: Sequence[str]
    aware: datetime
    due: datetime | None
    now: datetime
    entity: str = ""  # whose node it is, where the findings do not say whose the logs are


def check_template(text: str) -> str:
    """What is wrong with a template, empty where nothing is."""
    if len(text) > limits.DRAFT_CHARACTERS:
        return f"more than {limits.DRAFT_CHARACTERS:,} characters"
    unknown = sorted({name for name in _PLACE.findall(text) if name not in FACTS})
    return f"{{{unknown[0]}}} is no fact; there are: {', '.join(FACTS)}" if unknown else ""


def fill(template: str, facts: Mapping[str, str]) -> str:
    """The template with its facts. Rule 2."""
    return _PLACE.sub(lambda found: facts.get(found[1], "") or missing(found[1]), template).strip() + "\n"


def missing(name: str) -> str:
    """What stands where a fact is not known.

    >>> missing("malicious")
    '[to be filled in: yes or no]'
    """
    return say("[to be filled in: {what}]", what=say(FACTS[name]))


def facts_of(incident: Incident, told: Told) -> dict[str, str]:
    """All that is known of an incident for a draft. Rules 2 to 4."""
    return {
        "organisation": _one(_entity(incident) or told.entity),
        "incident": _one(incident.id),
        "title": _one(incident.title),
        "now": utc(told.now),
        "aware": utc(told.aware),
        "first": utc(incident.first) if incident.first else "",
        "last": utc(incident.last) if incident.last else "",
        "malicious": _malicious(incident, told),
        "severity": _one(say("Tocsin ranks it {level} with {points} points. [to be filled in: your own assessment]",
                             level=incident.level, points=incident.score)),
        "seen": _list(_seen(incident)),
        "hosts": _hosts(incident),
        "serves": _serves(incident),
        "accounts": _accounts(incident),
        "techniques": _list(_techniques(incident)),
        "indicators": _list(_indicators(incident)),
        "measures": _list(told.measures),
        "status": _one(f"{told.status}: {told.ruling}" if told.ruling else told.status),
        "earlier": _list(told.earlier) or say("  nothing yet"),
        "delay": _delay(told),
    }  # fmt: skip


def _entity(incident: Incident) -> str:
    return ", ".join(sorted({each.organisation for each in incident.findings if each.organisation}))


def _malicious(incident: Incident, told: Told) -> str:
    if told.ruling == _ATTACK:
        return say("yes: people have found that it is an attack")
    ids = _one(", ".join(incident.attack[: limits.DRAFT_LINES]))
    if not ids:
        return missing("malicious")
    return say("{missing} (it looks like these techniques of ATT&CK: {ids})", missing=missing("malicious"), ids=ids)


def _seen(incident: Incident) -> list[str]:
    """What was seen, each once, with the first few hosts of each."""
    lines = [_line(stage.first, stage.what, stage.hosts) for stage in incident.stages]
    lines = lines or [_line(each.first, each.rule.title, [each.host]) for each in incident.findings]
    return list(dict.fromkeys(lines))


def _line(time: datetime | None, what: str, hosts: Sequence[str]) -> str:
    named = first_few([host for host in hosts if host], limits.DRAFT_HOSTS)
    return f"{utc(time)}: {what} ({named})" if named else f"{utc(time)}: {what}"


def _hosts(incident: Incident) -> str:
    if not incident.hosts:
        return ""
    named = _one(", ".join(incident.hosts[: limits.DRAFT_LINES]))
    return say_many("{n} system: {named}", "{n} systems: {named}", len(incident.hosts), named=named)


def _serves(incident: Incident) -> str:
    served = sorted({each.serves for each in incident.findings if each.serves})
    return say("They serve: {served}", served=_one(", ".join(served))) if served else ""


def _accounts(incident: Incident) -> str:
    """How many, and no names: a draft travels."""
    return say_many("{n} account appears in the findings", "{n} accounts appear in the findings", len(incident.users))


def _techniques(incident: Incident) -> list[str]:
    return [f"{each} {technique_name(each)}" for each in incident.attack]


def _indicators(incident: Incident) -> list[str]:
    keys = sorted({key for each in incident.findings for key in each.keys})
    shown = [key for key in keys if key.partition(":")[0] in _KINDS_SHOWN]
    return [key.replace(".", "[.]") for key in shown]  # a bare domain is not seen as one by `defang`


def _delay(told: Told) -> str:
    if told.due is None:
        return ""
    if told.now <= told.due:
        return say("Within the period, which ends at {time}.", time=utc(told.due))
    return say("After the period, which ended at {time}. {missing}", time=utc(told.due), missing=missing("delay"))


def _list(lines: Iterable[str]) -> str:
    """Indented lines, at most so many."""
    found = [f"  - {_one(line)}" for line in lines]
    more = len(found) - limits.DRAFT_LINES
    if more > 0:
        found = [*found[: limits.DRAFT_LINES], say_many("  - and {n} more", "  - and {n} more", more)]
    return "\n".join(found)


def _one(text: str) -> str:
    return visible(defang(text))

"""The text of a mail to one constituent: what was seen at theirs, why it matters, what to do, how it may be used."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tocsin import limits
from tocsin.model import LEVELS, Evidence, Finding
from tocsin.policy.markings import Marking, Pap, Tlp
from tocsin.sinks import mail
from tocsin.sinks.characters import visible
from tocsin.sinks.cut import characters
from tocsin.triage.accounts import people
from tocsin.triage.foreign import Veil
from tocsin.triage.gravity import gravest, gravity
from tocsin.triage.progress import tactics
from tocsin.triage.score import level_rank
from tocsin.words.acts import BLOCKING, matters, next_steps
from tocsin.words.dates import span, utc
from tocsin.words.messages import first_few, mark, say, say_many

NAMED = 10  # hosts or accounts named at the top
MATTERS = 4  # tactics whose weight is told, the gravest
STEPS = 6

LEVEL_WORDS = {
    "informational": mark("informational"),
    "low": mark("low"),
    "medium": mark("medium"),
    "high": mark("high"),
    "critical": mark("critical"),
}
TLP_WORDS = {
    Tlp.RED: mark("For the people only to whom this is addressed: do not pass it on to anybody."),
    Tlp.AMBER_STRICT: mark("Within your organisation only, to those who need to know it."),
    Tlp.AMBER: mark("Within your organisation and to its clients, to those who need to know it."),
    Tlp.GREEN: mark("Within your community, and not over channels that everybody can read."),
    Tlp.CLEAR: mark("You may pass this on without a limit."),
}
"""TLP 2.0 §4, for who receives it."""
PAP_WORDS = {
    Pap.RED: mark("Only look through your own logs and systems in a way that nobody outside can notice."),
    Pap.AMBER: mark(
        "You may also look things up at third parties, but do not touch or block what belongs to the attacker."
    ),
    Pap.GREEN: mark("You may also block what belongs to the attacker."),
    Pap.CLEAR: mark("You may use this as you like."),
}
"""MISP taxonomy PAP, version 3."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail is made of. `unspoken` is the language that the constituent asked for, where it is not spoken."""

    incident: str
    sender: str
    name: str
    marking: Marking
    rows: Sequence[Finding]
    unspoken: str = ""


def letter_text(letter: Letter, veil: Veil) -> str:
    """The whole text, in the language that is spoken at this moment."""
    rows = sorted(letter.rows, key=lambda row: (*gravity(row), str(row.first or ""), row.host))
    own = tuple(gravest(tactics(rows)))
    parts = [str(letter.marking), *_head(letter, rows, veil), _seen(rows, veil)]
    parts += [_list(say("Why it matters"), matters(own[:MATTERS]))]
    parts += [_list(say("What to do next"), _steps(own, letter.marking.pap))]
    parts += [
        _use(letter.marking),
        _foot(letter),
        say("End of the text that is {label}.", label=letter.marking.tlp.label),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _head(letter: Letter, rows: Sequence[Finding], veil: Veil) -> Iterator[str]:
    yield say("To: {name}", name=plain(letter.name))
    yield say("In logs that concern you, {sender} found what is told below. Please look into it.",
              sender=plain(letter.sender))  # fmt: skip
    level = LEVELS[max(map(level_rank, rows))]
    first = min((row.first for row in rows if row.first), default=None)
    last = max((row.last for row in rows if row.last), default=None)
    hosts = [veil.over(host) for host in _distinct(row.host for row in rows) if not veil.is_strange(host)]
    users = [veil.over(user) for user in people(row.user for row in rows)]
    told = [
        say("Reference: {incident}", incident=letter.incident),
        say("Gravity: {level}", level=say(LEVEL_WORDS[level])),
        say("Time: {span}", span=span(first, last)),
        say("Machines: {names}", names=plain(first_few(hosts, NAMED))) if hosts else "",
        say("Accounts: {names}", names=plain(first_few(users, NAMED))) if users else "",
    ]
    yield "\n".join(filter(None, told))


def _seen(rows: Sequence[Finding], veil: Veil) -> str:
    """The rows, as many as there is room for; the rest is counted."""
    blocks: list[str] = []
    room = limits.TELL_TEXT_CHARACTERS
    for number, row in enumerate(rows[: limits.TELL_ROWS], 1):
        block = "\n".join(_row(number, row, veil))
        room -= len(mail.body(block))
        if room < 0:
            break
        blocks.append(block)
    left = len(rows) - len(blocks)
    if left:
        blocks.append(
            say_many("{n} more finding at yours is not shown.", "{n} more findings at yours are not shown.", left)
        )
    return "\n".join([heading(say("What was seen")), *blocks])


def _row(number: int, row: Finding, veil: Veil) -> Iterator[str]:
    yield f"{number}. {plain(veil.over(row.rule.title))}"
    where = [plain(veil.over(each)) for each in (row.host, row.user) if each.strip()]
    times = say_many("{n} time", "{n} times", row.count)
    yield "   " + ", ".join([*where, times, span(row.first, row.last)])
    if row.message and veil.has_logs_of(row):  # in logs of several it may count what others did
        yield f"   {plain(veil.over(row.message))}"
    for event in row.evidence[: limits.TELL_EVENTS]:
        yield f"   - {_event(event, veil)}"


def _event(event: Evidence, veil: Veil) -> str:
    shown = [(name, value) for name, value in event.fields.items() if value.strip()][: limits.TELL_FIELDS]
    fields = (f"{plain(veil.over(name))}: {plain(veil.over(value))}" for name, value in shown)
    return "; ".join([utc(event.time) if event.time else say("time unknown"), *fields])


def _steps(own: Sequence[str], pap: Pap) -> list[str]:
    """What to do next, as far as PAP allows it: nothing that an attacker notices, nothing that blocks him."""
    if pap is Pap.RED:
        return [say("Look through your logs for what is told above; change and block nothing before we have spoken.")]
    steps = _distinct(step for tactic in own for step in next_steps(tactic))
    if pap is Pap.AMBER:
        quiet = say("Search for the outside address in all logs; do not block it yet.")
        steps = [quiet if step == say(BLOCKING) else step for step in steps]
    return steps[:STEPS] or [say("Read the evidence and ask the account's owner what they did.")]


def _use(marking: Marking) -> str:
    lines = [
        f"{marking.tlp.label}: {say(TLP_WORDS[marking.tlp])}",
        f"{marking.pap.label}: {say(PAP_WORDS[marking.pap])}",
    ]
    return "\n".join([heading(say("How you may use this")), *lines])


def _foot(letter: Letter) -> str:
    lines = [
        say("All times are UTC. Addresses are written so that nobody opens them by a slip (hxxp, [.], [@])."),
        say("Names of rules and contents of logs stand as they were written; what concerns others was left out."),
        say("Please tell us what you found, and name the reference."),
    ]
    if letter.unspoken:
        lines.append(say("We do not write “{language}” yet, so this is in English.", language=plain(letter.unspoken)))
    return "\n".join(lines)


def _list(title: str, sentences: Sequence[str]) -> str:
    return "\n".join([heading(title), *(f"- {sentence}" for sentence in sentences)]) if sentences else ""


def heading(text: str) -> str:
    """A line that stands out in plain text."""
    return f"== {text} =="


def plain(text: str) -> str:
    """Foreign text as a part of one line, bounded."""
    return visible(characters(text, limits.TELL_VALUE_CHARACTERS))


def _distinct(items: Iterable[str]) -> list[str]:
    return [item for item in dict.fromkeys(items) if item.strip()]

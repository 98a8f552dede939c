"""One person's day at a node: nothing but commands that a person types, decided by `rules`.

1. the hand-over of the night, the queue, a look at each; 2. seen, then decided: attacks are taken, parts closed into
them, what is harmless closed with its reason; 3. the gravest attack: playbook, clock, early warning, block list;
4. a phone report; 5. constituents are told, a second person releases; 6. the noisy rule is tuned, a colleague agrees;
7. what came meanwhile, then the hand-over and the report of the week.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.duty_day.people import CommandFailed, Person
from benchmarks.duty_day.rules import Verdict, apart, is_attack, judge
from benchmarks.duty_day.seen import Seen, read

CLOCK, STEP = "nis2", "early-warning"
BLOCK_FOR, TUNE_DAYS = "7d", 30
STEPS_TODAY = 2  # of a playbook: the rest is in the hand-over
GRAVITY = ("critical", "high", "medium", "low", "informational")
REASONS = {"benign": "benign", "false": "false", "part": "duplicate"}


@dataclass
class Day:
    """What the day left behind."""

    analyst: Person
    releaser: Person
    colleague: Person
    folder: Path
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    printed: dict[str, dict[str, Any]] = field(default_factory=dict)
    awkward: list[str] = field(default_factory=list)
    blocked: str = ""

    @property
    def attacks(self) -> list[Seen]:
        """The gravest first."""
        found = [seen for id, seen in self.seen.items() if self.verdicts[id].kind == "attack"]
        return sorted(found, key=lambda seen: (GRAVITY.index(seen.level), -len(seen.hosts)))


def work(day: Day, caller: str) -> None:
    """The whole day."""
    (day.folder / "morning.txt").write_text(day.analyst.types("handover"), "utf-8")
    _triage(day)
    _act(day)
    _telephone(day, caller)
    _tell(day)
    _tune(day)
    while _triage(day):  # what came meanwhile
        pass
    day.analyst.types("clock", "list", "--json")
    day.analyst.types("handover", "--output", day.folder / "handover.md")
    day.analyst.types("report", "--by", "class", "--output", day.folder / "report.md")


def _triage(day: Day) -> int:
    """Look at what nobody has seen, and decide; how many there were."""
    rows = day.analyst.reads("incident", "list", "--unacknowledged")["rows"]
    assert isinstance(rows, list)
    fresh = [str(row["id"]) for row in rows]
    if not fresh:
        return 0
    for id in fresh:
        _look(day, id)
    fresh += [each for id in fresh if is_attack(day.seen[id]) and (each := _split(day, id))]
    day.analyst.types("incident", "acknowledge", *fresh)
    verdicts = judge(list(day.seen.values()))
    day.verdicts |= {id: verdicts[id] for id in fresh}
    _decide(day, {id: verdicts[id] for id in fresh})
    return len(fresh)


def _look(day: Day, id: str) -> None:
    day.printed[id] = day.analyst.reads("incident", "show", id)
    day.seen[id] = read(day.printed[id])


def _split(day: Day, id: str) -> str:
    """Make what only lies beside an attack an incident of its own; its id, empty where there is nothing of the kind."""
    hosts = apart(day.seen[id])
    if not hosts:
        return ""
    named = [word for host in hosts for word in ("--host", host)]
    told = day.analyst.types(
        "incident", "split", id, *named, "--why", "ordinary work of another machine at the same time"
    )
    made = told.split()[0]
    for each in (id, made):
        _look(day, each)
    return made


def _decide(day: Day, verdicts: Mapping[str, Verdict]) -> None:
    """Take what stays open; close the rest, what has one reason with one command."""
    alike: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for id, verdict in verdicts.items():
        if verdict.kind in REASONS:
            alike[REASONS[verdict.kind], verdict.of, verdict.why].append(id)
            continue
        day.analyst.types("incident", "assign", id, "me")
        day.analyst.types("incident", "status", id, "investigating", "--why", verdict.why)
    for (reason, of, why), ids in alike.items():
        day.analyst.types("incident", "close", *ids, "--reason", reason, *(("--of", of) if of else ()), "--why", why)


def _act(day: Day) -> None:
    """Playbook, clock and early warning for the gravest attack; addresses and domains of any go on one block list."""
    if not day.attacks:
        return
    worst = day.attacks[0]
    fitting = day.analyst.reads("playbook", "for", worst.id)["playbooks"]
    assert isinstance(fitting, list)
    day.analyst.types("playbook", "start", worst.id, str(fitting[0]["name"]))
    for number in range(1, STEPS_TODAY + 1):
        day.analyst.types(
            "playbook", "step", worst.id, str(number), "--done", "--note", "done by telephone with the owner"
        )
    aware = f"{datetime.now(UTC):%Y-%m-%dT%H:%M}Z"
    day.analyst.types("clock", "start", worst.id, CLOCK, "--aware", aware, "--why", "the analyst on duty, in the queue")
    day.analyst.types("clock", "draft", worst.id, CLOCK, STEP, "-o", day.folder / "early-warning.txt")
    day.analyst.types("clock", "done", worst.id, CLOCK, STEP, "--note", "sent by mail, receipt 2022-0715")
    _block(day)


def _block(day: Day) -> None:
    """The first attack whose findings name something outside gets a block list."""
    for attack in day.attacks:
        said = ("--expires", BLOCK_FOR, "--why", "they came from there")
        try:
            told = day.analyst.reads("action", "propose", attack.id, "block", *said)
        except CommandFailed as error:
            day.awkward.append(f"block list for {attack.id}: {str(error).splitlines()[-2]}")
            continue
        action = str(told["id"] if "id" in told else dict(told["action"])["id"])  # type: ignore[call-overload]
        day.analyst.types("action", "show", action)
        day.analyst.types("action", "approve", action)
        day.analyst.types("action", "write", action, "--output", day.folder / "block.nft")
        day.blocked = action
        return


def _telephone(day: Day, caller: str) -> None:
    """Somebody calls: a screen shows a note. What the rules say of the host decides."""
    told = day.analyst.reads(
        "incident", "new", "--title", "By telephone: a screen shows a ransom note", "--host", caller, "--level", "high",
        "--note", "The owner called; told to leave it switched on and to pull the cable",
    )  # fmt: skip
    id = str(dict(told["incident"])["id"])  # type: ignore[call-overload]
    day.seen[id], day.printed[id] = read({**told, "found": []}), {**told, "found": []}
    day.verdicts[id] = judge(list(day.seen.values()))[id]
    _decide(day, {id: day.verdicts[id]})


def _tell(day: Day) -> None:
    """Each attack's constituents are told: shown, asked for, released by another person."""
    for attack in day.attacks:
        digest = str(day.analyst.reads("incident", "tell", attack.id)["digest"])
        day.analyst.types("incident", "tell", attack.id, "--request", digest)
        day.releaser.types("incident", "tell", attack.id)
        day.releaser.types(
            "incident", "tell", attack.id, "--approve", digest, "--output", day.folder / f"mails-{attack.id}"
        )


def _tune(day: Day) -> None:
    """An exception for the rule that was false most often; where it hides strong findings, a colleague agrees."""
    false = [id for id, verdict in day.verdicts.items() if verdict.kind == "false"]
    if not false:
        return
    offered = day.analyst.reads("tune", false[0])["choices"]
    assert isinstance(offered, list)
    if not offered:
        day.awkward.append(f"tune {false[0]}: no exception was offered")
        return
    fitting = [each for each in offered if _hides_only(each, set(false))]
    if not fitting:
        day.awkward.append(f"tune {false[0]}: every choice would hide what was not false")
        return
    widest = max(fitting, key=lambda choice: int(choice["findings"]))
    until = f"{datetime.now(UTC) + timedelta(days=TUNE_DAYS):%Y-%m-%d}"
    told = day.analyst.reads(
        "tune", false[0], "--choose", str(widest["number"]), "--owner", "me", "--expires", until, "--why",
        "the maker corrects the signature next week",
    )  # fmt: skip
    for each in _exceptions(told):
        day.colleague.types("tune", "confirm", each)


def _hides_only(choice: Mapping[str, Any], false: set[str]) -> bool:
    """Whether a choice would have hidden nothing but what was found to be false, as far as it is told by name."""
    listed = {str(each["id"]) for each in choice["incidents"]}
    few = len(listed) + int(choice["other_incidents"]) <= len(false)
    return not choice["refused"] and not choice["open"] and listed <= false and few


def _exceptions(told: Mapping[str, Any]) -> Sequence[str]:
    """Those that wait for a second person."""
    return [str(each["id"]) for each in told["exceptions"] if each["state"] != "in force"]

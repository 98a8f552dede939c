"""What the day left, asked of the product itself; and the decisions beside the answers of the exercise."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.duty_day.analyst import CLOCK, STEP, Day
from benchmarks.duty_day.feed import Fed
from benchmarks.duty_day.people import Person
from benchmarks.duty_day.siem import Alert

HANDLED = ("investigating", "contained")
ATTACKS = ("attack", "part")
LATE = ("late", "done late")


@dataclass(frozen=True)
class End:
    """One thing that has to hold at the end, and what was seen."""

    what: str
    holds: bool
    seen: str


def end_state(day: Day, auditor: Person) -> list[End]:
    """All that has to hold, asked by somebody who changes nothing."""
    rows = {str(row["id"]): row for row in _rows(auditor.reads("incident", "list", "--all"))}
    known = {id for id, row in rows.items() if row["queued"]} | set(day.verdicts)
    undecided = [id for id in sorted(known) if not _decided(rows[id] if id in rows else _state(auditor, id))]
    clocks = day.analyst.reads("clock", "list")
    steps: Any = clocks["rows"]
    late = [step for step in steps if step["state"] in LATE]
    handover = day.folder / "handover.md"
    text = handover.read_text("utf-8") if handover.exists() else ""
    named = [attack.id for attack in day.attacks if attack.id in text]
    ledger = auditor.types("ledger", "verify", codes=(0, 1, 3))
    return [
        End("every incident is decided", bool(known) and not undecided,
            f"{len(known) - len(undecided)} of {len(known)}"),
        _told(day, auditor),
        End("no clock is late, the early warning is out", bool(steps) and not late and _warned(day, auditor),
            f"{len(steps)} steps, {len(late)} late"),
        End("the hand-over names every attack", bool(named) and len(named) == len(day.attacks),
            f"{len(named)} of {len(day.attacks)}, {len(text.splitlines())} lines"),
        End("the ledger verifies", ledger.startswith("The ledger holds"), ledger.partition("\n")[0]),
    ]  # fmt: skip


def _decided(row: Mapping[str, Any]) -> bool:
    """Closed with a ruling, a part of another, or somebody's with work begun."""
    return bool(
        (row["status"] == "closed" and row["ruling"])
        or row["merged_into"]
        or (row["owner"] and row["status"] in HANDLED)
    )


def _state(auditor: Person, id: str) -> dict[str, Any]:
    """One that no list tells, as it is a part of another."""
    told: Any = auditor.reads("incident", "show", id)["incident"]
    return dict(told)


def _told(day: Day, auditor: Person) -> End:
    """Whether each constituent with a host in an attack was told, by the list of constituents."""
    domains = {str(d): str(each["id"]) for each in _rows(auditor.reads("constituent", "list")) for d in each["domains"]}
    wanted = {
        (attack.id, domains[domain])
        for attack in day.attacks for host in attack.hosts if (domain := host.partition(".")[2]) in domains
    }  # fmt: skip
    told = set()
    for attack in day.attacks:
        state: Any = auditor.reads("incident", "show", attack.id)["incident"]
        told |= {(attack.id, str(each if isinstance(each, str) else each["constituent"])) for each in state["told"]}
    mails = len(list(day.folder.glob("mails-*/*.eml")))
    return End("each affected constituent is told", bool(wanted) and wanted <= told and mails >= len(wanted),
               f"{len(wanted & told)} of {len(wanted)}, {mails} mails")  # fmt: skip


def _warned(day: Day, auditor: Person) -> bool:
    told: Any = auditor.reads("incident", "show", day.attacks[0].id)["acting"]
    return any(
        mark["step"] == STEP for clock in told["clocks"] if clock["clock"] == CLOCK for mark in clock["marks"]
    )  # fmt: skip


def _rows(told: Mapping[str, object]) -> list[dict[str, Any]]:
    rows = next(value for value in told.values() if isinstance(value, list))
    return [dict(row) for row in rows]


def compared(day: Day, fed: Fed) -> tuple[Counter[str], list[str]]:
    """How many decisions were right, wrong or left to the analyst; and each that was not right."""
    counts: Counter[str] = Counter()
    lines = []
    root = fed.lists / "logs"
    for id, verdict in day.verdicts.items():
        truth = truth_of(day.printed[id], fed, root)
        if verdict.kind == "look":
            outcome = "left open for a look"
        else:
            outcome = "right" if (verdict.kind in ATTACKS) == (truth == "attack") else "wrong"
            if outcome == "right" and truth in ("benign", "false") and verdict.kind != truth:
                outcome = "harmless, but for another reason"
        counts[outcome] += 1
        if outcome != "right":
            lines.append(f"{day.seen[id].title}: {verdict.kind} ({verdict.why}); in truth {truth}")
    return counts, lines


def truth_of(told: Mapping[str, Any], fed: Fed, root: Path) -> str:
    """attack, benign or false, by the answers to the records that it rests on."""
    if told["incident"]["said"] is not None:
        return "attack"  # the caller's machine is one of those that were encrypted
    truths = Counter(
        _of_record(str(Path(event["file"]).relative_to(root)), int(event["record"]), fed)
        for finding in told["found"] for event in finding["evidence"]
    )  # fmt: skip
    if truths["attack"]:
        return "attack"
    return "false" if truths["false"] and not truths["benign"] else "benign"


def _of_record(file: str, record: int, fed: Fed) -> str:
    alerts: list[Alert] = list(fed.alerts.get(file, ()))
    if alerts:
        return alerts[record - 1].truth
    return "attack" if any(first <= record <= last for first, last in fed.planted.get(file, ())) else "benign"


def figures(day: Day) -> str:
    """The verdicts in numbers."""
    return json.dumps(Counter(verdict.kind for verdict in day.verdicts.values()))

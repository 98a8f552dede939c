"""Alerts of other products on real data: how many become how many incidents, and what of the attack is in them.

`python -m benchmarks.alerts --data DIR [--list]` prints Markdown. DIR holds the AIT Alert Data Set: four organisations
for four to six days each, alerts of Wazuh, Suricata and AMiner, an attack of several steps in each, and a label on
every alert. Each set is scanned into a lake of its own.

A step is found when a queued incident lists an alert that the step caused (`event_label`) while it ran (`time_label`);
steps that caused no alert while they ran cannot be found and do not count. Causes are the same without their time: the
theft over DNS, for one, has no alert while it runs by the labels, but some that it caused before and after. The floor
is one incident for each rule and hour: it holds every alert, and nobody can read it.

The split is by time: SANTOS and FOX (14 to 19 January 2022) came earlier, RUSSELLMITCHELL and SHAW (21 to 31 January)
later. No set is unseen: labels of all four were counted before the levels in the mapping were written.
"""

import argparse
import csv
import gzip
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import describe
from tocsin.model import Incident
from tocsin.model.report import ScanReport
from tocsin.node.pipeline import ScanRequest, scan
from tocsin.rules import PACK

MAPPING = Path(__file__).parent / "ait-ads.toml"
SETS = (("santos", "earlier"), ("fox", "earlier"), ("russellmitchell", "later"), ("shaw", "later"))
HOUR = 3_600
ORDINARY, NOT_CAUSED = "false_positive", "-"
FIRST_RECORD = 2  # below the header


@dataclass(frozen=True, slots=True)
class Labelled:
    """The answer sheet of a set: records of each step while it ran, of each cause, and the floor's incidents."""

    alerts: int
    steps: dict[str, set[int]]
    causes: dict[str, set[int]]
    floor: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What a scan of one set gave."""

    name: str
    part: str
    labelled: Labelled
    report: ScanReport

    @property
    def queued(self) -> list[Incident]:
        return [incident for incident in self.report.incidents if incident.queued]

    @property
    def told(self) -> set[int]:
        """The records that queued incidents list."""
        return {record for incident in self.queued for record in records_of(incident)}

    @property
    def found(self) -> set[str]:
        return {step for step, records in self.labelled.steps.items() if records & self.told}

    @property
    def causes_found(self) -> set[str]:
        return {cause for cause, records in self.labelled.causes.items() if records & self.told}

    @property
    def with_attack(self) -> list[int]:
        """Ranks of the queued incidents that list an alert of a step."""
        wanted = set().union(*self.labelled.steps.values())
        return [rank for rank, each in enumerate(self.queued, 1) if wanted & set(records_of(each))]


def records_of(incident: Incident) -> Iterator[int]:
    """The records of the set that an incident lists."""
    for finding in incident.findings:
        yield from (int(id.rpartition("-")[2]) for id in finding.event_ids)


def labelled(path: Path) -> Labelled:
    """Read the labels of a set."""
    steps: dict[str, set[int]] = {}
    causes: dict[str, set[int]] = {}
    hours: set[tuple[str, int]] = set()
    number = 0
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), FIRST_RECORD):
            hours.add((row["name"], int(row["time"]) // HOUR))
            if row["event_label"] != NOT_CAUSED:
                causes.setdefault(row["event_label"], set()).add(number)
            if row["time_label"] != ORDINARY and row["event_label"] != NOT_CAUSED:
                steps.setdefault(row["time_label"], set()).add(number)
    return Labelled(number - 1, steps, causes, len(hours))


def measured(path: Path, name: str, part: str) -> Measured:
    """Scan one set."""
    with tempfile.TemporaryDirectory(prefix="tocsin-alerts-") as folder:
        request = ScanRequest((str(path),), Path(folder) / "lake", (PACK,), None, mappings=(MAPPING,))
        return Measured(name, part, labelled(path), scan(request, lambda _stage: None).report)


def line(each: Measured) -> str:
    """One row of the table."""
    findings = sum(len(incident.findings) for incident in each.report.incidents)
    ranks = each.with_attack
    return (
        f"| {each.name} | {each.part} | {each.labelled.alerts:,} | {findings:,} | {len(each.report.incidents):,} "
        f"| {len(each.queued)} | {len(each.found)} of {len(each.labelled.steps)} "
        f"| {len(each.causes_found)} of {len(each.labelled.causes)} | {len(ranks)} "
        f"| {min(ranks, default=0)} | {each.labelled.floor:,} | {each.report.seconds:.0f} s |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with alerts/ait-ads")
    parser.add_argument("--only", default="", help="only sets whose name holds this")
    parser.add_argument("--list", action="store_true", help="also print the queued incidents and the steps not found")
    options = parser.parse_args()
    print(f"{describe()}. Measured {datetime.now(UTC):%Y-%m-%d}.\n")
    print(
        "| set | part | alerts | findings | incidents | queued | steps in the queue | causes in the queue "
        "| queued with a step | best rank "
        "| floor | time |\n|---|---|---|---|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    said: list[str] = []
    absent = False
    for name, part in SETS:
        path = options.data / "alerts" / "ait-ads" / f"{name}_alerts.csv.gz"
        if options.only not in name:
            continue
        if not path.exists():
            print(f"| {name} | {part} | absent | | | | | | | | |", flush=True)
            absent = True
            continue
        each = measured(path, name, part)
        print(line(each), flush=True)
        missing = sorted(each.labelled.steps.keys() - each.found)
        said.append(f"- {name}: not found: {', '.join(missing) or 'none'}")
        ranks = set(each.with_attack)
        said += [
            f"  - {rank}{'*' if rank in ranks else ''} {one.level} {one.score} {one.title}: {one.first} to {one.last}"
            for rank, one in enumerate(each.queued, 1)
        ] if options.list else []  # fmt: skip
    print("\n" + "\n".join(said))
    sys.exit(1 if absent else 0)


if __name__ == "__main__":
    main()

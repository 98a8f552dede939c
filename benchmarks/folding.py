"""From raw alerts to incidents, on the exercise scenarios: how few people are asked to read, and what is in them.

`python -m benchmarks.folding [--only ID …] [--seed N] [--scale X]` prints Markdown. Each scenario is generated, each
member is scanned as a node of its own. A raw alert is one hit of a rule or analytic on one event or row, as a SIEM
without triage would raise it; a planted one is a raw alert on a record that the ground truth says the attack wrote (of
a finding with more hits than it lists, the share of the listed ones). Goal: at most 50 queued incidents for each 10,000
raw alerts begun, and at least 95 % of the planted ones in queued incidents. The floor in the same run is the queue
without any triage: one incident for each finding of level medium or stronger.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

from benchmarks.machine import describe, run
from tocsin.exercise.range import SCENARIOS
from tocsin.model import LEVELS, Finding, Incident
from tocsin.node.pipeline import scan
from tocsin.node.trial import TrialRequest, files_of, member_request
from tocsin.node.truth import read_truth
from tocsin.node.verdict import Planted
from tocsin.rules import PACK

GOAL_INCIDENTS, FOR_ALERTS, GOAL_PLANTED = 50, 10_000, 0.95


@dataclass
class Folded:
    """What is counted of one scenario."""

    raw: int = 0
    findings: int = 0
    queued: int = 0
    loud: int = 0
    planted: float = 0.0
    inside: float = 0.0

    def add(self, incidents: Sequence[Incident], planted: Planted) -> None:
        """Count one member's incidents."""
        for incident in incidents:
            self.queued += incident.queued
            for finding in incident.findings:
                mine = _planted(finding, planted)
                self.raw += finding.count
                self.findings += 1
                self.loud += finding.rule.level in LEVELS[LEVELS.index("medium") :]
                self.planted += mine
                self.inside += mine if incident.queued else 0.0

    @property
    def goal(self) -> int:
        """How many incidents may be queued."""
        return GOAL_INCIDENTS * ceil(self.raw / FOR_ALERTS)


def _planted(finding: Finding, planted: Planted) -> float:
    """How many of a finding's hits are of the attack."""
    if not finding.event_ids:
        return 0.0
    return finding.count * sum(bool(planted.stages(id)) for id in finding.event_ids) / len(finding.event_ids)


def measured(name: str, seed: int, scale: float | None) -> Folded:
    """Generate and scan one scenario."""
    with tempfile.TemporaryDirectory(prefix="tocsin-folding-") as place:
        folder = Path(place) / name
        command = [sys.executable, "-m", "tocsin", "exercise", name, "--seed", str(seed), "--out", str(folder), "-q"]
        written = run([*command, *(["--scale", str(scale)] if scale else [])])
        if written.code:
            raise SystemExit(written.output)
        truth = read_truth(folder)
        request = TrialRequest(folder, Path(place) / "lakes", (PACK,), None)
        folded = Folded()
        for member in truth.members:
            result = scan(member_request(request, member), lambda _stage: None)
            ranges = {stage: files for (where, stage), files in truth.ranges.items() if where == member.name}
            folded.add(result.report.incidents, Planted(ranges, files_of(result, folder)))
        return folded


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], help="scenarios by id; default all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=None, help="for a quick look; figures need the default")
    options = parser.parse_args()
    print(f"{describe()}. Measured {datetime.now(UTC):%Y-%m-%d}.\n")
    print("| scenario | raw alerts | findings | queued | may be | planted alerts inside | floor | |\n|" + "---|" * 8)
    for scenario in SCENARIOS:
        if options.only and scenario.id not in options.only:
            continue
        each = measured(scenario.id, options.seed, options.scale)
        share = each.inside / each.planted if each.planted else 1.0
        met = each.queued <= each.goal and share >= GOAL_PLANTED
        print(
            f"| {scenario.id} | {each.raw:,} | {each.findings:,} | {each.queued} | {each.goal} "
            f"| {each.inside:,.0f} of {each.planted:,.0f} ({share:.1%}) | {each.loud:,} "
            f"| {'met' if met else 'missed'} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""Every scenario of the exercise range, generated and evaluated at its defaults.

`python -m benchmarks.scenarios [--only ID …] [--seed N …] [--rules]` prints Markdown. Steps for each
scenario and seed: `tocsin exercise` writes the telemetry, `tocsin evaluate --format json` scans it and compares. Beside
every recall stand the false incidents and the share of unrelated events. The floor in the same run, with `--rules`:
what rules alone find (`evaluate --only rules`).
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import describe, run
from tocsin.exercise.range import SCENARIOS

GOAL_SECONDS = 300  # to generate and evaluate
DAY = 86_400  # seconds


def evaluated(folder: Path, only: str = "") -> dict[str, Any]:
    """What `tocsin evaluate` says."""
    command = [sys.executable, "-m", "tocsin", "evaluate", str(folder), "--format", "json", "-q"]
    found = run([*command, *(["--only", only] if only else [])])
    if found.code:
        raise SystemExit(found.output)
    said: dict[str, Any] = json.loads(found.output.strip().splitlines()[-1])
    return said


def row(name: str, seed: int, generated: float, said: Mapping[str, Any], seconds: float, floor: str) -> str:
    """One line of the table."""
    total = said["summary"]
    most = total["most_stages_in_one_incident"]
    share = total["unrelated_share"]
    unrelated = "–" if share is None else f"{share:.0%}"
    dwell = total["longest_dwell"]
    lasted = "–" if dwell is None else f"{dwell / DAY:.0f} d"
    cells = (
        name, seed, f"{total['events']:,}", f"{total['found']} of {total['stages']}", floor, most, lasted,
        total["false"],
        f"{total['false_a_day']:.2f}", total["false_critical"], unrelated, f"{generated:.0f} + {seconds:.0f} s",
        f"{total['peak_bytes'] // 2**20:,} MiB",
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def details(said: Mapping[str, Any]) -> list[str]:
    """A line for each stage and each false incident."""
    lines = [
        f"  - found {each['member']} {each['stage']} after {_duration(each['delay'])}, rank {each['rank']}: "
        f"{each['told']}"
        for each in said["found"]
    ]
    lines += [f"  - missed {each['member']} {each['stage']}: {each['miss']} {each['told']}" for each in said["missed"]]
    lines += [
        f"  - false {each['member']} ({each['level']}, rank {each['rank']}): {each['title']}"
        + (f" [{each['benign']}]" if each["benign"] else "")
        for each in said["false"]
    ]
    return lines


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 2 * 3_600 else f"{seconds / 3_600:.0f} h"


def main() -> None:
    """Generate, evaluate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="scenarios by id; default all")
    parser.add_argument("--seed", type=int, nargs="*", default=[1])
    parser.add_argument("--rules", action="store_true", help="also evaluate with rules alone, as a floor")
    parser.add_argument("--scale", type=float, default=None, help="for a quick look; figures need the default")
    options = parser.parse_args()
    chosen = [each.id for each in SCENARIOS if not options.only or each.id in options.only]
    print(f"{describe()}. Measured {datetime.now(UTC):%Y-%m-%d}.\n")
    print(
        "| scenario | seed | events | stages found | by rules alone | most in one incident | longest dwell | false "
        "| false a day | false critical | unrelated events | time | peak |\n" + "|---" * 13 + "|"
    )
    lines: list[str] = []
    for name in chosen:
        for seed in options.seed:
            lines += _one(name, seed, options.rules, options.scale)
    print("\n" + "\n".join(lines))


def _one(name: str, seed: int, rules: bool, scale: float | None) -> Sequence[str]:
    with tempfile.TemporaryDirectory(prefix="tocsin-scenario-") as place:
        folder = Path(place) / name
        command = [sys.executable, "-m", "tocsin", "exercise", name, "--seed", str(seed), "--out", str(folder), "-q"]
        written = run([*command, *(["--scale", str(scale)] if scale else [])])
        if written.code:
            raise SystemExit(written.output)
        floor = "–"
        if rules:
            of_rules = evaluated(folder, "rules")["summary"]
            floor = f"{of_rules['found']}, {of_rules['false']} false"
        started = datetime.now(UTC)
        said = evaluated(folder)
        seconds = (datetime.now(UTC) - started).total_seconds()
    print(row(name, seed, written.seconds, said, seconds, floor), flush=True)
    if written.seconds + seconds > GOAL_SECONDS:
        print(f"  - more than {GOAL_SECONDS} s", file=sys.stderr)
    return [f"- {name}, seed {seed}", *details(said)]


if __name__ == "__main__":
    main()

"""Exactness: SigmaHQ's EVTX cases through the real pipeline, and the engine against the independent reference.

Prints Markdown and ends with 1 when anything differs. `--full` compares all Security-Datasets Windows files with the
reference instead of every tenth; `--cases` leaves the reference out.
"""

import argparse
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tests" / "detect"))

import regression  # noqa: E402  # lies beside the tests
from agreement import Both, compare_all  # noqa: E402

from tocsin.node.found import open_hits  # noqa: E402
from tocsin.node.pipeline import ScanRequest, ScanResult, scan  # noqa: E402

EVERY = 10  # without --full: one Security-Datasets file of so many
DATASETS = ("security-datasets-atomic", "security-datasets-compound")


@dataclass(frozen=True, slots=True)
class EvtxCase:
    """One EVTX file and the rule that must fire on it; `count` is None where at least one match is asked for."""

    path: Path
    rule: str
    count: int | None


def main() -> int:
    """Run what the arguments ask for; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="all Security-Datasets Windows files")
    parser.add_argument("--cases", action="store_true", help="only the EVTX cases, without the reference")
    wanted = parser.parse_args()
    print("# Exactness\n")
    if not regression.REGRESSION.exists():
        print("The shared data sets are not beside the project: nothing was measured here.")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        regression.extract_all(folder / "rules")
        with zipfile.ZipFile(regression.REGRESSION) as files:
            files.extractall(folder / "cases")
        good = _cases(folder)
        return 0 if (wanted.cases or _reference(folder, wanted.full)) and good else 1


def _cases(folder: Path) -> bool:
    """Part one: hits of each case's rule against the stated number."""
    cases = find_cases(folder / "cases")
    request = ScanRequest((str(folder / "cases"),), folder / "lake", (folder / "rules",), None)
    found = hits_by_file(request.lake, scan(request, lambda _stage: None))
    wrong = [case for case in cases if not _holds(case, found[str(case.path), case.rule])]
    print("## EVTX cases through `tocsin scan`, the whole rule tree\n")
    print(f"{len(cases) - len(wrong)} of {len(cases)} cases as stated.\n")
    if wrong:
        print("| case | rule | stated | found |\n|---|---|---|---|")
    for case in wrong:
        stated = "at least 1" if case.count is None else case.count
        print(f"| {case.path.name} | {case.rule} | {stated} | {found[str(case.path), case.rule]} |")
    return bool(cases) and not wrong


def find_cases(folder: Path) -> list[EvtxCase]:
    """Every EVTX test that an info.yml below the folder names."""
    return [case for info in sorted(folder.rglob("info.yml")) for case in _cases_of(info)]


def _cases_of(info: Path) -> list[EvtxCase]:
    document = yaml.safe_load(info.read_text("utf-8"))
    rule = document["rule_metadata"][0]["id"]
    stated = regression.MORE_THAN_STATED.get(rule[:8])
    return [
        EvtxCase(info.with_name(Path(test["path"]).name), rule, stated or test.get("match_count"))
        for test in document["regression_tests_info"]
        if test["path"].endswith(".evtx")
    ]


def _holds(case: EvtxCase, found: int) -> bool:
    return found >= 1 if case.count is None else found == case.count


def hits_by_file(lake: Path, result: ScanResult) -> Counter[tuple[str, str]]:
    """Hits by file and rule id, without the bounds of a report."""
    hits = open_hits(lake, result.hit_files, result.names)
    counted = hits.execute("SELECT source, rule, count(*) FROM hits GROUP BY ALL").fetchall()
    hits.close()
    return Counter({(result.names[source], rule): count for source, rule, count in counted})


def _reference(folder: Path, full: bool) -> bool:
    """Part two: hits of engine and reference, rule by rule."""
    both = Both([folder / "rules"])
    compare_all(both, [folder / "cases", *_datasets(full)])
    result = both.result
    print("\n## Engine against the independent reference\n")
    print(f"{result.events} events, {len(result.rules)} rules, ", end="")
    print(f"engine {result.engine.total()} hits, reference {result.reference.total()} hits, ", end="")
    print(f"{len(result.differences)} rules differ.\n")
    if result.differences:
        print("| rule | engine | reference |\n|---|---|---|")
    for rule in sorted(result.differences):
        print(f"| {rule} | {result.engine[rule]} | {result.reference[rule]} |")
    return result.events > 0 and not result.differences


def _datasets(full: bool) -> Sequence[Path]:
    windows = regression.SHARED / "windows"
    files = sorted(path for name in DATASETS for path in (windows / name).rglob("*.zip"))
    return files if full else files[::EVERY]


if __name__ == "__main__":
    sys.exit(main())

"""The captures of an analytic: a recorded attack that it must find, a harmless recording that it must pass over.

Rules:
1. The captures lie beside `analytic.sql`: the folder `attack`, the folder `benign`, and `golden.json` with what the
   attack gives.
2. A capture goes through the ordinary scan, into a lake of its own that is removed again.
3. A folder `facts` beside the captures holds files that are imported first (docs/enrich.md), such as assets.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.detect.analytics import Analytic
from tocsin.errors import UsageError
from tocsin.lake.facts import import_facts
from tocsin.model import Finding
from tocsin.node.pipeline import ONLY_ANALYTICS, ScanRequest, Stage, scan

ATTACK, BENIGN, FACTS, GOLDEN = "attack", "benign", "facts", "golden.json"
Told = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """What the captures gave and what was expected; `benign` must be empty."""

    attack: tuple[Told, ...]
    golden: tuple[Told, ...]
    benign: tuple[Told, ...]

    @property
    def passed(self) -> bool:
        """The attack gives what the golden file says, the harmless capture nothing."""
        return bool(self.attack) and self.attack == self.golden and not self.benign


def try_captures(analytic: Analytic, folders: Sequence[Path], update: bool = False) -> CaptureResult:
    """Run an analytic on its captures; `update` writes the golden file first. Raises UsageError without captures."""
    place = Path(analytic.path).parent
    for name in (ATTACK, BENIGN):
        if not (place / name).is_dir():
            raise UsageError(f"{place} has no folder {name}", "Put a small recording there (docs/analytics.md).")
    attack = told(found_in(place / ATTACK, analytic.id, folders))
    golden = place / GOLDEN
    if update:
        golden.write_text(json.dumps(attack, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    expected = json.loads(golden.read_text("utf-8")) if golden.is_file() else []
    return CaptureResult(attack, tuple(expected), told(found_in(place / BENIGN, analytic.id, folders)))


def found_in(capture: Path, id: str, folders: Sequence[Path] = ()) -> tuple[Finding, ...]:
    """The findings of one analytic in a capture."""
    with tempfile.TemporaryDirectory(prefix="tocsin-capture-") as lake:
        _bring_facts(capture.parent / FACTS, Path(lake))
        request = ScanRequest(
            (str(capture),), Path(lake), (), None, workers=1, analytics=tuple(folders),
            analytic_ids=frozenset({id}), only=ONLY_ANALYTICS,
        )  # fmt: skip
        report = scan(request, _unseen).report
    return tuple(finding for finding in report.findings if finding.rule.id == id)


def _bring_facts(folder: Path, lake: Path) -> None:
    """Import the facts that belong to the captures. Raises UsageError for a faulty file."""
    if folder.is_dir():
        for wrong in import_facts(lake, [folder]).refused:
            raise UsageError(wrong, "Correct the file beside the captures (docs/enrich.md).")


def told(findings: Sequence[Finding]) -> tuple[Told, ...]:
    """What a golden file keeps of findings, in order of time."""
    ordered = sorted(findings, key=lambda each: (str(each.first), each.host, each.user, each.message))
    return tuple(
        {
            "host": each.host,
            "user": each.user,
            "level": each.rule.level,
            "count": each.count,
            "first": str(each.first),
            "opened": str(each.opened),
            "evidence": len(each.evidence),
            "message": each.message,
        }
        for each in ordered
    )


def _unseen(_stage: Stage) -> None:
    """A capture is small: nobody waits for it."""

"""An attack that lies in two files, scanned one after the other, and what is told of it again."""

from pathlib import Path

from tocsin.detect.analytics import PACK
from tocsin.model import Finding
from tocsin.node.pipeline import ONLY_ANALYTICS, ScanRequest, scan

ID = "password-spray"


def scanned(lake: Path, file: Path) -> list[Finding]:
    request = ScanRequest(
        (str(file),), lake, (), None, workers=1, analytic_ids=frozenset({ID}), only=ONLY_ANALYTICS
    )  # fmt: skip
    return [each for each in scan(request, lambda _stage: None).report.findings if each.rule.id == ID]


def halves(folder: Path) -> tuple[Path, Path]:
    """The recorded attack, cut in the middle of its time; the second half begins with a harmless line."""
    [log] = sorted((PACK / ID / "attack").iterdir())
    lines = log.read_text("utf-8").splitlines(keepends=True)
    middle = len(lines) // 2
    first, second = folder / "first.log", folder / "second.log"
    first.write_text("".join(lines[:middle]), "utf-8")
    second.write_text("".join(lines[middle:]), "utf-8")
    return first, second


def test_an_attack_that_begins_in_an_older_file_is_found_whole(tmp_path: Path) -> None:
    [log] = sorted((PACK / ID / "attack").iterdir())
    [whole] = scanned(tmp_path / "whole", log)
    first, second = halves(tmp_path)
    before = scanned(tmp_path / "lake", first)
    [after] = scanned(tmp_path / "lake", second)
    assert after.count == whole.count
    assert (after.first, after.last) == (whole.first, whole.last)
    assert sum(each.count for each in before) < whole.count
    files = {event.file.rpartition("/")[2] for event in after.evidence}
    assert files <= {"first.log", "second.log"}


def test_what_older_events_alone_show_is_not_told_again(tmp_path: Path) -> None:
    [log] = sorted((PACK / ID / "attack").iterdir())
    lake = tmp_path / "lake"
    assert scanned(lake, log)
    [harmless] = sorted((PACK / ID / "benign").iterdir())
    assert not scanned(lake, harmless)

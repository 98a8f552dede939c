"""Small exercises of two members with an answer sheet, written by hand for the tests of trials."""

import gzip
import json
from pathlib import Path

from scans import event, write_events, write_rules

from tocsin.model.trial import Trial
from tocsin.node.trial import TrialRequest, run_trial

NOTEPAD = "C:\\Windows\\notepad.exe"


def at(hour: int) -> str:
    return f"2026-01-02T{hour:02d}:00:00Z"


def stage(name: str, member: str, first: str, last: str, **more: object) -> dict[str, object]:
    told = {"title": f"Stage {name}", "attack": ["T1033"], "hosts": ["WS01"], "users": [], "events": 1}
    return {"id": name, "member": member, "first": first, "last": last, **told, **more}


def planted(name: str, member: str, file: str, *ranges: tuple[int, int]) -> dict[str, object]:
    return {"stage": name, "member": member, "file": file, "ranges": list(ranges), "host": "WS01", "user": "ana"}


def write_exercise(folder: Path, **more: object) -> Path:
    """Member `north` has an attack in one record of twenty, `south` has a false alarm and a stage that nothing sees."""
    north = [event(n, NOTEPAD, minute=n) for n in range(20)]
    north[7] = event(7, minute=7)
    south = [event(n, NOTEPAD, minute=n) for n in range(20)]
    south[3] = event(3, minute=3)
    write_events(folder / "north" / "sysmon.json", north)
    plain = write_events(folder / "south" / "sysmon.json", south)
    (folder / "south" / "sysmon.json.gz").write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    plain.unlink()
    sheet: dict[str, object] = {
        "schema": 2, "scenario": "two-members", "seed": 7, "days": 2, "first": at(0), "last": at(23), "events": 40,
        "members": [
            {"name": "north", "folder": "north", "share": 0.5, "hosts": 100},
            {"name": "south", "folder": "south", "share": 0.5, "hosts": ["WS01", "WS02"]},
        ],
        "stages": [
            stage("look", "north", "2026-01-02T03:07:00Z", "2026-01-02T03:07:09Z"),
            stage("hide", "south", "2026-01-02T03:10:00Z", "2026-01-02T03:11:00Z", attack=["T1036"]),
        ],
        "planted": [
            planted("look", "north", "north/sysmon.json", (8, 8)),
            planted("hide", "south", "south/sysmon.json.gz", (11, 12)),
        ],
        "benign": [{"member": "south", "title": "patch day", "first": at(0), "last": at(12), "hosts": ["WS01"]}],
        "files": {"north/sysmon.json": 20, "south/sysmon.json.gz": 20},
    }  # fmt: skip
    (folder / "ground-truth.json").write_text(json.dumps(sheet | more), "utf-8")
    return folder


def trial(tmp: Path, folder: Path, rules: str | None = None) -> Trial:
    written = write_rules(tmp / "rules", rules) if rules else write_rules(tmp / "rules")
    return run_trial(TrialRequest(folder, tmp / "lake", (written,), tmp / "cache"), lambda _member, _stage: None)

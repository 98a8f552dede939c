"""Scans in a test: small logs, two rules, no progress."""

import json
from collections.abc import Sequence
from pathlib import Path

from tocsin.lake.catalog import Catalog
from tocsin.node.pipeline import ScanRequest, ScanResult, scan

RULES = """\
title: Whoami
id: 11111111-1111-4111-8111-111111111111
status: test
level: medium
logsource: {category: process_creation, product: windows}
tags: [attack.t1033]
detection:
  selection:
    Image|endswith: '\\whoami.exe'
  condition: selection
---
title: Many whoami
id: 22222222-2222-4222-8222-222222222222
level: high
correlation:
  type: event_count
  rules: [11111111-1111-4111-8111-111111111111]
  group-by: [Computer]
  timespan: 1h
  condition: {gte: 3}
  generate: true
"""


def event(number: int, image: str = "C:\\Windows\\System32\\whoami.exe", minute: int = 0) -> dict[str, object]:
    """A flat Sysmon process creation."""
    return {
        "EventID": 1,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Computer": "WS01",
        "User": "MIN\\ana",
        "Image": image,
        "CommandLine": f"whoami /all {number}",
        "UtcTime": f"2026-01-02 03:{minute:02d}:{number % 60:02d}.000",
    }


def write_events(path: Path, events: Sequence[dict[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in events), "utf-8")
    return path


def write_rules(folder: Path, text: str = RULES) -> Path:
    path = folder / "rules.yml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def run(tmp: Path, *paths: Path, rules: Path | None = None, **options: object) -> ScanResult:
    """A scan into `tmp`/lake."""
    request = ScanRequest(
        paths=tuple(map(str, paths)),
        lake=tmp / "lake",
        rules=(rules or write_rules(tmp / "rules"),),
        cache_dir=tmp / "cache",
        **options,  # type: ignore[arg-type]
    )
    return scan(request, lambda _stage: None)


def rows(tmp: Path) -> dict[str, int]:
    """Rows by table in `tmp`/lake."""
    catalog = Catalog(tmp / "lake")
    counted: dict[str, int] = {}
    for file in catalog.files():
        counted[file.table] = counted.get(file.table, 0) + file.rows
    catalog.close()
    return counted

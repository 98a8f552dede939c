"""What runs put aside: a place of its own for each, and nothing stays of those that were killed."""

import os
import subprocess
import sys
from pathlib import Path

from tocsin.lake.spill import spill_place


def test_what_a_dead_process_left_goes_and_what_a_living_one_uses_stays(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    spill = spill_place(tmp_path, "window").parent
    left, folder = spill / f"window-{dead.pid}-abc.duckdb", spill / f"window-{dead.pid}-def"
    mine, other, foreign = spill / f"window-{os.getpid()}-abc", spill / f"raw-{dead.pid}-abc", spill / "window-notes-1"
    for path in (left, mine, other, foreign):
        path.touch()
    folder.mkdir()
    (folder / "rows.parquet").touch()
    place = spill_place(tmp_path, "window")
    assert sorted(spill.iterdir()) == sorted([mine, other, foreign])
    assert place.parent == spill and place.name.startswith(f"window-{os.getpid()}-") and not place.exists()

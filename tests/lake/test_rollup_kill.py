"""An update of rollups that is killed at any moment leaves old rows or new ones, and the next update gives the same."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rollup_lakes import NEWEST, Lake, call

from tocsin.lake.rollup_files import load_rollups

KILLS, SEED = 8, 5
LONGEST_SECONDS = 2.5  # until a kill: longer than the child needs to begin writing
CHILD = """\
import sys
from datetime import date
from pathlib import Path
from tocsin.lake.catalog import Catalog
from tocsin.lake.rollups import update_rollups
catalog = Catalog(Path(sys.argv[1]))
with catalog.writing():
    for _ in range(100):
        update_rollups(catalog, date(2026, 11, 23), rebuild=True)
"""


@pytest.mark.slow
def test_a_killed_update_loses_and_doubles_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path, load_rollups())
    for number in range(3):
        lake.add([call(NEWEST - 3 * day, f"10.0.0.{number}", f"192.0.2.{day}", size=day) for day in range(60)])
    lake.update()
    before = {rollup.name: lake.rows(rollup.name) for rollup in lake.rollups}
    chance = random.Random(SEED)
    for _ in range(KILLS):
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)])
        time.sleep(chance.uniform(0.3, LONGEST_SECONDS))
        child.kill()
        child.wait()
        assert {rollup.name: lake.rows(rollup.name) for rollup in lake.rollups} == before
    with lake.writing() as catalog:  # sweeps what nobody names
        named = {file.path for file in catalog.rollups.files()}
    assert set(lake.files()) == named
    assert lake.update().periods == 0

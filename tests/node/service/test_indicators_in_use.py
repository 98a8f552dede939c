"""The engine's indicators: taken when their file is another one, kept when it is damaged; and they are in a backup."""

from contextlib import closing
from pathlib import Path

import pytest
from node_folders import make_folder

from tocsin import clock
from tocsin.detect.indicators import place_of
from tocsin.lake.catalog import Catalog
from tocsin.node.indicator_asked import Import
from tocsin.node.indicator_import import import_indicators
from tocsin.node.service import indicators_in_use
from tocsin.node.service.indicators_in_use import IndicatorsInUse
from tocsin.node.upkeep.backup_lake import gather_lake


def take(lake: Path, text: str) -> None:
    with closing(Catalog(lake, create=True)) as catalog:
        import_indicators(catalog, text.encode(), Import("feed.txt"), "account:anna", clock.now())


def test_other_indicators_are_taken_and_a_damaged_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indicators_in_use, "LOOK_SECONDS", 0.0)
    in_use = IndicatorsInUse(tmp_path)
    assert in_use.count == 0 and in_use.matcher is None and not in_use.changed()
    take(tmp_path, "203.0.113.7\n")
    assert in_use.changed() and in_use.count == 1 and not in_use.changed()
    good = place_of(tmp_path).read_bytes()
    place_of(tmp_path).write_bytes(b"nothing")
    assert not in_use.changed() and in_use.count == 1 and "is damaged" in in_use.problem
    place_of(tmp_path).write_bytes(good)
    assert in_use.changed() and in_use.problem == ""


def test_a_look_rests_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indicators_in_use, "LOOK_SECONDS", 600.0)
    in_use = IndicatorsInUse(tmp_path)
    take(tmp_path, "203.0.113.7\n")
    assert not in_use.changed() and in_use.count == 0


def test_a_backup_has_the_indicators(tmp_path: Path) -> None:
    folder, _, _ = make_folder(tmp_path / "node")
    take(folder.lake, "203.0.113.7\n")
    workshop = tmp_path / "workshop"
    workshop.mkdir()
    found = gather_lake(folder, workshop)
    assert found["lake/indicators/indicators.arrow"].read_bytes() == place_of(folder.lake).read_bytes()

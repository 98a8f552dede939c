"""The analyst writes beside the engine: all that it writes is held as such until it is committed."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from node_folders import make_folder
from scans import event, run, write_events

from tocsin import clock, limits
from tocsin.detect.analytics import AnalyticSet
from tocsin.lake.catalog import Catalog
from tocsin.node.analyst.behaviour import Look, Tidy, look, tidy
from tocsin.node.service.analyst_part import _retain
from tocsin.node.service.config import state_url
from tocsin.node.service.part import ANALYST, Part
from tocsin.node.store.database import open_store
from tocsin.node.upkeep.believed_day import BelievedDay

LOOKED, LATER = datetime(2026, 11, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the lake was held for adding, at each change of its files."""
    inside: list[int] = []
    seen: list[bool] = []
    adding = Catalog.adding

    @contextmanager
    def noted(self: Catalog) -> Iterator[None]:
        with adding(self):
            inside.append(1)
            yield
            inside.pop()

    def watched(name: str) -> None:
        change = getattr(Catalog, name)

        def changed(self: Catalog, *args: object, **named: object) -> object:
            seen.append(bool(inside))
            return change(self, *args, **named)

        monkeypatch.setattr(Catalog, name, changed)

    monkeypatch.setattr(Catalog, "adding", noted)
    for name in ("replace_files", "swap_hits", "change_rollups"):
        watched(name)
    return seen


def filled(folder: Path) -> Path:
    for number in range(2):
        run(folder, write_events(folder / f"{number}.json", [event(number, minute=number)]))
    return folder / "lake"


def test_merging_and_rolling_up_are_held(tmp_path: Path, held: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIVE_SMALL_FILES", 2)
    lake = filled(tmp_path)
    with closing(Catalog(lake)) as catalog:
        paths = frozenset(catalog.paths())
        catalog._db.execute("DELETE FROM rollup_periods")
    held.clear()
    look(Look(lake, AnalyticSet({}), LOOKED, remember=True))
    assert held and all(held)
    held.clear()
    assert len(tidy(Tidy(lake, paths, frozenset())).tables) == 1
    assert held and all(held)


def test_retention_is_held(tmp_path: Path, held: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    folder, config, _ = make_folder(tmp_path / "node", "[lake]\nkeep_days = 30\n")
    folder.run.mkdir()
    (folder.run / "day").write_text(LATER.date().isoformat())
    filled(folder.path)
    held.clear()
    with closing(open_store(state_url(folder, config), create=True)) as store:
        assert _retain(Part(ANALYST, folder, config), store, BelievedDay(folder.run / "day")) == 1
    assert held and all(held)
    with closing(Catalog(folder.lake)) as catalog:
        assert catalog.files() == []

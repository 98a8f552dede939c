"""Small files are merged with their like, so that what was looked at stays looked at."""

from contextlib import closing
from pathlib import Path

import pytest
from scans import event, run, write_events, write_rules

from tocsin import limits
from tocsin.detect.analytics import load_analytics
from tocsin.detect.sigma import load_rules
from tocsin.lake.catalog import Catalog
from tocsin.node.analyst.analyst import Analyst
from tocsin.node.analyst.behaviour import Tidied, Tidy, tidy
from tocsin.node.store.database import open_store


def test_settled_files_quickly_seen_ones_and_fresh_ones_are_merged_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LIVE_SMALL_FILES", 2)
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", create=True)
    rules = load_rules((), cache_dir=None)
    analyst = Analyst(tmp_path / "lake", store, rules, load_analytics(()).chosen({"log-clearing"}))

    def came(*numbers: int) -> set[str]:
        for number in numbers:
            run(tmp_path, write_events(tmp_path / f"{number}.json", [event(number, minute=number)]))
        with closing(Catalog(tmp_path / "lake")) as catalog:
            return catalog.paths()

    settled = came(0, 1)
    analyst.settle()
    quick = came(2, 3) - settled
    came(4, 5)
    assert analyst.tidy(quick) == 3
    with closing(Catalog(tmp_path / "lake")) as catalog:
        assert sorted(file.rows for file in catalog.files()) == [2, 2, 2]
        assert len(catalog.paths() - quick) == 1  # the one that nothing has looked at
        assert sum(file.path not in quick for file in catalog.files()) == 1
    analyst.look_at_rules()
    assert analyst.behind() == 2  # files that wait to be settled
    analyst.close()
    store.close()


@pytest.mark.parametrize("settled", [True, False])
def test_files_that_were_merged_are_forgotten(settled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIVE_SMALL_FILES", 2)
    asked: list[int] = []

    def tidying(one: Tidy) -> Tidied:
        with closing(Catalog(one.lake)) as catalog:
            assert one.tables <= catalog.paths()
            assert one.hits == {file.path for file in catalog.all_hit_files()}
        asked.append(len(one.tables))
        return tidy(one)

    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", create=True)
    rules = load_rules((write_rules(tmp_path / "rules"),), cache_dir=None)
    none = load_analytics(()).chosen(frozenset())
    analyst = Analyst(tmp_path / "lake", store, rules, none, tidying=tidying)
    quick: set[str] = set()
    for number in range(4):
        run(tmp_path, write_events(tmp_path / f"{number}.json", [event(number, minute=number)]))
        analyst.look_at_rules()
        with closing(Catalog(tmp_path / "lake")) as catalog:
            quick |= set() if settled else catalog.paths()
        if settled:
            analyst.settle()
        analyst.tidy(quick)
    assert asked == [2, 2, 2]  # the merged one and a new one each time
    assert analyst.tidy(quick) == 0
    assert len(quick) == 1
    analyst.close()
    store.close()

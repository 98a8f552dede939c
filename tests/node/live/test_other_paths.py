"""Other paths are watched while the engine runs: what stays goes on, what is new is read, what is gone is not."""

import json
from pathlib import Path

import pytest
from live_engine import Node, run_down, stored
from scans import event

from tocsin import limits
from tocsin.lake.catalog import Catalog, Origin
from tocsin.node.live import followed
from tocsin.node.live.engine import Engine
from tocsin.node.live.watching import Watched, WatchFeeder

LINES = [json.dumps(event(number, minute=number)).encode() + b"\n" for number in range(6)]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "BEGIN_SECONDS", 0.0)
    monkeypatch.setattr(limits, "FOLLOW_IDLE_SECONDS", 0.0)
    monkeypatch.setattr("tocsin.node.live.watching.LOOK_SECONDS", 0.0)


def append(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(lines))


def feeder(engine: Engine) -> WatchFeeder:
    return next(each for each in engine._feeders if isinstance(each, WatchFeeder))


def test_paths_come_stay_and_go_while_files_grow(tmp_path: Path) -> None:
    stays, comes, goes = (tmp_path / f"{name}.json" for name in ("stays", "comes", "goes"))
    for path, line in ((stays, LINES[0]), (comes, LINES[1]), (goes, LINES[2])):
        append(path, line)
    stay = Watched(stays, Origin("Ministry", "office", "stays"))
    node = Node(tmp_path / "node")
    with node.engine([stay, Watched(goes)]) as engine:
        run_down(engine)
        feeder(engine).use([stay, Watched(comes, Origin("Ministry", "office", "comes"))])
        append(stays, LINES[3])
        append(comes, LINES[4])
        append(goes, LINES[5])
        run_down(engine)
        assert len(stored(node.lake)) == 5
    catalog = Catalog(node.lake)
    found = {Path(each.name).stem: (each.records, each.origin.sensor) for each in catalog.sources()}
    catalog.close()
    assert found == {"stays": (2, "stays"), "comes": (2, "comes"), "goes": (1, "")}

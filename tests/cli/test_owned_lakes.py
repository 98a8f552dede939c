"""A lake that a node owns is reached through the node; past it only by a rescue that the ledger keeps."""

import json
import os
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from node_folders import make_folder
from nodes import command

from tocsin.errors import Denied, UsageError
from tocsin.lake.catalog import Catalog
from tocsin.node.lake_owner import owner_of
from tocsin.node.service.config import NodeFolder, load_config, state_url
from tocsin.node.store.database import open_store
from tocsin.node.store.reasons import rescues
from tocsin.spark import __main__ as spark

WHY = ("--rescue", "--reason", "the API is down")
ENTRY = {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS01", "Image": "C:\\x.exe"}
READS = (
    ("hunt", "SELECT 1 AS n", "--format", "csv"),
    ("hunt", "--views"),
    ("lake", "status"),
    ("analytics", "run", "password-spray"),
    ("enrich", "list"),
)
CHANGES = (
    ("lake", "publish"),
    ("lake", "compact"),
    ("lake", "rollup"),
    ("lake", "expire", "--keep-days", "9"),
    ("enrich", "remove", "asn-x"),
    ("enrich", "import", "nothing.csv"),
)


@pytest.fixture
def node(home: Path) -> NodeFolder:
    """A node that is stopped, with a lake."""
    folder, config, _ = make_folder(home / "node")
    folder.run.mkdir(mode=0o700)
    open_store(state_url(folder, config), create=True).close()
    log = home / "log.json"
    log.write_text(json.dumps({**ENTRY, "UtcTime": "2026-01-02 03:00:00.000"}) + "\n", "utf-8")
    assert command("scan", log, "--lake", home / "made", "-q", "--only", "rules").code == 0
    (home / "made").rename(folder.lake)
    return folder


def told(node: NodeFolder) -> list[tuple[str, str, str]]:
    store = open_store(state_url(node, load_config(node.config)))
    with store.read() as connection:
        found = [(each.actor, each.what, each.why) for each in reversed(rescues(connection, 100))]
    store.close()
    return found


@pytest.mark.parametrize("wanted", [*READS, *CHANGES, ("scan", "."), ("explain", "Proxy execution", "e-1")])
def test_a_command_refuses_and_names_the_node(node: NodeFolder, wanted: tuple[str, ...]) -> None:
    if wanted[0] == "explain":
        wanted = ("explain", _rule(node.path.parent), "e-1", "--rules", str(node.path.parent / "rule.yml"))
    done = command(*wanted, "--lake", node.lake)
    assert done.code == 3 and f"the node in {node.path} owns the lake" in done.err
    assert told(node) == []


def test_a_rescue_lets_reading_go_on_and_is_in_the_ledger(node: NodeFolder) -> None:
    for wanted in READS:
        done = command(*wanted, "--lake", node.lake, *WHY)
        assert done.code == 0, done.err
    what = ["hunt", "hunt", "lake status", "analytics run", "enrich list"]
    assert told(node) == [(f"shell:{os.getuid()}", each, "the API is down") for each in what]
    done = command("lake", "status", "--lake", node.lake, "--rescue")
    assert done.code == 2 and "a rescue needs a reason" in done.err


def test_a_rescue_changes_the_lake_of_a_stopped_node_only(node: NodeFolder) -> None:
    from tocsin.node.service.supervisor import _only_one

    assert command("lake", "compact", "--lake", node.lake, *WHY).code == 0
    with _only_one(node):
        for wanted in CHANGES:
            done = command(*wanted, "--lake", node.lake, *WHY)
            assert done.code == 3 and "and runs" in done.err, wanted
        assert command("lake", "status", "--lake", node.lake, *WHY).code == 0
    assert [what for _, what, _ in told(node)] == ["lake compact", "lake status"]


def test_nothing_is_scanned_into_a_nodes_lake(node: NodeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_HOME", str(node.path))
    done = command("scan", node.path.parent / "log.json")
    assert done.code == 3 and "owns the lake" in done.err


def test_spark_asks_too_who_owns_a_lake(node: NodeFolder, tmp_path: Path) -> None:
    with pytest.raises(Denied, match=r"owns the lake .*/lake"):
        spark.reach(node.lake, rescue=False, reason="")
    assert told(node) == []
    spark.reach(node.lake, rescue=True, reason="a very large day")
    assert told(node) == [(f"shell:{os.getuid()}", "spark", "a very large day")]
    spark.reach(tmp_path, rescue=False, reason="")
    with pytest.raises(UsageError, match="no node owns"):
        spark.reach(tmp_path, rescue=True, reason="a very large day")


def test_a_lake_without_a_node_needs_nothing(node: NodeFolder, tmp_path: Path) -> None:
    free = tmp_path / "free"
    shutil.copytree(node.lake, free)
    assert command("lake", "status", "--lake", free).code == 0
    done = command("lake", "status", "--lake", free, *WHY)
    assert done.code == 2 and "no node owns the lake" in done.err


def test_a_lake_elsewhere_is_known_by_its_mark(node: NodeFolder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "disk"
    node.lake.rename(elsewhere)
    node.lake.symlink_to(elsewhere)
    assert owner_of(elsewhere) is None
    with closing(Catalog(elsewhere)) as catalog:
        catalog.own(node.path)
    assert owner_of(elsewhere) == node == owner_of(node.lake)
    shutil.copytree(elsewhere, tmp_path / "copy")
    assert owner_of(tmp_path / "copy") is None
    shutil.rmtree(node.path)
    assert owner_of(elsewhere) is None


def test_a_hunt_goes_to_the_node_that_the_environment_names(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_NODE_URL", "http://127.0.0.1:1")
    assert "nobody is logged in to http://127.0.0.1:1" in command("hunt", "SELECT 1").err
    assert "no lake" in command("hunt", "SELECT 1", "--lake", home / "none").err
    done = command("hunt", "SELECT 1", "--lake", home, "--node", "http://127.0.0.1:1")
    assert done.code == 2 and "two places" in done.err


def _rule(folder: Path) -> str:
    rule = "title: Proxy execution\nid: 33333333-3333-4333-8333-333333333333\nlevel: high\n"
    rule += "logsource: {product: windows}\ndetection:\n  selection:\n    Image: x\n  condition: selection\n"
    (folder / "rule.yml").write_text(rule)
    return "Proxy execution"

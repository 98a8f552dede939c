"""`tocsin asset …` on a lake here, and on a node's through its API."""

import json
from pathlib import Path

import pytest
from keepers import Keeper
from nodes import Done, command

from tocsin import limits
from tocsin.lake.facts import Facts
from tocsin.ledger.entry import Kind
from tocsin.node.people.accounts import Role
from tocsin.node.store import ledger
from tocsin.node.upkeep.asset_list import file_name

LIST = (
    "key,owner,domain,mission,criticality,role\n"
    "WS01,Ministry A,land,border control,vital,workstation\n10.2.0.9,Ministry B,space,link,high,modem\n"
)
FEWER = "key,owner,domain,mission,criticality,role\nws01,Ministry A,land,border control,low,\n"
BAD = "key,domain,criticality\nWS01,land,High\nWS02,ground,low\n,land,vital\nws01,sea,critical\n"


@pytest.fixture
def folder(home: Path) -> Path:
    (home / "assets.csv").write_text(LIST, "utf-8")
    (home / "bad.csv").write_text(BAD, "utf-8")
    (home / "lake").mkdir()
    return home


def check_bad(done: Done) -> None:
    """Every wrong line is told, each on a line of its own, with the file as its sender calls it."""
    assert done.code == 3
    lines = done.err.split("\n")
    for told in ("bad.csv:2: the criticality is 'High', not one of low, medium, high, vital",
                 "bad.csv:3: the domain is 'ground', not one of land, sea, air, space, cyber",
                 "bad.csv:4: the key is empty: it is the host's name or address",
                 "bad.csv:5: the criticality is 'critical', not one of low, medium, high, vital",
                 "bad.csv:5: 'ws01' stands here twice"):  # fmt: skip
        assert any(line.endswith(told) for line in lines), told
    assert "spool" not in done.err


def test_a_list_goes_into_a_lake_after_it_was_tried(folder: Path) -> None:
    lake = folder / "lake"
    tried = command("asset", "import", folder / "assets.csv", "--lake", lake, "--dry-run")
    assert tried.code == 0 and "+ ws01" in tried.out and "Nothing was written" in tried.out
    assert not Facts(lake).assets()
    assert "2 added" in command("asset", "import", folder / "assets.csv", "--lake", lake).out
    (folder / "assets.csv").write_text(FEWER, "utf-8")
    done = command("asset", "import", folder / "assets.csv", "--lake", lake)
    assert done.out.split("\n")[:3] == [
        "~ ws01: criticality: vital → low", "~ ws01: role: workstation → nothing", "- 10.2.0.9",
    ]  # fmt: skip
    assert list(Facts(lake).assets()) == ["ws01"]
    check_bad(command("asset", "import", folder / "bad.csv", "--lake", lake))
    assert list(Facts(lake).assets()) == ["ws01"]


def test_the_list_is_shown_and_is_json_on_demand(folder: Path) -> None:
    lake = folder / "lake"
    assert "No assets are known" in command("asset", "list", "--lake", lake).out
    command("asset", "import", folder / "assets.csv", "--lake", lake)
    out = command("asset", "list", "--lake", lake).out
    assert "border control" in out and "vital" in out and "Ministry B" in out
    first, second = json.loads(command("asset", "list", "--lake", lake, "--json").out)
    assert (first["key"], second["criticality"]) == ("10.2.0.9", "vital")


def test_what_is_no_file_of_assets_or_names_two_places_is_refused(folder: Path) -> None:
    (folder / "text.csv").write_text("hello\n", "utf-8")
    lake = folder / "lake"
    assert command("asset", "import", folder / "text.csv", "--lake", lake).code == 3
    assert command("asset", "import", folder / "gone.csv", "--lake", lake).code == 2
    both = command("asset", "list", "--lake", lake, "--node", "http://127.0.0.1:1")
    assert both.code == 2 and "two places" in both.err


def test_a_list_with_too_many_assets_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ASSETS", 1)
    refused = command("asset", "import", folder / "assets.csv", "--lake", folder / "lake")
    assert refused.code == 3 and "more than 1 assets" in refused.err


def test_a_node_takes_a_list_in_under_a_login_and_its_ledger_has_it(
    keeper: Keeper, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper.log_in(Role.ANALYST)
    assert command("asset", "import", folder / "assets.csv").code == 3
    lead = keeper.log_in(Role.LEAD)
    assert "+ ws01" in command("asset", "import", folder / "assets.csv", "--dry-run").out
    assert not Facts(keeper.folder.lake).assets()
    assert "2 added" in command("asset", "import", folder / "assets.csv").out
    check_bad(command("asset", "import", folder / "bad.csv"))
    assert sorted(Facts(keeper.folder.lake).assets()) == ["10.2.0.9", "ws01"]
    keeper.log_in(Role.ANALYST)
    monkeypatch.setattr(limits, "API_PAGE_ROWS", 1)  # read page by page
    assert len(json.loads(command("asset", "list", "--json").out)) == 2
    assert not list(keeper.folder.spool.glob("assets-*"))
    with keeper.api.desk.store.read() as connection:
        (entry,) = ledger.newest_of(connection, Kind.CONFIGURATION_CHANGE, 10)
    assert entry.actor == lead.actor and entry.detail["rows"] == 2


@pytest.mark.parametrize(
    ("given", "name"),
    [("C:\\lists\\our assets.csv", "our_assets.csv"), ("../../x", "x"), ("..", "assets.csv"), (".hidden", "hidden"),
     ("a" * 200, "a" * 100), ("\x00", "assets.csv")],
)  # fmt: skip
def test_a_senders_name_of_a_file_is_a_name_below_the_folder(given: str, name: str) -> None:
    assert file_name(given) == name

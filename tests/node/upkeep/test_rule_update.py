"""Another set of rules: what it would have raised is shown first, then it takes its place as a whole or not at all."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from node_folders import Maker
from scans import RULES, event, run, write_events, write_rules

from tocsin.detect.sigma import RuleSet, load_rules
from tocsin.errors import ConfigError, RuleError, StateError
from tocsin.lake.catalog import Catalog
from tocsin.ledger.entry import Kind
from tocsin.node.conductor import Tally
from tocsin.node.rule_review import Change, Review, compare, review
from tocsin.node.service.config import load_config
from tocsin.node.service.part import rule_paths
from tocsin.node.store import ledger
from tocsin.node.upkeep.rule_update import files_digest, load_sets, put_in_place
from tocsin.node.upkeep.shell import OpenNode

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
WHOAMI, MANY = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
NEW = "33333333-3333-4333-8333-333333333333"
NET = f"""\
title: Net
id: {NEW}
status: test
level: critical
logsource: {{category: process_creation, product: windows}}
detection:
  selection:
    Image|endswith: '\\net.exe'
  condition: selection
"""
CHANGED = RULES.replace("level: medium", "level: low").partition("---")[0]


@pytest.fixture
def node(make_node: Maker, tmp_path: Path) -> Iterator[OpenNode]:
    """A node with the two rules of the scans in use."""
    write_rules(tmp_path / "present")
    yield make_node(
        f'# kept\n[detect]\n# kept too\nrules = [\n  "{tmp_path}/present",\n]  # and this\nanalytics = []\n'
    )


def offered(tmp_path: Path, *texts: str) -> Path:
    folder = tmp_path / "offered"
    for number, text in enumerate(texts):
        (folder / "deep").mkdir(parents=True, exist_ok=True)
        (folder / "deep" / f"{number}.yml").write_text(text, "utf-8")
    return folder


def rules(folder: Path) -> RuleSet:
    return load_rules((folder,), cache_dir=None)


def reviewed(tmp_path: Path, present: Path, new: Path, told: list[tuple[str, Tally]] | None = None) -> Review:
    with closing(Catalog(tmp_path / "lake")) as catalog:
        return review(
            catalog, rules(present), rules(new), SINCE,
            lambda name: lambda tally: (told if told is not None else []).append((name, tally)),
        )  # fmt: skip


def test_rules_are_new_changed_gone_or_the_same_whatever_their_files_are_called(tmp_path: Path) -> None:
    present = write_rules(tmp_path / "present").parent
    other = offered(tmp_path, CHANGED, NET)
    assert compare(rules(present), rules(other)) == {WHOAMI: Change.CHANGED, MANY: Change.GONE, NEW: Change.NEW}
    moved = offered(tmp_path / "moved", *RULES.split("---\n"))
    assert set(compare(rules(present), rules(moved)).values()) == {Change.SAME}


def test_what_both_sets_raise_is_told_a_rule_with_examples_and_incidents(tmp_path: Path) -> None:
    present = write_rules(tmp_path / "present").parent
    events = [event(number, minute=number) for number in range(5)]
    events += [event(number, "C:\\Windows\\System32\\net.exe", 30) for number in range(3)]
    run(tmp_path, write_events(tmp_path / "log.json", events), rules=present)
    with closing(Catalog(tmp_path / "lake")) as catalog:
        before = (catalog.all_hit_files(), catalog.files())
    told: list[tuple[str, Tally]] = []
    found = reviewed(tmp_path, present, offered(tmp_path, CHANGED, NET), told)
    by_id = {rule.id: rule for rule in found.rules}
    assert (by_id[NEW].before.hits, by_id[NEW].after.hits, by_id[NEW].after.incidents) == (0, 3, 1)
    assert "WS01" in by_id[NEW].after.examples[0] and "3 hits" in by_id[NEW].after.examples[0]
    assert (by_id[MANY].change, by_id[MANY].after.hits) == (Change.GONE, 0) and by_id[MANY].before.hits
    assert (by_id[WHOAMI].before.hits, by_id[WHOAMI].after.hits) == (5, 5)
    assert found.events == 8 and found.incidents_after == 1
    assert found.changes == {Change.NEW: 1, Change.CHANGED: 1, Change.GONE: 1}
    assert {name for name, _ in told} == {"the present rules", "the offered rules"}
    with closing(Catalog(tmp_path / "lake")) as catalog:
        assert (catalog.all_hit_files(), catalog.files()) == before


def test_an_empty_lake_and_equal_sets_have_nothing_to_tell(tmp_path: Path) -> None:
    present = write_rules(tmp_path / "present").parent
    Catalog(tmp_path / "lake", create=True).close()
    found = reviewed(tmp_path, present, present)
    assert (found.events, found.rules, found.incidents_before, found.incidents_after) == (0, (), 0, 0)


def test_a_set_takes_its_place_by_one_line_and_the_ledger_has_both_digests(node: OpenNode, tmp_path: Path) -> None:
    folder = offered(tmp_path, CHANGED, NET)
    (folder / "README.md").write_text("not a rule", "utf-8")
    sets = load_sets(node, folder)
    place = put_in_place(node, sets.offer, "shell:1000", {"new": 1})
    text = node.folder.config.read_text("utf-8")
    assert "# kept\n" in text and "# kept too" in text and "# and this" in text
    paths = rule_paths(node.folder, load_config(node.folder.config))
    assert paths == (place,) and files_digest(paths) == sets.offer.after == files_digest((folder,))
    assert sorted(each.name for each in place.rglob("*.*")) == ["0.yml", "1.yml"]
    with node.store.read() as connection:
        (entry,) = ledger.newest(connection, 1)
    assert (entry.kind, entry.actor) == (Kind.RULE_CHANGE, "shell:1000")
    assert entry.detail == {"before": sets.offer.before, "after": sets.offer.after, "new": 1}
    again = load_sets(OpenNode(node.folder, load_config(node.folder.config), node.store), tmp_path / "present")
    assert again.offer.before == sets.offer.after and again.offer.after == sets.offer.before  # the way back
    assert put_in_place(node, sets.offer, "shell:1000", {}) == place


@pytest.mark.parametrize("text", ["", "[detect]\n", "[detect]  # a word\nanalytics = []\n", "[detect]\nrules=[]"])
def test_the_line_is_found_or_added(make_node: Maker, tmp_path: Path, text: str) -> None:
    node = make_node(text)
    place = put_in_place(node, load_sets(node, offered(tmp_path, NET)).offer, "shell:1000", {})
    assert rule_paths(node.folder, load_config(node.folder.config)) == (place,)


def test_a_line_that_cannot_be_found_is_asked_for(make_node: Maker, tmp_path: Path) -> None:
    text = '[detect]\nrules=["a]b"]\n'
    node = make_node(text)
    (node.folder.path / "a]b").mkdir()
    with pytest.raises(ConfigError, match=r"detect\.rules"):
        put_in_place(node, load_sets(node, offered(tmp_path, NET)).offer, "shell:1000", {})
    assert node.folder.config.read_text("utf-8") == text


def test_a_set_with_a_broken_rule_or_none_is_told_and_nothing_changes(node: OpenNode, tmp_path: Path) -> None:
    before = node.folder.config.read_text("utf-8")
    folder = offered(tmp_path, NET, "title: [")
    with pytest.raises(RuleError, match=r"1\.yml") as told:
        load_sets(node, folder)
    assert "old set stays" in told.value.advice()
    (tmp_path / "empty").mkdir()
    with pytest.raises(RuleError, match="no rule"):
        load_sets(node, tmp_path / "empty")
    assert node.folder.config.read_text("utf-8") == before


def test_a_folder_that_changes_while_it_is_copied_takes_no_place(node: OpenNode, tmp_path: Path) -> None:
    folder = offered(tmp_path, NET)
    sets = load_sets(node, folder)
    (folder / "deep" / "0.yml").write_text(NET.replace("critical", "low"), "utf-8")
    before = node.folder.config.read_text("utf-8")
    with pytest.raises(RuleError, match="changed while"):
        put_in_place(node, sets.offer, "shell:1000", {})
    assert node.folder.config.read_text("utf-8") == before


def test_rules_that_cannot_be_copied_change_nothing_and_say_so(node: OpenNode, tmp_path: Path) -> None:
    before = node.folder.config.read_text("utf-8")
    (node.folder.path / "rules").write_text("in the way", "utf-8")
    with pytest.raises(StateError, match="cannot be copied"):
        put_in_place(node, load_sets(node, offered(tmp_path, NET)).offer, "shell:1000", {})
    assert node.folder.config.read_text("utf-8") == before
    with node.store.read() as connection:
        assert ledger.newest(connection, 1) == []


def test_a_change_that_cannot_be_written_is_entered_as_failed(
    node: OpenNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = load_sets(node, offered(tmp_path, NET))

    def full(*_: object) -> None:
        raise ConfigError("no room", "Make some.")

    monkeypatch.setattr("tocsin.node.upkeep.rule_update.replace_text", full)
    with pytest.raises(ConfigError):
        put_in_place(node, sets.offer, "shell:1000", {})
    with node.store.read() as connection:
        entries = ledger.newest(connection, 2)
    assert [entry.detail.get("failed", False) for entry in entries] == [True, False]
    assert json.dumps(dict(entries[0].detail))

"""Rules, analytics and settings in use are in the ledger, once each, whoever changed them and however."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from node_folders import Maker, make_node
from scans import RULES, write_rules

from tocsin import limits
from tocsin.detect.analytics import AnalyticSet, load_analytics
from tocsin.detect.sigma import RuleSet, load_rules
from tocsin.errors import StateError, UsageError
from tocsin.ledger.entry import Entry, Kind
from tocsin.node.service.config import Config, load_config
from tocsin.node.service.in_use import ANALYTICS, SETTINGS, InUse
from tocsin.node.service.part import analytic_paths, rule_paths
from tocsin.node.store import ledger
from tocsin.node.upkeep.rule_update import SUBJECT, files_digest, load_sets, put_in_place
from tocsin.node.upkeep.shell import OpenNode

__all__ = ["make_node"]
WATCH = '[[watch]]\npath = "/var/log/anna.k/mail.log"\n'
_SUBJECTS = (SUBJECT, ANALYTICS, SETTINGS)
OTHER = RULES.replace("level: medium", "level: low")


@pytest.fixture
def node(make_node: Maker, tmp_path: Path) -> OpenNode:
    """A node with rules and analytics of its own."""
    write_rules(tmp_path / "rules")
    (tmp_path / "own").mkdir()
    return make_node(f'[detect]\nrules = ["{tmp_path}/rules"]\nanalytics = ["{tmp_path}/own"]\n')


def loaded(node: OpenNode, text: str = "") -> tuple[Config, RuleSet, AnalyticSet]:
    """What a process of the node has in use after it looked at everything again."""
    if text:
        node.folder.config.write_text(node.folder.config.read_text("utf-8") + text, "utf-8")
    config = load_config(node.folder.config)
    rules = load_rules(rule_paths(node.folder, config), cache_dir=None)
    return config, rules, load_analytics(analytic_paths(node.folder, config))


def entries(node: OpenNode, subject: str) -> list[Entry]:
    with node.store.read() as connection:
        return ledger.newest(connection, 10, subject)


def test_what_a_node_begins_with_is_entered_once_and_not_again_after_a_restart(node: OpenNode) -> None:
    used = InUse(node.folder, node.store)
    begun = loaded(node)
    assert used.enter(*begun) == 3 and used.enter(*begun) == 0
    assert InUse(node.folder, node.store).enter(*loaded(node)) == 0
    kinds = {subject: [(each.kind, each.actor) for each in entries(node, subject)] for subject in _SUBJECTS}
    assert kinds == {
        SUBJECT: [(Kind.RULE_CHANGE, "node")],
        ANALYTICS: [(Kind.RULE_CHANGE, "node")],
        SETTINGS: [(Kind.CONFIGURATION_CHANGE, "node")],
    }


def _edit(folder: Path) -> None:
    write_rules(folder, OTHER)


def _remove(folder: Path) -> None:
    (folder / "second.yml").unlink()


@pytest.mark.parametrize("change", [_edit, _remove])
def test_an_edited_or_removed_rule_file_is_one_entry_with_both_digests(
    node: OpenNode, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    (tmp_path / "rules" / "second.yml").write_text(RULES.partition("---")[0].replace("1111", "4444"), "utf-8")
    used = InUse(node.folder, node.store)
    used.enter(*loaded(node))
    before = files_digest([tmp_path / "rules"])
    change(tmp_path / "rules")
    assert used.enter(*loaded(node)) == 1
    entry = entries(node, SUBJECT)[0]
    assert (entry.detail["before"], entry.detail["after"]) == (before, files_digest([tmp_path / "rules"]))
    assert InUse(node.folder, node.store).enter(*loaded(node)) == 0


def test_a_rule_that_is_refused_at_the_start_is_counted(node: OpenNode, tmp_path: Path) -> None:
    (tmp_path / "rules" / "broken.yml").write_text("title: [", "utf-8")
    InUse(node.folder, node.store).enter(*loaded(node))
    assert (entries(node, SUBJECT)[0].detail["rules"], entries(node, SUBJECT)[0].detail["refused"]) == (2, 1)


def test_an_analytic_that_is_tuned_or_left_out_is_one_entry(node: OpenNode, tmp_path: Path) -> None:
    used = InUse(node.folder, node.store)
    used.enter(*loaded(node))
    number = int(entries(node, ANALYTICS)[0].detail["analytics"])
    threshold = load_analytics().analytics["fast-flux"].thresholds[0].name
    for text, left in (("[dns-tunnel]\nenabled = false\n", number - 1), (f"[fast-flux]\n{threshold} = 1\n", number)):
        (tmp_path / "own" / "tuning.toml").write_text(text, "utf-8")
        assert used.enter(*loaded(node)) == 1
        assert entries(node, ANALYTICS)[0].detail["analytics"] == left


def test_a_change_of_settings_names_its_tables_and_tells_no_value(node: OpenNode) -> None:
    used = InUse(node.folder, node.store)
    used.enter(*loaded(node))
    assert used.enter(*loaded(node, WATCH + '[notify]\nwebhook = "https://example.org/s3cret"\n')) == 1
    entry = entries(node, SETTINGS)[0]
    assert entry.detail["changed"] == "watch notify"
    assert all("anna" not in str(value) and "s3cret" not in str(value) for value in entry.detail.values())
    assert entry.detail["watch"] != entries(node, SETTINGS)[1].detail["watch"]


def test_equal_settings_of_two_nodes_have_other_digests(node: OpenNode, make_node: Maker) -> None:
    other = make_node()
    for one in (node, other):
        InUse(one.folder, one.store).enter(*loaded(one))
    assert entries(node, SETTINGS)[0].detail["watch"] != entries(other, SETTINGS)[0].detail["watch"]


def test_other_names_of_the_same_rules_are_no_change(node: OpenNode, tmp_path: Path) -> None:
    used = InUse(node.folder, node.store)
    used.enter(*loaded(node))
    (tmp_path / "rules").rename(tmp_path / "moved")
    text = node.folder.config.read_text("utf-8")
    node.folder.config.write_text(text.replace("/rules", "/moved"), "utf-8")
    assert used.enter(*loaded(node)) == 0


def test_rules_that_somebody_put_in_place_are_not_told_by_the_node_as_well(node: OpenNode, tmp_path: Path) -> None:
    used = InUse(node.folder, node.store)
    used.enter(*loaded(node))
    write_rules(tmp_path / "offered", OTHER)
    put_in_place(node, load_sets(node, tmp_path / "offered").offer, "account:a", {})
    assert used.enter(*loaded(node)) == 0
    assert [each.actor for each in entries(node, SUBJECT)] == ["account:a", "node"]
    place = rule_paths(node.folder, load_config(node.folder.config))[0]
    write_rules(place)  # by hand, afterwards
    assert used.enter(*loaded(node)) == 1


def test_what_cannot_be_entered_waits_as_it_was_when_it_was_taken_over(
    node: OpenNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STATE_LOCK_SECONDS", 0.05)
    used, begun, taken = InUse(node.folder, node.store), loaded(node), files_digest([tmp_path / "rules"])
    with closing(sqlite3.connect(node.folder.path / "state.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(StateError, match="locked"):
                used.enter(*begun)
        write_rules(tmp_path / "rules", OTHER)
    assert used.enter(*begun) == 3
    assert entries(node, SUBJECT)[0].detail["after"] == taken


def test_rules_that_went_meanwhile_are_told_and_the_rest_is_not_lost(node: OpenNode, tmp_path: Path) -> None:
    used, begun = InUse(node.folder, node.store), loaded(node)
    (tmp_path / "rules" / "rules.yml").unlink()
    (tmp_path / "rules").rmdir()
    with pytest.raises(UsageError):
        used.enter(*begun)
    write_rules(tmp_path / "rules")
    assert used.enter(*begun) == 3

"""A set that was sent: reviewed, kept by its digest, and placed only as it was reviewed, beside what it was."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from node_folders import Maker
from scans import RULES, event, run, write_events, write_rules

from tocsin import limits
from tocsin.errors import Conflict, LimitExceeded, NotFound, RuleError
from tocsin.lake.catalog import Catalog
from tocsin.ledger.entry import Kind
from tocsin.node.service.config import load_config
from tocsin.node.service.part import rule_paths
from tocsin.node.store import ledger
from tocsin.node.upkeep.rule_offers import Reviewed, place_offer, review_parcel, told
from tocsin.node.upkeep.rule_update import files_digest, load_sets
from tocsin.node.upkeep.shell import OpenNode

WHOAMI = RULES.partition("---")[0]
SILENT = WHOAMI.replace("11111111-1111-4111-8111-111111111111", "33333333-3333-4333-8333-333333333333").replace(
    "whoami.exe", "never.exe"
)
OWN = WHOAMI.replace("11111111-1111", "66666666-6666").replace("Whoami", "Own")
COUNTED = """\
title: Often
id: 44444444-4444-4444-8444-444444444444
correlation:
  type: event_count
  rules: [55555555-5555-4555-8555-555555555555]
  group-by: [Computer]
  timespan: 1h
  condition: {gte: 2}
"""
MISSED = SILENT.replace("33333333-3333-4333-8333-333333333333", "55555555-5555-4555-8555-555555555555")


@pytest.fixture
def node(make_node: Maker, tmp_path: Path) -> Iterator[OpenNode]:
    """A node with the two rules of the scans in use, and an empty lake."""
    write_rules(tmp_path / "present")
    made = make_node(f'[detect]\nrules = ["{tmp_path}/present"]\n')
    Catalog(made.folder.lake, create=True).close()
    made.folder.spool.mkdir()
    yield made


def offered(node: OpenNode, *, without_refused: bool = False, **files: str) -> Reviewed:
    """Review files, by their names without `.yml`."""
    work = node.folder.spool / f"handed-{len(list(node.folder.spool.iterdir()))}"
    work.mkdir()
    sent = {f"deep/{name}.yml": text for name, text in files.items()}
    found, said = review_parcel(node, sent, 3650, work, without_refused=without_refused, examples=True)
    assert json.loads(said)["reviewed"]["after"] == found.after
    return found


def anew(node: OpenNode) -> OpenNode:
    """The node with the configuration as it is now."""
    return OpenNode(node.folder, load_config(node.folder.config), node.store)


def kept(node: OpenNode) -> set[str]:
    return {each.name.removeprefix("rules-") for each in node.folder.spool.glob("rules-*")}


def test_the_reviewed_set_takes_the_place_under_the_persons_name(node: OpenNode) -> None:
    found = offered(node, a=WHOAMI, b=SILENT)
    assert found.changes == {"new": 1, "gone": 1, "same": 1} and kept(node) == {found.after}
    placed = place_offer(node, found.before, found.after, "account:a")
    paths = rule_paths(node.folder, load_config(node.folder.config))
    assert paths == (node.folder.path / placed.place,) and files_digest(paths) == found.after
    assert sorted(path.name for path in paths[0].rglob("*.yml")) == ["a.yml", "b.yml"]
    with node.store.read() as connection:
        (entry,) = ledger.newest(connection, 1)
    assert (entry.kind, entry.actor) == (Kind.RULE_CHANGE, "account:a")
    assert entry.detail == {"before": found.before, "after": found.after, **found.changes}
    assert kept(node) == set()
    with pytest.raises(NotFound):
        place_offer(anew(node), found.before, found.after, "account:a")


def test_only_what_was_reviewed_is_placed(node: OpenNode) -> None:
    found = offered(node, a=WHOAMI)
    wrong = ((found.before, "0" * 64, NotFound), ("0" * 64, found.after, Conflict))
    for before, after, kind in wrong:
        with pytest.raises(kind) as refused:
            place_offer(node, before, after, "account:a")
        assert "Review the new one again" in refused.value.advice()
    file = node.folder.spool / f"rules-{found.after}" / "files" / "deep" / "a.yml"
    file.write_text(SILENT, "utf-8")
    with pytest.raises(Conflict, match="not the one that was reviewed"):
        place_offer(node, found.before, found.after, "account:a")
    with node.store.read() as connection:
        assert ledger.newest(connection, 1) == []


def test_a_set_is_placed_only_beside_the_one_it_was_compared_with(node: OpenNode) -> None:
    first, second = offered(node, a=WHOAMI), offered(node, a=SILENT)
    place_offer(node, second.before, second.after, "account:b")
    with pytest.raises(Conflict, match="not those any more"):
        place_offer(anew(node), first.before, first.after, "account:a")


def test_a_configuration_that_cannot_be_changed_is_told_without_its_folder(make_node: Maker) -> None:
    node = make_node('[detect]\nrules=["a]b"]\n')
    write_rules(node.folder.path / "a]b")
    Catalog(node.folder.lake, create=True).close()
    node.folder.spool.mkdir()
    found = offered(node, a=WHOAMI)
    with pytest.raises(Conflict, match=r"^tocsin\.toml: the list detect\.rules") as refused:
        place_offer(node, found.before, found.after, "account:a")
    assert "by hand" in refused.value.advice()


def test_a_refused_rule_refuses_the_set_unless_it_is_left_out_with_what_needs_it(node: OpenNode) -> None:
    files = {"a": WHOAMI, "b": "title: [", "c": f"{MISSED}---\ntitle: no rule\n", "d": COUNTED}
    with pytest.raises(RuleError, match=r"2 rules of the new set are refused: deep/b\.yml") as refusal:
        offered(node, **files)
    assert "--without-refused" in refusal.value.advice() and kept(node) == set()
    found = offered(node, without_refused=True, **files)
    assert [each.place.partition(":")[0] for each in found.refused] == ["deep/b.yml", "deep/c.yml", "deep/d.yml"]
    assert found.left_out == 4  # the good rule of c, too
    placed = place_offer(node, found.before, found.after, "account:a")
    assert placed.left_out == 4
    (file,) = (node.folder.path / placed.place).rglob("*.yml")
    assert file.name == "a.yml"
    with node.store.read() as connection:
        (entry,) = ledger.newest(connection, 1)
    assert entry.detail["left_out"] == 4
    assert not load_sets(anew(node), node.folder.path / placed.place).refused  # the engine takes it
    with pytest.raises(RuleError, match="no rule in the new set"):
        offered(node, without_refused=True, b="title: [")


def test_few_reviewed_sets_are_kept(node: OpenNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RULE_OFFERS", 1)
    first, second = offered(node, a=WHOAMI), offered(node, a=SILENT)
    assert first.after != second.after and kept(node) == {second.after}


def test_examples_are_for_whom_may_hunt_and_a_review_is_bounded(
    make_node: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = write_rules(tmp_path / "present").parent
    node = make_node(f'[detect]\nrules = ["{present}"]\n')
    log = write_events(tmp_path / "log.json", [event(number) for number in range(3)])
    run(node.folder.path, log, rules=present)
    node.folder.spool.mkdir()
    found = offered(node, a=OWN)
    (own,) = (rule for rule in found.review.rules if rule.title == "Own")
    assert (found.review.events, own.after.hits) == (3, 3)
    for examples in (True, False):
        said = told(found, examples=examples)
        assert (b"whoami /all" in said) is examples and b"Own" in said
    monkeypatch.setattr(limits, "RULE_REVIEW_BYTES", 10)
    with pytest.raises(LimitExceeded):
        offered(node, a=SILENT)
    assert kept(node) == {found.after}

"""The rules of a node are compiled by a process of their own; where that cannot be, they are compiled all the same."""

from pathlib import Path

import pytest
from scans import RULES, write_rules

from tocsin.detect.sigma import ruleset
from tocsin.errors import UsageError
from tocsin.node.service.compiling import node_rules
from tocsin.node.service.config import Config, DetectTable, NodeFolder
from tocsin.node.service.part import ENGINE, Part


@pytest.fixture
def part(tmp_path: Path) -> Part:
    write_rules(tmp_path / "rules", RULES)
    return Part(ENGINE, NodeFolder(tmp_path), Config(detect=DetectTable(rules=("rules",))))


def forbid_building(monkeypatch: pytest.MonkeyPatch) -> None:
    def building(*_arguments: object) -> None:
        raise AssertionError("the rules were compiled here")

    monkeypatch.setattr(ruleset, "_build", building)


def test_rules_are_compiled_elsewhere_and_again_when_they_change(part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_building(monkeypatch)
    first = node_rules(part)
    assert (len(first.value), first.refused) == (1, ())
    assert node_rules(part).value.fingerprint == first.value.fingerprint
    write_rules(part.folder.path / "rules", RULES.replace("Whoami", "Who am I"))
    again = node_rules(part).value
    assert again.rules[0].title == "Who am I" and again.fingerprint != first.value.fingerprint


def test_what_cannot_run_is_told(part: Part) -> None:
    (part.folder.path / "rules" / "broken.yml").write_text("title: [", "utf-8")
    (told,) = node_rules(part).refused
    assert "broken.yml:" in told


def test_without_a_cache_they_are_compiled_here(part: Part) -> None:
    part.folder.cache.write_text("no folder", "utf-8")
    assert len(node_rules(part).value) == 1


def test_a_folder_that_is_not_there_is_told(part: Part) -> None:
    part.config = Config(detect=DetectTable(rules=("elsewhere",)))
    with pytest.raises(UsageError, match="elsewhere"):
        node_rules(part)

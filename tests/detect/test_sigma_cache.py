"""The rule cache: used when nothing changed, rebuilt when anything is odd, never trusted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sigma_support import ID, batch_of, rule, write_rules

from tocsin.detect.sigma import Engine, RuleSet, load_rules, ruleset

SIMPLE = {"selection": {"A|contains": "evil"}, "condition": "selection"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    write_rules(tmp_path / "rules", rule(SIMPLE))
    return tmp_path


def load(folder: Path) -> RuleSet:
    rules = load_rules([folder / "rules"], cache_dir=folder / "cache")
    (hit,) = Engine(rules).evaluate(batch_of([{"A": "x"}, {"A": "Evil"}]))
    assert hit.rows.tolist() == [1]
    return rules


def cache_file(folder: Path) -> Path:
    (found,) = (folder / "cache").iterdir()
    return found


def forbid_building(monkeypatch: pytest.MonkeyPatch) -> None:
    def building(*_arguments: object) -> None:
        raise AssertionError("the rules were built again")

    monkeypatch.setattr(ruleset, "_build", building)


def test_an_untouched_tree_comes_from_the_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(folder)
    forbid_building(monkeypatch)
    second = load(folder)
    assert (second.fingerprint, second.rules, second.refused) == (first.fingerprint, first.rules, first.refused)


def test_touching_a_file_without_changing_it_keeps_the_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(folder)
    os.utime(folder / "rules" / "rules.yml", ns=(1, 1))
    forbid_building(monkeypatch)
    assert load(folder).fingerprint == first.fingerprint
    monkeypatch.setattr(ruleset, "read_content", lambda _file: pytest.fail("contents were read again"))
    assert load(folder).fingerprint == first.fingerprint


def test_a_changed_rule_is_compiled_again(folder: Path) -> None:
    before = load(folder).fingerprint
    write_rules(folder / "rules", rule(SIMPLE, title="another"))
    after = load(folder)
    assert (after.rules[0].title, after.fingerprint == before) == ("another", False)


def test_a_new_or_removed_file_is_noticed(folder: Path) -> None:
    load(folder)
    second = folder / "rules" / "second.yml"
    second.write_text("title: x\n")
    assert len(load(folder).refused) == 1
    second.unlink()
    assert not load(folder).refused


@pytest.mark.parametrize("place", [0, 20, 200, -1])
def test_a_damaged_cache_is_rebuilt(folder: Path, place: int) -> None:
    load(folder)
    data = bytearray(cache_file(folder).read_bytes())
    data[place] ^= 0xFF
    cache_file(folder).write_bytes(data)
    assert load(folder).rules[0].id == ID


@pytest.mark.parametrize(
    "content", [b"", b"tocsin-rules\n", b"tocsin-rules\n\x93", b"\x80\x04\x95 a pickle", b"x" * 5_000]
)
def test_a_foreign_or_cut_cache_is_rebuilt(folder: Path, content: bytes) -> None:
    load(folder)
    cache_file(folder).write_bytes(content)
    assert load(folder).rules[0].id == ID


def test_another_engine_version_builds_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load(folder).fingerprint
    monkeypatch.setattr(ruleset, "ENGINE_VERSION", "another")
    assert load(folder).fingerprint != before


def test_other_log_source_data_builds_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load(folder).fingerprint
    (folder / "data").mkdir()
    (folder / "data" / "more.toml").write_text("# other data")
    monkeypatch.setattr(ruleset, "files", lambda _package: folder / "data")
    assert load(folder).fingerprint != before


def test_a_cache_that_cannot_be_written_is_no_failure(folder: Path) -> None:
    (folder / "cache").write_text("a file where the folder should be")
    assert len(load_rules([folder / "rules"], cache_dir=folder / "cache")) == 1


def test_the_cached_path_imports_neither_pysigma_nor_yaml(folder: Path) -> None:
    load(folder)
    program = (
        "import sys; from pathlib import Path; from tocsin.detect.sigma import Engine, load_rules\n"
        f"Engine(load_rules([Path({str(folder / 'rules')!r})], cache_dir=Path({str(folder / 'cache')!r})))\n"
        "print(sorted({'sigma', 'yaml', 'pyparsing', 're2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""The file of indicators: merged, replaced, read while it is changed, bounded, damaged."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indicator_support import LATER, collected, entry

from tocsin import limits
from tocsin.detect.indicators import open_collection, place_of
from tocsin.errors import LakeError, LimitExceeded

VALUES = st.sampled_from(
    ["203.0.113.7", "evil.example", "http://evil.example/a", "2001:db8::1", "b" * 32, "Evil.Example"]
)


def spelled(lake: Path) -> set[tuple[str, str]]:
    """Source and spelling of each indicator."""
    kept = open_collection(lake)
    return {(kept.rules[row["rule"]].source, row["spelling"]) for row in kept.rows.to_pylist() if not row["alias"]}


@given(st.lists(st.lists(st.tuples(VALUES, st.sampled_from("AB")), min_size=1, max_size=4), min_size=1, max_size=3))
@settings(max_examples=40)
def test_imports_add_up_to_each_value_of_each_source_once(imports: list[list[tuple[str, str]]]) -> None:
    with TemporaryDirectory() as folder:
        lake = Path(folder)
        for each in imports:
            kept = collected(lake, *(entry(value, source) for value, source in each))
        wanted = {(source, entry(value).indicator.spellings[0]) for each in imports for value, source in each}
        assert spelled(lake) == wanted and kept.count == len(wanted)
        assert kept.digests.tolist() == sorted(kept.digests.tolist())
        assert sum(origin.count for origin in kept.origins) == len(wanted)


def test_what_a_source_says_again_takes_the_place_of_what_it_said(tmp_path: Path) -> None:
    collected(tmp_path, entry("203.0.113.7", "A", note="old"), entry("203.0.113.7", "B", note="other"))
    kept = collected(tmp_path, entry("203.0.113.7", "A", note="new", valid_until=LATER))
    assert sorted(row["note"] for row in kept.rows.to_pylist()) == ["new", "other"]


def test_who_reads_goes_on_with_the_file_that_it_opened(tmp_path: Path) -> None:
    before = collected(tmp_path, entry("203.0.113.7"))
    collected(tmp_path, entry("evil.example"))
    assert before.rows.column("spelling").to_pylist() == ["203.0.113.7"]
    assert open_collection(tmp_path).count == 2 and place_of(tmp_path).stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    collected(tmp_path, entry("203.0.113.7"))
    place_of(tmp_path).write_bytes(b"ARROW1\0\0 nothing more")
    with pytest.raises(LakeError, match="is damaged") as caught:
        open_collection(tmp_path)
    assert "import the indicators again" in caught.value.advice()


def test_more_than_the_bound_is_refused_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collected(tmp_path, entry("203.0.113.7"))
    monkeypatch.setattr(limits, "INDICATOR_ROWS", 2)
    with pytest.raises(LimitExceeded, match="more than 2"):
        collected(tmp_path, entry("198.51.100.1"), entry("198.51.100.2"))
    assert open_collection(tmp_path).count == 1


def test_a_lake_without_indicators_has_none(tmp_path: Path) -> None:
    assert open_collection(tmp_path).count == 0 and open_collection(tmp_path).kinds == frozenset()

"""The form of an analytic: what is read, what is refused and where."""

from pathlib import Path

import pytest

from tocsin.detect.analytics import load_analytics
from tocsin.detect.analytics.analytic import graded, parse_analytic
from tocsin.detect.analytics.start import write_start
from tocsin.errors import RuleError, UsageError

HEADER = """-- title: Many refused
-- level: medium
-- status: test
-- attack: T1110
-- about: It says
--   something.
-- threshold: window = 2 min: because of a paper
-- threshold: least = 1_000 times: because of another
-- against: Backups.
-- misses: Slow ones.
-- evidence: authentication: user_name, status
-- finding: {count} of {odd}.
-- keys: src AS ip
"""
SQL = "SELECT $window AS a, $least AS b FROM authentication WHERE note <> '$window'"


def test_times_become_microseconds_and_texts_stay() -> None:
    statement = parse_analytic("x", HEADER + SQL, "x.sql").statement()
    assert statement == "SELECT 120000000 AS a, 1000 AS b FROM authentication WHERE note <> '$window'"


def test_what_is_experimental_is_low_whatever_its_header_or_its_rows_say() -> None:
    text = HEADER.replace("status: test", "status: experimental") + SQL
    assert parse_analytic("x", text, "x.sql").info.level == "low"
    assert [graded(level, "experimental") for level in ("informational", "low", "high")] == [
        "informational", "low", "low",
    ]  # fmt: skip
    assert graded("high", "test") == "high"


def test_a_site_s_value_is_in_the_threshold_s_own_unit() -> None:
    assert "SELECT 300000000 AS a" in parse_analytic("x", HEADER + SQL, "x.sql").statement({"window": 5})


def test_a_continued_line_is_one_sentence() -> None:
    assert parse_analytic("x", HEADER + SQL, "x.sql").about == "It says something."


def test_everything_wrong_is_told_at_once_with_its_line() -> None:
    text = (
        HEADER.replace("medium", "urgent").replace("-- misses: Slow ones.\n", "-- mises: x\n") + SQL + ", epoch(time)"
    )
    with pytest.raises(RuleError) as told:
        parse_analytic("x", text, "x.sql")
    message = str(told.value)
    assert "x.sql:2: level is 'urgent'" in message
    assert "x.sql:10: `mises` is not a header key" in message
    assert "the header has no `misses` line" in message
    assert "x.sql:14: epoch() is outside the SQL profile" in message


def test_a_technique_that_atlas_does_not_have_is_refused_with_its_line() -> None:
    atlas = HEADER.replace("-- attack: T1110\n", "-- attack: T1110\n-- atlas: AML.T0040, AML.T0999\n")
    with pytest.raises(RuleError, match=r"x.sql:5: 'AML.T0999' is no technique of ATLAS 2026.09"):
        parse_analytic("x", atlas + SQL, "x.sql")
    assert parse_analytic("x", atlas.replace(", AML.T0999", "") + SQL, "x.sql").info.attack == ("T1110", "AML.T0040")


def test_thresholds_and_sql_must_know_each_other() -> None:
    with pytest.raises(RuleError) as told:
        parse_analytic("x", HEADER + "SELECT $window + $other FROM authentication", "x.sql")
    assert "$other is no threshold" in str(told.value)
    assert "the threshold least is not used" in str(told.value)


def test_every_analytic_of_the_pack_loads() -> None:
    loaded = load_analytics()
    assert not loaded.refused
    assert loaded.analytics


def test_a_site_s_analytic_replaces_the_pack_s_and_tuning_applies(tmp_path: Path) -> None:
    (tmp_path / "mine.sql").write_text(HEADER + SQL)
    (tmp_path / "tuning.toml").write_text("[mine]\nleast = 7\n")
    loaded = load_analytics([tmp_path])
    assert "7 AS b" in loaded.statement(loaded.analytics["mine"])


def test_an_analytic_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "mine.sql").write_text(HEADER + SQL)
    (tmp_path / "tuning.toml").write_text("[mine]\nenabled = false\n")
    assert "mine" not in load_analytics([tmp_path]).analytics


@pytest.mark.parametrize("text", ["[nobody]\nx = 1\n", "[mine]\nnothing = 1\n", "[mine]\nleast = 'a'\n", "not toml"])
def test_tuning_that_fits_nothing_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.sql").write_text(HEADER + SQL)
    (tmp_path / "tuning.toml").write_text(text)
    with pytest.raises(UsageError, match=r"tuning\.toml"):
        load_analytics([tmp_path])


def test_a_broken_analytic_never_stops_the_others(tmp_path: Path) -> None:
    (tmp_path / "bad.sql").write_bytes(b"\xff\xfe")
    loaded = load_analytics([tmp_path])
    assert [each.id for each in loaded.refused] == ["bad"]
    assert loaded.analytics


def test_the_start_of_an_analytic_loads(tmp_path: Path) -> None:
    write_start(tmp_path, "odd-logons")
    assert "odd-logons" in load_analytics([tmp_path]).analytics


def test_a_start_never_overwrites(tmp_path: Path) -> None:
    write_start(tmp_path, "odd-logons")
    with pytest.raises(UsageError, match="there already"):
        write_start(tmp_path, "odd-logons")
    with pytest.raises(UsageError, match="is no id"):
        write_start(tmp_path, "../up")

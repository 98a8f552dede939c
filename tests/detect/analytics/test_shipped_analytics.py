"""The pack that ships is judged here, so that a scan need not judge it every time."""

from pathlib import Path

import pytest

from tocsin.detect.analytics import load_analytics
from tocsin.detect.analytics.analytic import parse_analytic
from tocsin.detect.analytics.pack import PACK
from tocsin.errors import RuleError

FILES = sorted(PACK.glob("*/*.sql"))


@pytest.mark.parametrize("path", FILES, ids=[path.parent.name for path in FILES])
def test_an_analytic_of_the_pack_is_whole_and_its_sql_within_the_profile(path: Path) -> None:
    assert parse_analytic(path.parent.name, path.read_text("utf-8"), str(path)).sql


def test_every_file_of_the_pack_is_one_that_is_judged() -> None:
    assert set(load_analytics().analytics) == {path.parent.name for path in FILES}


def test_a_site_s_own_analytic_is_judged_whenever_it_is_loaded(tmp_path: Path) -> None:
    own = FILES[0].read_text("utf-8") + "\nUNION ALL BY NAME SELECT 1 AS host\n"
    (tmp_path / "own.sql").write_text(own)
    assert [each.id for each in load_analytics((tmp_path,)).refused] == ["own"]
    with pytest.raises(RuleError):
        parse_analytic("own", own, "own.sql")

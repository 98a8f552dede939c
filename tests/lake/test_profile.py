"""The views and rollups keep to the SQL profile, and the check knows every construct of it, with file and line."""

import pytest
from sqlglot import ErrorLevel, transpile

from tocsin.errors import LakeError
from tocsin.lake.profile import offences
from tocsin.lake.rollup_files import Rollup, load_rollups
from tocsin.lake.rollup_sql import rollup_sql
from tocsin.lake.view_files import load_views

AVOIDED = {
    "quantile_cont()": "SELECT quantile_cont(x, 0.9) FROM t",
    "time_bucket()": "SELECT time_bucket(INTERVAL 1 HOUR, time) FROM t",
    "epoch_us()": "SELECT epoch_us(time) FROM t",
    "date_diff()": "SELECT date_diff('day', a, b) FROM t",
    "extract()": "SELECT extract(dow FROM time) FROM t",
    "a list slice": "SELECT names[1:2] FROM t",
    "list_sum()": "SELECT LIST_SUM(numbers) FROM t",
    "-> (lambda or JSON)": "SELECT list_transform(names, name -> lower(name)) FROM t",
    "an ordered array_agg()": "SELECT array_agg(name ORDER BY time) FROM t",
    "histogram()": "SELECT histogram(name) FROM t",
    "ASOF": "SELECT a.x FROM a ASOF JOIN b ON a.time >= b.time",
    "QUALIFY with *": "SELECT * FROM t QUALIFY row_number() OVER (ORDER BY time) = 1",
    "a backslash in LIKE": r"SELECT a FROM t WHERE a LIKE '%\cmd.exe'",
    "hash()": "SELECT hash(name) FROM t",
    "approx_count_distinct()": "SELECT approx_count_distinct(name) FROM t",
    "UNION BY NAME": "SELECT a FROM t UNION ALL BY NAME SELECT a FROM u",
    "look-around in a regular expression": "SELECT a FROM t WHERE regexp_matches(a, 'x(?!y)')",
    "a POSIX class in a regular expression": "SELECT regexp_replace(a, '[[:space:]]+', ' ') FROM t",
    "count(DISTINCT …) FILTER beside an ordered string_agg()": (
        "SELECT host, count(DISTINCT a) FILTER (ok), string_agg(id, ' ' ORDER BY n) FROM t GROUP BY host"
    ),
    "two count(DISTINCT …) beside an ordered string_agg()": (
        "SELECT host, count(DISTINCT a), count(DISTINCT b), string_agg(id, ' ' ORDER BY n) FROM t GROUP BY host"
    ),
}
USED = """\
SELECT time_us // 60000000 AS minute, "epoch"."hash", 'quantile_cont(x)' AS label, array_agg(name) AS names,
  lag(time_us) OVER (PARTITION BY host ORDER BY time_us) AS before, count(*) FILTER (WHERE ok) AS n,
  split_part(path, chr(92), -1) AS file, md5(name) AS id, row_number() OVER (ORDER BY time_us) AS place
FROM t -- epoch(time) in a comment
WHERE name LIKE 'a%' QUALIFY place = 1
"""
APART = """\
SELECT host, count(DISTINCT a) AS n, string_agg(id, ' ' ORDER BY place) AS ids, max(other) AS other
FROM (SELECT host, id, place, a, other FROM t JOIN (SELECT count(DISTINCT b) AS other FROM u)) GROUP BY host
UNION ALL SELECT host, count(DISTINCT a), '', count(DISTINCT b) FROM v GROUP BY host
"""


@pytest.mark.parametrize("construct", AVOIDED)
def test_what_the_profile_avoids_is_found_at_its_line(construct: str) -> None:
    [found] = offences(f"-- a comment\n{AVOIDED[construct]}", "beacon.sql", 10)
    assert (found.construct, found.where) == (construct, "beacon.sql:11")
    assert str(found).startswith(f"beacon.sql:11: {construct} is outside the SQL profile: ")


def test_what_the_profile_uses_passes() -> None:
    assert offences(USED, "x.sql") == []


def test_distinct_counts_of_other_steps_do_not_count() -> None:
    assert offences(APART, "x.sql") == []


def test_all_views_keep_to_the_profile() -> None:
    found = []
    for view in load_views():
        for branch in view.branches:
            file, line = branch.where.split(":")
            found += offences(branch.sql, file, int(line) + 1)
    assert [str(each) for each in found] == []


@pytest.mark.parametrize("rollup", load_rollups(), ids=lambda rollup: rollup.name)
def test_all_rollups_keep_to_the_profile_as_written_and_as_they_run(rollup: Rollup) -> None:
    written = offences(rollup.sql, f"{rollup.name}.sql", rollup.first_line)
    run = offences(rollup_sql(rollup), f"{rollup.name} in full")
    assert [str(each) for each in written + run] == []


@pytest.mark.parametrize("rollup", load_rollups(), ids=lambda rollup: rollup.name)
def test_all_rollups_can_be_said_to_spark(rollup: Rollup) -> None:
    assert transpile(rollup_sql(rollup), read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE)


def test_what_is_no_sql_is_refused_with_its_place() -> None:
    with pytest.raises(LakeError, match=r"x\.sql:3: this is not SQL"):
        offences("SELECT 'open", "x.sql", 3)

"""A Sigma rule asked of events and, where these have expired, of rollups; the lake does not change by it."""

import sys
from pathlib import Path

import pytest

from tocsin.errors import RuleError
from tocsin.lake.catalog import Catalog
from tocsin.lake.rollup_files import load_rollups
from tocsin.lake.rollup_records import day_of
from tocsin.node.rule_hunt import EVENTS, Days, Period, RuleHunt, Unasked, hunt_rules

sys.path.insert(0, str(Path(__file__).parents[1] / "lake"))
from rollup_lakes import DAY_US, NEWEST, Lake, Row, call

OLD = NEWEST - 60
SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS1"}
RULE = """\
title: {title}
id: {id}
level: high
logsource: {{{source}}}
detection:
  selection:
{fields}
  condition: selection
"""
WHOAMI = RULE.format(
    title="Whoami", id="11111111-1111-4111-8111-111111111111", source="category: process_creation, product: windows",
    fields="    - Image|endswith: '\\Whoami.exe'\n    - OriginalFileName: whoami.exe",
)  # fmt: skip
PARENT = RULE.format(
    title="Shell of a web server", id="21111111-1111-4111-8111-111111111111",
    source="category: process_creation, product: windows", fields="    ParentImage|endswith: '\\w3wp.exe'",
)  # fmt: skip
COMMAND = RULE.format(
    title="Command line", id="31111111-1111-4111-8111-111111111111",
    source="category: process_creation, product: windows", fields="    CommandLine|contains: ' /all'",
)  # fmt: skip
SERVICE = RULE.format(
    title="Service", id="41111111-1111-4111-8111-111111111111", source="product: windows, service: system",
    fields="    EventID: 7045\n    ServiceName|startswith: Bad",
)  # fmt: skip
QUERY = RULE.format(
    title="Query", id="51111111-1111-4111-8111-111111111111", source="category: dns",
    fields="    query|endswith: '.evil.example'",
)  # fmt: skip
CALLS = RULE.format(
    title="Port", id="61111111-1111-4111-8111-111111111111", source="product: zeek, service: conn",
    fields="    id.resp_p: 4444",
)  # fmt: skip
MANY = """\
title: Many of it
id: 71111111-1111-4111-8111-111111111111
level: high
correlation:
  type: event_count
  rules: [11111111-1111-4111-8111-111111111111]
  group-by: [Computer]
  timespan: 1h
  condition: {gte: 2}
  generate: true
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The same events on an old day, whose raw rows have expired, and on a new one."""
    lake = Lake(tmp_path_factory.mktemp("lake"), load_rollups())
    for day in (OLD, OLD + 1, NEWEST):
        at = {"_time_us": day * DAY_US + 5}
        image, parent = r"C:\Windows\System32\whoami.exe", r"C:\inetpub\w3wp.exe"
        started = {"EventID": "1", "Image": image, "ParentImage": parent, "CommandLine": "whoami /all"}
        service = {"Channel": "System", "EventID": "7045", "Computer": "WS1", "ServiceName": "BadSvc"}
        service |= {"Provider_Name": "Service Control Manager", "ImagePath": "c:\\x.exe"}
        lake.add([at | SYSMON | started, at | SYSMON | started, at | service], "windows")
        lake.add([at | {"id.orig_h": "10.0.0.5", "query": "a.evil.example"}], "zeek_dns")
        lake.add([call(day, "10.0.0.5", "203.0.113.9", port="4444")])
    lake.update()
    lake.expire(NEWEST)
    return lake


def ask(lake: Lake, tmp_path: Path, *rules: str, period: Period = Period()) -> RuleHunt:  # noqa: B008
    path = tmp_path / "rules.yml"
    path.write_text("---\n".join(rules), "utf-8")
    catalog = Catalog(lake.path)
    found = hunt_rules(catalog, [path], None, period, lambda _tally: None)
    catalog.close()
    return found


def told(found: RuleHunt) -> set[tuple[object, ...]]:
    rows: list[Row] = found.rows.to_pylist()
    return {(row["rule"], row["place"], row["host"], row["days"], row["count"]) for row in rows}


@pytest.mark.parametrize(
    ("rule", "remembered"),
    [
        (WHOAMI, ("Whoami", "process_days", "ws1", 2, 4)),
        (PARENT, ("Shell of a web server", "process_days", "ws1", 2, 4)),
        (SERVICE, ("Service", "persistence_days", "ws1", 2, 2)),
        (QUERY, ("Query", "domain_days", "10.0.0.5", 2, 2)),
        (CALLS, ("Port", "pair_days", "10.0.0.5", 2, 2)),
    ],
    ids=lambda case: case if isinstance(case, str) and "\n" not in case else "",
)
def test_a_rule_is_answered_by_events_where_they_are_and_by_rollups_where_they_are_not(
    lake: Lake, tmp_path: Path, rule: str, remembered: tuple[object, ...]
) -> None:
    found = ask(lake, tmp_path, rule)
    places = {row[1] for row in told(found)}
    assert remembered in told(found) and places == {EVENTS, remembered[1]}
    assert found.events == Days(day_of(NEWEST), day_of(NEWEST))
    assert found.remembered is not None and found.remembered.first <= day_of(OLD)
    assert found.unasked == ()


def test_a_rule_that_reads_what_no_rollup_keeps_says_so(lake: Lake, tmp_path: Path) -> None:
    found = ask(lake, tmp_path, COMMAND)
    assert {row[1] for row in told(found)} == {EVENTS}
    assert found.unasked == (Unasked("Command line", ("commandline",)),)


def test_correlations_are_made_of_events_only(lake: Lake, tmp_path: Path) -> None:
    found = ask(lake, tmp_path, WHOAMI, MANY)
    assert ("Many of it", EVENTS, "WS1", None, 2) in told(found)
    assert Unasked("Many of it", correlates=True) in found.unasked


def test_a_period_bounds_events_and_rollups(lake: Lake, tmp_path: Path) -> None:
    found = ask(lake, tmp_path, WHOAMI, period=_until(OLD + 10))
    assert {row[1] for row in told(found)} == {"process_days"} and found.events is None
    nothing = ask(lake, tmp_path, WHOAMI, period=_until(OLD - 10))
    assert (nothing.rows.num_rows, nothing.events, nothing.remembered) == (0, None, None)


def test_the_lake_and_its_hits_stay_as_they_are(lake: Lake, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in lake.path.rglob("*.parquet")}
    ask(lake, tmp_path, WHOAMI)
    assert {path: path.stat().st_mtime_ns for path in lake.path.rglob("*.parquet")} == before
    with lake.writing() as catalog:
        assert catalog.all_hit_files() == []


def test_a_file_without_a_rule_that_loads_is_refused(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no rule could be loaded"):
        ask(lake, tmp_path, "title: nothing\n")


def _until(day: int) -> Period:
    from datetime import UTC, datetime, time

    return Period(until=datetime.combine(day_of(day), time(), UTC))

"""What a rule finds on Monday and on Thursday is two findings; what comes back all the time is one."""

from pathlib import Path

import duckdb
from scans import event, run, write_events

from tocsin.lake.catalog import Origin
from tocsin.lake.hits import SCHEMA
from tocsin.model import RuleInfo
from tocsin.node.found import findings as gathered
from tocsin.node.found import open_hits


def at(day: int, hour: int) -> dict[str, object]:
    return {**event(day), "UtcTime": f"2026-01-{day:02d} {hour:02d}:00:00.000"}


def findings(tmp_path: Path, *moments: tuple[int, int]) -> list[int]:
    write_events(tmp_path / "a.json", [at(*moment) for moment in moments])
    found = run(tmp_path, tmp_path / "a.json").report.findings
    return [finding.count for finding in found if finding.rule.title == "Whoami"]


def test_a_long_pause_makes_two_findings(tmp_path: Path) -> None:
    assert sorted(findings(tmp_path, (5, 8), (5, 13), (8, 8))) == [1, 2]


def test_what_comes_back_every_day_is_one_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, *((day, 8) for day in range(1, 26))) == [25]


def test_a_strong_rule_that_comes_back_every_day_tells_how_it_began(tmp_path: Path) -> None:
    stored = tmp_path / "hits.parquet"
    columns = {field.name: "NULL" for field in SCHEMA} | {
        "rule": "'r'", "host": "'h'", "user": "'u'", "event_id": "'0123456789abcdef-' || i",
        "source": "'s'", "record": "i", "time_us": "1700000000000000 + i * 86400000000", "table_name": "'windows'",
    }  # fmt: skip
    selected = ", ".join(f'{value} AS "{name}"' for name, value in columns.items())
    duckdb.sql(f"COPY (SELECT {selected} FROM range(30) t(i)) TO '{stored}'")

    def counts(level: str) -> list[int]:
        hits = open_hits(tmp_path, [stored], ["s"])
        return sorted(each.count for each in gathered(hits, {"r": RuleInfo("r", "x", level)}, {}))

    assert counts("high") == [1, 29]
    assert counts("medium") == [30]


def test_a_night_without_pause_is_one_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, (5, 22), (6, 3), (6, 8)) == [3]


def test_findings_of_half_a_million_hits_are_gathered_in_bounded_memory(tmp_path: Path) -> None:
    """The ids of all findings at once went over DuckDB's bound and ended the scan."""
    stored = tmp_path / "hits.parquet"
    columns = {field.name: "NULL" for field in SCHEMA} | {
        "rule": "'r' || hash(i) % 40", "host": "'h' || hash(i + 7) % 50", "user": "'u' || hash(i + 3) % 3",
        "event_id": "'0123456789abcdef-' || i", "source": "'s'", "record": "i", "time_us": "1700000000000000 + i",
        "table_name": "'windows'",
    }  # fmt: skip
    selected = ", ".join(f'{value} AS "{name}"' for name, value in columns.items())
    duckdb.sql(f"COPY (SELECT {selected} FROM range(500_000) t(i)) TO '{stored}'")
    rules = {f"r{n}": RuleInfo(f"r{n}", "x", "medium") for n in range(40)}
    hits = open_hits(tmp_path, [stored], ["s"])
    found = list(gathered(hits, rules, {}))
    assert sum(finding.count for finding in found) == 500_000
    assert len({(f.rule.id, f.host, f.user) for f in found}) == len(found) == 6_000


def test_hosts_of_one_name_in_two_networks_are_two_findings(tmp_path: Path) -> None:
    stored = tmp_path / "hits.parquet"
    columns = {field.name: "NULL" for field in SCHEMA} | {
        "rule": "'r'", "host": "'WS01'", "user": "'u'", "event_id": "'s' || i || '-1'", "source": "'s' || i % 2",
        "record": "1", "time_us": "1700000000000000 + i", "table_name": "'windows'",
    }  # fmt: skip
    selected = ", ".join(f'{value} AS "{name}"' for name, value in columns.items())
    duckdb.sql(f"COPY (SELECT {selected} FROM range(10) t(i)) TO '{stored}'")
    origins = {"s0": Origin("Ministry", "office"), "s1": Origin("Port", "cranes")}
    hits = open_hits(tmp_path, [stored], ["s0", "s1"], origins=origins)
    found = gathered(hits, {"r": RuleInfo("r", "x", "medium")}, {})
    assert sorted((each.organisation, each.network, each.count) for each in found) == [
        ("Ministry", "office", 5),
        ("Port", "cranes", 5),
    ]

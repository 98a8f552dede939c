"""What a look promises about analytics is what a scan then assesses."""

from datetime import UTC
from pathlib import Path

import pytest

from tocsin import clock
from tocsin.detect.analytics import load_analytics, open_window
from tocsin.detect.analytics.running import unreadable
from tocsin.detect.sigma import RuleSet, load_rules
from tocsin.lake.append import write_batch
from tocsin.lake.catalog import Origin
from tocsin.model import Batch, Chunk
from tocsin.node.onboarding import look
from tocsin.node.possible_analytics import possible_analytics
from tocsin.telemetry.builder import BatchBuilder

ANALYTICS = tuple(load_analytics().analytics.values())
SECOND_US = 1_000_000
DAY_US = 20_000 * 86_400 * SECOND_US


def batch(table: str, *rows: dict[str, object]) -> Batch:
    builder = BatchBuilder(table)
    timed = [{"_time_us": DAY_US + number * SECOND_US, **row} for number, row in enumerate(rows)]
    builder.add(Chunk(table, range(1, len(rows) + 1), timed), "source-1")
    return builder.build()


def of_a_scan(batches: list[Batch], lake: Path) -> tuple[str, ...]:
    """What analytics over a lake with these rows can be assessed."""
    origins = {"source-1": Origin()}
    files = [
        file
        for number, each in enumerate(batches)
        for file in write_batch(lake, each, f"part-{number}", origins, clock.now())
    ]
    with open_window(lake, files, ANALYTICS) as window:
        return tuple(sorted(each.id for each in ANALYTICS if not unreadable(window.present, each)))


@pytest.mark.parametrize(
    "batches",
    [
        [batch("zeek_dns", {"query": "a.example", "id.orig_h": "10.0.0.1", "day": "x", "time": "y"})],
        [batch("zeek_conn", {"id.orig_h": "10.0.0.1", "id.resp_h": "192.0.2.1"}), batch("zeek_dns", {"query": "a"})],
        [batch("windows", {"EventID": 4625, "Channel": "Security", "TargetUserName": "anna"})],
        [batch("windows", {"EventID": 9999, "Channel": "Odd"}), batch("windows", {"EventID": "1", "Channel": "x"})],
        [batch("no_such_table", {"a": 1})],
    ],
    ids=["dns", "two tables", "logons", "two batches", "no view"],
)
def test_a_look_promises_the_analytics_that_a_scan_assesses(batches: list[Batch], tmp_path: Path) -> None:
    assert possible_analytics(ANALYTICS, batches, clock.now()) == of_a_scan(batches, tmp_path)


def test_rows_without_a_time_make_no_analytic_possible() -> None:
    timeless = batch("zeek_dns", {"query": "a.example", "_time_us": 0})
    assert possible_analytics(ANALYTICS, [timeless], clock.now()) == ()


def test_logs_without_a_logon_do_not_make_password_sprays_possible() -> None:
    processes = batch("windows", {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "x"})
    logons = batch("windows", {"EventID": 4625, "Channel": "Security", "TargetUserName": "anna"})
    assert "password-spray" not in possible_analytics(ANALYTICS, [processes], clock.now())
    assert "password-spray" in possible_analytics(ANALYTICS, [logons], clock.now())


def test_a_look_names_the_analytics(tmp_path: Path) -> None:
    (tmp_path / "dns.log").write_text(
        '{"ts": 1700000000.0, "uid": "C1", "id.orig_h": "10.0.0.1", "id.orig_p": 1, "id.resp_h": "10.0.0.2", '
        '"id.resp_p": 53, "proto": "udp", "query": "a.example", "qtype_name": "A", "rcode_name": "NOERROR"}\n'
    )
    rules: RuleSet = load_rules((), cache_dir=tmp_path)
    (seen,) = look([str(tmp_path / "dns.log")], rules, tmp_path, UTC, analytics=ANALYTICS)
    assert "dns-tunnel" in seen.analytics

"""What `beacon`, `slow-beacon`, `long-connection` and `strobe` tell, just above and just below their thresholds."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tools.captures.zeek_logs import Row, connection, write

from tocsin.model import Finding
from tocsin.node.pipeline import ONLY_ANALYTICS, ScanRequest, scan

HOUR, DAY = 3_600, 86_400
COMPUTER, OUTSIDE, INSIDE = "10.20.1.14", "198.51.100.77", "10.20.0.5"
Rows = list[Row]
Find = Callable[..., tuple[Finding, ...]]


@pytest.fixture
def found(tmp_path: Path) -> Find:
    """Scan rows as one recording into the test's lake; recordings that follow find it filled."""
    number = 0

    def run(id: str, rows: Sequence[Row], log: str = "conn") -> tuple[Finding, ...]:
        nonlocal number
        number += 1
        folder = tmp_path / f"logs-{number}"
        write(folder, log, rows)
        request = ScanRequest(
            (str(folder),), tmp_path / "lake", (), None, workers=1, analytic_ids=frozenset({id}), only=ONLY_ANALYTICS
        )
        return scan(request, lambda _stage: None).report.findings

    return run


def calls(
    count: int,
    period: float,
    *,
    src: str = COMPUTER,
    dst: str = OUTSIDE,
    start: float = 0,
    jitter: float = 0.2,
    sent: int = 600,
    port: int = 443,
    protocol: str = "tcp",
) -> Rows:
    """Calls with a jitter, the same every time."""
    chance = random.Random(f"{src}{dst}{start}")
    rows: Rows = []
    time = start
    for _ in range(count):
        rows.append(connection(time, src, dst, port, sent + chance.randrange(9), protocol=protocol))
        time += period * chance.uniform(1 - jitter, 1 + jitter)
    return rows


def people(days: int = 1) -> Rows:
    """Twelve computers that visit sites which they share and one of their own."""
    chance = random.Random(7)
    return [
        connection(
            day * DAY + chance.uniform(7, 18) * HOUR, f"10.20.1.{computer}",
            f"192.0.2.{chance.choice((1, 2, 3, 40 + computer))}", 443, chance.randrange(300, 9_000),
        )
        for day in range(days)
        for computer in range(11, 23)
        for _ in range(12)
    ]  # fmt: skip


def test_a_beacon_every_four_hours_is_found_after_a_week(found: Find) -> None:
    (told,) = found("beacon", [*people(5), *calls(42, 4 * HOUR)])
    assert told.host == COMPUTER
    assert told.count == 42
    assert f"ip:{OUTSIDE}" in told.keys


@pytest.mark.parametrize(("count", "expected"), [(19, 0), (21, 1)])
def test_a_beacon_needs_twenty_contacts(found: Find, count: int, expected: int) -> None:
    assert len(found("beacon", [*people(), *calls(count, HOUR)])) == expected


@pytest.mark.parametrize(("hours", "expected"), [(11, 0), (13, 1)])
def test_a_beacon_lasts_longer_than_a_day_at_work(found: Find, hours: int, expected: int) -> None:
    assert len(found("beacon", [*people(2), *calls(hours * 12, HOUR / 12)])) == expected


def test_a_recording_of_an_hour_shows_a_beacon_that_fills_it(found: Find) -> None:
    assert len(found("beacon", calls(200, 15))) == 1


def test_lost_calls_and_second_tries_hide_no_beacon(found: Find) -> None:
    rows = [row for number, row in enumerate(calls(160, 600)) if number % 7]
    again = [{**row, "at": float(str(row["at"])) + 3} for row in rows]
    (told,) = found("beacon", [*people(2), *rows, *again])
    assert told.count == len(rows)


@pytest.mark.parametrize(("others", "expected"), [(2, 1), (3, 0)])
def test_a_destination_that_more_than_three_computers_know_is_passed_over(
    found: Find, others: int, expected: int
) -> None:
    visits = [connection(9 * HOUR, f"10.20.1.{11 + each}", OUTSIDE, 443, 900) for each in range(others)]
    assert len(found("beacon", [*people(), *visits, *calls(100, 600)])) == expected


def test_calls_at_random_times_are_no_beacon(found: Find) -> None:
    chance = random.Random(3)
    rows = [connection(chance.uniform(0, DAY), COMPUTER, OUTSIDE, 443, 600) for _ in range(150)]
    assert not found("beacon", [*people(), *rows])


def test_monitoring_inside_and_time_service_are_no_beacons(found: Find) -> None:
    inside = calls(150, 600, dst=INSIDE, jitter=0)
    time_service = calls(150, 600, jitter=0, port=123, protocol="udp")
    assert not found("beacon", [*people(), *inside, *time_service])


def test_a_caller_from_outside_is_no_beacon(found: Find) -> None:
    assert not found("beacon", [*people(), *calls(150, 600, src="203.0.113.9", dst="198.51.100.1")])


def test_a_destination_that_is_known_for_long_is_custom(found: Find) -> None:
    assert found("beacon", [*people(), *calls(100, 600)])
    assert not found("beacon", calls(100, 600, start=20 * DAY))


def test_one_destination_without_a_history_is_told_for_a_day(found: Find) -> None:
    rows = [row for each in range(5) for row in calls(130, 600, dst=f"198.51.100.{each + 1}")]
    assert len(found("beacon", [*people(), *rows])) == 1


def test_computers_that_call_the_same_destination_are_one_finding(found: Find) -> None:
    (told,) = found("beacon", [*people(), *calls(100, 600), *calls(100, 600, src="10.20.1.15")])
    assert told.host == ""
    assert told.message.startswith("2 computers contacted")


@pytest.mark.parametrize(("days", "expected"), [(4.9, 0), (6, 1)])
def test_a_slow_beacon_needs_five_days_around_the_clock(found: Find, days: float, expected: int) -> None:
    assert len(found("slow-beacon", [*people(12), *calls(int(days * 6), 4 * HOUR, start=5 * DAY + 60)])) == expected


def test_a_slow_beacon_is_told_once_where_logs_come_day_by_day(found: Find) -> None:
    rows = calls(60, 4 * HOUR, start=4 * DAY)
    told = []
    for day in range(14):
        today = [row for row in [*people(14), *rows] if day * DAY <= float(str(row["at"])) < (day + 1) * DAY]
        told.append(len(found("slow-beacon", today)))
    assert sum(told) == 1
    assert told.index(1) in (8, 9)


def test_polls_of_a_working_day_are_no_slow_beacon(found: Find) -> None:
    rows = [row for day in range(12) for row in calls(9, HOUR, start=day * DAY + 8 * HOUR)]
    assert not found("slow-beacon", [*people(12), *rows])


def test_a_slow_beacon_is_found_by_its_domain_where_its_addresses_change(found: Find) -> None:
    rows: Rows = [
        {**row, "id.resp_h": f"198.51.100.{number}", "server_name": f"n{number % 3}.master.example", "established": "T"}
        for number, row in enumerate(calls(42, 4 * HOUR, start=HOUR))
    ]
    others: Rows = [{**row, "server_name": "site.example", "established": "T"} for row in people(7)]
    (told,) = found("slow-beacon", [*rows, *others], "ssl")
    assert "domain:master.example" in told.keys
    assert len(told.evidence) == 9  # every fifth call


def test_a_beacon_behind_a_proxy_is_found_by_its_name(found: Find) -> None:
    rows: Rows = [
        {**row, "id.resp_h": INSIDE, "method": "CONNECT", "host": "master.example:443", "uri": "master.example:443"}
        for row in calls(120, 600)
    ]
    inside: Rows = [{**row, "id.resp_h": INSIDE, "method": "GET", "host": "wiki.example"} for row in calls(120, 600)]
    (told,) = found("beacon", [*rows, *inside], "http")
    assert "domain:master.example" in told.keys


@pytest.mark.parametrize("server", [INSIDE, "-"])
def test_an_inside_web_site_is_no_master(found: Find, server: str) -> None:
    polls: Rows = [
        {**row, "id.resp_h": server, "method": "GET", "host": "wiki.example"}
        for row in calls(90, 2 * HOUR, start=HOUR, jitter=0)
    ]
    assert not found("beacon", polls, "http")
    assert not found("slow-beacon", polls, "http")


@pytest.mark.parametrize(("hours", "expected"), [(11.9, 0), (12.1, 1)])
def test_a_connection_is_long_from_twelve_hours_on(found: Find, hours: float, expected: int) -> None:
    rows = [*people(), connection(6 * HOUR, COMPUTER, OUTSIDE, 8443, 5_000, seconds=hours * HOUR)]
    assert len(found("long-connection", rows)) == expected


def test_a_long_connection_inside_is_passed_over(found: Find) -> None:
    assert not found("long-connection", [*people(), connection(0, COMPUTER, INSIDE, 8443, 5_000, seconds=DAY)])


def test_a_long_connection_that_carried_nothing_is_passed_over(found: Find) -> None:
    assert not found("long-connection", [*people(), connection(0, COMPUTER, OUTSIDE, 8443, 0, seconds=DAY)])


@pytest.mark.parametrize(("pace", "expected"), [(0.98, 0), (1.05, 1)])
def test_a_strobe_is_once_a_second_for_three_hours(found: Find, pace: float, expected: int) -> None:
    rows = [connection(HOUR + number / pace, COMPUTER, OUTSIDE, 8081, 60) for number in range(int(3 * HOUR * pace))]
    assert len(found("strobe", [*people(), *rows])) == expected

"""Where a silence begins to be one: rows just below and just above."""

from collections.abc import Iterator

from small_window import BEGIN, DAY, HOUR, MINUTE, Row, findings

FLEET = 20
BLOW = BEGIN + 20 * HOUR


def heard(host: str, begin: int, end: int, every: int = 4 * MINUTE, table: str = "syslog") -> Iterator[Row]:
    """A device that reports all the time."""
    for at in range(begin, end, every):
        yield {"time_us": at, "device_hostname": host, "table_name": table, "sensor": ""}


def fleet(
    lost: int, *, begin: int = BEGIN, apart: int = 30_000_000, back: int = 0, every: int = 4 * MINUTE
) -> list[Row]:
    """20 terminals and a server until midnight; `lost` of them stop at eight in the evening, one after the other."""
    rows = list(heard("server", begin, BEGIN + DAY, table="windows"))
    for number in range(FLEET):
        name, begun = f"terminal-{number:02}", begin + number * 1_000_000
        end = BLOW + number * apart if number < lost else BEGIN + DAY
        rows += heard(name, begun, end, every)
        if number < lost and back:
            rows += heard(name, end + back, BEGIN + DAY, every)
    return rows


def silent(rows: list[Row], **more: list[Row]) -> list[tuple[object, object, object]]:
    found = findings("fleet-silence", {"base_event": rows} | more)
    return [(each["count"], each["total"], each["level"]) for each in found]


def test_three_tenths_of_a_fleet_that_stop_at_once_are_one_outage() -> None:
    assert silent(fleet(6)) == [(6, 20, "high")]


def test_less_than_three_tenths_are_none() -> None:
    assert silent(fleet(5)) == []


def test_devices_that_stop_one_after_the_other_are_none() -> None:
    assert silent(fleet(12, apart=8 * MINUTE)) == []


def test_a_restart_is_none_and_a_long_one_says_that_all_came_back() -> None:
    assert silent(fleet(12, back=13 * MINUTE)) == []
    assert silent(fleet(12, back=25 * MINUTE)) == [(12, 20, "medium")]


def test_devices_that_were_switched_on_this_morning_are_not_assessed() -> None:
    assert silent(fleet(12, begin=BEGIN + 9 * HOUR)) == []


def test_the_long_memory_knows_that_they_run_by_night() -> None:
    rows = fleet(12, begin=BEGIN + 9 * HOUR)
    day = {"day": BEGIN // DAY - 1, "days": 1, "n": 300, "hours": 2**24 - 1, "table_name": "syslog"}
    days: list[Row] = [{"host": f"terminal-{number:02}"} | day for number in range(FLEET)]
    assert silent(rows, host_days=days) == [(12, 20, "high")]


def test_rare_reports_need_a_longer_silence() -> None:
    assert silent(fleet(12, every=40 * MINUTE)) == [(12, 20, "high")]
    assert silent(fleet(12, every=40 * MINUTE, back=70 * MINUTE)) == []
    assert silent(fleet(12, every=70 * MINUTE)) == []


def test_the_end_of_all_logs_is_no_outage() -> None:
    assert silent([row for row in fleet(12) if int(str(row["time_us"])) < BLOW]) == []


def test_a_fleet_of_the_list_of_assets_is_counted_by_itself() -> None:
    assets: list[Row] = [
        {"key": f"terminal-{number:02}", "fleet": "coast" if number < 8 else "hills"} for number in range(20)
    ]
    found = findings("fleet-silence", {"base_event": fleet(5), "assets": assets})
    assert [(each["fleet"], each["count"], each["total"]) for each in found] == [("coast", 5, 8)]
    assert len(str(found[0]["event_ids"]).split()) == 5


def test_an_outage_of_two_fleets_is_one_finding() -> None:
    other = [dict(row, table_name="windows", device_hostname=f"x{row['device_hostname']}") for row in fleet(10)]
    found = findings("fleet-silence", {"base_event": fleet(10) + other})
    assert [(each["count"], each["total"]) for each in found] == [(20, 40)]


def sensors(*, every: int = 9 * MINUTE, back: int = 0, table: str = "zeek_conn") -> list[Row]:
    """A firewall and a sensor over two days; the sensor stops at noon of the second."""
    stop, end = BEGIN + 36 * HOUR, BEGIN + 48 * HOUR
    rows = [*heard("fw1", BEGIN, end, table="fortigate"), *heard("zeek1", BEGIN, stop, every, table)]
    return rows + list(heard("zeek1", stop + back, end, every, table)) if back else rows


def stopped(rows: list[Row]) -> list[tuple[object, object]]:
    return [(each["stopped"], each["hours"]) for each in findings("sensor-silence", {"base_event": rows})]


def test_a_sensor_that_stops_while_others_go_on_is_told() -> None:
    assert stopped(sensors()) == [("zeek of zeek1", 12)]


def test_a_short_blind_time_is_none() -> None:
    assert stopped(sensors(back=50 * MINUTE)) == []
    assert stopped(sensors(back=80 * MINUTE)) == [("zeek of zeek1", 1)]


def test_a_sensor_with_long_pauses_is_given_thrice_their_length() -> None:
    assert stopped(sensors(every=40 * MINUTE, back=70 * MINUTE)) == []
    assert stopped(sensors(every=40 * MINUTE, back=170 * MINUTE)) == [("zeek of zeek1", 3)]
    assert stopped(sensors(every=70 * MINUTE)) == []


def test_nobody_knows_whether_the_only_sensor_stopped() -> None:
    assert stopped([row for row in sensors() if row["device_hostname"] == "zeek1"]) == []


def test_one_computer_of_a_collector_is_no_sensor_and_five_are_a_fleet() -> None:
    rows = sensors(table="syslog")
    assert stopped(rows) == [("syslog", 12)]
    others = [row for number in range(4) for row in heard(f"srv{number}", BEGIN, BEGIN + 36 * HOUR)]
    assert stopped([*rows, *others]) == []
    assert stopped([*rows, *heard("srv9", BEGIN, BEGIN + 48 * HOUR)]) == []


def test_logs_of_another_week_do_not_say_that_time_went_on() -> None:
    ended = [row for row in sensors() if row["device_hostname"] == "zeek1"]
    assert stopped([*ended, *heard("fw1", BEGIN + 6 * DAY, BEGIN + 8 * DAY, table="fortigate")]) == []


def live(lost: int, ago: int) -> list[tuple[object, object, object]]:
    """A scan of two new hours: `lost` of 20 terminals fell silent some minutes before they began."""
    rows = [*heard("server", BEGIN, BEGIN + 2 * HOUR)]
    rows += [
        row for n in range(lost, FLEET) for row in heard(f"terminal-{n:02}", BEGIN + n, BEGIN + 2 * HOUR + 30 * MINUTE)
    ]
    last = {n: BEGIN - ago if n < lost else BEGIN - MINUTE for n in range(FLEET)}
    days: list[Row] = [
        {"host": f"terminal-{n:02}", "table_name": "syslog", "day": BEGIN // DAY - 1, "days": 1, "n": 300,
         "hours": 2**24 - 1, "last_us": last[n]}
        for n in range(FLEET)
    ]  # fmt: skip
    return silent(rows, host_days=days)


def test_a_fleet_that_fell_silent_just_before_what_is_new_is_told() -> None:
    assert live(8, 20 * MINUTE) == [(8, 20, "high")]
    assert live(5, 20 * MINUTE) == []
    assert live(8, 70 * MINUTE) == []

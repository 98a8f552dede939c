"""Industrial controllers: who is new to them, what is new, and what is only work."""

from small_window import BEGIN, DAY, HOUR, Row, findings

SERVER, LAPTOP, PLC = "10.0.0.5", "10.0.0.9", "10.0.1.1"


def request(at: int, src: str, function: str, *, dst: str = PLC, answer: bool = False) -> Row:
    return {
        "time_us": at, "src_endpoint_ip": src, "dst_endpoint_ip": dst, "protocol": "modbus", "function_name": function,
        "is_write": function.startswith("WRITE"), "activity_name": "Response" if answer else "Request",
    }  # fmt: skip


def routine(days: int, begin: int = BEGIN) -> list[Row]:
    """The server reads and sets a value, every hour."""
    hours = range(begin, begin + days * DAY, HOUR)
    return [request(at, SERVER, function) for at in hours for function in ("READ_COILS", "WRITE_SINGLE_COIL")]


def told(id: str, rows: list[Row], **more: list[Row]) -> list[tuple[object, object]]:
    return [(each["src"], each["count"]) for each in findings(id, {"ics_activity": rows} | more)]


def test_a_new_writer_is_told_and_only_by_the_analytic_of_writes() -> None:
    rows = [
        *routine(4),
        request(BEGIN + 4 * DAY, LAPTOP, "WRITE_SINGLE_COIL"),
        request(BEGIN + 4 * DAY, LAPTOP, "READ_COILS"),
    ]
    assert told("ot-write", rows) == [(LAPTOP, 1)]
    assert told("ot-change", rows) == []


def test_a_new_kind_of_command_of_a_known_writer_is_told() -> None:
    rows = [*routine(4), request(BEGIN + 4 * DAY, SERVER, "WRITE_FILE_RECORD")]
    assert told("ot-write", rows) == [(SERVER, 1)]


def test_a_new_reader_and_a_new_question_are_told() -> None:
    assert told("ot-change", [*routine(4), request(BEGIN + 4 * DAY, LAPTOP, "READ_COILS")]) == [(LAPTOP, 1)]
    assert told("ot-change", [*routine(4), request(BEGIN + 4 * DAY, SERVER, "REPORT_SLAVE_ID")]) == [(SERVER, 1)]
    assert told("ot-change", [*routine(4), request(BEGIN + 4 * DAY, SERVER, "READ_COILS")]) == []


def test_answers_are_no_requests() -> None:
    assert told("ot-write", [*routine(4), request(BEGIN + 4 * DAY, LAPTOP, "WRITE_SINGLE_COIL", answer=True)]) == []


def test_a_controller_that_is_known_for_less_than_three_days_is_not_assessed() -> None:
    late = BEGIN + 3 * DAY
    assert told("ot-write", [*routine(3), request(late - 1, LAPTOP, "WRITE_SINGLE_COIL")]) == []
    assert told("ot-write", [*routine(3), request(late, LAPTOP, "WRITE_SINGLE_COIL")]) == [(LAPTOP, 1)]
    assert told("ot-change", [*routine(4), request(BEGIN + 4 * DAY, LAPTOP, "READ_COILS", dst="10.0.1.2")]) == []


def test_the_long_memory_knows_the_controller_and_who_wrote() -> None:
    rows = [request(BEGIN, LAPTOP, "WRITE_SINGLE_COIL"), *routine(1)]
    day = {"dst": PLC, "protocol": "modbus", "function_name": "write_single_coil", "writes": 5}
    server = day | {"src": SERVER, "first_us": BEGIN - 40 * DAY, "day": BEGIN // DAY - 40}
    laptop = day | {"src": LAPTOP, "first_us": BEGIN - 20 * DAY, "day": BEGIN // DAY - 20}
    assert told("ot-write", rows) == []
    assert told("ot-write", rows, ics_days=[server]) == [(LAPTOP, 1)]
    assert told("ot-write", rows, ics_days=[server, laptop]) == []


def test_planned_work_is_passed_over_also_across_midnight() -> None:
    rows = [*routine(4), request(BEGIN + 4 * DAY + HOUR, LAPTOP, "WRITE_SINGLE_COIL")]
    for begin, end, found in (("22:00", "02:00", 0), ("00:30", "01:30", 0), ("02:00", "04:00", 1), ("", "", 1)):
        plan: list[Row] = [{"key": PLC, "maintenance_from": begin, "maintenance_to": end}]
        assert len(told("ot-write", rows, assets=plan)) == found, begin


def test_one_night_of_one_station_is_one_finding() -> None:
    plant = [row | {"dst_endpoint_ip": f"10.0.1.{number}"} for number in range(30) for row in routine(4)]
    blows = [
        request(BEGIN + 4 * DAY + n * HOUR // 4, LAPTOP, "WRITE_SINGLE_COIL", dst=f"10.0.1.{n}") for n in range(30)
    ]
    [found] = findings("ot-write", {"ics_activity": [*plant, *blows]})
    assert (found["controllers"], found["count"], len(str(found["event_ids"]).split())) == (30, 30, 10)

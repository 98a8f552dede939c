"""Sign-ins that are odd by where they come from or by what came before."""

import pytest
from small_window import BEGIN, DAY, HOUR, MINUTE, Row, findings

HOME, AWAY = "198.51.100.1", "203.0.113.1"


def sign_in(at: int, src: str, account: str = "Ana", place: str = "") -> Row:
    return {
        "time_us": BEGIN + at, "user_name": account, "src_endpoint_ip": src, "status": "Success",
        "activity_name": "Logon", "src_endpoint_location": place or None, "table_name": "azure_signin",
    }  # fmt: skip


def place(ip: str, country: str, latitude: float | None = None, longitude: float | None = None) -> Row:
    return {"ip": ip, "scope": "public", "country": country, "latitude": latitude, "longitude": longitude}


def travelled(rows: list[Row], facts: list[Row], **more: list[Row]) -> list[tuple[object, object, object]]:
    found = findings("impossible-travel", {"authentication": rows, "address_facts": facts} | more)
    return [(each["user"], each["place_before"], each["place"]) for each in found]


@pytest.mark.parametrize(("minutes", "found"), [(55, True), (65, False)])
def test_where_only_countries_are_known_an_hour_is_too_short(minutes: int, found: bool) -> None:
    rows = [sign_in(0, HOME), sign_in(minutes * MINUTE, AWAY)]
    assert travelled(rows, [place(HOME, "AL"), place(AWAY, "PA")]) == ([("ana", "AL", "PA")] if found else [])


@pytest.mark.parametrize(("hours", "found"), [(9, True), (11, False)])
def test_where_coordinates_are_known_the_speed_counts(hours: int, found: bool) -> None:
    facts = [place(HOME, "AL", 41.3, 19.8), place(AWAY, "PA", 9.0, -79.5)]  # about 10,000 km
    assert len(travelled([sign_in(0, HOME), sign_in(hours * HOUR, AWAY)], facts)) == found


def test_a_neighbouring_country_is_no_journey() -> None:
    facts = [place(HOME, "AL", 41.3, 19.8), place(AWAY, "MK", 42.0, 21.4)]
    assert travelled([sign_in(0, HOME), sign_in(MINUTE, AWAY)], facts) == []


def test_without_any_place_nothing_is_said() -> None:
    facts: list[Row] = [{"ip": HOME, "scope": "public"}, {"ip": AWAY, "scope": "public"}]
    assert travelled([sign_in(0, HOME), sign_in(MINUTE, AWAY)], facts) == []
    rows = [sign_in(0, HOME, place="AL"), sign_in(11 * MINUTE, AWAY, place="PA")]
    assert travelled(rows, facts) == [("ana", "AL", "PA")]


def test_a_country_in_which_the_account_was_before_is_no_news() -> None:
    facts = [place(HOME, "AL"), place(AWAY, "PA")]
    before: Row = {
        "user": "ana", "src_ip": AWAY, "outcome": "Success", "activity": "Logon", "first_us": BEGIN - 9 * DAY,
    }  # fmt: skip
    rows = [sign_in(0, HOME), sign_in(30 * MINUTE, AWAY)]
    assert travelled(rows, facts, user_days=[before]) == []
    assert (
        travelled([sign_in(0, AWAY), *[sign_in(at + 2 * HOUR, src) for at, src in ((0, HOME), (1, AWAY))]], facts) == []
    )


def test_the_organisations_own_way_out_says_nothing_about_people() -> None:
    facts = [place(HOME, "AL"), place(AWAY, "PA")]
    shared = [sign_in(HOUR, AWAY, account=f"p{number}") for number in range(4)]
    rows = [sign_in(0, HOME), sign_in(30 * MINUTE, AWAY)]
    assert travelled([*rows, *shared[:3]], facts) == [("ana", "AL", "PA")]
    assert travelled([*rows, *shared], facts) == []


def logon(at: int, kind: int, *, account: str = "svc", host: str = "srv1", src: str = "10.0.0.5") -> Row:
    return {
        "time_us": BEGIN + at, "user_name": account, "device_hostname": host, "logon_type_id": kind,
        "status": "Success", "activity_name": "Logon", "src_endpoint_ip": src,
    }  # fmt: skip


def privileged(account: str = "adm") -> Row:
    return {"time_us": BEGIN, "user_name": account, "activity_name": "Special Privileges", "status": "Success"}


def seated(rows: list[Row], **more: list[Row]) -> list[tuple[object, object, object]]:
    found = findings("service-account-interactive", {"authentication": rows} | more)
    return [(each["user"], each["hosts"], each["service_days"]) for each in found]


def test_a_service_account_at_a_screen_is_told() -> None:
    nights = [logon(day * DAY, 5) for day in range(8)]
    assert seated([*nights, logon(8 * DAY, 10, host="dc1")]) == [("svc", "dc1", 8)]
    assert seated([*nights, logon(8 * DAY, 3)]) == []


def test_an_account_that_is_new_or_ran_few_services_is_not_assessed() -> None:
    assert seated([*(logon(day * DAY, 5) for day in range(6)), logon(6 * DAY, 10)]) == []
    assert seated([*(logon(day * 4 * DAY, 5) for day in range(2)), logon(8 * DAY, 10)]) == []


def test_an_account_that_sat_at_a_screen_before_is_a_person() -> None:
    nights = [logon(day * DAY, 5) for day in range(8)]
    assert seated([*nights, logon(2 * DAY, 2), logon(8 * DAY, 10)]) == []
    day: Row = {
        "user": "svc", "host": "srv9", "activity": "Logon", "outcome": "Success", "logon_type": 2,
        "day": BEGIN // DAY - 90, "first_us": BEGIN - 90 * DAY,
    }  # fmt: skip
    assert seated([*nights, logon(8 * DAY, 10)], user_days=[day]) == []


def came(rows: list[Row], **more: list[Row]) -> list[tuple[object, object, object, object]]:
    found = findings("new-admin-path", {"authentication": [privileged(), *rows]} | more)
    return [(each["user"], each["src"], each["targets"], each["level"]) for each in found]


def visits(at: int, number: int, src: str, account: str = "adm", apart: int = MINUTE) -> list[Row]:
    return [logon(at + n * apart, 3, account=account, host=f"srv{n}", src=src) for n in range(number)]


def test_an_administrator_from_a_new_source_on_many_computers_is_told() -> None:
    known = visits(0, 12, "10.0.9.5")
    assert came([*known, *visits(7 * DAY + HOUR, 4, "10.0.4.7")]) == [("adm", "10.0.4.7", 4, "medium")]
    assert came([*known, *visits(7 * DAY + HOUR, 10, "10.0.4.7")]) == [("adm", "10.0.4.7", 10, "high")]
    assert came([*known, *visits(7 * DAY + HOUR, 3, "10.0.4.7")]) == []
    assert came([*known, *visits(7 * DAY + HOUR, 6, "10.0.4.7", apart=HOUR)]) == []


def test_a_known_source_a_user_and_a_short_memory_say_nothing() -> None:
    known = visits(0, 12, "10.0.9.5")
    assert came([*known, *visits(7 * DAY + HOUR, 8, "10.0.9.5")]) == []
    assert came([*known, *visits(6 * DAY, 8, "10.0.4.7")]) == []
    assert came([*visits(0, 12, "10.0.9.5", "ana"), *visits(7 * DAY + HOUR, 8, "10.0.4.7", "ana")]) == []


def test_a_new_address_of_a_station_that_goes_everywhere_is_passed_over() -> None:
    known = visits(0, 12, "10.0.9.5")
    assert came([*known, *visits(7 * DAY + HOUR, 12, "10.0.9.6")]) == []
    assert came([*visits(0, 3, "10.0.9.5"), *visits(1, 12, "10.0.7.1"), *visits(7 * DAY + HOUR, 8, "10.0.9.6")]) == [
        ("adm", "10.0.9.6", 8, "medium")
    ]


PROVIDER = "192.0.2.9"


def call(at: int, account: str, src: str) -> Row:
    return {
        "time_us": BEGIN + at, "actor_user_name": f"{account}@x.example", "src_endpoint_ip": src, "status": "Success",
        "api_operation": "FileAccessed", "cloud_provider": "Microsoft 365",
    }  # fmt: skip


def worked(odd: list[Row], *, people: int = 40, signed: int = 40) -> list[tuple[object, object, object]]:
    """Some people who sign in and work at home, and what else happens."""
    homes = [f"198.51.{number}.1" for number in range(people)]
    logons = [sign_in(0, home, account=f"p{n}@x.example") for n, home in enumerate(homes[:signed])]
    work = [call(HOUR + n, f"p{n}", home) for n, home in enumerate(homes)]
    facts: list[Row] = [{"ip": ip, "scope": "public"} for ip in (*homes, AWAY, PROVIDER)]
    found = findings(
        "token-without-sign-in", {"authentication": logons, "api_activity": work + odd, "address_facts": facts}
    )
    return [(each["user"], each["src"], each["level"]) for each in found]


def test_work_from_where_nobody_signed_in_is_told() -> None:
    assert worked([call(2 * HOUR + n, "p1", AWAY) for n in range(5)]) == [("p1@x.example", AWAY, "medium")]
    assert worked([call(2 * HOUR + n, "p1", AWAY) for n in range(4)]) == []


def test_without_dense_sign_in_logs_nothing_is_said() -> None:
    odd = [call(2 * HOUR + n, "p1", AWAY) for n in range(5)]
    assert worked(odd, signed=36) == []
    assert worked(odd, people=9, signed=9) == []


def test_a_service_that_works_for_many_is_no_thief() -> None:
    assert worked([call(2 * HOUR + n, f"p{n // 5}", PROVIDER) for n in range(10)]) != []
    assert worked([call(2 * HOUR + n, f"p{n // 5}", PROVIDER) for n in range(20)], people=80, signed=80) != []
    assert worked([call(2 * HOUR + n, f"p{n // 5}", PROVIDER) for n in range(40)], people=80, signed=80) == []

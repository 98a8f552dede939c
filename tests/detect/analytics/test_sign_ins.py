"""Sign-ins that are odd by where they come from or by what came before."""

import pytest
from small_window import BEGIN, DAY, HOUR, MINUTE, Row, findings

HOME, AWAY = "198.51.100.1", "203.0.113.1"


def sign_in(at: int, src: str, account: str = "Ana", place: str = "") -> Row:
    return {
        "time_us": BEGIN + at, "user_name": account, "src_endpoint_ip": src, "status": "Success", "activity_name": "Logon",
        "src_endpoint_location": place or None, "table_name": "azure_signin",
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

"""Who is on call at a moment, also when the clocks change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.errors import TocsinError
from tocsin.triage.on_call import Duty, checked, is_on, last_step, on_call

ANA = Duty("Ana", "ana@cert.example", 1, "mon-fri", "08:00", "18:00", "Europe/Tirane")
NIGHT = Duty("Ben", "ben@cert.example", 1, "", "18:00", "08:00", "Europe/Tirane")
ZONES = ["Europe/Tirane", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC", "Africa/Casablanca"]
CLOCKS = st.times().map(lambda time: f"{time.hour:02}:{time.minute:02}")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def names(duties: list[Duty], text: str, step: int = 1) -> list[str]:
    return [each.name for each in on_call(duties, step, at(text))]


def test_hours_are_those_of_the_zone() -> None:
    assert is_on(ANA, at("2026-07-01T06:00"))  # 08:00 in summer, UTC+2
    assert not is_on(ANA, at("2026-07-01T16:00"))
    assert not is_on(ANA, at("2026-12-01T06:59"))  # 07:59 in winter, UTC+1
    assert is_on(ANA, at("2026-12-01T16:59"))


def test_a_duty_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    monday = replace(NIGHT, days="mon")
    assert is_on(monday, at("2026-11-30T20:00"))
    assert is_on(monday, at("2026-12-01T06:59"))  # Tuesday, 07:59
    assert not is_on(monday, at("2026-12-01T07:00"))
    assert not is_on(monday, at("2026-11-30T05:00"))  # Monday, 06:00: Sunday's night


def test_the_hour_that_comes_twice_is_covered_twice_and_the_missing_one_by_nobody() -> None:
    early = replace(NIGHT, begins="02:00", ends="03:00")
    autumn = [at("2026-10-24T22:00") + timedelta(minutes=n) for n in range(360)]
    spring = [at("2026-03-28T22:00") + timedelta(minutes=n) for n in range(360)]
    assert sum(is_on(early, each) for each in autumn) == 120
    assert sum(is_on(early, each) for each in spring) == 0


@given(CLOCKS, CLOCKS, st.sampled_from(ZONES), st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
@settings(max_examples=300)
def test_two_duties_that_share_the_day_leave_no_minute_and_share_none(
    begins: str, ends: str, zone: str, moment: datetime
) -> None:
    if begins == ends:
        return
    day, night = replace(ANA, days="", zone=zone), replace(NIGHT, zone=zone)
    on = [is_on(replace(day, begins=begins, ends=ends), moment.replace(tzinfo=UTC)),
          is_on(replace(night, begins=ends, ends=begins), moment.replace(tzinfo=UTC))]  # fmt: skip
    assert sum(on) == 1


def test_equal_hours_are_a_whole_day_and_so_is_what_nobody_said() -> None:
    whole = Duty("Eva", "eva@cert.example")
    handed = replace(whole, begins="09:00", ends="09:00", days="sat")
    assert all(is_on(whole, at(f"2026-11-30T{hour:02}:00")) for hour in range(24))
    assert is_on(handed, at("2026-11-29T08:59"))  # Sunday before nine is Saturday's
    assert not is_on(handed, at("2026-11-29T09:00"))


def test_a_rota_has_its_first_and_last_day() -> None:
    week = replace(NIGHT, first="2026-12-07", last="2026-12-13")
    assert not is_on(week, at("2026-12-07T05:00"))
    assert is_on(week, at("2026-12-07T18:00"))
    assert is_on(week, at("2026-12-14T06:00"))  # the night that began on the last day
    assert not is_on(week, at("2026-12-14T18:00"))


def test_each_step_has_its_people_each_once() -> None:
    second = replace(ANA, name="Eva", step=2, days="", begins="00:00", ends="24:00")
    duties = [ANA, replace(ANA, begins="09:00"), NIGHT, second]
    assert names(duties, "2026-12-01T09:00") == ["Ana"]
    assert names(duties, "2026-12-01T20:00") == ["Ben"]
    assert names(duties, "2026-12-01T09:00", 2) == ["Eva"]
    assert (last_step(duties), last_step([])) == (2, 1)


@pytest.mark.parametrize("days", ["mon-fri", "MON, wed", "sat,sun", "fri-mon", ""])
def test_days_are_written_as_people_do(days: str) -> None:
    assert checked(replace(ANA, days=days))


def test_days_may_go_over_the_end_of_the_week() -> None:
    weekend = replace(ANA, days="fri-mon")
    on = [is_on(weekend, at("2026-11-30T10:00") + timedelta(days=day)) for day in range(7)]
    assert on == [True, False, False, False, True, True, True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "a\nb"}, {"name": "a" * 129}, {"name": " a"}, {"mail": "ana"},
        {"mail": "ana@cert.example\nBcc: x@y.example"}, {"step": 0}, {"step": 10}, {"days": "monday"},
        {"days": "mon-"}, {"begins": "8:00"}, {"begins": "24:00"}, {"ends": "24:01"}, {"ends": "25:00"},
        {"zone": "Mars/Olympus"}, {"zone": "../../etc/passwd"}, {"zone": ""}, {"first": "1.12.2026"},
        {"first": "2026-12-02", "last": "2026-12-01"},
    ],
)  # fmt: skip
def test_a_duty_that_cannot_be_is_refused_with_advice(wrong: dict[str, object]) -> None:
    with pytest.raises(TocsinError) as refused:
        checked(replace(ANA, **wrong))  # type: ignore[arg-type]
    assert refused.value.advice()

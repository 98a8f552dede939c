"""Times in every written form, alone, in columns and in file order."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.limits import EARLIEST_YEAR, LATEST_YEAR
from tocsin.telemetry.reader import ReadContext
from tocsin.telemetry.times import (
    NO_TIME,
    EventClock,
    LocalClock,
    Yearless,
    parse_filetime,
    parse_time,
    parse_times,
    read_stamp,
)

ATHENS = ZoneInfo("Europe/Athens")
MOMENT = datetime(2020, 8, 7, 14, 32, 5, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    "text",
    [
        "2020-08-07T14:32:05Z",
        "2020-08-07 14:32:05",
        "2020/08/07 14:32:05",
        "2020-08-07T17:32:05+03:00",
        "2020-08-07T17:32:05.000000000+0300",
        "2020-08-07 17:32:05 +03",
        "2020-08-07 14:32:05,000",
        "20200807T143205Z",
        "20200807143205",
        "1596810725",
        "1596810725.000000",
        "1596810725000",
        "1596810725000000",
        "1596810725000000000",
        "07/Aug/2020:14:32:05 +0000",
        "07-Aug-2020 14:32:05.000",
        "Fri, 07 Aug 2020 14:32:05 GMT",
        "Aug  7 2020 14:32:05",
        "Aug 7, 2020 14:32:05",
        "Fri Aug  7 14:32:05 2020",
        "8/7/2020 2:32:05 PM",
        "08/07/20 14:32:05",
        "07.08.2020 14:32:05",
        "7.8.2020 14:32:05",
        "2020/8/7 14:32:05",
        "20200807 14:32:05",
        "/Date(1596810725000)/",
        "/Date(1596810725000+0200)/",
        "Fri Aug  7 10:32:05 EDT 2020",
        "2020-08-07 16:32:05 CEST",
        "Aug  7 2020 17:32:05 EEST",
        "  2020-08-07T14:32:05Z ",
    ],
)
def test_every_usual_form_is_read(text: str) -> None:
    assert parse_time(text) == us(MOMENT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "Aug  7 14:32:05",
        "2020-02-30T00:00:00Z",
        "2020-13-01",
        "2020-08-07T24:00:00Z",
        "13/13/2020 10:00:00",
        "8/7/2020 13:32:05 PM",
        "1601-01-01T00:00:00Z",
        "2106-02-07T06:28:15Z",
        "12345",
        "٢٠٢٠-٠٨-٠٧",
        "9" * 500,
    ],
)
def test_what_is_no_time_or_an_impossible_one_is_none(text: str) -> None:
    assert parse_time(text) is None


def test_day_first_is_understood_when_it_cannot_be_month_first() -> None:
    assert parse_time("25/12/2020 10:00:00") == us(datetime(2020, 12, 25, 10, tzinfo=UTC))


def test_noon_and_midnight_on_a_twelve_hour_clock() -> None:
    assert parse_time("8/7/2020 12:00:00 AM") == us(datetime(2020, 8, 7, tzinfo=UTC))
    assert parse_time("8/7/2020 12:00:00 PM") == us(datetime(2020, 8, 7, 12, tzinfo=UTC))


def test_a_leap_second_is_the_next_minute() -> None:
    assert parse_time("2016-12-31T23:59:60Z") == us(datetime(2017, 1, 1, tzinfo=UTC))


def test_a_time_without_zone_takes_the_given_zone() -> None:
    assert parse_time("2020-08-07 17:32:05", ATHENS) == us(MOMENT)


def test_filetime_is_read_only_when_asked_for() -> None:
    ticks = (us(MOMENT) + 11_644_473_600_000_000) * 10
    assert parse_filetime(str(ticks)) == parse_filetime(hex(ticks)) == us(MOMENT)
    assert parse_time(str(ticks)) is None
    assert parse_filetime("soon") is None


@given(
    st.datetimes(datetime(EARLIEST_YEAR, 1, 2), datetime(LATEST_YEAR, 12, 30)),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from("T "),
)
def test_isoformat_round_trips(moment: datetime, minutes: int, separator: str) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    text = aware.isoformat(separator)
    assert parse_time(text) == us(aware)
    assert parse_times([text] * 20).tolist() == [us(aware)] * 20


_time_like = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="0123456789-/:T .,Z+", max_size=30),
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(str),
    st.from_regex(r"\A\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d([.,]\d{1,9})?(Z|[+-]\d\d:?\d\d)?\Z"),
    st.from_regex(r"\A\d{9,19}(\.\d{1,9})?\Z"),
)


@given(st.lists(_time_like, max_size=60), st.sampled_from([UTC, ATHENS]))
def test_columns_are_read_like_single_times(texts: list[str], zone: ZoneInfo) -> None:
    expected = [NO_TIME if (value := parse_time(text, zone)) is None else value for text in texts]
    assert parse_times(texts, zone).tolist() == expected
    assert parse_times(texts * 2, zone).tolist() == expected * 2


def _years(texts: list[str], modified: datetime) -> list[int]:
    stamps = [stamp for text in texts if (stamp := read_stamp(text)) is not None]
    yearless = Yearless(UTC, modified)
    yearless.survey(stamps)
    return [yearless.year(stamp) for stamp in stamps]


def test_new_year_inside_a_file_moves_the_year_on() -> None:
    lines = ["Dec 30 10:00:00", "Dec 31 23:59:59", "Jan  1 00:00:00", "Mar  3 01:00:00"]
    assert _years(lines, datetime(2021, 3, 4, tzinfo=UTC)) == [2020, 2020, 2021, 2021]


def test_the_newest_time_is_at_most_a_day_after_the_file() -> None:
    assert _years(["Mar  4 23:00:00"], datetime(2021, 3, 4, tzinfo=UTC)) == [2021]
    assert _years(["Mar  6 00:00:00"], datetime(2021, 3, 4, tzinfo=UTC)) == [2020]


def test_small_jumps_back_and_late_lines_stay_in_their_year() -> None:
    lines = ["Jun 30 10:00:00", "Jun  2 09:00:00", "Dec 31 23:59:59", "Jan  1 00:00:01", "Dec 31 23:59:58"]
    assert _years([*lines, "Jan  1 00:00:02"], datetime(2021, 1, 2, tzinfo=UTC)) == [2020, 2020, 2020, 2021, 2020, 2021]


def test_leap_day_moves_the_years_back_until_it_exists() -> None:
    assert _years(["Feb 29 10:00:00", "Mar  1 10:00:00"], datetime(2023, 6, 1, tzinfo=UTC)) == [2020, 2020]


def test_the_doubled_hour_is_told_apart_by_file_order() -> None:
    clock = LocalClock(ATHENS)  # on 25 October 2020 at 04:00 the clock went back to 03:00
    walls = ["02:59:59", "03:10:00", "03:59:59", "03:59:30", "03:00:00", "03:59:59", "04:00:00"]
    zero = parse_time("2020-10-25T00:00:00Z")
    assert zero is not None
    got = [clock.utc(parse_time(f"2020-10-25T{wall}Z") or 0) - zero for wall in walls]
    hours = [str(timedelta(microseconds=value - got[0])) for value in got]
    assert hours == ["0:00:00", "0:10:01", "1:00:00", "0:59:31", "1:00:01", "2:00:00", "2:00:01"]


def test_a_time_in_the_skipped_hour_counts_by_the_offset_before() -> None:
    assert parse_time("2020-03-29 03:30:00", ATHENS) == parse_time("2020-03-29T01:30:00Z")


def test_every_assumption_is_noted() -> None:
    context = ReadContext(zone=ATHENS, modified=datetime(2020, 9, 1, tzinfo=UTC))
    clock = EventClock(context, lambda: ["Aug  7 17:32:05"])
    assert clock.read("Aug  7 17:32:05") == us(MOMENT)
    assert context.notes == {
        "Times without a zone were read as Europe/Athens (--tz changes this).",
        "Years were added to times without one: the newest is at most a day after the file's date, 2020-09-01.",
    }


def test_nothing_is_noted_when_nothing_is_assumed() -> None:
    context = ReadContext(zone=ATHENS)
    assert EventClock(context).read("2020-08-07T14:32:05Z") == us(MOMENT)
    assert not context.notes

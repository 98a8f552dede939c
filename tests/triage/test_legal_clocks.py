"""Legal clocks: due times over the change of clocks and the ends of months, what is late, drafts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from triage_cases import finding

from tocsin.errors import ConfigError, Conflict, NotFound, UsageError
from tocsin.model import Incident, Step
from tocsin.triage.clocks import Clock, Running, begin, clock_rows, mark, parse_clock, rows, stop
from tocsin.triage.drafts import FACTS, Told, check_template, facts_of, fill
from tocsin.triage.periods import Period, due, from_wall, latest

ANNA = "account:anna"
BRUSSELS = ZoneInfo("Europe/Brussels")
AWARE = datetime(2026, 12, 1, 9, 40, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def shipped(name: str) -> Clock:
    text = files("tocsin.triage").joinpath("clocks", f"{name}.toml").read_text("utf-8")
    return parse_clock(f"{name}.toml", text)


def started(name: str = "nis2", aware: datetime = AWARE) -> Running:
    return begin("C-1", "I-1", shipped(name), aware, ANNA, aware)


def states(running: Running, now: datetime) -> dict[str, str]:
    return {row.step: row.state for row in rows(running, now)}


def dues(running: Running, now: datetime = AWARE) -> dict[str, datetime | None]:
    return {row.step: row.due for row in rows(running, now)}


def test_nis2_is_due_after_24_and_72_hours_and_a_month_after_the_notification() -> None:
    running = started()
    assert dues(running)["early-warning"] == AWARE + DAY and dues(running)["notification"] == AWARE + 3 * DAY
    sent = AWARE + 2 * DAY
    running = mark(running, "notification", sent, ANNA, sent)
    assert dues(running)["final-report"] == datetime(2027, 1, 3, 9, 40, tzinfo=UTC)


def test_the_final_report_is_expected_from_the_due_time_until_the_notification_is_sent() -> None:
    running = started()
    assert dues(running)["final-report"] == datetime(2027, 1, 4, 9, 40, tzinfo=UTC)
    assert states(running, AWARE)["final-report"] == "expected"
    assert states(running, AWARE + 100 * DAY)["final-report"] == "expected"  # what it counts from is late, it is not


def test_hours_are_elapsed_hours_on_the_nights_when_clocks_change() -> None:
    for wall in (datetime(2026, 10, 24, 12), datetime(2027, 3, 27, 12)):
        start = from_wall(wall, BRUSSELS)
        assert due(Period(hours=24), start, BRUSSELS) - start == DAY
    autumn = due(Period(hours=24), from_wall(datetime(2026, 10, 24, 12), BRUSSELS), BRUSSELS)
    assert autumn.astimezone(BRUSSELS).hour == 11  # the wall shows an hour less


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((2027, 1, 28), (2027, 2, 28)),
        ((2027, 1, 29), (2027, 2, 28)),
        ((2027, 1, 30), (2027, 2, 28)),
        ((2027, 1, 31), (2027, 2, 28)),
        ((2028, 1, 29), (2028, 2, 29)),
        ((2028, 1, 31), (2028, 2, 29)),
        ((2027, 2, 28), (2027, 3, 28)),
        ((2027, 3, 31), (2027, 4, 30)),
        ((2026, 12, 31), (2027, 1, 31)),
    ],
)
def test_a_month_ends_on_the_same_date_or_on_the_last_day(start: tuple[int, ...], end: tuple[int, ...]) -> None:
    assert due(Period(months=1), datetime(*start, 9, 40, tzinfo=UTC), UTC) == datetime(*end, 9, 40, tzinfo=UTC)  # type: ignore[misc]


def test_a_month_keeps_the_time_of_the_wall_when_clocks_change_in_between() -> None:
    start = from_wall(datetime(2027, 3, 10, 9, 40), BRUSSELS)
    assert due(Period(months=1), start, BRUSSELS).astimezone(BRUSSELS) == datetime(2027, 4, 10, 9, 40, tzinfo=BRUSSELS)
    assert due(Period(days=3), from_wall(datetime(2026, 10, 23, 9), BRUSSELS), BRUSSELS) == datetime(
        2026, 10, 26, 8, tzinfo=UTC
    )


def test_a_time_that_the_wall_shows_twice_is_the_earlier_one_and_one_that_it_never_shows_is_refused() -> None:
    assert from_wall(datetime(2026, 10, 25, 2, 30), BRUSSELS) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    with pytest.raises(UsageError, match="does not exist"):
        from_wall(datetime(2027, 3, 28, 2, 30), BRUSSELS)
    assert due(Period(months=1), datetime(2027, 2, 28, 1, 30, tzinfo=UTC), BRUSSELS) == datetime(
        2027, 3, 28, 0, 30, tzinfo=UTC
    )  # 02:30 is in the gap


def test_the_latest_end_is_that_of_regulation_1182_71() -> None:
    assert latest(Period(hours=24), AWARE, UTC) == datetime(2026, 12, 2, 10, tzinfo=UTC)  # Art. 3(1), 3(2)(a)
    assert (
        latest(Period(hours=72), datetime(2026, 12, 4, 9, tzinfo=UTC), UTC).weekday() == 0
    )  # Art. 3(3): counted through
    friday = from_wall(datetime(2026, 11, 5, 9, 40), BRUSSELS)  # a month later is Saturday: the end of Monday
    assert latest(Period(months=1), friday, BRUSSELS) == from_wall(datetime(2026, 12, 8), BRUSSELS)
    holiday = latest(Period(months=1), friday, BRUSSELS, [date(2026, 12, 7)])
    assert holiday == from_wall(datetime(2026, 12, 9), BRUSSELS)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1)),
    st.one_of(
        st.builds(Period, hours=st.integers(1, 2_000)),
        st.builds(Period, days=st.integers(1, 400)),
        st.builds(Period, months=st.integers(1, 30)),
    ),
    st.sampled_from(["UTC", "Europe/Brussels", "Europe/Tirane", "America/St_Johns", "Australia/Lord_Howe"]),
)
def test_due_is_after_the_start_and_never_later_than_the_law_allows(start: datetime, period: Period, zone: str) -> None:
    began = start.replace(tzinfo=UTC)
    end = due(period, began, ZoneInfo(zone))
    assert began < end <= latest(period, began, ZoneInfo(zone))


def test_what_is_not_done_in_time_is_late_and_what_was_done_late_says_so() -> None:
    running = started()
    assert states(running, AWARE + DAY)["early-warning"] == "due"
    assert states(running, AWARE + DAY + timedelta(seconds=1))["early-warning"] == "late"
    on_time = mark(running, "early-warning", AWARE + DAY, ANNA, AWARE + 2 * DAY)
    assert states(on_time, AWARE + 2 * DAY)["early-warning"] == "done"
    late = mark(running, "early-warning", AWARE + DAY + HOUR, ANNA, AWARE + 2 * DAY)
    assert states(late, AWARE + 2 * DAY)["early-warning"] == "done late"


def test_what_is_asked_for_only_is_never_late_until_what_it_counts_from_has_happened() -> None:
    running, far = started(), AWARE + 400 * DAY
    assert states(running, far)["intermediate-report"] == "on request"
    assert states(running, far)["last-report"] == "on request"
    handled = mark(running, "handled", AWARE + 60 * DAY, ANNA, far)
    assert states(handled, far)["last-report"] == "late"


def test_the_handover_gets_what_is_owed_the_most_urgent_first() -> None:
    first, second = started("gdpr", AWARE), started("nis2", AWARE + HOUR)
    done = mark(second, "early-warning", AWARE + 2 * HOUR, ANNA, AWARE + 2 * HOUR)
    owed = clock_rows([done, first, stop(started(), ANNA, AWARE, "not significant")], AWARE + 3 * HOUR)
    assert [(row.clock, row.step) for row in owed] == [
        ("gdpr", "notification"),
        ("nis2", "notification"),
        ("nis2", "final-report"),
    ]


def test_a_stopped_clock_and_a_step_that_is_done_cannot_be_done() -> None:
    running = mark(started(), "early-warning", AWARE + HOUR, ANNA, AWARE + HOUR)
    with pytest.raises(Conflict):
        mark(running, "early-warning", AWARE + HOUR, ANNA, AWARE + HOUR)
    with pytest.raises(NotFound, match="no-such"):
        mark(running, "no-such", AWARE + HOUR, ANNA, AWARE + HOUR)
    with pytest.raises(UsageError, match="before the clock"):
        mark(running, "notification", AWARE - HOUR, ANNA, AWARE + HOUR)
    stopped = stop(running, ANNA, AWARE + HOUR, "no")
    assert set(states(stopped, AWARE + 100 * DAY).values()) == {"done", "stopped"}
    for change in (lambda: stop(stopped, ANNA, AWARE, "no"), lambda: mark(stopped, "handled", AWARE, ANNA, AWARE)):
        with pytest.raises(Conflict):
            change()


def test_nobody_becomes_aware_in_the_future() -> None:
    with pytest.raises(UsageError, match="future"):
        begin("C-1", "I-1", shipped("nis2"), AWARE + HOUR, ANNA, AWARE)


STEP = '[[step]]\nid = "a"\ntitle = "A"\nsource = "1"\nhours = 2\n'
HEAD = 'id = "x"\ntitle = "X"\nlaw = "L"\nstarts = "s"\nto = "t"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD, "step"),
        ("id = ", "x.toml"),
        (HEAD.replace('"x"', '"y"') + STEP, "y.toml"),
        (HEAD + STEP + STEP, "different"),
        (HEAD + STEP + "days = 1\n", "one of them"),
        (HEAD + STEP.replace("hours = 2\n", ""), "optional"),
        (HEAD + STEP + 'after = "b"\n', "before it"),
        (HEAD + STEP.replace("2", "0"), "optional"),
        (HEAD + STEP.replace("2", "-2"), "one of them"),
        (HEAD + STEP + 'draft = "{nothing}"\n', "no fact"),
        (HEAD + 'zone = "Mars/Base"\n' + STEP, "Mars/Base"),
        (HEAD + STEP.replace('"a"', '"A b"'), "small letters"),
        (HEAD + STEP + "unknown = 1\n", "unknown"),
        (HEAD + STEP.replace("2", "9999"), "one of them"),
        (HEAD + "".join(STEP.replace('"a"', f'"a{n}"') for n in range(51)), "50 steps"),
    ],
)
def test_a_faulty_file_is_refused_with_its_name_and_the_reason(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_clock("/n/clocks/x.toml", text)
    assert told in str(error.value) and str(error.value).startswith("/n/clocks/x.toml")


def incident(**more: object) -> Incident:
    found = replace(
        finding(host="WEB-1"),
        organisation="Ministry",
        mission="water supply",
        keys=("ip:203.0.113.7", "domain:evil.example", "account:anna"),
    )
    made = Incident(
        "I-7",
        "Data left {title}",
        "high",
        ("WEB-1",),
        ("anna",),
        AWARE,
        None,
        (found,),
        (),
        ("T1041",),
        ("exfiltration",),
        (),
        (),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def told(**more: object) -> Told:
    return replace(Told("investigating", "", (), (), AWARE, AWARE + DAY, AWARE + HOUR), **more)  # type: ignore[arg-type]


def test_a_draft_is_filled_from_facts_and_says_what_is_missing() -> None:
    text = fill(shipped("nis2").step("notification").draft, facts_of(incident(), told()))
    for part in (
        "Ministry",
        "I-7",
        "2026-12-01 09:40:00 UTC",
        "203[.]0[.]113[.]7",
        "evil[.]example",
        "WEB-1",
        "T1041",
        "They serve: water supply",
        "[to be filled in: yes or no]",
        "nothing yet",
    ):
        assert part in text, part
    assert "anna" not in text  # a draft names no account
    first = fill(shipped("nis2").step("early-warning").draft, facts_of(incident(), told()))
    assert "Data left {title}" in first  # a brace in a fact is a brace
    empty = fill(shipped("nis2").step("final-report").draft, facts_of(incident(findings=(), hosts=()), told()))
    assert "[to be filled in: when it ended, or that it goes on]" in empty
    assert "[to be filled in: which systems are affected]" in empty
    assert "[to be filled in: measures that were taken]" in empty


def test_a_draft_says_malicious_only_where_people_found_so() -> None:
    draft = shipped("nis2").step("early-warning").draft
    assert "yes: people have found" in fill(draft, facts_of(incident(), told(status="closed", ruling="attack")))
    assert "yes: people" not in fill(draft, facts_of(incident(), told(status="closed", ruling="undecided")))


def test_gdpr_asks_for_the_reasons_of_a_delay_after_72_hours() -> None:
    draft = shipped("gdpr").step("notification").draft
    assert "Within the period" in fill(draft, facts_of(incident(), told()))
    late = fill(draft, facts_of(incident(), told(now=AWARE + 2 * DAY)))
    assert "[to be filled in: the reasons for a delay" in late and "1 account appears" in late


def test_foreign_text_in_a_draft_is_harmless_and_lists_are_bounded() -> None:
    hosts = tuple(f"H{number}" for number in range(90))
    text = fill(
        "{title}\n{hosts}\n{measures}",
        facts_of(
            incident(title="a\x1b[2J http://bad.example", hosts=hosts), told(measures=[f"m{n}" for n in range(90)])
        ),
    )
    assert "\x1b" not in text and "http://bad" not in text and "90 systems" in text
    assert "and 70 more" in text and "m20" not in text and "H20" not in text


def test_a_draft_says_each_thing_once_with_the_first_few_hosts() -> None:
    wide = Step("impact", "Disks are wiped", "critical", AWARE, AWARE, tuple(f"H{number}" for number in range(90)), 90)
    bare = Step("impact", "An account logs on", "high", AWARE, AWARE, (), 1)
    text = fill("{seen}", facts_of(incident(stages=(wide, wide, bare)), told()))
    assert text.count("Disks are wiped (H0, H1, H2 and 87 more)") == 1
    assert text.rstrip().endswith("An account logs on")


def test_every_template_that_is_shipped_names_known_facts() -> None:
    for name in ("nis2", "csirt-answer", "gdpr"):
        assert all(check_template(step.draft) == "" for step in shipped(name).steps)
    assert check_template("{nobody}") and not check_template("{title}") and "title" in FACTS
    assert check_template("x" * 20_001)

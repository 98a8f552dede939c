"""Surprise: runs, what is usual, and how unusual the next one is."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.triage.surprise import History, Judged, Run, Sighting, reason, runs_of
from tocsin.triage.surprise.history import DAY, HOUR, MOST_SIZE_BITS
from tocsin.triage.surprise.runs import PAUSE

ANCHOR = 5.0


def seen(day: float, kind: str = "login failed", host: str = "web", **more: object) -> Sighting:
    return Sighting(day * DAY, kind, host, **more)  # type: ignore[arg-type]


def judged(*sightings: Sighting) -> list[Judged]:
    return list(History().judge_all(runs_of(sightings)))


def last(*sightings: Sighting) -> Judged:
    return judged(*sightings)[-1]


def hourly(days: float, **more: object) -> list[Sighting]:
    return [seen(hour / 24, **more) for hour in range(int(days * 24))]  # type: ignore[arg-type]


SIGHTINGS = st.lists(
    st.builds(
        Sighting,
        time=st.integers(0, 10 * 86_400).map(float),
        kind=st.sampled_from("abc"),
        host=st.sampled_from(["h1", "h2"]),
        user=st.sampled_from(["", "u1", "u2"]),
        organisation=st.sampled_from(["o1", "o2"]),
        count=st.integers(1, 50),
    ),
    max_size=60,
)


def test_what_comes_without_a_long_pause_is_one_run() -> None:
    (run,) = runs_of([Sighting(0, "a", "h"), Sighting(PAUSE, "a", "h", count=4), Sighting(2 * PAUSE, "a", "h")])
    assert (run.first, run.last, run.count) == (0, 2 * PAUSE, 6)
    assert len(runs_of([Sighting(0, "a", "h"), Sighting(PAUSE + 1, "a", "h")])) == 2
    assert len(runs_of([Sighting(0, "a", "h"), Sighting(0, "a", "h", organisation="o")])) == 2


@given(SIGHTINGS, st.randoms(use_true_random=False))
def test_runs_do_not_depend_on_the_order_of_sightings(sightings: list[Sighting], chance: random.Random) -> None:
    shuffled = sightings[:]
    chance.shuffle(shuffled)
    assert runs_of(shuffled) == runs_of(sightings)
    assert sum(run.count for run in runs_of(sightings)) == sum(each.count for each in sightings)


@given(SIGHTINGS, st.integers(0, 60))
@settings(max_examples=50)
def test_a_run_is_judged_by_the_past_only(sightings: list[Sighting], cut: int) -> None:
    runs = runs_of(sightings)
    assert list(History().judge_all(runs))[:cut] == list(History().judge_all(runs[:cut]))


@given(SIGHTINGS)
@settings(max_examples=50)
def test_organisations_learn_nothing_of_each_other(sightings: list[Sighting]) -> None:
    runs = runs_of(sightings)
    together = [each for each in History().judge_all(runs) if each.run.organisation == "o1"]
    assert together == list(History().judge_all(run for run in runs if run.organisation == "o1"))


def test_nothing_is_unusual_to_a_memory_that_has_just_begun() -> None:
    first = judged(seen(0, "a"), seen(0.05, "b"), seen(0.1, "c"))
    assert all(each.bits < ANCHOR for each in first)


def test_what_its_host_never_had_is_unusual_after_days_and_more_so_after_weeks() -> None:
    days, weeks = (last(*hourly(long), seen(long, "wiper")).bits for long in (3, 21))
    assert ANCHOR < days < weeks


def test_what_comes_every_hour_is_usual_and_what_comes_once_a_week_is_less_so() -> None:
    often = last(*hourly(21)).bits
    weekly = last(*(seen(7 * week) for week in range(4))).bits
    assert often < 1 < weekly


def test_what_another_host_has_every_hour_is_still_new_here() -> None:
    there = last(*hourly(5, host="mail"), seen(5, host="web"))
    assert there.surprise.host > ANCHOR
    assert there.surprise.organisation < 1
    assert not there.surprise.new


def test_the_past_fades() -> None:
    burst = [seen(hour / 24) for hour in range(48)]
    soon, late = (last(*burst, seen(days)).bits for days in (3, 120))
    assert late > soon + 3


def test_a_kind_that_always_names_new_people_does_not_wonder_at_the_next_one() -> None:
    strangers = [seen(hour / 24, user=f"stranger-{hour}") for hour in range(24 * 5)]
    known = [seen(hour / 24, user="anna") for hour in range(24 * 5)]
    assert last(*strangers, seen(5, user="boris")).surprise.user < 1
    assert last(*known, seen(5, user="boris")).surprise.user > ANCHOR


def test_what_comes_at_night_for_weeks_is_more_unusual_at_noon() -> None:
    nights = [seen(day + (1 + hour) / 24) for day in range(20) for hour in range(3)]
    night, noon = (last(*nights, seen(20 + hour / 24)).bits for hour in (2, 12))
    assert noon > night + 1


def test_what_comes_on_sundays_is_more_unusual_on_a_wednesday() -> None:
    sundays = [seen(3 + 7 * week + hour / 24) for week in range(12) for hour in range(8)]  # 1970-01-04 was a Sunday
    sunday, wednesday = (last(*sundays, seen(day + 0.1)).bits for day in (3 + 7 * 12, 6 + 7 * 12))
    assert wednesday > sunday + 1


def test_a_far_larger_run_than_ever_is_unusual_and_its_size_says_no_more_than_a_bound() -> None:
    usual = hourly(5, count=3)
    large, huge = (last(*usual, seen(5, count=count)) for count in (40, 10**6))
    assert large.surprise.host < 1
    assert large.bits > ANCHOR
    assert huge.bits == MOST_SIZE_BITS


def test_what_was_forgotten_for_want_of_room_counts_as_unseen() -> None:
    history = History(most=6)
    runs = runs_of([seen(0), *(seen(1 + n / 10, f"kind-{n}", f"host-{n}") for n in range(10)), seen(3)])
    *_, again = history.judge_all(runs)
    assert len(history) == 6
    assert history.forgotten > 0
    assert again.surprise.before == 0


def test_a_fork_learns_apart() -> None:
    history = History()
    list(history.judge_all(runs_of(hourly(3))))
    run = Run("login failed", "web", "", "", "", "", 3 * DAY + HOUR, 3 * DAY + HOUR, 1)
    before = history.judge(run)
    fork = history.fork()
    assert fork.judge(run) == before
    for day in range(4, 30):
        fork.learn(Run("login failed", "web", "", "", "", "", day * DAY, day * DAY, 9))
    assert history.judge(run) == before
    later = Run("login failed", "web", "", "", "", "", 31 * DAY, 31 * DAY, 1)
    assert fork.judge(later).before > history.judge(later).before
    assert history.begun("") == 0.0


@given(SIGHTINGS, st.integers(1, 59))
@settings(max_examples=50)
def test_learning_in_two_goes_is_learning_at_once(sightings: list[Sighting], cut: int) -> None:
    runs = runs_of(sightings)
    history = History()
    first = list(history.judge_all(runs[:cut]))
    assert [*first, *history.fork().judge_all(runs[cut:])] == list(History().judge_all(runs))


@pytest.mark.parametrize(
    ("sightings", "said"),
    [
        ([*hourly(3), seen(3, "wiper")], "“wiper” was never seen in 3 days of memory, on web or anywhere else."),
        ([*hourly(3, host="mail"), seen(3)], "“login failed” was never seen on web in 3 days of memory."),
        ([seen(0), seen(0, "b"), seen(9)], "“login failed” is rare on web: last 9 days before."),
        (
            [*hourly(3, count=2), seen(3, count=900)],
            "“login failed” on web came 900 times at once, before that at most 2 times.",
        ),
        ([*hourly(5, user="anna"), seen(5, user="boris")], "“login failed” is rare for boris."),
    ],
)
def test_the_reason_is_said_in_a_sentence(sightings: list[Sighting], said: str) -> None:
    assert reason(last(*sightings)) == said


def test_bits_are_those_of_a_poisson_process() -> None:
    found = last(seen(0, "a"), seen(10, "b"))
    remembered = 30 * DAY / math.log(2) * (1 - 2 ** (-10 / 30))
    rate = 0.5 / (remembered + DAY / 2)
    assert found.surprise.host == pytest.approx(-math.log2(1 - math.exp(-rate * HOUR)))

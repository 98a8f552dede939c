"""RITA's published score as benchmarks/rita.py has it, on cases that can be worked out by hand.

`EXPECTED` are intervals, sizes and scores that RITA's own tests expect (activecm/rita v5, analysis/beacons_test.go).
"""

from itertools import accumulate

import pytest
from benchmarks.rita import beacon_scores, with_prevalence

HOUR, DAY = 3_600, 86_400

EXPECTED_TIMING = [
    ((60,) * 9, 1.0),
    ((98, 99, 99, 100, 100, 100, 101, 101, 102), 0.995),
    ((98, 300) * 5, 0.746),
    ((1, 299, 25, 4975, 90, 2, 42, 500, 1500), 0.083),
]
EXPECTED_SIZE = [((60,) * 9, 1.0), (tuple(range(1, 11)), 0.773), ((98, 99, 99, 100, 100, 100, 101, 101, 102), 0.995)]


@pytest.mark.parametrize(("intervals", "expected"), EXPECTED_TIMING)
def test_timing_is_what_rita_expects(intervals: tuple[int, ...], expected: float) -> None:
    times = list(accumulate(intervals, initial=0))
    scores = beacon_scores(times, [1] * len(times), 0, DAY)
    assert scores is not None
    assert scores.timing == expected


@pytest.mark.parametrize(("sizes", "expected"), EXPECTED_SIZE)
def test_size_is_what_rita_expects(sizes: tuple[int, ...], expected: float) -> None:
    scores = beacon_scores(list(range(len(sizes))), sizes, 0, DAY)
    assert scores is not None
    assert scores.size == expected


def test_a_perfect_beacon_of_a_whole_day_has_the_score_one() -> None:
    times = list(range(0, DAY + 1, 300))
    scores = beacon_scores(times, [120] * len(times), 0, DAY)
    assert scores is not None
    assert (scores.timing, scores.size, scores.duration) == (1, 1, 1)
    assert scores.histogram == pytest.approx(0.98, abs=0.03)  # the last call makes the last bar one higher


def test_three_different_seconds_are_too_few() -> None:
    assert beacon_scores([0, 0, 60, 120], [1, 1, 1, 1], 0, DAY) is None


def test_a_pair_with_a_call_a_second_is_a_strobe() -> None:
    assert beacon_scores(list(range(DAY)), [1] * DAY, 0, DAY) is None


def test_only_the_last_day_counts() -> None:
    assert beacon_scores([0, HOUR, 2 * HOUR, 3 * HOUR], [1] * 4, 0, 3 * DAY) is None


def test_intervals_have_their_skewness_and_dispersion() -> None:
    scores = beacon_scores([0, 10, 30, 70, 150], [0] * 5, 0, DAY)
    assert scores is not None
    # intervals 10, 20, 40, 80: quartiles 15, 30, 60, skewness 15 / 45; deviations 20, 10, 10, 50, MAD 15
    assert scores.timing == pytest.approx((1 - 1 / 3 + 0.5) / 2, abs=0.001)
    assert scores.size == 0.5  # nothing was sent: even, without a dispersion
    assert scores.duration == 0  # one bar of six


def test_prevalence_adds_for_the_rare_and_takes_from_the_common() -> None:
    assert [with_prevalence(0.5, share) for share in (0.02, 0.1, 0.5)] == [0.65, 0.5, 0.35]

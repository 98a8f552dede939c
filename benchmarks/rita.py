"""RITA's beacon score, to compare with: activecm/rita 5 (analysis/beacons.go, default_config.hjson), in our own words.

Rules, as its analysis has them:
1. A pair has at least four different seconds of contact and fewer than 86,400 connections (more is a strobe). Only the
   last 24 hours of the data count.
2. Timing: of the intervals between different seconds, half symmetry (1 - |Bowley skewness|; skewness counts as 0 where
   the quartiles lie less than 10 apart or the median equals one of them), half dispersion ((median - MAD) / median,
   1 where the median is below 1).
3. Size: the same of the bytes from the source, IP headers included; the dispersion counts 0 where the median is
   below 1.
4. Histogram: 24 bars over the data's time. The larger of 1 - coefficient of variation of the bars, and, from 11 bars
   with contact on, the share of these bars (one left out) whose heights lie in the two commonest steps of 5 % of the
   highest.
5. Duration: from 6 bars with contact on, the larger of the share of the data's time between first and last contact, and
   the longest run of bars with contact (around the end) in twelfths.
6. The score is the mean of the four.
7. Its modifiers are told apart: prevalence adds 0.15 where at most 2 % of the internal hosts know the external end, and
   takes 0.15 from 50 % on.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, pstdev

VERSION = "activecm/rita v5, analysis/beacons.go at commit 0b6db7a"
DAY_SECONDS = 86_400
MIN_SECONDS = 4  # different seconds of contact: unique_connection_threshold
MIN_SPREAD = 10  # between quartiles, below which skewness counts as none
BARS, MIN_BARS, IDEAL_RUN = 24, 6, 12
BIMODAL_BARS, BIMODAL_OUTLIERS, BIMODAL_STEP = 11, 1, 0.05
RARE, COMMON, MODIFIER = 0.02, 0.5, 0.15


@dataclass(frozen=True, slots=True)
class Scores:
    """The four parts and their mean, each 0 to 1."""

    timing: float
    size: float
    duration: float
    histogram: float

    @property
    def beacon(self) -> float:
        """The score that RITA names `beacon_score`."""
        return round((self.timing + self.size + self.duration + self.histogram) / 4, 3)


def beacon_scores(times: Sequence[int], sizes: Sequence[int], first: int, last: int) -> Scores | None:
    """One pair's scores, times in whole seconds; `first` and `last` bound the data. None: RITA does not score it."""
    start = max(first, last - DAY_SECONDS)
    kept = sorted((time, size) for time, size in zip(times, sizes, strict=True) if time >= start)
    seconds = [time for time, _ in kept]
    if len(set(seconds)) < MIN_SECONDS or len(seconds) >= DAY_SECONDS or last <= start:
        return None
    intervals = [after - before for before, after in pairwise(seconds) if after > before]
    bars = _bars(seconds, start, last)
    return Scores(
        _regular(intervals, dispersion_of_nothing=1.0),
        _regular([size for _, size in kept], dispersion_of_nothing=0.0),
        _duration(bars, (seconds[-1] - seconds[0]) / (last - start)),
        max(_even(bars), _bimodal(bars)),
    )


def with_prevalence(score: float, share: float) -> float:
    """The score with RITA's prevalence modifier; `share` of the internal hosts know the external end."""
    return score + MODIFIER * (share <= RARE) - MODIFIER * (share >= COMMON)


def _regular(values: Sequence[int], dispersion_of_nothing: float) -> float:
    """Rule 2 and 3."""
    ordered = sorted(values)
    middle = median(ordered)
    half = len(ordered) // 2
    low, high = median(ordered[:half]), median(ordered[-half:])
    skew = 0.0
    if high - low >= MIN_SPREAD and middle not in (low, high):
        skew = (low + high - 2 * middle) / (high - low)
    dispersion = dispersion_of_nothing
    if middle >= 1:
        dispersion = max(0.0, (middle - median(abs(value - middle) for value in ordered)) / middle)
    return round((1 - abs(skew) + dispersion) / 2, 3)


def _bars(seconds: Sequence[int], start: int, last: int) -> list[int]:
    width = (last - start) / BARS
    counted = Counter(min(BARS - 1, int((second - start) / width)) for second in seconds)
    return [counted[bar] for bar in range(BARS)]


def _even(bars: Sequence[int]) -> float:
    """Rule 4, the first way."""
    return max(0.0, round(1 - pstdev(bars) / (sum(bars) / len(bars)), 3))


def _bimodal(bars: Sequence[int]) -> float:
    """Rule 4, the second way."""
    filled = [bar for bar in bars if bar]
    if len(filled) < BIMODAL_BARS:
        return 0.0
    step = math.ceil(max(filled) * BIMODAL_STEP)
    heights = Counter(bar // step for bar in filled)
    commonest = sum(count for _, count in heights.most_common(2))
    return min(1.0, round(commonest / max(1, len(filled) - BIMODAL_OUTLIERS), 3))


def _duration(bars: Sequence[int], coverage: float) -> float:
    """Rule 5."""
    if sum(1 for bar in bars if bar) < MIN_BARS:
        return 0.0
    longest = run = 0
    for bar in (*bars, *bars):
        run = run + 1 if bar else 0
        longest = max(longest, run)
    consistency = math.ceil(min(longest, BARS) / IDEAL_RUN * 1000) / 1000
    return min(1.0, max(math.ceil(coverage * 1000) / 1000, consistency))

"""Many times at once: columns of distinct texts to int64 microseconds.

Texts are grouped by their shape (every digit written as 0). A shape of ISO 8601 or of an epoch number is computed for
all its rows with numpy; whatever is left goes through `parse_time` one by one, so both ways give the same answer.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo

import numpy as np
import numpy.typing as npt

from tocsin.telemetry.times.text import (
    DAY,
    EARLIEST_US,
    HOUR,
    HOURS,
    LATEST_US,
    LONGEST_TIME,
    MINUTE,
    MINUTES,
    MONTHS_OF_YEAR,
    NO_TIME,
    QUARTER,
    SECOND,
    SECONDS,
    offset_at,
    parse_time,
)

Times = npt.NDArray[np.int64]
Digits = npt.NDArray[np.uint32]  # one row a text, one column a character

BLOCK = 65_536  # texts computed together
SHAPES = 8  # shapes tried in one block before the rest goes one by one
FEW = 16  # texts below which numpy does not pay
ZERO, NINE = ord("0"), ord("9")
FRACTION_DIGITS = 6

_ISO_SHAPE = re.compile(r"0000([-/])00\1(?:00)[T ]00:00:00(?:[.,](0{1,12}))?(Z|z|[+-]00:?00)?")
_EPOCH_SHAPE = re.compile(r"(0{9,10}|0{12,13}|0{15,16}|0{18,19})(?:\.(0{1,12}))?")
_EPOCH_SCALE = {9: 1_000_000, 10: 1_000_000, 12: 1_000, 13: 1_000, 15: 1, 16: 1, 18: 0, 19: 0}  # 0: nanoseconds


def parse_times(texts: Sequence[str], zone: tzinfo = UTC) -> Times:
    """Microseconds since 1970 UTC for each text, NO_TIME where `parse_time` gives None."""
    times = np.full(len(texts), NO_TIME, dtype=np.int64)
    for start in range(0, len(texts), BLOCK):
        block = texts[start : start + BLOCK]
        times[start : start + len(block)] = _block(block, zone)
    return times


def _block(texts: Sequence[str], zone: tzinfo) -> Times:
    times = np.full(len(texts), NO_TIME, dtype=np.int64)
    left = np.arange(len(texts)) if len(texts) < FEW else _by_shape(texts, zone, times)
    for index in left.tolist():
        value = parse_time(texts[index], zone)
        times[index] = NO_TIME if value is None else value
    return times


def _by_shape(texts: Sequence[str], zone: tzinfo, times: Times) -> npt.NDArray[np.intp]:
    """Fill `times` where the shape is known; the indices that are left."""
    characters = np.array([text[:LONGEST_TIME] or " " for text in texts], dtype=np.str_)
    width = characters.dtype.itemsize // 4
    codes: Digits = characters.view(np.uint32).reshape(len(texts), width)
    shapes = np.where((codes >= ZERO) & (codes <= NINE), np.uint32(ZERO), codes)
    todo = np.ones(len(texts), dtype=bool)
    skipped = np.zeros(len(texts), dtype=bool)
    for _ in range(SHAPES):
        first = int(np.argmax(todo))
        if not todo[first]:
            break
        same = todo & (shapes == shapes[first]).all(axis=1)
        compute = _computation("".join(map(chr, shapes[first].tolist())).rstrip("\0"), len(texts[first]), zone)
        todo &= ~same
        if compute is None:
            skipped |= same
        else:
            times[same] = compute(codes[same].astype(np.int64) - ZERO, codes[same])
    return np.flatnonzero(todo | skipped)


def _computation(shape: str, length: int, zone: tzinfo) -> Callable[[Times, Digits], Times] | None:
    """How to compute a shape, None for shapes that only `parse_time` knows."""
    if len(shape) != length:  # a text with NUL at its end, or cut above
        return None
    iso = _ISO_SHAPE.fullmatch(shape)
    if iso is not None:
        return lambda digits, codes: _iso(digits, codes, len(iso[2] or ""), iso[3], zone)
    epoch = _EPOCH_SHAPE.fullmatch(shape)
    if epoch is not None:
        return lambda digits, _: _epoch(digits, len(epoch[1]), len(epoch[2] or ""))
    return None


def _number(digits: Times, start: int, size: int) -> Times:
    total = digits[:, start].copy()
    for column in range(start + 1, start + size):
        total *= 10
        total += digits[:, column]
    return total


def _fraction(digits: Times, start: int, size: int) -> Times:
    """Microseconds of a fraction with `size` digits; further digits are cut."""
    if size == 0:
        return np.zeros(len(digits), dtype=np.int64)
    used = min(size, FRACTION_DIGITS)
    scaled: Times = _number(digits, start, used) * 10 ** (FRACTION_DIGITS - used)
    return scaled


def _iso(digits: Times, codes: Digits, fraction: int, mark: str | None, zone: tzinfo) -> Times:
    year, month, day = _number(digits, 0, 4), _number(digits, 5, 2), _number(digits, 8, 2)
    hour, minute, second = _number(digits, 11, 2), _number(digits, 14, 2), _number(digits, 17, 2)
    good = (month >= 1) & (month <= MONTHS_OF_YEAR) & (day >= 1) & (day <= _month_length(year, month))
    good &= (year >= 1) & (hour < HOURS) & (minute < MINUTES) & (second < SECONDS)
    times = _days(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second * SECOND
    times += _fraction(digits, 20, fraction)
    after = 19 + (fraction + 1 if fraction else 0)
    times -= _zone_offsets(times, zone) if mark is None else _written_offsets(digits, codes, after, mark)
    known: Times = np.where(good & (times >= EARLIEST_US) & (times < LATEST_US), times, NO_TIME)
    return known


def _written_offsets(digits: Times, codes: Digits, start: int, mark: str) -> Times | int:
    """Offsets that the texts carry: `Z` or `+02:00` from column `start`."""
    if mark in ("Z", "z"):
        return 0
    size = _number(digits, start + 1, 2) * HOUR + _number(digits, start + len(mark) - 2, 2) * MINUTE
    return np.where(codes[:, start] == ord("-"), -size, size)


def _zone_offsets(local: Times, zone: tzinfo) -> Times | int:
    if zone is UTC:
        return 0
    quarters, inverse = np.unique(local // QUARTER, return_inverse=True)
    offsets = np.array([offset_at(int(quarter) * QUARTER, zone) for quarter in quarters], dtype=np.int64)
    chosen: Times = offsets[inverse]
    return chosen


def _epoch(digits: Times, whole: int, fraction: int) -> Times:
    number, scale = _number(digits, 0, whole), _EPOCH_SCALE[whole]
    fine = _fraction(digits, whole + 1, fraction) * scale // SECOND
    times = number * scale + fine if scale else number // 1_000
    return np.where((times >= EARLIEST_US) & (times < LATEST_US), times, NO_TIME)


def _month_length(year: Times, month: Times) -> Times:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
    known: Times = lengths[np.clip(month, 0, MONTHS_OF_YEAR)] + ((month == 2) & leap)
    return known


def _days(year: Times, month: Times, day: Times) -> Times:
    """Days since 1970-01-01 in the Gregorian calendar, with years that begin in March (so February is last)."""
    shifted = year - (month <= 2)
    era, of_era = shifted // 400, shifted % 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days: Times = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return days

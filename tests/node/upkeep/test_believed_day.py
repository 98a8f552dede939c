"""Retention follows no clock that jumped."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tocsin import clock
from tocsin.errors import StateError
from tocsin.node.upkeep.believed_day import JUMP_SECONDS, STOOD_SECONDS, BelievedDay, Moment, is_believed, stands_since

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Clock:
    """Both clocks of a machine: time passes on both, the time of day can jump."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time, self.ran = NOW, 0.0
        monkeypatch.setattr(clock, "now", lambda: self.time)
        monkeypatch.setattr(clock, "monotonic", lambda: self.ran)

    def pass_by(self, time: timedelta) -> None:
        self.time, self.ran = self.time + time, self.ran + time.total_seconds()


def test_a_clock_that_jumps_is_not_believed_until_it_stood_for_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, day = Clock(monkeypatch), BelievedDay(tmp_path / "day")
    assert day.today() is None, "nothing is known of this clock yet"
    machine.pass_by(DAY)
    assert day.today() == date(2026, 3, 2)
    machine.time += 300 * DAY
    with pytest.raises(StateError, match="nothing is removed") as told:
        day.today()
    assert "Check the clock" in told.value.advice()
    machine.time -= 300 * DAY
    assert day.today() == date(2026, 3, 2)
    machine.time += 300 * DAY
    with pytest.raises(StateError):
        BelievedDay(tmp_path / "day").today()  # also where the process was started after the jump
    with pytest.raises(StateError):
        day.today()
    machine.pass_by(DAY)
    assert day.today() == date(2026, 12, 28)


def test_a_node_that_is_started_every_day_goes_on_believing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Clock(monkeypatch)
    (tmp_path / "day").write_text("2026-03-01")
    for number in range(1, 5):
        machine.pass_by(DAY)
        assert BelievedDay(tmp_path / "day").today() == date(2026, 3, 1 + number)


def test_a_day_that_cannot_be_read_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    (tmp_path / "day").write_text("\x00")
    assert BelievedDay(tmp_path / "day").today() is None


def test_small_corrections_are_no_jump_and_large_ones_begin_anew() -> None:
    since = Moment(NOW, 0.0)
    corrected = Moment(NOW + DAY + timedelta(seconds=JUMP_SECONDS), DAY.total_seconds())
    assert stands_since(since, corrected) == since
    jumped = Moment(NOW - timedelta(seconds=JUMP_SECONDS + 61), 60.0)
    assert stands_since(since, jumped) == jumped


@pytest.mark.parametrize(("days", "believed"), [(0, True), (2, True), (-2, True), (3, False), (-3, False)])
def test_a_step_of_two_days_is_believed_at_once(days: int, believed: bool) -> None:
    now = Moment(NOW, 0.0)
    assert is_believed(NOW.date() + timedelta(days=days), now, now) == believed
    assert is_believed(None, Moment(NOW, 0.0), Moment(NOW, STOOD_SECONDS))

"""The small parts: chance, templates, the calendar, the command."""

from itertools import pairwise
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner
from written_exercise import EVENTS

from tocsin.cli.exercise import exercise
from tocsin.errors import UsageError
from tocsin.exercise.calendar import DAYS, END_US, START_US, at_us, moment, slots
from tocsin.exercise.chance import Chance, Wheel
from tocsin.exercise.template import Template


@given(st.text(max_size=80).filter(lambda text: "{" not in text))
def test_a_text_without_slots_stays_as_it_is(text: str) -> None:
    assert Template(text).fill({}, Chance(1)) == text


@given(st.text(max_size=80))
def test_no_text_breaks_a_template(text: str) -> None:
    assert isinstance(Template(text).fill({"account": "x"}, Chance(1)), str)


def test_slots_take_given_names_then_generators_and_leave_the_rest() -> None:
    filled = Template("{account} {n4} {hex8} {unknown} Where-Object { $_.Name }").fill({"account": "e.leka"}, Chance(1))
    account, number, hexadecimal, unknown, rest = filled.split(" ", 4)
    assert (account, unknown, rest) == ("e.leka", "{unknown}", "Where-Object { $_.Name }")
    assert len(number) == 4
    assert int(hexadecimal, 16) < 2**32


@given(st.integers(-1000, 1000), st.integers(0, 1000), st.integers(0, 2**32))
def test_whole_numbers_stay_in_their_bounds(low: int, width: int, seed: int) -> None:
    assert low <= Chance(seed).whole(low, low + width) <= low + width


@given(st.lists(st.floats(0, 10), min_size=1, max_size=20).filter(any), st.integers(0, 2**32))
def test_a_wheel_never_stops_at_an_item_without_weight(weights: list[float], seed: int) -> None:
    assert weights[Wheel(weights).spin(Chance(seed))] > 0


def test_the_slots_cover_the_week_without_a_gap() -> None:
    week = slots()
    assert week[0].start_us == START_US
    assert week[-1].end_us == END_US
    assert all(one.end_us == after.start_us for one, after in pairwise(week))
    assert {slot.weekday for slot in week} == set(range(DAYS))


def test_local_times_become_utc() -> None:
    assert moment(at_us(0, "21:42")).isoformat() == "2026-03-02T20:42:00+00:00"


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(exercise)
    return made


def test_the_command_says_what_it_wrote_and_where_the_answers_are(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "trial"
    result = CliRunner().invoke(app, ["windows-intrusion", "--out", str(out), "--events", str(EVENTS)])
    assert result.exit_code == 0, result.output
    assert f"{EVENTS:,} records" in result.output
    assert (out / "ground-truth.json").is_file()


def test_the_command_refuses_a_folder_that_holds_something(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    result = CliRunner().invoke(app, ["network-intrusion", "--out", str(tmp_path)])
    assert isinstance(result.exception, UsageError)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_command_writes_a_week_without_an_attack_on_request(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "quiet"
    result = CliRunner().invoke(app, ["network-intrusion", "--out", str(out), "--events", "4000", "--benign"])
    assert "no attack" in result.output

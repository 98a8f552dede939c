"""quiet-month: everything that alarms has a name and none of it is an attack."""

import numpy as np
import pytest

from tocsin.exercise.range.batches import BACKGROUND, Batch
from tocsin.exercise.range.scenario import Plot
from tocsin.exercise.range.scenarios.quiet_month import SCENARIO
from tocsin.exercise.range.sizing import sized
from tocsin.exercise.range.times import SECOND

HOSTS = 600
CROWDS = ("Election night", "Deadline day of the tax office", "Storm warning")


@pytest.fixture(scope="module")
def plot() -> Plot:
    made = Plot(sized(4, HOSTS, 1), 1, SCENARIO.first_day, SCENARIO.days, attack=True)
    SCENARIO.plan(made)
    return made


def requests(plot: Plot) -> list[Batch]:
    return [batch for batches in plot.planned.values() for batch in batches if batch.stream == "web"]


def test_nothing_is_planted(plot: Plot) -> None:
    assert plot.stages == []
    assert all(batch.stage == BACKGROUND for batches in plot.planned.values() for batch in batches)


def test_three_crowds_come_to_public_sites(plot: Plot) -> None:
    named = {one.title: one for one in plot.surprises if one.title in CROWDS}
    assert named.keys() == set(CROWDS)
    times = np.concatenate([batch.times for batch in requests(plot)])
    for crowd in named.values():
        inside = times[(times >= crowd.first_us) & (times < crowd.last_us)]
        usual = HOSTS * 3 / 24  # requests an hour at most on a day without a crowd
        assert len(inside) / ((crowd.last_us - crowd.first_us) / (3_600 * SECOND)) > 3 * usual, crowd.title


def test_every_member_has_a_patch_day_and_the_largest_the_works(plot: Plot) -> None:
    patched = {one.member for one in plot.surprises if one.title == "Patch day"}
    assert patched == {member.folder for member in plot.alliance.members}
    titles = {one.title for one in plot.surprises if one.member == plot.alliance.largest.folder}
    assert {"Restore test", "Server rebuilt", "Mailbox migration", "Misconfigured vulnerability scanner"} <= titles


def test_surprises_end_after_they_begin_and_within_the_exercise(plot: Plot) -> None:
    for one in plot.surprises:
        assert plot.first_us <= one.first_us < one.last_us <= plot.last_us + 86_400 * SECOND, one.title


@pytest.mark.parametrize("members", [1, 2, 7])
def test_any_alliance_can_have_a_quiet_month(members: int) -> None:
    plot = Plot(sized(members, 80, 1), 1, SCENARIO.first_day, 5, attack=True)
    SCENARIO.plan(plot)
    assert plot.surprises

"""docs/exercise.md says what the code does."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from tocsin.exercise import GroundTruth, Planted, Stage, network, windows
from tocsin.exercise.ground_truth import StagePlan
from tocsin.exercise.network.attack import stage_plans as network_stages
from tocsin.exercise.network.intrusion import LEAST_EVENTS as LEAST_NETWORK
from tocsin.exercise.range import SCENARIOS, Scenario, Truth
from tocsin.exercise.range.play import MOST_FILES, MOST_MEMBERS
from tocsin.exercise.range.sizing import sized
from tocsin.exercise.range.streams import STREAMS
from tocsin.exercise.windows.intrusion import LEAST_EVENTS as LEAST_WINDOWS
from tocsin.exercise.windows.intrusion import stage_plans as windows_stages

DOCS = (Path(__file__).parents[2] / "docs" / "exercise.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("plan", [*windows_stages(), *network_stages()], ids=lambda plan: plan.id)
def test_every_stage_is_listed_with_its_techniques(plan: StagePlan) -> None:
    rows = re.findall(rf"^\| `{plan.id}` \|.*\| (.*) \|$", DOCS, re.MULTILINE)
    assert ", ".join(plan.attack) in rows


@pytest.mark.parametrize("type_", [GroundTruth, Stage, Planted])
def test_every_field_of_the_answer_sheet_is_explained(type_: type) -> None:
    assert all(f"`{field.name}`" in DOCS for field in fields(type_))


def test_the_least_numbers_of_events_are_the_real_ones() -> None:
    assert f"at least {LEAST_WINDOWS:,} (windows-intrusion) or {LEAST_NETWORK:,} (network-intrusion)" in DOCS


def test_both_scenarios_have_a_section() -> None:
    for package in (windows, network):
        assert f"## {package.__name__.rsplit('.', 1)[-1]}-intrusion" in DOCS


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_every_scenario_of_the_range_has_a_section(scenario: Scenario) -> None:
    assert f"## {scenario.id}\n" in DOCS


def test_every_stream_that_a_member_collects_is_listed() -> None:
    collected = {stream for member in sized(4, 100, 1).members for stream in member.logging.streams}
    for name in collected:
        path = STREAMS[name].path.replace("{period}", "PERIOD")
        assert f"`{path}`" in DOCS or name.removeprefix("zeek_") in DOCS, name


def test_every_member_and_its_share_is_listed() -> None:
    for member in sized(4, 100, 1).members:
        assert re.search(rf"`{member.folder}` .*\| {member.share:.0%}".replace("%", " %"), DOCS), member.folder
    assert all(f"`{member.folder}`" in DOCS for member in sized(8, 100, 1).members)


def test_the_answer_sheet_of_the_range_is_explained() -> None:
    assert all(f"`{field.name}`" in DOCS for field in fields(Truth))
    assert f"below {MOST_FILES} files" in DOCS and f"at most {MOST_MEMBERS}" in DOCS

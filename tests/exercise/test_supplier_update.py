"""supplier-update: the same update everywhere, weeks of silence, quiet beacons, depth on few hosts."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tocsin.exercise.range.alliance import Alliance
from tocsin.exercise.range.batches import BACKGROUND, Batch
from tocsin.exercise.range.columns import Pick
from tocsin.exercise.range.scenario import Plot
from tocsin.exercise.range.scenarios.supplier_update import SCENARIO
from tocsin.exercise.range.sizing import sized
from tocsin.exercise.range.times import DAY, HOUR

STAGES = ("trojan-update", "beacons", "second-stage", "token-theft")
SEEDS = (1, 2, 3)
DOCS = (Path(__file__).parents[2] / "docs" / "exercise.md").read_text(encoding="utf-8")


@cache
def alliance(members: int) -> Alliance:
    return sized(members, SCENARIO.hosts, 1, SCENARIO.setting)


@cache
def planned(seed: int = 1, members: int = 4, attack: bool = True, days: int = SCENARIO.days) -> Plot:
    plot = Plot(alliance(members), seed, SCENARIO.first_day, days, attack)
    SCENARIO.plan(plot)
    return plot


def planted(plot: Plot, stage: str, stream: str = "", kind: str = "", member: str = "") -> list[Batch]:
    return [
        batch
        for (folder, _), batches in plot.planned.items()
        for batch in batches
        if batch.stage != BACKGROUND
        and plot.stages[batch.stage].id == stage
        and stream in ("", batch.stream)
        and kind in ("", batch.kind)
        and member in ("", folder)
    ]


def by_host(batches: list[Batch]) -> dict[int, np.ndarray]:
    """The times of each host."""
    times = np.concatenate([batch.times for batch in batches])
    hosts = np.concatenate([np.asarray(batch.host_numbers()) for batch in batches])
    return {number: np.sort(times[hosts == number]) for number in np.unique(hosts).tolist()}


@pytest.mark.parametrize("members", [1, 4])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_stage_leaves_records_in_any_alliance(seed: int, members: int) -> None:
    plot = planned(seed, members)
    assert {stage.id for stage in plot.stages} == set(STAGES)
    for number, stage in enumerate(plot.stages):
        assert any(batch.stage == number for batches in plot.planned.values() for batch in batches), stage


def test_the_update_is_at_several_members() -> None:
    plot = planned()
    assert {stage.member for stage in plot.stages if stage.id == "trojan-update"} == {
        member.folder for member in plot.alliance.members
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_a_host_is_silent_for_one_to_four_weeks_after_the_update(seed: int) -> None:
    plot = planned(seed)
    largest = plot.alliance.largest.folder
    updated = by_host(planted(plot, "trojan-update", "windows", "service_state", largest))
    asked = by_host(planted(plot, "beacons", "zeek_dns", member=largest))
    waits = [(times[0] - updated[host][0]) / DAY for host, times in asked.items()]
    assert len(waits) > 10
    assert min(waits) > 6.5 and max(waits) < 29


@pytest.mark.parametrize("seed", SEEDS)
def test_beacons_are_few_a_day_with_jitter(seed: int) -> None:
    plot = planned(seed)
    for times in by_host(planted(plot, "beacons", "zeek_dns", member=plot.alliance.largest.folder)).values():
        gaps = np.diff(times) / HOUR
        assert 1.5 < float(np.median(gaps)) < 14
        assert float(np.std(gaps)) > 0.05 * float(np.mean(gaps))


def test_every_question_has_a_name_of_its_own_below_few_domains() -> None:
    plot = planned()
    names: list[str] = []
    for batch in planted(plot, "beacons", "zeek_dns", member=plot.alliance.largest.folder):
        id_, turn, domain = batch.values["query"].parts  # type: ignore[union-attr]
        assert isinstance(id_, Pick) and isinstance(domain, Pick)
        names += [f"{id_.pool.texts[a]}{b}.{domain.pool.texts[c]}" for a, b, c in
                  zip(id_.codes.tolist(), turn.tolist(), domain.codes.tolist(), strict=True)]  # type: ignore[union-attr]  # fmt: skip
    assert len(set(names)) > 0.9 * len(names)
    assert len({name.split(".", 1)[1] for name in names}) <= 4


@pytest.mark.parametrize("seed", SEEDS)
def test_depth_comes_after_the_first_signs_of_life_and_on_few_hosts(seed: int) -> None:
    plot = planned(seed)
    largest = plot.alliance.largest.folder
    asked = min(times[0] for times in by_host(planted(plot, "beacons", "zeek_dns", member=largest)).values())
    started = by_host(planted(plot, "second-stage", "windows", "process_create", largest))
    theft = by_host(planted(plot, "token-theft", member=largest))
    assert 2 <= len(started) <= 4
    assert asked < min(times[0] for times in started.values()) < min(times[0] for times in theft.values())


def test_mail_is_read_without_any_sign_in_from_that_address() -> None:
    plot = planned()
    read = planted(plot, "token-theft", "m365", "MailItemsAccessed")
    assert sum(map(len, read)) >= 16
    assert not planted(plot, "token-theft", "entra")


def test_without_the_attack_nothing_is_planted() -> None:
    plot = planned(attack=False)
    assert all(batch.stage == BACKGROUND for batches in plot.planned.values() for batch in batches)


def test_another_seed_takes_another_way() -> None:
    titles = {next(stage.title for stage in planned(seed).stages if stage.id == "beacons") for seed in SEEDS}
    assert len(titles) > 1 and len({first_time(seed) for seed in SEEDS}) == len(SEEDS)


def first_time(seed: int) -> int:
    return min(int(batch.times.min()) for batch in planted(planned(seed), "second-stage"))


@pytest.mark.parametrize("stage", STAGES)
def test_the_documentation_lists_every_stage_with_its_techniques(stage: str) -> None:
    plan = next(one for one in planned().stages if one.id == stage)
    rows = re.findall(rf"^\| `{stage}` \|.*\| (.*) \|$", DOCS, re.MULTILINE)
    assert set(plan.attack) == set(rows[0].split(", "))

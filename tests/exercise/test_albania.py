"""albania-2022: eight stages over fourteen months, with the pauses, the slow stage and the volumes of public record."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tocsin.exercise.range.alliance import Alliance
from tocsin.exercise.range.batches import BACKGROUND, Batch
from tocsin.exercise.range.columns import Pick
from tocsin.exercise.range.play import play
from tocsin.exercise.range.scenario import Plot
from tocsin.exercise.range.scenarios.albania_2022 import SCENARIO
from tocsin.exercise.range.sizing import sized
from tocsin.exercise.range.times import DAY

STAGES = (
    *("initial-access", "web-shell", "discovery", "lateral-movement", "credential-access", "mailbox-theft"),
    *("exfiltration", "ransomware-and-wiper"),
)
SEEDS = (1, 2, 3)
MEGABYTE = 1_000_000
DOCS = (Path(__file__).parents[2] / "docs" / "exercise.md").read_text(encoding="utf-8")


@cache
def alliance(members: int) -> Alliance:
    return sized(members, SCENARIO.hosts, 1, SCENARIO.setting)


@cache
def planned(seed: int = 1, members: int = 4, attack: bool = True, days: int = SCENARIO.days) -> Plot:
    plot = Plot(alliance(members), seed, SCENARIO.first_day, days, attack)
    SCENARIO.plan(plot)
    return plot


def planted(plot: Plot, stage: str = "", stream: str = "", kind: str = "") -> list[Batch]:
    return [
        batch
        for batches in plot.planned.values()
        for batch in batches
        if batch.stage != BACKGROUND
        and stage in ("", plot.stages[batch.stage].id)
        and stream in ("", batch.stream)
        and kind in ("", batch.kind)
    ]


def times_of(batches: list[Batch]) -> np.ndarray:
    return np.sort(np.concatenate([batch.times for batch in batches]))


def total(batches: list[Batch], field: str) -> int:
    return sum(int(np.sum(np.broadcast_to(batch.values[field], len(batch)))) for batch in batches)  # type: ignore[arg-type]


@pytest.mark.parametrize("members", [1, 4])
def test_the_eight_stages_are_at_the_government_in_their_order(members: int) -> None:
    plot = planned(members=members)
    assert tuple(stage.id for stage in plot.stages) == STAGES
    assert {stage.member for stage in plot.stages} == {plot.alliance.largest.folder}


@pytest.mark.parametrize("seed", SEEDS)
def test_each_stage_begins_after_the_one_before(seed: int) -> None:
    begins = [int(times_of(planted(planned(seed), stage))[0]) for stage in STAGES]
    assert begins == sorted(begins)


@pytest.mark.parametrize("days", [60, 430])
def test_every_stage_leaves_records_in_an_exercise_of_any_length(days: int) -> None:
    plot = planned(days=days)
    for stage in STAGES:
        times = times_of(planted(plot, stage))
        assert plot.first_us <= times[0] and times[-1] < plot.last_us, stage


@pytest.mark.parametrize("seed", SEEDS)
def test_a_web_shell_is_visited_about_once_a_week_for_a_year(seed: int) -> None:
    visits = times_of(planted(planned(seed), "web-shell", "iis"))
    gaps = np.diff(np.unique(visits // DAY))
    assert visits[-1] - visits[0] > 365 * DAY
    assert 5 <= float(np.median(gaps)) <= 9 and gaps.max() >= 14


@pytest.mark.parametrize("seed", SEEDS)
def test_weeks_lie_between_the_first_stages_and_months_before_the_end(seed: int) -> None:
    plot = planned(seed)
    mail, out = times_of(planted(plot, "mailbox-theft")), times_of(planted(plot, "exfiltration"))
    end = times_of(planted(plot, "ransomware-and-wiper"))
    assert out[0] - mail[-1] > 14 * DAY and end[0] - out[-1] > 120 * DAY
    assert (end[-1] - end[0]) < 3 * DAY


@pytest.mark.parametrize("seed", SEEDS)
def test_mail_leaves_in_the_volumes_of_the_advisory(seed: int) -> None:
    fetched = planted(planned(seed), "exfiltration", "iis")
    assert 1_900 < sum(map(len, fetched)) < 5_100
    assert 69 * MEGABYTE < total(fetched, "received") < 163 * MEGABYTE
    assert 2_000 * MEGABYTE < total(fetched, "bytes") < 20_100 * MEGABYTE


def test_the_ministries_run_exchange_and_sharepoint_themselves() -> None:
    member = alliance(4).largest
    assert len(member.of_role("exchange")) and len(member.of_role("sharepoint"))
    assert member.logs("iis") and member.logs("exchange") and not member.logs("m365") and not member.logs("entra")


def test_attackers_choices_differ_by_seed() -> None:
    shells = {tuple(sorted({str(path) for batch in planted(planned(seed), "web-shell", "iis")
              for path in paths_of(batch)})) for seed in SEEDS}  # fmt: skip
    clients = {tuple(sorted({client for batch in planted(planned(seed), "web-shell", "iis")
               for client in texts_of(batch.values["client"])})) for seed in SEEDS}  # fmt: skip
    assert len(shells) == len(SEEDS) and len(clients) == len(SEEDS)


def paths_of(batch: Batch) -> set[str]:
    return texts_of(batch.values["path"])


def texts_of(column: object) -> set[str]:
    if isinstance(column, Pick):
        return {column.pool.texts[code] for code in column.codes.tolist()}
    return {str(column)}


def test_wiped_hosts_are_silent_until_the_end() -> None:
    plot = planned()
    (gap,) = [gap for gap in plot.silences[plot.alliance.largest.folder] if gap.last_us == plot.last_us]
    wiped = {number for batch in planted(plot, "ransomware-and-wiper", kind="driver_load") for number in
             batch.host_numbers().tolist()}  # fmt: skip
    assert gap.hosts is not None and wiped and wiped <= set(gap.hosts.tolist())


def test_without_the_attack_nothing_is_planted() -> None:
    plot = planned(attack=False)
    assert not planted(plot)
    named = [(one.first_us, one.last_us) for one in plot.surprises]
    assert all((gap.first_us, gap.last_us) in named for gaps in plot.silences.values() for gap in gaps)


def test_what_is_not_planted_is_there_without_the_attack_too(tmp_path: Path) -> None:
    truth = play(SCENARIO, tmp_path / "with", seed=3, members=1, days=6, scale=0.75)
    play(SCENARIO, tmp_path / "without", seed=3, members=1, days=6, scale=0.75, attack=False)
    planted_lines: dict[str, set[int]] = {}
    for entry in truth.planted:
        for first, last in entry["ranges"]:  # type: ignore[attr-defined]
            planted_lines.setdefault(str(entry["file"]), set()).update(range(first, last + 1))
    assert planted_lines
    for file in truth.files:
        lines = (tmp_path / "with" / file).read_text("utf-8").splitlines()
        rest = Counter(line for number, line in enumerate(lines, 1) if number not in planted_lines.get(file, ()))
        harmless = tmp_path / "without" / file
        assert rest <= Counter(harmless.read_text("utf-8").splitlines() if harmless.exists() else lines[:1]), file


@pytest.mark.parametrize("stage", STAGES)
def test_the_documentation_lists_every_stage_with_its_techniques(stage: str) -> None:
    plan = next(one for one in planned().stages if one.id == stage)
    rows = re.findall(rf"^\| `{stage}` \|.*\| (.*) \|$", DOCS, re.MULTILINE)
    assert set(plan.attack) == set(rows[0].split(", "))


def test_the_documentation_tells_the_length_and_the_hosts() -> None:
    section = DOCS.split("## albania-2022\n")[1].split("\n## ")[0]
    assert f"{SCENARIO.days} days" in section and f"{SCENARIO.hosts} hosts" in section
    assert f"{SCENARIO.first.day} May {SCENARIO.first.year}" in section

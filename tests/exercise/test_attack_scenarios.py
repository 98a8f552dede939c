"""wiper-week, parliament-flood, fleet-silence, spray-and-mailbox: what they plant, and what differs by seed."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tocsin.exercise.range import SCENARIOS
from tocsin.exercise.range.alliance import Alliance, Setting
from tocsin.exercise.range.batches import BACKGROUND, Batch
from tocsin.exercise.range.columns import Pick
from tocsin.exercise.range.firewall_form import firewall_lines
from tocsin.exercise.range.scenario import Plot
from tocsin.exercise.range.scenarios import scenario_by_id
from tocsin.exercise.range.sizing import sized
from tocsin.exercise.range.times import DAY, HOUR, MINUTE

IDS = ("wiper-week", "parliament-flood", "fleet-silence", "spray-and-mailbox")
HOSTS = 1_000
DOCS = (Path(__file__).parents[2] / "docs" / "exercise.md").read_text(encoding="utf-8")


@cache
def alliance(members: int) -> Alliance:
    return sized(members, HOSTS, 1, Setting(heartbeat=5))


@cache
def planned(id_: str, seed: int = 1, members: int = 4, attack: bool = True) -> Plot:
    scenario = scenario_by_id(id_)
    plot = Plot(alliance(members), seed, scenario.first_day, scenario.days, attack)
    scenario.plan(plot)
    return plot


def planted(plot: Plot, stage: str, stream: str = "", kind: str = "") -> list[Batch]:
    """The batches of a stage."""
    return [
        batch
        for batches in plot.planned.values()
        for batch in batches
        if batch.stage != BACKGROUND
        and plot.stages[batch.stage].id == stage
        and stream in ("", batch.stream)
        and kind in ("", batch.kind)
    ]


def times_of(batches: list[Batch]) -> np.ndarray:
    return np.sort(np.concatenate([batch.times for batch in batches]))


@pytest.mark.parametrize("id_", IDS)
def test_the_scenario_is_listed_and_says_where_its_facts_are_from(id_: str) -> None:
    assert id_ in {scenario.id for scenario in SCENARIOS}
    assert len(scenario_by_id(id_).source) > 30


@pytest.mark.parametrize("id_", IDS)
@pytest.mark.parametrize("members", [1, 4])
def test_every_stage_leaves_records_in_any_alliance(id_: str, members: int) -> None:
    plot = planned(id_, members=members)
    assert plot.stages
    for stage in plot.stages:
        assert planted(plot, stage.id), stage.id


@pytest.mark.parametrize("id_", IDS)
def test_without_the_attack_nothing_is_planted_and_nobody_is_silenced_by_it(id_: str) -> None:
    plot = planned(id_, attack=False)
    assert all(batch.stage == BACKGROUND for batches in plot.planned.values() for batch in batches)
    named = [(one.first_us, one.last_us) for one in plot.surprises]
    assert all((gap.first_us, gap.last_us) in named for gaps in plot.silences.values() for gap in gaps)


@pytest.mark.parametrize("id_", IDS)
def test_another_seed_puts_the_attack_at_other_times(id_: str) -> None:
    first, second = planned(id_), planned(id_, seed=2)
    for stage in first.stages:
        assert times_of(planted(first, stage.id))[0] != times_of(planted(second, stage.id))[0]


def test_four_wipers_come_on_four_days() -> None:
    plot = planned("wiper-week")
    days = [int(times_of(planted(plot, stage.id))[0] // DAY) for stage in plot.stages]
    assert {stage.id for stage in plot.stages} == {
        "whispergate", "hermeticwiper-policy", "hermeticwiper", "zerocleare", "caddywiper-policy", "caddywiper",
    }  # fmt: skip
    assert len(set(days)) == 4


def test_two_wipers_at_a_member_have_no_host_in_common() -> None:
    plot = planned("wiper-week")
    hosts = [
        {number for batch in planted(plot, stage, kind="service_installed") for number in batch.host_numbers().tolist()}
        | {number for batch in planted(plot, stage, kind="raw_disk") for number in batch.host_numbers().tolist()}
        for stage in ("whispergate", "hermeticwiper")
    ]
    assert hosts[0] and hosts[1] and not hosts[0] & hosts[1]


def test_the_driver_of_hermetic_wiper_has_four_letters() -> None:
    paths = {str(batch.values["ImageLoaded"]) for batch in planted(planned("wiper-week"), "hermeticwiper")
             if batch.kind == "driver_load"}  # fmt: skip
    (path,) = paths
    assert len(path.rsplit("\\", 1)[-1]) == len("abdr.sys")


def test_the_flood_lasts_about_eighteen_minutes_from_many_rented_servers() -> None:
    batches = planted(planned("parliament-flood"), "http-flood", "web")
    times = times_of(batches)
    assert 14 * MINUTE < times[-1] - times[0] < 22 * MINUTE
    clients = {batch.values["client"].pool.texts[code] for batch in batches  # type: ignore[union-attr]
               for code in np.unique(batch.values["client"].codes).tolist()}  # type: ignore[union-attr]  # fmt: skip
    assert len(clients) > 500 and all(client.startswith(("244.", "245.")) for client in clients)


def test_the_reflected_answers_come_from_well_known_ports() -> None:
    ports = {batch.values["orig_p"] for batch in planted(planned("parliament-flood"), "reflection", "zeek_conn")}
    assert ports <= {53, 123, 11_211} and len(ports) >= 2


def test_three_crowds_come_in_the_week_of_the_flood() -> None:
    assert len(planned("parliament-flood").surprises) == 3


def test_most_of_the_fleet_is_silent_within_three_quarters_of_an_hour() -> None:
    plot = planned("fleet-silence")
    operator = plot.alliance.of_sector("telecom")
    gaps = plot.silences[operator.folder]
    silent = {int(number) for gap in gaps for number in (gap.hosts if gap.hosts is not None else [])}
    begins = [gap.first_us for gap in gaps]
    assert len(silent) > 0.6 * len(operator.of_role("modem", "station"))
    assert max(begins) - min(begins) < 46 * MINUTE


def test_a_sensor_is_silent_for_hours_though_its_hosts_are_not() -> None:
    plot = planned("fleet-silence")
    (gap,) = plot.silences[plot.alliance.of_sector("energy").folder]
    assert gap.sensors == ("network",) and gap.last_us - gap.first_us >= 12 * HOUR


def test_no_account_is_tried_more_than_three_times_and_no_address_twice_in_a_row() -> None:
    batches = planted(planned("spray-and-mailbox"), "password-spray", "entra")
    tried = [batch for batch in batches if batch.values["status.errorCode"] == 50126]
    names = [batch.users.pool.texts[code] for batch in tried if isinstance(batch.users, Pick)
             for code in batch.users.codes.tolist()]  # fmt: skip
    assert len(set(names)) >= 20
    assert max(names.count(name) for name in set(names)) <= 3


def test_mail_of_others_is_read_in_bulk_after_the_entry() -> None:
    plot = planned("spray-and-mailbox")
    read = times_of(planted(plot, "mailbox", "m365", "MailItemsAccessed"))
    assert len(read) > 100 and read[0] > times_of(planted(plot, "password-spray", "entra"))[-1]


@pytest.mark.parametrize("id_", IDS)
def test_the_documentation_lists_every_stage_with_its_techniques(id_: str) -> None:
    for stage in planned(id_).stages:
        rows = re.findall(rf"^\| `{stage.id}` \|.*\| (.*) \|$", DOCS, re.MULTILINE)
        assert rows and set(stage.attack) <= set(rows[0].split(", ")), stage.id


def test_a_firewall_waits_for_the_rest_of_a_handshake_and_gives_up() -> None:
    plot = planned("parliament-flood")
    (batch, *_) = planted(plot, "syn-flood", "firewall")
    assert batch.kind == "unanswered"
    member = next(one for one in plot.alliance.members if one.folder == plot.stages[batch.stage].member)
    fortigate = replace(member, logging=replace(member.logging, firewall="fortigate"))
    asa = replace(member, logging=replace(member.logging, firewall="asa"))
    line = firewall_lines(fortigate, batch)[0]
    assert 'action="timeout"' in line and "sentpkt=1 rcvdpkt=0" in line and "rcvdbyte=0" in line
    assert firewall_lines(asa, batch)[0].endswith("bytes 0 SYN Timeout\n")


def test_a_refused_sign_in_at_outlook_on_the_web_names_account_and_address() -> None:
    plot = planned("spray-and-mailbox")
    refusals = planted(plot, "password-spray", "windows", "logon_failure")
    assert {batch.values["LogonType"] for batch in refusals} == {"8"}
    assert sum(map(len, refusals)) == sum(map(len, planted(plot, "password-spray", "iis"))) > 30

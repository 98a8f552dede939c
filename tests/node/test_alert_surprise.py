"""Alerts of other products by their surprise: what asks for a look, and what a node makes of them as they come."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scans import run

from tocsin.model import Incident
from tocsin.node.alert_surprise import Past
from tocsin.triage import first_lines
from tocsin.triage.surprise import Run

MAPPING = """
name = "house-siem"
title = "House SIEM"
form = "delimited"
recognise = '^\\d{4}-\\d\\d-\\d\\d'

[time]
fields = ["when"]

[delimited]
columns = ["when", "rule", "prio", "computer"]

[alert]
product = "House SIEM"
rule = "rule"
title = "rule"
severity = "prio"
host = "computer"

[alert.levels]
1 = "low"
2 = "medium"
3 = "high"
"""
START = datetime(2026, 3, 2, tzinfo=UTC)
ATTACK = ("Port scan", "Forbidden page", "Odd request", "User changed", "Service stopped")


def usual(days: int) -> list[str]:
    """Three hosts, each with a rule that fires every half hour and one of level medium that fires every two hours."""
    moments = [f"{START + timedelta(minutes=30 * half):%Y-%m-%dT%H:%M:%SZ}" for half in range(48 * days)]
    hosts = [f"pc{number}" for number in range(3)]
    quiet = [f"{moment},Login,1,{host}" for moment in moments for host in hosts]
    return [*quiet, *(f"{moment},Unusual use,2,{host}" for moment in moments[::4] for host in hosts)]


def attack(day: float, prio: int = 1) -> list[str]:
    moments = [START + timedelta(days=day, minutes=number) for number in range(len(ATTACK))]
    return [f"{moment:%Y-%m-%dT%H:%M:%SZ},{name},{prio},web" for moment, name in zip(moments, ATTACK, strict=True)]


def told(tmp_path: Path, lines: list[str]) -> tuple[Incident, ...]:
    """The incidents of a scan of these alerts."""
    (tmp_path / "siem.toml").write_text(MAPPING)
    (tmp_path / "alerts.csv").write_text("\n".join(["when,rule,prio,computer", *sorted(lines)]) + "\n")
    return run(tmp_path, tmp_path / "alerts.csv", mappings=(tmp_path / "siem.toml",)).report.incidents


def test_alerts_of_low_level_that_are_unusual_here_are_the_first_incident_and_say_why(tmp_path: Path) -> None:
    first = told(tmp_path, [*usual(4), *attack(3.6)])[0]
    assert first.hosts == ("web",)
    assert (first.level, first.queued, first.asked) == ("low", True, True)
    surprise = next(part for part in first.parts if part.name == "surprise")
    assert surprise.points > 20
    assert "3 days of memory" in surprise.why
    assert any("too closely together for chance" in why for why in first.why)
    assert {line.told for line in first_lines(first)} == set(ATTACK)


def test_what_is_usual_here_asks_for_no_look_whatever_its_level_below_high(tmp_path: Path) -> None:
    incidents = told(tmp_path, usual(4))
    assert [incident for incident in incidents if incident.queued and incident.asked] == []
    assert any(finding.rule.title == "Unusual use" for each in incidents for finding in each.findings)
    assert sum(finding.count for each in incidents for finding in each.findings) == len(usual(4))


def test_a_memory_that_has_just_begun_leaves_the_word_to_the_level(tmp_path: Path) -> None:
    incidents = told(tmp_path, [*usual(1), *attack(0.6, prio=2)])
    assert all(finding.unusual is None for each in incidents for finding in each.findings)
    assert any(each.queued and each.hosts == ("web",) for each in incidents)


def test_a_high_alert_is_queued_however_usual_it_is(tmp_path: Path) -> None:
    lines = [line.replace("Unusual use,2", "Malware,3") for line in usual(3) if "Unusual" in line][:5]
    incidents = told(tmp_path, [*usual(4), *lines])
    assert any("Malware" in {f.rule.title for f in each.findings} and each.queued for each in incidents)


def test_a_burst_is_a_finding_of_its_own_beside_the_habit_of_its_rule(tmp_path: Path) -> None:
    burst = [f"{START + timedelta(days=3.5, seconds=n):%Y-%m-%dT%H:%M:%SZ},Login,1,pc1" for n in range(400)]
    incidents = told(tmp_path, [*usual(4), *burst])
    mine = [f for each in incidents for f in each.findings if f.rule.title == "Login" and f.host == "pc1"]
    apart = [finding for finding in mine if finding.unusual and finding.unusual.episode]
    assert [finding.count for finding in apart] == [401], "with the one that came then anyway"
    assert sum(finding.count for finding in mine) == 400 + 48 * 4


RUNS = [
    Run(f"kind-{n % 5}", f"pc{n % 3}", "", "", "", "", n * 7_000.0, n * 7_000.0 + 60, n % 4 + 1) for n in range(200)
]


@pytest.mark.parametrize("steps", [1, 3, 7])
def test_looking_again_and_again_judges_like_looking_once(steps: int) -> None:
    whole = Past().judged(RUNS, None)
    past, seen = Past(), {}
    for begin in range(0, len(RUNS), steps):
        upto = RUNS[: begin + steps]
        since = None if begin < 20 else datetime.fromtimestamp(RUNS[begin - 15].first, UTC)
        for each in past.judged([one for one in upto if since is None or one.first >= since.timestamp()], since):
            seen[each.run] = each
    assert [seen[run] for run in RUNS] == list(whole)


def test_a_day_is_judged_as_a_whole_however_late_in_it_a_look_begins() -> None:
    past = Past()
    past.judged(RUNS, None)
    since = datetime.fromtimestamp(RUNS[150].first, UTC)
    judged = past.judged([run for run in RUNS if run.first >= since.timestamp()], since)
    day = RUNS[150].first // 86_400 * 86_400
    assert [each.run for each in judged] == [run for run in RUNS if run.first >= day]


def test_a_run_that_a_look_cuts_stays_one() -> None:
    past = Past()
    long = Run("scan", "web", "", "", "", "", 90_000.0, 90_900.0, 40)
    past.judged([long], None)
    cut = Run("scan", "web", "", "", "", "", 90_600.0, 91_000.0, 30)
    (judged,) = past.judged([cut], datetime.fromtimestamp(90_600, UTC))
    assert (judged.run.first, judged.run.last, judged.run.count) == (90_000.0, 91_000.0, 40)

"""What is at stake counts, and says so."""

from dataclasses import replace

import pytest
from triage_cases import NOW, finding, start

from tocsin.triage import group_findings
from tocsin.triage.stakes import POINTS, stakes

FOUND = finding(start("e1", sysmon=True))


@pytest.mark.parametrize("level", ["medium", "high", "vital"])
def test_a_critical_asset_raises_the_rank_and_is_named(level: str) -> None:
    plain, critical = (group_findings([each], NOW)[0] for each in (FOUND, replace(FOUND, criticality=level)))
    assert critical.score - plain.score == POINTS[level]
    (part,) = (part for part in critical.parts if part.name == "asset")
    assert part.why == f"WS01 is of {level} criticality."


def test_an_asset_of_low_criticality_or_unknown_changes_nothing() -> None:
    assert stakes([replace(FOUND, criticality="low"), FOUND]) == ()


def test_a_mission_counts_also_where_nobody_said_how_critical_it_is() -> None:
    (part,) = stakes([replace(FOUND, mission="water supply", domain="land")])
    assert (part.points, part.why) == (POINTS["medium"], "WS01 serves water supply (land).")


def test_each_further_mission_counts_up_to_a_bound() -> None:
    served = [replace(FOUND, host=f"H{n}", mission=f"mission {n}") for n in range(9)]
    assert [part.points for part in stakes(served[:2])] == [4, 3]
    assert [part.points for part in stakes(served)] == [4, 9]
    assert "mission 0, mission 1, mission 2 and 6 more" in stakes(served)[1].why

"""Every analytic of the pack on its captures, and the analytics inside a scan."""

from pathlib import Path

import pytest

from tocsin.detect.analytics import load_analytics
from tocsin.node.captures import try_captures

ANALYTICS = load_analytics().analytics


@pytest.mark.parametrize("id", sorted(ANALYTICS))
def test_an_analytic_finds_its_attack_and_passes_over_the_harmless(id: str) -> None:
    result = try_captures(ANALYTICS[id], ())
    assert result.attack == result.golden
    assert result.attack
    assert not result.benign


@pytest.mark.parametrize("id", sorted(ANALYTICS))
def test_every_threshold_says_why_and_every_finding_has_evidence(id: str) -> None:
    analytic = ANALYTICS[id]
    assert all(len(each.why) > 15 for each in analytic.thresholds)
    assert analytic.info.tactics
    assert Path(analytic.path).is_file()

"""A whole duty day at a real node, by commands alone: what one analyst leaves at its end."""

from pathlib import Path

import pytest
from benchmarks.duty import day_of
from benchmarks.duty_day.checked import compared

LEAST_HOSTS = 0.75  # of the largest member: the range takes no fewer
FEW_DESKS = 6  # that the wide signature strikes: one more than its rule asks for


@pytest.mark.slow
def test_one_analyst_decides_all_tells_all_meets_the_clock_and_hands_over(tmp_path: Path) -> None:
    day, fed, ends = day_of(tmp_path, seed=1, scale=LEAST_HOSTS, wide=FEW_DESKS)
    assert len(ends) == 5 and [end for end in ends if not end.holds] == []
    assert len(day.attacks) >= 3 and len(day.verdicts) >= 30
    counts, lines = compared(day, fed)
    assert counts["wrong"] == 0, lines
    assert not day.awkward
    assert (day.folder / "report.md").read_text("utf-8") and (day.folder / "block.nft").exists()

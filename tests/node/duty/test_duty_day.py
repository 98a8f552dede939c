"""A whole duty day at a real node, by commands alone: what one analyst leaves at its end."""

from pathlib import Path

import pytest
from benchmarks.duty import day_of
from benchmarks.duty_day.checked import compared
from benchmarks.duty_day.feed import Size

SHORT = Size(scale=0.75, wide=6, crowd=8)  # the range takes no fewer hosts, the analyst's rule asks for five desks


@pytest.mark.slow
def test_one_analyst_decides_all_tells_all_meets_the_clock_and_hands_over(tmp_path: Path) -> None:
    day, fed, ends = day_of(tmp_path, seed=1, size=SHORT)
    assert len(ends) == 5 and [end for end in ends if not end.holds] == []
    assert len(day.attacks) >= 3 and len(day.verdicts) >= 30
    counts, lines = compared(day, fed)
    assert counts["wrong"] == 0, lines
    assert (day.folder / "report.md").read_text("utf-8")
    assert "203.0.113.77" in (day.folder / "block.nft").read_text("utf-8")

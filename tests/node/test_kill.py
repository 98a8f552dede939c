"""A scan killed at any moment and started again ends with the rows and hits of an undisturbed one."""

import pytest
from benchmarks import kill


@pytest.mark.slow
def test_killed_scans_lose_and_double_nothing() -> None:
    assert kill.run(kills=6, events=20_000, seed=3) == 0

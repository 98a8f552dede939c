"""What a node says after it was fed in portions, with restarts between, is what a scan of the same files says."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from live_analyst import Fed, scanned, text_logs

from tocsin import limits
from tocsin.exercise import GroundTruth, network_intrusion, windows_intrusion
from tocsin.node.live import followed, watching

EVENTS = 4_000
ROUNDS = 3


@pytest.mark.slow
@pytest.mark.parametrize(("write", "seed"), [(windows_intrusion, 3), (network_intrusion, 4)])
def test_any_portions_and_restarts_end_in_the_findings_of_a_scan(
    write: Callable[[Path, int, int], GroundTruth], seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FOLLOW_UNENDED_SECONDS", 0)  # put back afterwards: feeding sets it
    monkeypatch.setattr(followed, "BEGIN_SECONDS", 0.0)
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.0)
    for name in ("FOLLOW_IDLE_SECONDS", "FOLLOW_SETTLED_SECONDS"):
        monkeypatch.setattr(limits, name, 0.0)
    write(tmp_path / "exercise", seed, EVENTS)
    files = text_logs(tmp_path / "exercise")
    (tmp_path / "node").mkdir()
    fed = Fed(tmp_path / "node")
    fed.feed(files, random.Random(seed), ROUNDS)
    for name, data in files.items():
        (tmp_path / "whole" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "whole" / name).write_bytes(data)
    assert fed.told() == scanned(tmp_path / "scan", tmp_path / "whole")
    fed.store.close()

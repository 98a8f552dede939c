"""What a full disk and a lock do to the node's processes: they tell it, and go on."""

from pathlib import Path

import pytest

from tocsin.node.service.config import Config, NodeFolder
from tocsin.node.service.part import ENGINE, Part, read_state
from tocsin.node.service.processes import BEGIN_SECONDS, cannot_begin


def test_a_state_that_cannot_be_written_is_told_once_and_ends_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = NodeFolder(tmp_path)
    part = Part(ENGINE, folder, Config())
    for _ in range(2):
        part.note({"events": 1}, at_once=True)  # there is no folder to write to
    assert capsys.readouterr().err.count("engine: its state cannot be written") == 1
    folder.run.mkdir()
    part.note({"events": 2}, at_once=True)
    assert read_state(folder, ENGINE)["events"] == 2


def test_only_a_process_that_never_began_ends_the_node() -> None:
    assert cannot_begin(3, 1, 1.0) and cannot_begin(2, 1, 1.0)
    assert not cannot_begin(-9, 1, 1.0), "killed"
    assert not cannot_begin(3, 1, BEGIN_SECONDS), "it had begun: the disk is full, or a database locked"
    assert not cannot_begin(3, 2, 1.0), "it was started again on a full disk"

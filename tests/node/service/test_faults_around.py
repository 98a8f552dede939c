"""What a full disk, a lock and a killed supervisor do to the node's processes."""

import errno
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from node_folders import make_folder

from tocsin.errors import LakeError
from tocsin.node.service.config import Config, NodeFolder, state_url
from tocsin.node.service.part import ENGINE, Part, read_state
from tocsin.node.service.processes import BEGIN_SECONDS, cannot_begin
from tocsin.node.store.database import open_store


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


def test_on_a_full_disk_a_process_waits_for_room_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = Part(ENGINE, NodeFolder(tmp_path), Config())
    monkeypatch.setattr("tocsin.node.service.part.ROOM_SECONDS", 0.01)
    room = iter([0, 0, 1 << 30])
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=next(room)))
    faults = iter([LakeError("disk I/O error", "x"), OSError(errno.ENOSPC, "full")])

    def opened() -> str:
        for fault in faults:
            raise fault
        return "open"

    assert part.when_there_is_room(opened) == "open"
    faults = iter([LakeError("of a newer Tocsin", "x")])
    with pytest.raises(LakeError, match="newer"):
        part.when_there_is_room(opened)


def test_only_a_process_that_never_began_ends_the_node() -> None:
    assert cannot_begin(3, 1, 1.0) and cannot_begin(2, 1, 1.0)
    assert not cannot_begin(-9, 1, 1.0), "killed"
    assert not cannot_begin(3, 1, BEGIN_SECONDS), "it had begun: the disk is full, or a database locked"
    assert not cannot_begin(3, 2, 1.0), "it was started again on a full disk"


SUPERVISES = """
import sys, time
from pathlib import Path
from tocsin.node.service.config import NodeFolder
from tocsin.node.service.pause_order import Orders
from tocsin.node.service.processes import Processes
folder = NodeFolder(Path(sys.argv[1]))
processes = Processes(folder, print, Orders(folder))
processes.start()
print(*(child.process.pid for child in processes._children), flush=True)
time.sleep(600)
"""
SECONDS = 30.0


def test_a_supervisor_that_is_killed_alone_takes_the_others_with_it(tmp_path: Path) -> None:
    folder, config, _ = make_folder(tmp_path)
    folder.run.mkdir(mode=0o700)
    open_store(state_url(folder, config), create=True).close()
    with subprocess.Popen([sys.executable, "-c", SUPERVISES, tmp_path], stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        children = [int(pid) for pid in supervisor.stdout.readline().split()]
        try:
            _until(lambda: bool(read_state(folder, ENGINE)))
            assert len(children) == 3 and all(map(_runs, children))
        finally:
            supervisor.kill()
    _until(lambda: not any(map(_runs, children)))


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def _runs(process: int) -> bool:
    """Whether it is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False

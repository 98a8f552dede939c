"""What processes put aside in a node's spool goes with them, also when they are killed."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from node_folders import NOW, make_folder

from tocsin.errors import UsageError
from tocsin.lake.catalog import Catalog
from tocsin.lake.durable import hidden
from tocsin.node.service.config import Config, NodeFolder, state_url
from tocsin.node.store.database import open_store
from tocsin.node.upkeep.backup import Wanted, back_up
from tocsin.node.upkeep.privacy import erase
from tocsin.node.upkeep.shell import OpenNode

SHELL, SECONDS = "shell:1000", 60
BACKING_UP = """
import sys, time
from tocsin.cli import app
from tocsin.node.upkeep import backup

def write(*_):
    print("writing", flush=True)
    time.sleep(600)

backup._write = write
app.main()
"""
STARTING = """
import sys
from pathlib import Path
from tocsin.node.service.config import NodeFolder, load_config
from tocsin.node.service.engine_part import run
from tocsin.node.service.part import ENGINE, Part

folder = NodeFolder(Path(sys.argv[1]))
part = Part(ENGINE, folder, load_config(folder.config))
part.stopping.set()
run(part)
"""
ENDED = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130}


@pytest.fixture
def node(tmp_path: Path) -> tuple[NodeFolder, Config]:
    folder, config, _ = make_folder(tmp_path / "node")
    open_store(state_url(folder, config), create=True).close()
    Catalog(folder.lake, create=True).close()
    return folder, config


def ended_with(folder: NodeFolder, file: Path, number: int) -> int:
    """The exit code of a backup that was ended by a signal while it wrote."""
    program = [sys.executable, "-c", BACKING_UP, "node", "backup", str(file), "--node", str(folder.path), "--lake"]
    child = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "writing\n"
        assert [each.name.split("-")[:2] for each in folder.spool.iterdir()] == [["backup", str(child.pid)]]
        child.send_signal(number)
        return child.wait(SECONDS)
    finally:
        child.kill()
        child.communicate()


@pytest.mark.parametrize("number", ENDED)
def test_a_backup_that_is_told_to_end_leaves_nothing(
    tmp_path: Path, node: tuple[NodeFolder, Config], number: signal.Signals
) -> None:
    folder, _ = node
    assert ended_with(folder, tmp_path / "b.tar", number) == ENDED[number]
    assert list(folder.spool.iterdir()) == []
    assert not hidden(tmp_path / "b.tar").exists() and not (tmp_path / "b.tar").exists()


@pytest.mark.parametrize("by", ["backup", "erasure", "engine"])
def test_what_a_killed_backup_left_goes_with_the_next_of_its_kind_an_erasure_or_a_start(
    tmp_path: Path, node: tuple[NodeFolder, Config], by: str
) -> None:
    folder, config = node
    assert ended_with(folder, tmp_path / "b.tar", signal.SIGKILL) == -signal.SIGKILL
    (left,) = folder.spool.iterdir()
    assert (left / "state.ndjson").is_file(), "plain text"
    running, reviewed = folder.spool / f"backup-{os.getpid()}-abc", folder.spool / "rules-abc"
    running.mkdir()
    reviewed.mkdir()
    if by == "engine":
        started(folder)
    else:
        with closing(open_store(state_url(folder, config))) as store:
            opened = OpenNode(folder, config, store)
            if by == "erasure":
                erase(opened, "anna", "a request", SHELL, NOW)
            else:
                back_up(opened, tmp_path / "c.tar", Wanted(), SHELL, NOW)
    assert sorted(folder.spool.iterdir()) == sorted([running, reviewed])


def test_a_backup_says_what_a_killed_one_left_beside_its_file(tmp_path: Path, node: tuple[NodeFolder, Config]) -> None:
    folder, config = node
    assert ended_with(folder, tmp_path / "b.tar", signal.SIGKILL) == -signal.SIGKILL
    with closing(open_store(state_url(folder, config))) as store:
        opened = OpenNode(folder, config, store)
        with pytest.raises(UsageError, match="one was killed"):
            back_up(opened, tmp_path / "b.tar", Wanted(), SHELL, NOW)
        assert list(folder.spool.iterdir()) == []
        hidden(tmp_path / "b.tar").unlink()
        back_up(opened, tmp_path / "b.tar", Wanted(), SHELL, NOW)


def test_what_a_killed_engine_had_unpacked_goes_when_the_next_begins(node: tuple[NodeFolder, Config]) -> None:
    folder, _ = node
    folder.spool.mkdir()
    (folder.spool / "content-abc").write_bytes(b"unpacked")
    (folder.spool / "handed-abc").mkdir()
    started(folder)
    assert [each.name for each in folder.spool.iterdir()] == ["handed-abc"]


def started(folder: NodeFolder) -> None:
    """An engine began, and ended at once."""
    for path in (folder.run, folder.cache, folder.journal):
        path.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-c", STARTING, folder.path], check=True, timeout=SECONDS)

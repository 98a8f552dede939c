"""The node pauses when its server asks for it: engine and analyst rest, and go on whatever becomes of the server."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tocsin import limits
from tocsin.cli.node_status import told
from tocsin.errors import Conflict
from tocsin.node.journal.writer import Journal
from tocsin.node.service.config import NodeFolder
from tocsin.node.service.part import read_state
from tocsin.node.service.pause_order import ORDER, Order, Orders, give, given, take_back
from tocsin.node.service.pauses import NEVER, Pauses
from tocsin.node.service.processes import SUPERVISOR, Processes, rests
from tocsin.node.upkeep.errands import ErrandEnded

SECONDS = 20.0
WHY = "a person's data is erased"
PART = """
import pathlib, signal, sys
def log(what):
    with open(sys.argv[2] + "/log", "a") as file:
        file.write(f"{sys.argv[1]} {what}\\n")
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
log("begins")
signal.sigwait({signal.SIGTERM})
log("ends")
"""


def part(name: str, folder: NodeFolder) -> Sequence[str]:
    """A process that writes down when it begins and when it is told to end."""
    return [sys.executable, "-S", "-c", PART, name, str(folder.path)]


class Watched:
    """Processes that are looked at by hand."""

    def __init__(self, folder: NodeFolder, seconds: float) -> None:
        self.folder, self.said = folder, list[str]()
        self.processes = Processes(folder, self.said.append, Orders(folder, seconds), part)
        self.processes.start()
        self.until(lambda: len(self.log) == 3)

    @property
    def log(self) -> list[str]:
        path = self.folder.path / "log"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def state(self) -> dict[str, object]:
        return read_state(self.folder, SUPERVISOR)

    @property
    def server(self) -> int:
        return int(self.state["children"]["server"]["pid"])  # type: ignore[index]

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < end, (self.log, self.state)
            self.processes.look()
            time.sleep(0.01)

    def ordered(self, order: Order) -> None:
        """Until they rest for it."""
        give(self.folder, order)
        self.until(lambda: rests(self.folder, order))

    def goes_on(self) -> None:
        """Until all three run again, of which none died but the server."""
        self.until(lambda: self.log[-2:] in (["engine begins", "analyst begins"], ["analyst begins", "engine begins"]))
        children = self.state["children"]
        assert [children[name]["died"] for name in ("engine", "analyst")] == [0, 0]  # type: ignore[index]
        assert self.state["paused"] == {}


@contextmanager
def watched(path: Path, seconds: float = SECONDS) -> Iterator[Watched]:
    folder = NodeFolder(path)
    folder.run.mkdir()
    made = Watched(folder, seconds)
    try:
        yield made
    finally:
        made.processes.end()


def test_engine_and_analyst_end_one_after_the_other_and_are_started_again(tmp_path: Path) -> None:
    with watched(tmp_path) as node:
        order = Order("one", node.server, WHY)
        node.ordered(order)
        assert (node.folder.run / ORDER).stat().st_mode & 0o077 == 0
        assert node.log[3:] == ["engine ends", "analyst ends"]
        (line,) = [each for each in told(True, {SUPERVISOR: node.state}) if "paused" in each]
        assert WHY in line and line.startswith("! The node is paused since 20")
        assert not [each for each in told(False, {SUPERVISOR: node.state}) if "paused" in each]
        for _ in range(20):
            node.processes.look()
        assert len(node.log) == 5
        take_back(node.folder)
        node.goes_on()
        assert node.said == [f"engine and analyst rest: {WHY}", "engine and analyst go on"]


def test_an_order_that_nobody_takes_back_ends_by_itself_and_counts_no_more(tmp_path: Path) -> None:
    with watched(tmp_path, seconds=0.5) as node:
        order = Order("one", node.server, WHY)
        node.ordered(order)
        node.goes_on()
        for _ in range(20):
            node.processes.look()
        assert given(node.folder) == order and len(node.log) == 7


def test_the_node_goes_on_when_the_server_that_asked_is_killed(tmp_path: Path) -> None:
    with watched(tmp_path) as node:
        node.ordered(Order("one", node.server, WHY))
        os.kill(node.server, signal.SIGKILL)
        node.until(lambda: node.log[5:7] in (["engine begins", "analyst begins"], ["analyst begins", "engine begins"]))
        assert node.state["paused"] == {}


@pytest.mark.parametrize("text", [b'{"id": "x", "server": 1, "why": "y"}', b"{", b"[]", b""])
def test_the_order_of_somebody_else_or_of_no_form_counts_for_nothing(tmp_path: Path, text: bytes) -> None:
    folder = NodeFolder(tmp_path)
    folder.run.mkdir()
    (folder.run / ORDER).write_bytes(text)
    assert Orders(folder).standing(os.getpid()) is None
    assert Orders(folder).standing(None) is None


@contextmanager
def supervised(path: Path) -> Iterator[tuple[NodeFolder, Journal]]:
    """Processes that are looked at, whose server is this one as far as orders tell."""

    class Mine(Orders):
        def standing(self, server: int | None) -> Order | None:
            return super().standing(os.getpid())

    folder = NodeFolder(path)
    folder.run.mkdir()
    processes = Processes(folder, lambda text: None, Mine(folder), part)
    processes.start()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.01):
            processes.look()

    thread = threading.Thread(target=look)
    thread.start()
    journal = Journal(path / "journal")
    try:
        yield folder, journal
    finally:
        journal.close()
        over.set()
        thread.join()
        processes.end()


def test_the_server_pauses_the_node_once_at_a_time_and_takes_it_back_whatever_happens(tmp_path: Path) -> None:
    with supervised(tmp_path) as (folder, journal):
        pauses = Pauses(folder, journal)
        assert pauses.since() == NEVER
        with pytest.raises(ZeroDivisionError), pauses.pause(WHY):
            order = given(folder)
            assert order is not None and rests(folder, order) and order.server == os.getpid()
            assert pauses.since() == 0
            with pytest.raises(Conflict), pauses.pause(WHY):
                pass
            assert given(folder) == order
            raise ZeroDivisionError
        assert given(folder) is None and 0 < pauses.since() < SECONDS
        with pauses.pause(WHY):
            assert given(folder) is not None


def test_a_node_that_does_not_pause_or_ends_is_asked_no_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = NodeFolder(tmp_path)
    folder.run.mkdir()
    journal = Journal(tmp_path / "journal")
    pauses = Pauses(folder, journal)
    monkeypatch.setattr(limits, "PAUSE_BEGIN_SECONDS", 0)
    with pytest.raises(ErrandEnded, match="did not pause"), pauses.pause(WHY):
        pass
    monkeypatch.setattr(limits, "PAUSE_BEGIN_SECONDS", SECONDS)
    pauses.end()
    with pytest.raises(ErrandEnded, match="the node ends"), pauses.pause(WHY):
        pass
    assert given(folder) is None
    journal.close()


BUSY = """
import os, subprocess, sys, time
child = "from tocsin.node.forking import end_with; end_with(%d); print('busy', flush=True); import time; time.sleep(60)"
working = subprocess.Popen([sys.executable, "-c", child % os.getpid()], stdout=subprocess.PIPE)
working.stdout.readline()
print(working.pid, flush=True)
time.sleep(60)
"""


def test_what_works_for_a_process_ends_with_it_also_where_it_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    end = time.monotonic() + SECONDS
    while _works(child):
        assert time.monotonic() < end
        time.sleep(0.01)


def _works(process: int) -> bool:
    """Whether it is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_an_errand_ends_with_a_server_that_is_killed(tmp_path: Path) -> None:
    import msgspec

    from tocsin.node.upkeep.errands import FindValue, Sent

    sent = Sent(str(tmp_path), 60, 1, FindValue("anna.k", "account:a"))  # a server that is not its parent
    command = [sys.executable, "-P", "-m", "tocsin.node.upkeep.errand_child"]
    done = subprocess.run(command, input=msgspec.json.encode(sent), capture_output=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL

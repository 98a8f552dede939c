"""The node's processes as their supervisor sees them: started, watched, paused, ended.

Rules:
1. A process that dies is started again after a pause that grows while it keeps dying; why stands in the status.
2. A process that cannot even begin, because of its configuration, keys or database, ends the node; one that began once
   is started again whatever ends it, so a disk that is full for a while, or a lock, ends no node.
3. The end goes with the flow: first the server, so that nothing new comes, then the engine, then the analyst.
4. While an order to pause stands (`pause_order`), engine and analyst rest: they end one after the other in good order,
   and are started again at once when it is over. The server goes on.
5. None outlives the supervisor: killed alone, it takes them with it, so that the next one finds lake and port free.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin import clock
from tocsin.node.service.config import NodeFolder
from tocsin.node.service.part import ANALYST, ENGINE, PARTS, SERVER, read_state, write_state
from tocsin.node.service.pause_order import Order, Orders

SUPERVISOR = "supervisor"  # its state
RESTING = (ENGINE, ANALYST)
END_SECONDS = 30.0  # for one process to end before it is killed
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
STEADY_SECONDS = 120.0  # after so long a process counts as well again
BEGIN_SECONDS = 20.0  # a process that ran this long has begun
USAGE_EXITS = (2, 3)  # a fault that starting again does not repair: configuration, keys, database
Command = Callable[[str, NodeFolder], Sequence[str]]


@dataclass(slots=True)
class _Child:
    """One process."""

    name: str
    process: subprocess.Popen[bytes]
    started: float
    pause: float = FIRST_PAUSE_SECONDS
    due: float = 0.0  # when it is started again, 0 while it runs
    told: float = 0.0  # when it was told to rest, 0 while it is not
    died: int = 0
    exit: int | None = None
    ran: float = 0.0  # seconds, the last time

    @property
    def runs(self) -> bool:
        return self.process.poll() is None


def command(name: str, folder: NodeFolder) -> Sequence[str]:
    """How a process of the node is started. It ends with this one (rule 5)."""
    return [sys.executable, "-m", "tocsin.node.service", name, str(folder.path), str(os.getpid())]


class Processes:
    """Call `start`, then `look` again and again, then `end`."""

    def __init__(
        self, folder: NodeFolder, tell: Callable[[str], None], orders: Orders, command: Command = command
    ) -> None:
        self._folder, self._tell, self._orders, self._command = folder, tell, orders, command
        self._children: list[_Child] = []
        self._paused: dict[str, object] = {}  # as the state tells it

    def start(self) -> None:
        """Start all of them."""
        self._children = [self._start(name) for name in PARTS]
        self._note()

    def _start(self, name: str) -> _Child:
        process = subprocess.Popen(self._command(name, self._folder), start_new_session=False)
        return _Child(name, process, clock.monotonic())

    def look(self) -> None:
        """Start what died, rest and go on as it is ordered."""
        now = clock.monotonic()
        order = self._orders.standing(self._server())
        if order is None:
            self._go_on()
        else:
            self._rest(order, now)
        for child in self._children:
            if child.runs:
                if now - child.started > STEADY_SECONDS:
                    child.pause = FIRST_PAUSE_SECONDS
                if child.told and now - child.told > END_SECONDS:
                    child.process.kill()
            elif order is not None and child.name in RESTING:
                continue
            elif child.told:
                self._start_again(child)
            elif not child.due:
                self._died(child, now)
            elif now >= child.due:
                self._start_again(child)

    def _died(self, child: _Child, now: float) -> None:
        """Rule 1."""
        child.exit, child.died, child.due = child.process.returncode, child.died + 1, now + child.pause
        child.ran = now - child.started
        self._tell(f"the {child.name} ended with {child.exit}; it is started again in {child.pause:.0f} s")
        child.pause = min(2 * child.pause, LONGEST_PAUSE_SECONDS)
        self._note()

    def _start_again(self, child: _Child) -> None:
        again = self._start(child.name)
        child.process, child.started, child.due, child.told = again.process, again.started, 0.0, 0.0
        self._note()

    def _server(self) -> int | None:
        """The process of the server, while it runs."""
        return next((child.process.pid for child in self._children if child.name == SERVER and child.runs), None)

    def _rest(self, order: Order, now: float) -> None:
        """Rule 4: the next one ends only when the one before is gone."""
        if self._paused.get("order") != order.id:
            since = clock.now().isoformat()
            self._paused = {"order": order.id, "why": order.why, "since": since, "complete": False}
            self._tell(f"engine and analyst rest: {order.why}")
            self._note()
        for child in (child for child in self._children if child.name in RESTING):
            running = child.runs
            if not child.told and not child.due:
                child.told = now
                if running:
                    child.process.terminate()
            if running:
                return
        if not self._paused["complete"]:
            self._paused = {**self._paused, "complete": True}
            self._note()

    def _go_on(self) -> None:
        if self._paused:
            self._paused = {}
            self._tell("engine and analyst go on")
            self._note()

    def hopeless(self) -> int:
        """Rule 2: the exit code of a process that cannot begin, 0 where there is none."""
        for child in self._children:
            if child.due and child.exit is not None and cannot_begin(child.exit, child.died, child.ran):
                return int(child.exit)
        return 0

    def _note(self) -> None:
        died = {
            child.name: {"died": child.died, "exit": child.exit, "pid": child.process.pid} for child in self._children
        }
        try:
            write_state(self._folder, SUPERVISOR, {"pid": os.getpid(), "children": died, "paused": dict(self._paused)})
        except OSError as error:
            self._tell(f"its state cannot be written: {error}")

    def end(self) -> bool:
        """Rule 3; whether all ended in good order."""
        good = True
        for child in self._children:
            if child.runs:
                child.process.terminate()
                try:
                    good &= child.process.wait(END_SECONDS) == 0
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()
                    good = False
        return good


def cannot_begin(code: int, died: int, seconds: float) -> bool:
    """Whether a process that ended with a code, the first time and so early, is not worth another start (rule 2)."""
    return code in USAGE_EXITS and died == 1 and seconds < BEGIN_SECONDS


def rests(folder: NodeFolder, order: Order) -> bool:
    """Whether the supervisor says that engine and analyst have ended for this order."""
    paused = read_state(folder, SUPERVISOR).get("paused")
    return isinstance(paused, dict) and paused.get("order") == order.id and paused.get("complete") is True

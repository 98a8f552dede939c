"""What can go wrong around a running node, each kind a function that does it and then lets the node be.

| kind | what happens |
|---|---|
| server, engine, analyst | kill -9 of one process |
| all | kill -9 of the whole node, which is then started again |
| supervisor | kill -9 of the supervisor alone, which takes the others with it; then the node is started again |
| lock | another program holds the state database, the journal's or the lake's (`BEGIN EXCLUSIVE`) for some seconds |
| long-lock | the same for longer than the node waits for a lock |
| disk | the node's disk is full for some seconds |
| disk-kill | the disk is full, and meanwhile a process is killed and has to start on it |
| clock | the time of day jumps forth or back, by seconds up to most of a year; the node goes on with it for a while |
| clock-kill | the same, and meanwhile a process is killed and has to start with it |
"""

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import small_disk
from benchmarks.live import TOCSIN, LiveNode, group
from tocsin.lake.catalog import CATALOG
from tocsin.node.journal.records import JOURNAL

PARTS = ("server", "engine", "analyst")
LOCK_SECONDS = (1.0, 5.0)
LONG_LOCK_SECONDS = 35.0  # the node gives up after 30
FULL_SECONDS = (3.0, 10.0)
JUMPED_SECONDS = (2.0, 8.0)
DAY = 86_400
JUMPS = (-300 * DAY, -8 * DAY, -3_600, -30, 30, 3_600, 8 * DAY, 300 * DAY)  # seconds; machine tokens live longer
END_SECONDS = 5.0
STATE = "state.sqlite"


@dataclass
class Scene:
    """A node that is disturbed, the clock that it goes by, and what was done to it."""

    node: LiveNode
    chance: random.Random
    clock: Path
    kills: Counter[str] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)  # as supervisors that are gone counted them


def kill(scene: Scene, part: str) -> None:
    """Kill one process."""
    for pid in group(scene.node.process.pid):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"tocsin.node.service" in words and part.encode() in words:
                os.kill(pid, signal.SIGKILL)
                scene.kills[part] += 1
        except (FileNotFoundError, ProcessLookupError):
            continue


def kill_all(scene: Scene) -> None:
    """Kill the whole node and start it again."""
    _end_by(os.killpg, scene)


def kill_supervisor(scene: Scene) -> None:
    """Kill the supervisor alone and start the node again."""
    _end_by(os.kill, scene)


def _end_by(killing: Callable[[int, int], None], scene: Scene) -> None:
    note_deaths(scene)
    leader = scene.node.process.pid
    killing(leader, signal.SIGKILL)
    scene.node.process.wait()
    end = time.monotonic() + END_SECONDS
    while group(leader):
        if time.monotonic() > end:
            raise SystemExit("processes of a node that was killed go on")
        time.sleep(0.05)
    scene.node.process = subprocess.Popen([TOCSIN, "node", "run", str(scene.node.folder)], start_new_session=True)
    scene.kills.clear()


def note_deaths(scene: Scene) -> None:
    """Processes that died and were not killed, since the node's start. A supervisor tells of the first death on."""
    told_of = scene.node.state("supervisor")
    children = told_of.get("children") if told_of.get("pid") == scene.node.process.pid else None
    for part, told in (children if isinstance(children, dict) else {}).items():
        scene.deaths[part] += max(0, int(told["died"]) - scene.kills[part])


def lock(scene: Scene) -> None:
    """Hold a database."""
    _hold(scene, scene.chance.uniform(*LOCK_SECONDS))


def long_lock(scene: Scene) -> None:
    """Hold a database for longer than the node waits."""
    _hold(scene, LONG_LOCK_SECONDS)


def _hold(scene: Scene, seconds: float) -> None:
    places = (Path(STATE), Path("journal", JOURNAL), Path("lake", CATALOG))
    place = scene.node.folder / scene.chance.choice(places)
    with closing(sqlite3.connect(place, timeout=30, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        db.execute("ROLLBACK")


def disk(scene: Scene) -> None:
    """Fill the disk, free it."""
    _full(scene, lambda: None)


def disk_kill(scene: Scene) -> None:
    """Fill the disk, kill a process, free it."""
    _full(scene, lambda: kill(scene, scene.chance.choice(PARTS)))


def _full(scene: Scene, meanwhile: Callable[[], None]) -> None:
    small_disk.fill(scene.node.folder.parent)
    try:
        meanwhile()
        time.sleep(scene.chance.uniform(*FULL_SECONDS))
    finally:
        small_disk.free(scene.node.folder.parent)


def clock(scene: Scene) -> None:
    """Let the clock jump."""
    _jump(scene)
    time.sleep(scene.chance.uniform(*JUMPED_SECONDS))


def clock_kill(scene: Scene) -> None:
    """Let the clock jump, then kill a process."""
    _jump(scene)
    kill(scene, scene.chance.choice(PARTS))
    time.sleep(scene.chance.uniform(*JUMPED_SECONDS))


def _jump(scene: Scene) -> None:
    """To another offset from the true time; half of the times back to the true time."""
    now = float(scene.clock.read_text("ascii"))
    set_clock(scene.clock, 0 if now and scene.chance.random() < 0.5 else scene.chance.choice(JUMPS))


def set_clock(place: Path, seconds: float) -> None:
    """Say how far the node's clock is off."""
    hidden = place.with_suffix(".new")
    hidden.write_text(str(seconds), "ascii")
    hidden.rename(place)


KINDS: dict[str, Callable[[Scene], None]] = {
    "server": lambda scene: kill(scene, "server"),
    "engine": lambda scene: kill(scene, "engine"),
    "analyst": lambda scene: kill(scene, "analyst"),
    "all": kill_all,
    "supervisor": kill_supervisor,
    "lock": lock,
    "long-lock": long_lock,
    "disk": disk,
    "disk-kill": disk_kill,
    "clock": clock,
    "clock-kill": clock_kill,
}
LONG = frozenset({"long-lock"})
ON_DISK = frozenset({"disk", "disk-kill"})


def chosen(kinds: list[str], times: int, chance: random.Random) -> list[str]:
    """Which disturbances come, in a random order: each kind as often as the others, one that takes long once."""
    often = [kind for kind in kinds if kind not in LONG] or kinds
    rare = [kind for kind in kinds if kind in LONG and often != kinds][:times]
    found = rare + [often[number % len(often)] for number in range(times - len(rare))]
    chance.shuffle(found)
    return found

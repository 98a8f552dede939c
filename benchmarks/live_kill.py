"""Nothing acknowledged is lost and nothing is there twice, whatever happens around the node.

`python -m benchmarks.live_kill --kills 50 [--kinds disk,clock] [--seed 1] [--short]`: a node takes numbered events over
HTTP; a sender tries each body again with the same idempotency key, until it is acknowledged. Meanwhile the node is
disturbed as `benchmarks.disturbances` tells: processes killed, databases locked, the disk full, the clock jumped. In
the end every number must be in the lake exactly once, the incidents must follow from their events, the ledger must
verify, and nothing may have died but what was killed. What comes when follows from --seed, so a run can be repeated.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pyarrow.parquet as pq

from benchmarks import small_disk
from benchmarks.disturbances import KINDS, ON_DISK, Scene, chosen, note_deaths, set_clock
from benchmarks.live import LiveNode
from benchmarks.live_sending import first_session, push_token
from tocsin.lake.catalog import Catalog
from tocsin.ledger.verify import verify
from tocsin.node.service.config import NodeFolder
from tocsin.node.store import ledger
from tocsin.node.store.database import open_store
from tocsin.node.store.incident_check import faults
from tocsin.node.upkeep.keys import load_trust
from tocsin.rules import PACK

KILLS = 50
SHORT = ("all", "server", "lock", "disk", "disk-kill", "clock-kill")
PAUSE_SECONDS = (0.5, 6.0)  # between two disturbances
TOKEN_SECONDS = 390 * 86_400  # longer than the clock jumps
KEEP_DAYS = 30  # retention looks at the clock as well
HOOK = Path(__file__).with_name("shifted_clock")
BODY_LINES = 20
TAKEN, SILENT = "202", "no answer"
AGAIN = frozenset({SILENT, "429", "503"})
DRAIN_SECONDS = 180.0


class Numbers:
    """A sender of numbered events that gives up no body."""

    def __init__(self, port: int, token: str) -> None:
        self._begun = datetime.now(UTC)
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20)
        self._token = token
        self.acknowledged = 0
        self.answers: Counter[str] = Counter()
        self.longest = 0.0  # seconds until a body was taken
        self.tries = 0
        self.stuck = False
        self.over = threading.Event()

    def run(self) -> None:
        """Send until it is over; the last body is acknowledged as well."""
        while not self.over.is_set():
            first = self.acknowledged
            lines = "".join(_line(number, self._begun) for number in range(first, first + BODY_LINES))
            self._until_taken(lines.encode(), f"body-{first}")
            self.acknowledged = first + BODY_LINES

    def _until_taken(self, body: bytes, key: str) -> None:
        begun = time.monotonic()
        while (answer := self._answer(body, key)) != TAKEN:
            if answer not in AGAIN:
                raise SystemExit(f"push: {answer}")
            time.sleep(0.2)
        self.longest = max(self.longest, time.monotonic() - begun)

    def _answer(self, body: bytes, key: str) -> str:
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key}
        headers["Content-Type"] = "application/x-ndjson"
        self.tries += 1
        try:
            answer = str(self._client.post("/api/v1/push", content=body, headers=headers).status_code)
        except httpx.TransportError:
            answer = SILENT
        self.answers[answer] += 1
        return answer


def _line(number: int, begun: datetime) -> str:
    time = begun + timedelta(milliseconds=number)
    image = "whoami.exe" if number % 100 == 0 else "notepad.exe"
    return (
        f'{{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS{number % 7:02d}", '
        f'"User": "LAB\\\\ana", "Image": "C:\\\\Windows\\\\System32\\\\{image}", "CommandLine": "run {number}", '
        f'"UtcTime": "{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03d}"}}\n'
    )


def disturb(scene: Scene, kinds: list[str]) -> None:
    """One disturbance after another, with pauses."""
    for kind in kinds:
        time.sleep(scene.chance.uniform(*PAUSE_SECONDS))
        KINDS[kind](scene)


def numbers_in(lake: Path) -> Counter[int]:
    """How often each number is in the lake."""
    found: Counter[int] = Counter()
    with closing(Catalog(lake)) as catalog:
        for file in catalog.files():
            texts = pq.read_table(lake / file.path, columns=["CommandLine"]).column(0).to_pylist()
            found.update(int(text.split()[1]) for text in texts)
    return found


def verdict(scene: Scene, sender: Numbers) -> list[str]:
    """What is wrong, each a sentence; empty when nothing is."""
    node = scene.node
    found = numbers_in(node.folder / "lake")
    wrong = [f"the {part} ended by itself {times} times" for part, times in sorted(scene.deaths.items()) if times]
    lost = [number for number in range(sender.acknowledged) if not found[number]]
    twice = [number for number, times in found.items() if times > 1]
    if sender.stuck:
        wrong.append("the node takes nothing any more")
    if lost:
        wrong.append(f"{len(lost)} acknowledged events are not in the lake, the first is {lost[0]}")
    if twice:
        wrong.append(f"{len(twice)} events are there more than once, the first is {min(twice)}")
    store = open_store(f"sqlite:///{node.folder / 'state.sqlite'}")
    with store.read() as connection:
        wrong += [str(fault) for fault in faults(connection)]
        checked = verify(
            ledger.entries(connection), ledger.checkpoints(connection), load_trust(NodeFolder(node.folder))
        )
        if checked.fault is not None:
            wrong.append(f"the ledger: {checked.fault}")
    store.close()
    return wrong


def run(place: Path, kinds: list[str], seed: int) -> tuple[Scene, Numbers]:
    """Disturb a node in that folder, let it come to rest, end it."""
    clock = place.with_name("clock")
    set_clock(clock, 0)
    os.environ |= {
        "TOCSIN_SHIFTED_CLOCK": str(clock),
        "PYTHONPATH": os.pathsep.join([str(HOOK), *filter(None, sys.path)]),
    }
    scene = Scene(LiveNode(place / "node", PACK, None, _free_port(), keep_days=KEEP_DAYS), random.Random(seed), clock)
    try:
        port = scene.node.wait_ready()
        sender = Numbers(port, push_token(first_session(port, scene.node.passwords), TOKEN_SECONDS))
        thread = threading.Thread(target=sender.run, daemon=True)
        thread.start()
        disturb(scene, kinds)
        set_clock(clock, 0)
        rest(scene, sender, thread)
    finally:
        scene.node.stop()
    return scene, sender


def rest(scene: Scene, sender: Numbers, sending: threading.Thread) -> None:
    """Wait until the last body is acknowledged and the lake has all of it."""
    sender.over.set()
    sending.join(DRAIN_SECONDS)
    sender.stuck = sending.is_alive()
    end = time.monotonic() + DRAIN_SECONDS
    while scene.node.stored() < sender.acknowledged and time.monotonic() < end:
        time.sleep(1)
    note_deaths(scene)


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS, help="how many disturbances")
    parser.add_argument("--kinds", default=",".join(KINDS), help="which, with commas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="one of each of some kinds, within 90 s")
    asked = parser.parse_args()
    small_disk.enter("benchmarks.live_kill")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the node ends with its benchmark
    with tempfile.TemporaryDirectory(prefix="tocsin-live-kill-") as name, small_disk.mounted(Path(name)) as disk:
        wanted = SHORT if asked.short else asked.kinds.split(",")
        possible = [kind for kind in wanted if not (disk.refusal and kind in ON_DISK)]
        kinds = chosen(possible, len(SHORT) if asked.short else asked.kills, random.Random(asked.seed))
        scene, sender = run(disk.folder, kinds, asked.seed)
        wrong = verdict(scene, sender)
    if disk.refusal:
        print(f"left out, the disk cannot be filled here: {disk.refusal}")
    report(Counter(kinds), sender, wrong)
    return 1 if wrong else 0


def report(done: Counter[str], sender: Numbers, wrong: list[str]) -> None:
    """Print what was done and what came of it."""
    print("| disturbance | times |\n|---|---|")
    for kind, times in done.items():
        print(f"| {kind} | {times} |")
    print(f"\n{done.total()} disturbances, {sender.acknowledged:,} events acknowledged in {sender.tries:,} tries")
    answers = ", ".join(f"{what} {times:,}" for what, times in sorted(sender.answers.items()))
    print(f"answers: {answers}; the longest wait of a body was {sender.longest:.0f} s")
    for each in wrong:
        print(f"WRONG: {each}")
    print("every acknowledged event is in the lake exactly once, the ledger verifies" if not wrong else "MISSED")


def _free_port() -> int:
    import socket

    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())

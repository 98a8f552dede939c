"""Nothing acknowledged is lost and nothing is there twice, whatever is killed.

`python -m benchmarks.live_kill --kills 50`: a node takes numbered events over HTTP; a sender tries each body again with
the same idempotency key, until it is acknowledged. At random moments one of the node's processes, or all of them, get
kill -9; between the kills the state database, the journal's and the lake's are locked for some seconds now and then. In
the end every number must be in the lake exactly once, the incidents must follow from their events, and the ledger must
verify. The random moments come from --seed, so a run can be repeated.
"""

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import httpx
import pyarrow.parquet as pq

from benchmarks.live import TOCSIN, LiveNode, group
from benchmarks.live_sending import first_session, push_token
from tocsin.lake.catalog import CATALOG, Catalog
from tocsin.ledger.verify import verify
from tocsin.node.journal.records import JOURNAL
from tocsin.node.service.config import NodeFolder
from tocsin.node.store import ledger
from tocsin.node.store.database import open_store
from tocsin.node.store.incident_check import faults
from tocsin.node.upkeep.keys import load_trust
from tocsin.rules import PACK

KILLS, SHORT_KILLS = 50, 4
PAUSE_SECONDS = (0.5, 6.0)  # between two kills
LOCK_SECONDS = 3.0
BODY_LINES = 20
DRAIN_SECONDS = 180.0


class Numbers:
    """A sender of numbered events that gives up no body."""

    def __init__(self, port: int, token: str) -> None:
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20)
        self._token = token
        self.acknowledged = 0
        self.tries = 0
        self.over = threading.Event()

    def run(self) -> None:
        """Send until it is over; the last body is acknowledged as well."""
        while not self.over.is_set():
            first = self.acknowledged
            lines = "".join(_line(number) for number in range(first, first + BODY_LINES))
            self._until_taken(lines.encode(), f"body-{first}")
            self.acknowledged = first + BODY_LINES

    def _until_taken(self, body: bytes, key: str) -> None:
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key}
        headers["Content-Type"] = "application/x-ndjson"
        while True:
            self.tries += 1
            try:
                answer = self._client.post("/api/v1/push", content=body, headers=headers)
            except httpx.TransportError:
                time.sleep(0.2)
                continue
            if answer.status_code == 202:
                return
            if answer.status_code not in (429, 500, 503):
                raise SystemExit(f"push: {answer.status_code} {answer.text}")
            time.sleep(0.2)


def _line(number: int) -> str:
    image = "whoami.exe" if number % 100 == 0 else "notepad.exe"
    return (
        f'{{"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS{number % 7:02d}", '
        f'"User": "LAB\\\\ana", "Image": "C:\\\\Windows\\\\System32\\\\{image}", "CommandLine": "run {number}", '
        f'"UtcTime": "2026-01-02 03:{number // 60 % 60:02d}:{number % 60:02d}.000"}}\n'
    )


def disturb(node: LiveNode, chance: random.Random, kills: int) -> tuple[LiveNode, Counter[str]]:
    """Kill and lock at random; returns the node that runs in the end, and what was done how often."""
    done: Counter[str] = Counter()
    for _ in range(kills):
        time.sleep(chance.uniform(*PAUSE_SECONDS))
        victim = chance.choice(("server", "engine", "analyst", "all", "lock"))
        done[victim] += 1
        if victim == "lock":
            _lock(node.folder, chance.choice((JOURNAL, "state", CATALOG)))
        elif victim == "all":
            os.killpg(node.process.pid, signal.SIGKILL)
            node.process.wait()
            node.process = subprocess.Popen([TOCSIN, "node", "run", str(node.folder)], start_new_session=True)
        else:
            _kill(node, victim)
    return node, done


def _kill(node: LiveNode, part: str) -> None:
    for pid in group(node.process.pid):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except FileNotFoundError:
            continue
        if part.encode() in words:
            os.kill(pid, signal.SIGKILL)


def _lock(folder: Path, which: str) -> None:
    places = {
        JOURNAL: folder / "journal" / JOURNAL,
        "state": folder / "state.sqlite",
        CATALOG: folder / "lake" / CATALOG,
    }
    with closing(sqlite3.connect(places[which], timeout=30, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        time.sleep(LOCK_SECONDS)
        db.execute("ROLLBACK")


def numbers_in(lake: Path) -> Counter[int]:
    """How often each number is in the lake."""
    found: Counter[int] = Counter()
    with closing(Catalog(lake)) as catalog:
        for file in catalog.files():
            texts = pq.read_table(lake / file.path, columns=["CommandLine"]).column(0).to_pylist()
            found.update(int(text.split()[1]) for text in texts)
    return found


def verdict(node: LiveNode, sender: Numbers) -> list[str]:
    """What is wrong, each a sentence; empty when nothing is."""
    found = numbers_in(node.folder / "lake")
    wrong = []
    lost = [number for number in range(sender.acknowledged) if not found[number]]
    twice = [number for number, times in found.items() if times > 1]
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


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true")
    asked = parser.parse_args()
    kills = SHORT_KILLS if asked.short else asked.kills
    with tempfile.TemporaryDirectory(prefix="tocsin-live-kill-") as place:
        node = LiveNode(Path(place) / "node", PACK, None, port=_free_port())
        try:
            port = node.wait_ready()
            sender = Numbers(port, push_token(first_session(port, node.passwords)))
            thread = threading.Thread(target=sender.run, daemon=True)
            thread.start()
            node, done = disturb(node, random.Random(asked.seed), kills)
            node.wait_ready()
            sender.over.set()
            thread.join(DRAIN_SECONDS)
            end = time.monotonic() + DRAIN_SECONDS
            while node.stored() < sender.acknowledged and time.monotonic() < end:
                time.sleep(1)
        finally:
            node.stop()
        wrong = verdict(node, sender)
    told = ", ".join(f"{what} {times}" for what, times in sorted(done.items()))
    print(f"{kills} disturbances ({told}), {sender.acknowledged:,} events acknowledged in {sender.tries:,} tries")
    for each in wrong:
        print(f"WRONG: {each}")
    print("every acknowledged event is in the lake exactly once, the ledger verifies" if not wrong else "MISSED")
    return 1 if wrong else 0


def _free_port() -> int:
    import socket

    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())

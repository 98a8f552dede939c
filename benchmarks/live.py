"""A node under load: events a second taken, evaluated and stored; how long until a finding; memory; nothing lost.

`python -m benchmarks.live [--way push|tail] [--seconds 600] [--rate 10000] [--twice] [--short]` starts a node with all
Windows rules of SigmaHQ and all analytics, sends lab data at a steady rate, and marked events that a rule finds among
it. It prints Markdown: the rate that was taken, the time from a marked event's sending to its finding in the state
database, the memory of all processes, and whether every acknowledged event is in the lake once.

Bars: 10,000 events a second for 10 minutes on 2 cores, p95 at most 5 s, at most 1.5 GB. With --twice 20,000 are asked
for and the journal is small: senders are told to wait, come again with what was not taken, and nothing is lost
(where a machine takes all of it, --rate asks for more). Data:
Security-Datasets beside the project, else the project's own exercise.
"""

import argparse
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.live_sending import Sender, first_session, push_token
from benchmarks.machine import describe
from benchmarks.scan import Bench
from tocsin.lake.catalog import Catalog

RATE, SECONDS, SHORT_SECONDS, TWICE_SECONDS = 10_000, 600, 20, 120
LINES_A_BODY = 1_000
SENDERS = 3  # at once, over HTTP
MARK_SECONDS = 0.5
P95_SECONDS, MEMORY_MIB = 5.0, 1_500
DRAIN_SECONDS = 300
AGAIN_SECONDS = 0.5
JOURNAL_GIB = 4.0
SMALL_JOURNAL_GIB = 0.5  # of which one sender may take a half
TOCSIN = Path(sys.executable).with_name("tocsin")


@dataclass
class Figures:
    """What one run gave."""

    sent: int = 0
    refused: int = 0
    seconds: float = 0.0
    marks: dict[str, float] = field(default_factory=dict)  # host → when it was acknowledged
    memory: list[float] = field(default_factory=list)  # MiB of all processes, a value a second
    stored: int = 0
    latencies: list[float] = field(default_factory=list)


def lines_of(folder: Path) -> Iterator[bytes]:
    """The lab data's lines, again and again."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    while True:
        for path in files:
            with path.open("rb") as stream:
                for line in stream:
                    if line.strip():
                        yield line if line.endswith(b"\n") else line + b"\n"


def mark(number: int) -> tuple[str, bytes]:
    """A marked event, and the host by which its finding is known."""
    host = f"MARK-{number:06d}"
    now = datetime.now(UTC)
    event = {
        "EventID": 1,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Computer": host,
        "User": "LAB\\mark",
        "Image": "C:\\Windows\\System32\\whoami.exe",
        "OriginalFileName": "whoami.exe",
        "CommandLine": "whoami /all",
        "UtcTime": now.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
    }
    return host, json.dumps(event).encode() + b"\n"


class LiveNode:
    """A node in a folder of work, as its owner starts it."""

    def __init__(
        self,
        folder: Path,
        rules: Path,
        watched: Path | None,
        port: int = 0,
        journal_gib: float = JOURNAL_GIB,
        keep_days: int = 0,
    ) -> None:
        self.folder = folder
        told = subprocess.run(
            [TOCSIN, "node", "init", str(folder), "--port", str(port)], check=True, capture_output=True, text=True
        ).stdout
        self.passwords = {line.split()[1]: line.rsplit(" ", 1)[1] for line in told.splitlines() if " account " in line}
        text = (folder / "tocsin.toml").read_text().replace("rules = []", f'rules = ["{rules}"]')
        text = text.replace(f"journal_gib = {JOURNAL_GIB}", f"journal_gib = {journal_gib}")
        text = text.replace("keep_days = 0", f"keep_days = {keep_days}")
        if watched:
            text += f'\n[[watch]]\npath = "{watched}"\n'
        (folder / "tocsin.toml").write_text(text)
        self.process = subprocess.Popen([TOCSIN, "node", "run", str(folder)], start_new_session=True)

    def state(self, part: str) -> dict[str, object]:
        """What a process told of itself last."""
        try:
            found = json.loads((self.folder / "run" / f"{part}.json").read_bytes())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return dict(found)

    def wait_ready(self, seconds: float = 120.0) -> int:
        """The API's port, once all processes have begun."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if all(self.state(part) for part in ("server", "engine", "analyst")):
                return int(str(self.state("server")["port"]))
            time.sleep(0.2)
        raise SystemExit("the node did not start")

    def memory(self) -> float:
        """MiB of all processes of the node, shared pages counted once (Pss)."""
        total = 0
        for pid in group(self.process.pid):
            try:
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            total += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
        return total / 1024

    def found(self) -> dict[str, float]:
        """When each marked host's finding was first seen."""
        with closing(sqlite3.connect(f"file:{self.folder}/state.sqlite?mode=ro", uri=True, timeout=30)) as db:
            rows = db.execute(
                "SELECT host, min(seen_us) FROM findings WHERE host LIKE 'MARK-%' GROUP BY host"
            ).fetchall()
        return {host: seen / 1e6 for host, seen in rows}

    def stored(self) -> int:
        """Events in the lake."""
        with closing(Catalog(self.folder / "lake")) as catalog:
            return sum(file.rows for file in catalog.files())

    def stop(self) -> None:
        """End it in good order."""
        os.killpg(self.process.pid, 0)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)


def group(leader: int) -> list[int]:
    """The processes of a process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[2]) == leader:
                found.append(int(entry.name))
    return found


class _Load:
    """Bodies at a steady rate, from several senders at once."""

    def __init__(self, lines: Iterator[bytes], rate: int, seconds: float, figures: Figures) -> None:
        self._lines, self._rate, self._seconds, self._figures = lines, rate, seconds, figures
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._asked = self._marks = 0
        self._next_mark = self._begun

    def run(self, sender: Sender) -> None:
        """One sender's part."""
        while (body := self._next()) is not None:
            host, lines = body
            at = time.time()
            told = b"".join(lines)
            while not sender.send(told):
                self._figures.refused += 1
                time.sleep(AGAIN_SECONDS)
            with self._lock:
                self._figures.sent += len(lines)
                if host:
                    self._figures.marks[host] = at

    def _next(self) -> tuple[str, list[bytes]] | None:
        """The next body when it is due; the marked host in it, if there is one."""
        with self._lock:
            now = time.monotonic()
            due = self._begun + self._asked / self._rate
            time.sleep(max(0.0, min(due - now, MARK_SECONDS)))
            if now - self._begun >= self._seconds:
                return None
            body = [next(self._lines) for _ in range(LINES_A_BODY)]
            self._asked += len(body)
            host = ""
            if now >= self._next_mark:
                host, line = mark(self._marks)
                body.append(line)
                self._marks, self._next_mark = self._marks + 1, now + MARK_SECONDS
            return host, body


def measure(node: LiveNode, senders: list[Sender], lines: Iterator[bytes], rate: int, seconds: float) -> Figures:
    """Send at a steady rate for some time, then wait until the lake has all of it."""
    figures = Figures()
    watching = threading.Event()
    threading.Thread(target=_watch_memory, args=(node, figures, watching), daemon=True).start()
    begun = time.monotonic()
    load = _Load(lines, rate, seconds, figures)
    threads = [threading.Thread(target=load.run, args=(sender,)) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures.seconds = time.monotonic() - begun
    end = time.monotonic() + DRAIN_SECONDS
    while node.stored() < figures.sent and time.monotonic() < end:
        time.sleep(1)
    time.sleep(5)
    watching.set()
    figures.stored = node.stored()
    found = node.found()
    figures.latencies = sorted(found[host] - at for host, at in figures.marks.items() if host in found)
    return figures


def _watch_memory(node: LiveNode, figures: Figures, over: threading.Event) -> None:
    while not over.wait(2.0):
        figures.memory.append(node.memory())


def report(way: str, rate: int, figures: Figures, *, twice: bool = False) -> bool:
    """Print the figures; True when the bars are met.

    `twice`: that all was taken or senders were told to wait, and nothing is lost.
    """
    taken = figures.sent / figures.seconds
    late = figures.latencies or [float("inf")]
    p95 = late[min(len(late) - 1, int(len(late) * 0.95))]
    missing = len(figures.marks) - len(figures.latencies)
    print(f"\n## {way}, {rate:,} events/s asked, {figures.seconds:.0f} s\n")
    print("| what | figure |\n|---|---|")
    print(f"| acknowledged | {figures.sent:,} events, {taken:,.0f} a second |")
    print(f"| told to wait | {figures.refused:,} bodies |")
    print(f"| in the lake | {figures.stored:,} of {figures.sent:,} |")
    print(
        f"| event to finding, {len(figures.latencies)} marks | p50 {statistics.median(late):.1f} s, p95 {p95:.1f} s, "
        f"longest {late[-1]:.1f} s, {missing} missing |"
    )
    print(
        f"| memory of all processes | highest {max(figures.memory):,.0f} MiB, last third "
        f"{statistics.mean(figures.memory[-len(figures.memory) // 3 :]):,.0f} MiB |"
    )
    steady = taken >= 0.98 * RATE and p95 <= P95_SECONDS
    waited = figures.refused > 0 or way == "tail" or taken >= 0.98 * rate  # a file waits by itself, or all was taken
    met = (waited if twice else steady) and max(figures.memory) <= MEMORY_MIB and not missing
    exact = figures.stored == figures.sent
    print(f"\n{'bars met' if met and exact else 'MISSED'}{'' if exact else ': not every event is there once'}")
    return met and exact


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=("push", "tail"), default="push")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--twice", action="store_true", help="twice the rate, with a journal that fills up")
    parser.add_argument("--short", action="store_true", help="20 seconds, only whether nothing is lost counts")
    asked = parser.parse_args()
    seconds = asked.seconds or (SHORT_SECONDS if asked.short else TWICE_SECONDS if asked.twice else SECONDS)
    rate = 2 * asked.rate if asked.twice else asked.rate
    journal = SMALL_JOURNAL_GIB if asked.twice else JOURNAL_GIB
    print(describe())
    with tempfile.TemporaryDirectory(prefix="tocsin-live-") as place:
        folder = Path(place)
        bench = Bench(folder, asked.short, 1)
        lines = lines_of(bench.lab())
        os.sync()  # or the disk writes what was unpacked here in the middle of the measurement
        log = folder / "logs" / "events.json"
        log.parent.mkdir()
        node = LiveNode(folder / "node", bench.windows_rules, log.parent if asked.way == "tail" else None, 0, journal)
        try:
            port = node.wait_ready()
            token = push_token(first_session(port, node.passwords)) if asked.way == "push" else ""
            places = [log] if asked.way == "tail" else [None] * SENDERS
            senders = [Sender(port, token, place) for place in places]
            figures = measure(node, senders, lines, rate, seconds)
            met = report(asked.way, rate, figures, twice=asked.twice)
            print({part: node.state(part) for part in ("engine", "analyst")})
        finally:
            node.stop()
    return 0 if met or (asked.short and figures.stored == figures.sent) else 1


if __name__ == "__main__":
    sys.exit(main())

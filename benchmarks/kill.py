"""`kill -9` at random moments of a scan: the lake must end with the rows and hits of an undisturbed scan.

Prints one line a kill; exits 1 when a lake differs. `python -m benchmarks.kill [--kills N] [--events N] [--seed N]`.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.lake.catalog import Catalog

TOCSIN = Path(sys.executable).with_name("tocsin")
KILLS, EVENTS, FILES = 20, 120_000, 6


def command(logs: Path, lake: Path) -> list[str]:
    return [str(TOCSIN), "scan", str(logs), "--lake", str(lake), "--format", "csv", "--quiet"]


def write_logs(folder: Path, events: int, seed: int) -> None:
    """Sysmon-shaped NDJSON of our own exercise, in a few files of different size."""
    subprocess.run(
        [
            str(TOCSIN),
            "exercise",
            "windows-intrusion",
            "--out",
            str(folder),
            "--seed",
            str(seed),
            "--events",
            str(events),
        ],
        check=True,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def contents(lake: Path) -> tuple[list[str], list[tuple[str, str]], list[tuple[str, int]]]:
    """Event ids, (rule, event id) hits and rejects, sorted: what must not depend on kills."""
    catalog = Catalog(lake)
    ids: list[str] = []
    for file in catalog.files():
        ids += [
            f"{file.table} {name}"
            for name in pq.read_table(lake / file.path, columns=["event_id"])["event_id"].to_pylist()
        ]
    hits: list[tuple[str, str]] = []
    for hit_file in catalog.all_hit_files():
        table: pa.Table = pq.read_table(lake / hit_file.path, columns=["rule", "event_id"])
        hits += list(zip(table["rule"].to_pylist(), table["event_id"].to_pylist(), strict=True))
    rejects = [(source, reject.position) for source, reject in catalog.rejects.some()]
    catalog.close()
    return sorted(ids), sorted(hits), sorted(rejects)


def killed_scan(logs: Path, lake: Path, after: float) -> bool:
    """Start a scan in its own process group and kill all of it; False when it had ended before."""
    process = subprocess.Popen(
        command(logs, lake), start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def run(kills: int, events: int, seed: int) -> int:
    """Kill `kills` scans; returns how many lakes differed from the undisturbed one."""
    chance = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="tocsin-kill-"))
    try:
        logs = folder / "logs"
        write_logs(logs, events, seed)
        subprocess.run(command(logs, folder / "warm"), check=True, stdout=subprocess.DEVNULL)  # fills the rule cache
        started = time.monotonic()
        subprocess.run(command(logs, folder / "whole"), check=True, stdout=subprocess.DEVNULL)
        duration = time.monotonic() - started
        expected = contents(folder / "whole")
        print(
            f"undisturbed: {len(expected[0])} rows, {len(expected[1])} hits, {len(expected[2])} rejects, "
            f"{duration:.1f} s"
        )
        wrong = 0
        for number in range(kills):
            lake = folder / f"lake{number}"
            moments = [chance.uniform(0.05, duration) for _ in range(chance.choice((1, 1, 2)))]
            killed = [killed_scan(logs, lake, moment) for moment in moments]
            subprocess.run(command(logs, lake), check=True, stdout=subprocess.DEVNULL)
            same = contents(lake) == expected
            wrong += not same
            when = ", ".join(f"{moment:.2f} s" for moment in moments)
            print(
                f"kill {number + 1}: at {when} ({sum(killed)} in time): {'same' if same else 'DIFFERENT'}", flush=True
            )
            shutil.rmtree(lake)
        print(f"{kills} scans killed, {wrong} lakes differ")
        return wrong
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.exit(1 if run(given.kills, given.events, given.seed) else 0)


if __name__ == "__main__":
    main()

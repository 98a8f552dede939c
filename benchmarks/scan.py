"""Speed and memory of a scan beside its floors, in one run on the same bytes.

(a) DuckDB projection to 44 columns; (a') lossless own-column Parquet, two workers, with and without the pass that finds
out each file's columns; (b) `tocsin scan` into a fresh lake
with all Windows rules; (c) all rules again by `--rescan`; (d) the SQLite way on a sample, net of rule start. Each on
the lab data and with 60 % of command lines made unique.
Also: start from the rule cache, memory at 1 and 4 times the size,
EVTX beside the evtx library. `python -m benchmarks.scan [--short]` prints Markdown.

Data: Security-Datasets and EVTX-to-MITRE-ATT&CK beside the project; without them the project's own exercise.
"""

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.machine import Run, describe, run

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"
TOCSIN = Path(sys.executable).with_name("tocsin")
PEER = ROOT / ".venv-peer" / "bin" / "python"
UNIQUE_SHARE = 0.6
SHORT_BYTES = 80_000_000
SAMPLE_EVENTS = 20_000
OWN_EVENTS = 300_000


class Bench:
    """A folder of work, and the figures so far."""

    def __init__(self, folder: Path, short: bool, rounds: int) -> None:
        self.folder, self.short, self.rounds = folder, short, rounds
        self.cache = {"XDG_CACHE_HOME": str(folder / "cache")}
        self.rules = self._rules()

    def _rules(self) -> Path:
        packed = SHARED / "sigma" / "sigma-rules.zip"
        if not packed.is_file():
            return ROOT / "src" / "tocsin" / "rules"
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(self.folder / "rules")
        return self.folder / "rules"

    @property
    def windows_rules(self) -> Path:
        inside = self.rules / "rules" / "windows"
        return inside if inside.is_dir() else self.rules / "windows"

    def lab(self) -> Path:
        """Plain NDJSON of the lab data, or of our own exercise."""
        out = self.folder / "lab"
        out.mkdir()
        packed = sorted((SHARED / "windows" / "security-datasets-atomic").glob("windows__*.zip"))
        total = 0
        for path in packed:
            with zipfile.ZipFile(path) as archive:
                for member in archive.infolist():
                    name = Path(member.filename).name
                    if name.endswith(".json") and not name.startswith("._"):
                        (out / f"{path.stem}-{name}").write_bytes(archive.read(member))
                        total += member.file_size
            if self.short and total > SHORT_BYTES:
                break
        if not packed:
            self.exercise(out, OWN_EVENTS // (10 if self.short else 1))
        return out

    def exercise(self, out: Path, events: int) -> None:
        made = self.folder / "exercise"
        subprocess.run(
            [str(TOCSIN), "exercise", "windows-intrusion", "--out", str(made), "--seed", "1", "--events", str(events)],
            check=True,
            capture_output=True,
        )
        for path in sorted(made.rglob("collector/*.json")):
            shutil.move(path, out / path.name)

    def unique(self, lab: Path) -> Path:
        """The lab data with 60 % of its command lines made unique (reproducibly)."""
        out = self.folder / "unique"
        out.mkdir()
        chance = random.Random(1)
        number = 0
        for path in sorted(lab.iterdir()):
            with path.open("rb") as source, (out / path.name).open("wb") as target:
                for line in source:
                    chosen = b'"CommandLine":"' in line and chance.random() < UNIQUE_SHARE
                    number += chosen
                    mark = f'"CommandLine":"{number:x}-'.encode()
                    target.write(line.replace(b'"CommandLine":"', mark, 1) if chosen else line)
        return out

    def scan(self, *arguments: str, lake: Path, memory: bool = False) -> Run:
        command = [
            str(TOCSIN),
            "scan",
            *arguments,
            "--only",
            "rules",
            "--lake",
            str(lake),
            "--rules",
            str(self.windows_rules),
        ]
        done = run([*command, "--format", "csv", "--quiet"], self.cache, memory)
        if done.code:
            raise SystemExit(f"the scan failed: {done.output[-2000:]}")
        return done

    def median(self, once: Callable[[], Run]) -> Run:
        done = sorted((once() for _ in range(self.rounds)), key=lambda each: each.seconds)
        return done[len(done) // 2]


def floor(kind: str, *arguments: Path) -> Callable[[], Run]:
    return lambda: run([sys.executable, "-m", "benchmarks.floors", kind, *map(str, arguments)])


def inner(done: Run) -> list[float]:
    """Seconds that the floor itself measured, without the interpreter's start."""
    return [float(word) for word in done.output.strip().splitlines()[-1].split()]


def count_events(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in folder.iterdir())


def measure(bench: Bench, name: str, data: Path, start: float) -> dict[str, float]:
    """All floors and scans of one data set, alternating, medians of the rounds."""
    figures: dict[str, list[float]] = {key: [] for key in ("a", "a'", "a*", "b", "c")}
    events = count_events(data)
    size = sum(path.stat().st_size for path in data.iterdir())
    for number in range(bench.rounds):
        figures["a"] += inner(floor("project", data)())
        out = bench.folder / f"parquet-{name}-{number}"
        whole, alone = inner(floor("write", data, out)())
        figures["a'"].append(whole)
        figures["a*"].append(alone)
        shutil.rmtree(out)
        lake = bench.folder / f"lake-{name}-{number}"
        done = bench.scan(str(data), lake=lake)
        again = bench.scan("--rescan", lake=lake)
        figures["b"].append(done.seconds)
        figures["c"].append(again.seconds - start)
        shutil.rmtree(lake)
    peak = peak_of(bench, name, data)
    found = {key: statistics.median(values) for key, values in figures.items()}
    print(f"\n### {name}: {events:,} events, {size / 1e6:,.0f} MB\n")
    print("| what | seconds | events/s | beside (a) | beside (a') | beside its writing |\n|---|---|---|---|---|---|")
    for key, title in (
        ("a", "(a) projection to 44 columns"),
        ("a'", "(a') lossless Parquet, two workers"),
        ("a*", "(a') its writing alone, columns known"),
        ("b", "(b) scan into a fresh lake"),
        ("c", "(c) all rules again, net of start"),
    ):
        seconds = found[key]
        beside = " | ".join(f"{seconds / found[floor_key]:.2f} ×" for floor_key in ("a", "a'", "a*"))
        print(f"| {title} | {seconds:.2f} | {events / seconds:,.0f} | {beside} |")
    print(f"\nPeak memory of all processes together: {peak:,.0f} MiB")
    return found | {"events": events, "peak": peak}


def peak_of(bench: Bench, name: str, data: Path) -> float:
    """The most memory of a scan and a rescan, in runs of their own: sampling would slow what is timed."""
    lake = bench.folder / f"lake-{name}-memory"
    done = bench.scan(str(data), lake=lake, memory=True)
    again = bench.scan("--rescan", lake=lake, memory=True)
    shutil.rmtree(lake)
    return max(done.peak_mib, again.peak_mib)


def start_seconds(bench: Bench) -> float:
    """A process that has the rule cache until it could evaluate, with its imports."""
    code = (
        "import sys, time; t = time.perf_counter(); from pathlib import Path; "
        "from tocsin.detect.sigma import Engine, load_rules; "
        "rules = load_rules([Path(sys.argv[1])], cache_dir=Path(sys.argv[2])); Engine(rules); "
        "print(len(rules), time.perf_counter() - t)"
    )
    cache = str(bench.folder / "cache" / "tocsin")
    command = [sys.executable, "-c", code, str(bench.rules), cache]
    first = run(command)
    times = [float(run(command).output.split()[-1]) for _ in range(max(3, bench.rounds))]
    warm = statistics.median(times)
    print(
        f"\nStart with all {first.output.split()[0]} rules: {warm:.2f} s from the cache, "
        f"{first.seconds:.1f} s without it."
    )
    bench.scan("--rescan", lake=_empty_lake(bench))  # fills the cache for the Windows rules alone
    windows = statistics.median(
        float(run([*command[:3], str(bench.windows_rules), cache]).output.split()[-1]) for _ in range(3)
    )
    print(f"Start with the Windows rules alone: {windows:.2f} s from the cache.")
    return windows


def _empty_lake(bench: Bench) -> Path:
    lake = bench.folder / "empty"
    empty = bench.folder / "none.json"
    empty.write_text('{"EventID":1,"Channel":"none"}\n')
    bench.scan(str(empty), lake=lake)
    return lake


def peer(bench: Bench, data: Path, rate: float) -> None:
    """(d), on a sample of whole files' first lines."""
    if not PEER.is_file():
        print("\n(d) was not run: `make .venv-peer/ready` sets up pysigma-backend-sqlite.")
        return
    sample = bench.folder / "sample.json"
    wanted = SAMPLE_EVENTS // (10 if bench.short else 1)
    lines: list[bytes] = []
    paths = sorted(data.iterdir())
    for path in paths:
        with path.open("rb") as source:
            lines += [line for line, _ in zip(source, range(wanted // len(paths) + 1), strict=False)]
    sample.write_bytes(b"".join(lines[:wanted]))
    done = run([str(PEER), str(ROOT / "benchmarks" / "peer_sqlite.py"), str(bench.windows_rules), str(sample)])
    if done.code:
        print(f"\n(d) failed: {done.output[-500:]}")
        return
    found = json.loads(done.output.strip().splitlines()[-1])
    slow = found["events"] / found["seconds"]
    print(
        f"\n(d) SQLite with {found['rules']:,} queries: {found['events']:,} events in {found['seconds']:.1f} s net of "
        f"{found['start']:.1f} s rule start, {slow:,.0f} events/s; (b) is {rate / slow:,.0f} times as fast."
    )


def evtx(bench: Bench) -> None:
    packed = SHARED / "windows" / "evtx-to-mitre-attack.zip"
    if not packed.is_file():
        return
    folder = bench.folder / "evtx"
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
    bare = floor("evtx", folder)()
    events = int(bare.output.split()[0])
    done = bench.scan(str(folder), lake=bench.folder / "lake-evtx")
    (alone,) = inner(bare)
    print(
        f"\nEVTX: {events:,} events in {len(list(folder.rglob('*.evtx')))} files: {events / alone:,.0f} events/s "
        f"by the evtx library alone, {events / done.seconds:,.0f} events/s by a whole scan."
    )


def four_times(bench: Bench, data: Path) -> None:
    """Memory must not grow with the input: the same data four times, each file made different by its first line."""
    big = bench.folder / "four"
    big.mkdir()
    for number in range(4):
        for path in data.iterdir():
            with (big / f"{number}-{path.name}").open("wb") as target:
                target.write(f'{{"EventID":0,"Channel":"copy {number}"}}\n'.encode())
                with path.open("rb") as source:
                    shutil.copyfileobj(source, target)
    done = bench.scan(str(big), lake=bench.folder / "lake-four", memory=True)
    events = count_events(big)
    print(
        f"\nFour times the lab data: {events:,} events in {done.seconds:.1f} s while sampled, "
        f"peak {done.peak_mib:,.0f} MiB"
    )
    shutil.rmtree(big)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a small part of the data, one round")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    try:
        bench = Bench(folder, given.short, 1 if given.short else given.rounds)
        print(f"## Scan\n\n{describe()}")
        start = start_seconds(bench)
        lab = bench.lab()
        found = measure(bench, "lab", lab, start)
        measure(bench, "unique", bench.unique(lab), start)
        peer(bench, lab, found["events"] / found["b"])
        evtx(bench)
        if not given.short:
            four_times(bench, lab)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

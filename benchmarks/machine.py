"""The machine and the data, so that a figure can be read; processes measured from outside."""

import os
import platform
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024
_SAMPLE_SECONDS = 0.25  # walking the pages of large processes costs milliseconds: more often would slow them down


def describe() -> str:
    """Processor, cores, memory, Python."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


@dataclass(frozen=True, slots=True)
class Run:
    """One whole process and its children: wall seconds, and the peak of their memory together (PSS)."""

    seconds: float
    peak_mib: float
    code: int
    output: str


def run(command: Sequence[str], environment: dict[str, str] | None = None, memory: bool = False) -> Run:
    """Run a command to its end. With `memory` that of its process tree is sampled, which slows it by a tenth."""
    started = time.perf_counter()
    process = subprocess.Popen(
        list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
    )
    peak = [0.0]
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peak, ended))
    if memory:
        watcher.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    if memory:
        ended.set()
        watcher.join()
    return Run(seconds, peak[0] / MIB, process.returncode, output.decode("utf-8", "replace"))


def _watch(pid: int, peak: list[float], ended: threading.Event) -> None:
    while not ended.wait(_SAMPLE_SECONDS):
        peak[0] = max(peak[0], sum(map(_pss, _tree(pid))))


def _tree(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue  # the thread has ended in between
    return found


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 0  # the process has ended in between
    return 0

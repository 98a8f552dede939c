"""Speed and memory of the exercise range: each scenario at its defaults, in one process of its own.

`python -m benchmarks.range [SCENARIO …] [--days N] [--scale X]` prints Markdown. The load before each run stands
beside the figures: a busy machine gives less. The bar is 50,000 records a second on one core.
"""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import describe, run
from tocsin.exercise.range import SCENARIOS

BAR = 50_000  # records a second
COLUMNS = ("scenario", "records", "files", "MiB", "seconds", "records a second", "peak MiB", "load before")


def measure(scenario: str, more: list[str]) -> tuple[str, float]:
    """One run as a line of the table, and its records a second."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [sys.executable, "-m", "tocsin", "exercise", scenario, "--out", str(out), *more]
        environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        timed = run(command, environment)
        if timed.code:
            raise SystemExit(timed.output)
        records = int(re.sub(r"\D", "", timed.output.split(" records")[0]))
        files = [file for file in out.rglob("*") if file.is_file()]
        size = sum(file.stat().st_size for file in files) / 2**20
        peak = _peak(command, out, environment)
    rate = records / timed.seconds
    figures = (f"{records:,}", f"{len(files)}", f"{size:,.0f}", f"{timed.seconds:.1f}", f"{rate:,.0f}", f"{peak:,.0f}")
    return _row((scenario, *figures, f"{load:.1f}")), rate


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _peak(command: list[str], out: Path, environment: dict[str, str]) -> float:
    """Peak memory in a second run: sampling slows the first down."""
    again = [str(out.with_name("again")) if word == str(out) else word for word in command]
    return run(again, environment, memory=True).peak_mib


def main() -> None:
    """Print the table; exit 1 where a scenario stays below the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="*", default=[scenario.id for scenario in SCENARIOS])
    parser.add_argument("--days")
    parser.add_argument("--scale")
    given = parser.parse_args()
    more = [word for name in ("days", "scale") if getattr(given, name) for word in (f"--{name}", getattr(given, name))]
    print(f"{describe()}, one process\n\n{_row(COLUMNS)}\n{_row(['---'] * len(COLUMNS))}", flush=True)
    rates = []
    for scenario in given.scenario:
        line, rate = measure(scenario, more)
        print(line, flush=True)
        rates.append(rate)
    sys.exit(0 if min(rates) >= BAR else 1)


if __name__ == "__main__":
    main()

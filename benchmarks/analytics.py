"""What all analytics cost over a day: time, memory, and how both grow.

`python -m benchmarks.analytics [--short] [--events N]` prints Markdown. Steps, for a tenth, three tenths and the whole
of the events: 1 a raw day of a made-up network is written (`benchmarks.rollups`) with the day before as history;
2 rollups are brought up to date; 3 in a process of its own the window is opened and every analytic is run, as a scan
does; time and peak memory are measured. The floor in the same run: DuckDB reads id and time of every row once.

The day has connections, DNS, HTTP, program starts and logons of a large network and no attack: an analytic that finds
something here is wrong, so findings are counted too.
"""

import argparse
import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.machine import describe, run
from benchmarks.rollups import EVENTS, HOSTS, LAST, SHORT_SHARE, update, write_day

SHARES = (0.1, 0.3, 1.0)
HISTORY_SHARE = 10  # the day before has a tenth of the events
GOAL_SECONDS, GOAL_MIB = 60, 2_048
SLOWEST = 12  # analytics that are shown

_CHILD = """
import json, sys, time
from pathlib import Path
from tocsin.detect.analytics import load_analytics, open_window, run_analytic
from tocsin.lake.catalog import Catalog
from tocsin.lake.rollup_records import day_number
from tocsin.lake.rollups import rollup_files
lake, first = Path(sys.argv[1]), int(sys.argv[2])
catalog, chosen = Catalog(lake), load_analytics()
start = time.perf_counter()
with open_window(lake, catalog.files(), list(chosen.analytics.values()), None, first, None,
                 rollup_files(catalog)) as window:
    opened = time.perf_counter() - start
    outcomes = [run_analytic(window, chosen, each) for each in chosen.analytics.values()]
    total = time.perf_counter() - start
    start = time.perf_counter()
    for name in window.present:
        window.connection.sql(f"SELECT sum(length(event_id)), max(time_us) FROM {name}").fetchall()
    floor = time.perf_counter() - start
print(json.dumps({"opened": opened, "total": total, "floor": floor, "rows": sum(window.present.values()),
    "each": {x.analytic.id: [x.seconds, len(x.hits), x.reason if x.failed else ""] for x in outcomes}}))
"""


def measured(lake: Path) -> tuple[dict[str, object], float]:
    """What the child says, and its peak memory in MiB."""
    first = (LAST - datetime(1970, 1, 1).date()).days * 86_400_000_000
    found = run([sys.executable, "-c", _CHILD, str(lake), str(first)], memory=True)
    if found.code:
        raise SystemExit(found.output)
    return json.loads(found.output.strip().splitlines()[-1]), found.peak_mib


def main() -> None:
    """Measure and print; exits 1 when an analytic failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help=f"a {SHORT_SHARE}th of hosts and events")
    parser.add_argument("--events", type=int, default=EVENTS)
    options = parser.parse_args()
    share = SHORT_SHARE if options.short else 1
    events, hosts = options.events // share, HOSTS // share
    print(f"{describe()}. {hosts:,} hosts; measured {datetime.now(UTC):%Y-%m-%d}.\n")
    print("| events | rows in the window | window | analytics | all | floor | peak | findings |")
    print("|---|---|---|---|---|---|---|---|")
    last: dict[str, list[object]] = {}
    total = peak = 0.0
    for part in SHARES:
        with tempfile.TemporaryDirectory(prefix="tocsin-analytics-") as name:
            lake = Path(name)
            write_day(lake, LAST - timedelta(days=1), hosts, int(events * part) // HISTORY_SHARE)
            write_day(lake, LAST, hosts, int(events * part))
            update(lake)
            said, peak = measured(lake)
        last = said["each"]  # type: ignore[assignment]  # as the child wrote it
        opened, total, floor = (float(str(said[key])) for key in ("opened", "total", "floor"))
        findings = sum(int(str(each[1])) for each in last.values())
        print(
            f"| {int(events * part):,} | {said['rows']:,} | {opened:.1f} s | {total - opened:.1f} s | {total:.1f} s "
            f"| {floor:.2f} s | {peak:,.0f} MiB | {findings} |"
        )
    if events >= EVENTS:
        reached = "reached" if total <= GOAL_SECONDS and peak <= GOAL_MIB else "missed"
        print(f"\nGoal for 10 million events: ≤ {GOAL_SECONDS} s and ≤ {GOAL_MIB:,} MiB: {reached}.")
    print("\n| analytic | seconds | findings |\n|---|---|---|")
    slowest = sorted(last.items(), key=lambda item: -float(str(item[1][0])))
    for id, (seconds, found, _) in slowest[:SLOWEST]:
        print(f"| {id} | {float(str(seconds)):.2f} | {found} |")
    failed = {id: each[2] for id, each in last.items() if each[2]}
    for id, reason in failed.items():
        print(f"{id} FAILED: {reason}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

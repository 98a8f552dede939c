"""Triage on real alerts: what of a labelled attack stands where people look.

`python -m benchmarks.triage DIR [--perturb N]`. DIR holds alerts of organisations as the AIT Alert Data Set has them,
one file each: `*_alerts.csv` or `*_alerts.csv.gz` with time, name, ip, host, short, time_label, event_label. Labels are
for measuring only.

- A labelled step is a distinct pair of time_label and event_label, with event_label not `-` and time_label not
  `false_positive`. A day is 24 hours from the first alert; the first is for warming up and not counted. An incident
  belongs to the day in which it began; a day's incidents are those that its queue asks people to read.
- Strict: one of the step's alerts is covered by one of the ten lines that its incident shows first (a line is one alert
  name on one host), and the incident is in its day's top ten. Loose: an alert of the step is anywhere in an incident
  of the top ten, or five.
- Unrelated: alerts with event_label `-` in incidents that hold a step; in all, and in the worst of them.
- Split: into how many incidents of the top ten the day with most steps is told.
- Alerts a second: from alerts in memory to the ranked queue with lines, in one process.

Two floors run beside it. (a) Ten-minute windows of one host, ranked by the mean surprise of type and of type on host
by the hour. (b) One group per host and day, ranked by how many alert names were new to the host; its lines are the ten
names most surprising on the host.

Every run learns from the past only, and all organisations are judged with the same constants. The organisations of the
public set were looked at while the constants were chosen: `--perturb N` also measures N variants of each in which a
fifth of all pairs of name and host is missing and the first day begins later.
"""

import argparse
import csv
import gzip
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.machine import describe
from benchmarks.triage_floors import host_days, windows
from tocsin.triage.surprise import History, Sighting, episodes, queue, runs_of, story

DAY = 86_400
TOP, FIVE = 10, 5
NOT_CAUSED, ORDINARY = "-", "false_positive"
HEAD = (
    "| organisation | alerts | strict | loose ten | loose five | incidents a day | unrelated | worst | split "
    "| alerts/s |"
)
MISSING, LATEST_BEGINNING = 5, 0.8  # of --perturb: one of so many pairs is missing; days until the first alert


@dataclass(frozen=True, slots=True)
class Alert:
    """One row of a file."""

    time: int
    name: str
    host: str
    step: tuple[str, str] | None  # what caused it while it ran, by the labels
    caused: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a triage shows: an incident with its alerts and the (name, host) of its lines."""

    day: int
    alerts: frozenset[int]
    lines: frozenset[tuple[str, str]]


@dataclass
class Measured:
    """What is counted of one organisation."""

    name: str
    steps: int
    strict: set[tuple[str, str]] = field(default_factory=set)
    ten: set[tuple[str, str]] = field(default_factory=set)
    five: set[tuple[str, str]] = field(default_factory=set)
    days: int = 0
    incidents: int = 0
    unrelated: int = 0
    counted: int = 0
    worst: float = 0.0
    split: int = 0
    alerts: int = 0
    seconds: float = 0.0


Triage = Callable[[Sequence[Alert]], Iterator[Told]]
"""Alerts in order of time to what is told, ranked within each day."""


def read(path: Path) -> list[Alert]:
    """The alerts of one organisation, in order of time."""
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as lines:
        rows = [_alert(row) for row in csv.DictReader(lines)]
    return sorted(rows, key=lambda alert: alert.time)


def _alert(row: dict[str, str]) -> Alert:
    caused = row["event_label"] != NOT_CAUSED
    step = (row["time_label"], row["event_label"]) if caused and row["time_label"] != ORDINARY else None
    return Alert(int(float(row["time"])), row["name"], row["host"], step, caused)


def tocsin(alerts: Sequence[Alert]) -> Iterator[Told]:
    """The product's triage."""
    begun = alerts[0].time
    sightings = (Sighting(alert.time, alert.name, alert.host, sensor=alert.name.partition(":")[0]) for alert in alerts)
    found = episodes(tuple(History().judge_all(runs_of(sightings))))
    by_day = defaultdict(list)
    for episode in found:
        by_day[int((episode.first - begun) // DAY)].append(episode)
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, alert in enumerate(alerts):
        places[alert.name, alert.host].append(index)
    for day in sorted(by_day):
        for episode in queue(by_day[day]).asked:
            members = frozenset(
                index
                for run in episode.runs
                for index in places[run.run.kind, run.run.host]
                if run.run.first <= alerts[index].time <= run.run.last
            )
            yield Told(day, members, frozenset((line.kind, line.host) for line in story(episode)))


def measure(name: str, alerts: Sequence[Alert], triage: Triage) -> Measured:
    """Count what a triage tells of one organisation."""
    begun = time.perf_counter()
    told = list(triage(alerts))
    seconds = time.perf_counter() - begun
    steps: dict[tuple[str, str], set[int]] = defaultdict(set)
    for index, alert in enumerate(alerts):
        if alert.step:
            steps[alert.step].add(index)
    seen = Measured(name, len(steps), alerts=len(alerts), seconds=seconds)
    seen.days = (alerts[-1].time - alerts[0].time) // DAY
    rank: Counter[int] = Counter()
    split: Counter[int] = Counter()
    for each in told:
        if each.day == 0:
            continue
        rank[each.day] += 1
        seen.incidents += 1
        hit = {step: members & each.alerts for step, members in steps.items() if members & each.alerts}
        if rank[each.day] > TOP or not hit:
            continue
        split[each.day] += 1
        seen.ten |= hit.keys()
        seen.five |= hit.keys() if rank[each.day] <= FIVE else set()
        seen.strict |= {
            step for step, mine in hit.items() if any((alerts[i].name, alerts[i].host) in each.lines for i in mine)
        }
        unrelated = sum(not alerts[index].caused for index in each.alerts)
        seen.unrelated, seen.counted = seen.unrelated + unrelated, seen.counted + len(each.alerts)
        seen.worst = max(seen.worst, unrelated / len(each.alerts))
    days = Counter(int((alerts[min(members)].time - alerts[0].time) // DAY) for members in steps.values())
    seen.split = split[days.most_common(1)[0][0]] if days else 0
    return seen


def perturbed(alerts: Sequence[Alert], seed: int) -> list[Alert]:
    """The alerts with a fifth of the pairs missing, from a later beginning on."""
    chance = random.Random(seed)
    pairs = sorted({(alert.name, alert.host) for alert in alerts})
    missing = set(chance.sample(pairs, len(pairs) // MISSING))
    begun = alerts[0].time + chance.random() * LATEST_BEGINNING * DAY
    return [alert for alert in alerts if alert.time >= begun and (alert.name, alert.host) not in missing]


def line(each: Measured) -> str:
    """One row of the table."""
    return (
        f"| {each.name} | {each.alerts:,} | {len(each.strict)}/{each.steps} | {len(each.ten)}/{each.steps} "
        f"| {len(each.five)}/{each.steps} | {each.incidents / max(each.days, 1):.1f} "
        f"| {each.unrelated / max(each.counted, 1):.1%} | {each.worst:.0%} | {each.split} "
        f"| {each.alerts / each.seconds:,.0f} |"
    )


def summed(name: str, measured: Iterable[Measured]) -> str:
    """All organisations in one line."""
    every = list(measured)
    steps = sum(each.steps for each in every)
    strict, ten, five = (sum(len(getattr(each, what)) for each in every) for what in ("strict", "ten", "five"))
    a_day = sum(each.incidents for each in every) / max(sum(each.days for each in every), 1)
    speed = sum(each.alerts for each in every) / sum(each.seconds for each in every)
    return (
        f"{name}strict {strict}/{steps}, loose ten {ten}/{steps}, loose five {five}/{steps}, "
        f"{a_day:.1f} incidents a day, {speed:,.0f} alerts/s"
    )


def files(folder: Path) -> list[Path]:
    """The files of the organisations."""
    return sorted([*folder.glob("*_alerts.csv.gz"), *folder.glob("*_alerts.csv")])


def missed(every: Sequence[Measured], sets: dict[str, list[Alert]]) -> Iterator[str]:
    """The steps that are not in the lines, or not in the top five."""
    for each in every:
        steps = sorted({alert.step for alert in sets[each.name] if alert.step})
        for what, found in (("not in ten lines", each.strict), ("not in the top five", each.five)):
            if left := [" by ".join(step) for step in steps if step not in found]:
                yield f"- {each.name}, {what}: {', '.join(left)}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder with the organisations' files")
    parser.add_argument("--perturb", type=int, default=0, metavar="N", help="also measure N variants of each")
    options = parser.parse_args()
    paths = files(options.folder)
    if not paths:
        sys.exit(f"{options.folder} holds no *_alerts.csv or *_alerts.csv.gz")
    sets = {path.name.partition("_alerts")[0]: read(path) for path in paths}
    print(f"{describe()}. Measured {datetime.now(UTC):%Y-%m-%d}.\n")
    results: dict[str, list[Measured]] = {}
    for title, triage in (("", tocsin), ("floor (a): ", windows), ("floor (b): ", host_days)):
        print(f"{title or 'tocsin: '}\n{HEAD}\n|{'---|' * HEAD.count(' |')}")
        results[title] = []
        for name, alerts in sets.items():
            results[title].append(measure(name, alerts, triage))
            print(line(results[title][-1]), flush=True)
        print()
    print("\n".join(missed(results[""], sets)), end="\n\n")
    for seed in range(1, options.perturb + 1):
        variants = [measure(name, perturbed(alerts, seed), tocsin) for name, alerts in sets.items()]
        print(summed(f"variant {seed}: ", variants), flush=True)
    for title in ("floor (a): ", "floor (b): ", ""):
        print(summed(title, results[title]))


if __name__ == "__main__":
    main()

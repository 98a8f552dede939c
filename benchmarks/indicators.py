"""Indicators: what a million cost beside the rules, whether they find what a plain set finds, and how fast the past is.

`python -m benchmarks.indicators --live [--indicators 1000000] [--seconds 60]` evaluates batches as a live engine has
them (10,000 events each, a second's worth) with no indicators (the floor), with 1,000 and with that many, in turns in
one process, by its processor time and by the clock (memory is what no file backs); then compares what is met on
100,000 random events with a plain Python set. A tenth of a percent of the indicators are in the events, so that finding
them is paid for too.

`… --days 420 --indicators 1000 [--events 50000] [--hosts 2000]` makes a lake of 14 months (raw events of the newest 35
days, rollups of all), imports that many new indicators and measures until every sighting of the past is a finding.

Both print Markdown. The network is that of `benchmarks.rollups`; addresses and names are reserved ones.
"""

import argparse
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
import pyarrow as pa

from benchmarks.machine import describe
from benchmarks.rollups import LAST, write_day
from tocsin import clock
from tocsin.detect.indicators import Matcher, open_collection
from tocsin.detect.sigma import load_rules
from tocsin.lake.batches import read_batches
from tocsin.lake.catalog import Catalog
from tocsin.lake.expire import expire
from tocsin.lake.rollups import update_rollups
from tocsin.model import Batch, Column
from tocsin.node.evaluation import Evaluator
from tocsin.node.indicator_asked import Import
from tocsin.node.indicator_import import import_indicators
from tocsin.node.indicator_past import waiting

LIVE_EVENTS = 10_000  # a second of the node's live rate
RANDOM_EVENTS = 100_000
RAW_DAYS = 35
PORTION_DAYS = 20  # written, then rolled up
ROUNDS = 3
KNOWN_SHARE = 1_000  # one of so many indicators is in the events
RULES = Path(__file__).parents[1] / "src/tocsin/rules"


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--days", type=int, default=0)
    parser.add_argument("--indicators", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=60, help="of live events")
    parser.add_argument("--events", type=int, default=50_000, help="a day")
    parser.add_argument("--hosts", type=int, default=2_000)
    options = parser.parse_args()
    print(f"{describe()}; measured {datetime.now(UTC):%Y-%m-%d}.\n")
    with tempfile.TemporaryDirectory(prefix="tocsin-indicators-") as name:
        if options.live:
            _live(Path(name), options.indicators, options.seconds)
            _exact(Path(name))
        if options.days:
            _months(Path(name) / "months", options)


def made(number: int, known: bool) -> str:
    """An indicator: nine of ten kinds of values that nobody calls; a known one is called in the made-up network."""
    if known:
        return f"198.18.0.{number % 250 + 1}" if number % 2 else f"site{number % 300}.example"
    kind = number % 4
    if kind == 0:
        return f"{100 + number // 2**24 % 20}.{number // 2**16 % 256}.{number // 2**8 % 256}.{number % 256}"
    return [f"bad{number}.example", sha256(b"%d" % number).hexdigest(), f"http://bad{number}.example/a/{number}"][
        kind - 1
    ]


def _imported(lake: Path, count: int) -> float:
    """Give a lake so many indicators; returns the seconds that the import took."""
    lines = (made(number, number % KNOWN_SHARE == 0) for number in range(count))
    start = process_time()
    with closing(Catalog(lake, create=True)) as catalog:
        asked = Import("feed.txt", "feed", valid_until=datetime(2035, 1, 1, tzinfo=UTC), even_common=True)
        done = import_indicators(catalog, "\n".join(lines).encode(), asked, "benchmark", clock.now())
    seconds = process_time() - start
    assert done.kept == done.taken
    return seconds


def _live(folder: Path, count: int, seconds: int) -> None:
    print(f"{LIVE_EVENTS:,} events a batch, {seconds} batches, {len(list(RULES.rglob('*.yml')))} files of rules.\n")
    rules = load_rules((RULES,), cache_dir=None)
    batches = list(_batches(folder / "events", seconds))
    events = sum(map(len, batches))
    evaluators = {"no indicators": (Evaluator(rules), 0.0, 0.0)}
    for number in sorted({1_000, count}):
        lake = folder / f"lake{number}"
        with ProcessPoolExecutor(1, get_context("spawn")) as apart:  # what it needs is not what matching needs
            took = apart.submit(_imported, lake, number).result()
        before = _anonymous()
        collection = open_collection(lake)
        evaluator = Evaluator(rules, Matcher(collection))
        for batch in batches:
            evaluator.hits(batch)
        evaluators[f"{collection.count:,} indicators"] = (evaluator, took, _anonymous() - before)
    rates: dict[str, list[float]] = {name: [] for name in evaluators}
    walls: dict[str, list[float]] = {name: [] for name in evaluators}
    hits: dict[str, int] = {}
    for _ in range(ROUNDS):
        for name, (evaluator, _, _) in evaluators.items():
            start, wall = process_time(), clock.monotonic()
            hits[name] = sum(evaluator.hits(batch).num_rows for batch in batches)
            rates[name].append(events / (process_time() - start))
            walls[name].append(events / (clock.monotonic() - wall))
    print(
        "| evaluated with | events/s of one core | events/s by the clock | core at 10,000/s | hits | import | memory |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, (_, took, mib) in evaluators.items():
        rate, wall = median(rates[name]), median(walls[name])
        cells = (f"{rate:,.0f}", f"{wall:,.0f}", f"{LIVE_EVENTS / rate:.1%}", f"{hits[name]:,}")
        print(f"| {name}", *cells, f"{took:,.0f} s", f"{mib:,.0f} MiB |", sep=" | ")


def _batches(lake: Path, seconds: int) -> Iterator[Batch]:
    for number in range(seconds):
        write_day(lake, LAST, 2_000, LIVE_EVENTS, seed=number + 1, part=f"s{number}-")
    with closing(Catalog(lake)) as catalog:
        for file in catalog.files():
            own = tuple(name for name in file.columns if name != "day")  # the folder's name, no column
            for batch in read_batches(lake, [replace(file, columns=own)]):
                for column in batch.columns.values():
                    assert len(column.codes) == len(batch)  # worked out before anything is measured
                yield batch


def _exact(folder: Path) -> None:
    """What the matcher meets in random events beside what a plain set does."""
    chance = random.Random(7)
    wanted = {f"203.0.113.{number}" for number in range(0, 256, 3)} | {f"evil{n}.example" for n in range(0, 500, 7)}
    lake = folder / "exact"
    with closing(Catalog(lake, create=True)) as catalog:
        asked = Import("list.txt", "feed", valid_until=datetime(2035, 1, 1, tzinfo=UTC))
        import_indicators(catalog, "\n".join(wanted).encode(), asked, "benchmark", clock.now())
    addresses = [f"{chance.choice(('203.0.113', '198.51.100'))}.{chance.randrange(256)}" for _ in range(RANDOM_EVENTS)]
    names = [f"{chance.choice(('', 'www.', 'a.b.'))}evil{chance.randrange(600)}.example" for _ in range(RANDOM_EVENTS)]
    batch = _batch("zeek_dns", {"id.resp_h": addresses, "query": names})
    start = clock.monotonic()
    met = {each.row for rule in Matcher(open_collection(lake)).met(batch) for each in rule.met}
    seconds = clock.monotonic() - start
    plain = {
        row
        for row, (address, name) in enumerate(zip(addresses, names, strict=True))
        if address in wanted or re.sub(r"^(www|a\.b)\.", "", name) in wanted
    }
    print(
        f"\n{RANDOM_EVENTS:,} random events: a plain set meets {len(plain):,}, the matcher {len(met):,}, "
        f"{len(plain ^ met)} differ; {seconds:.2f} s."
    )


def _batch(table: str, texts: dict[str, Sequence[str]]) -> Batch:
    count = len(next(iter(texts.values())))
    columns = {}
    for name, values in texts.items():
        coded = pa.array(values).dictionary_encode()
        columns[name] = Column(name, coded.dictionary, coded.indices.to_numpy().astype(np.int32))
    rows = np.arange(count)
    return Batch(table, columns, rows.astype(np.int64) + 1, np.zeros(count, np.int32), rows.astype(np.int64), ("s",))


def _months(lake: Path, options: argparse.Namespace) -> None:
    start = clock.monotonic()
    for first in range(options.days, 0, -PORTION_DAYS):
        for number in range(first, max(0, first - PORTION_DAYS), -1):
            write_day(lake, LAST - timedelta(days=number - 1), options.hosts, options.events)
        with closing(Catalog(lake)) as catalog, catalog.writing():
            update_rollups(catalog, LAST)
            expire(catalog, LAST - timedelta(days=RAW_DAYS))
    built = clock.monotonic() - start
    lines = "\n".join(
        made(number // 10 if number % 10 == 0 else number, number % 10 == 0) for number in range(options.indicators)
    )
    with closing(Catalog(lake)) as catalog:
        raw = sum(file.rows for file in catalog.files())
        asked = Import("feed.txt", "feed", even_common=True)
        start = clock.monotonic()
        done = import_indicators(catalog, lines.encode(), asked, "benchmark", clock.now())
        seconds = clock.monotonic() - start
    print(
        f"{options.days} days of {options.events:,} events of {options.hosts:,} hosts (built in {built:,.0f} s): "
        f"{raw:,} raw events of {RAW_DAYS} days, rollups of all, {_size(lake / 'rollups'):,} MiB of them.\n\n"
        f"{done.new:,} new indicators: {done.seen:,} findings of the past in {done.seconds_back:.1f} s, "
        f"{seconds:.1f} s with reading and keeping them; {len(waiting(lake))} file of findings."
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet")) // 1024**2


def _anonymous() -> float:
    """MiB of this process that no file backs."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()

"""Beacons: do Tocsin's scores rank the labelled malicious pairs as high as RITA's formula does?

`python -m benchmarks.beacons` prints Markdown. Steps: 1 each recording goes through the ordinary scan into a lake of
its own; 2 a pair is source, destination, port and protocol; RITA's formula (`benchmarks.rita`) scores it from the
native rows, Tocsin by the SQL of its analytic `beacon` with the thresholds of findings taken off; 3 the pairs that
RITA scores at all (four different seconds of contact or more, destination public) are ranked by both; 4 made-up beacons
with jitter and lost calls are scored by both; 5 the recordings of RITA's own tests, which have no labels, are ranked
side by side.

How labels become pairs: a pair is malicious when one of its flows is labelled Malicious, benign when all of its flows
are labelled Benign, background otherwise. In 003 the README says that port 1337 is malicious; its other pairs are
background. "Outbound" are the pairs that RITA's default keeps (`filter_external_to_internal`): from the recorded host.
A figure over one malicious pair says where that pair stands, no more. The weights of Tocsin's score were chosen with
these recordings at hand, as `analytic.sql` says: they are no proof on data that nobody has seen.
"""

import argparse
import random
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from benchmarks.machine import describe
from benchmarks.rita import VERSION, beacon_scores, with_prevalence
from tocsin.detect.analytics import load_analytics, open_window
from tocsin.lake.catalog import Catalog
from tocsin.lake.facts.scopes import scope
from tocsin.lake.rollups import rollup_files
from tocsin.node.pipeline import ONLY_ANALYTICS, ScanRequest, scan

DATA = Path(__file__).parents[2] / "shared" / "data" / "zeek"
ANALYTIC = "beacon"
LOOSE = {"min_contacts": 4.0, "min_span": 0.0, "max_share": 1.0, "few": 1e9}  # what RITA scores has a score here, too
SCORED = "ranked"  # the part of the analytic that has a row a pair, before a threshold of findings
SHOWN = 15
OWN = {"001": ("192.168.",), "003": ("10.8.",), "008": ("147.32.81.167",)}
LABELLED = {
    "001": ("001-zeek-scenario-malicious/labeled-conn.log",),
    "003": ("003-zeek-scenario-malicious/conn.log",),
    "008": tuple(f"008-zeek-mixed/data/{log}.log.labeled" for log in ("conn", "http", "ssl")),
}
_PRIVATE = ("10.", "192.168.")
UNLABELLED = {
    "missing_host": ("73.54.", "64.225.56.201"),
    "open_conns/closed": _PRIVATE,
    "proxy": _PRIVATE,
    "proxy_rolling": _PRIVATE,
    "dnscat2-ja3-strobe-agent": _PRIVATE,
}
README_PORT = 1337
MALICIOUS, BENIGN, BACKGROUND = "malicious", "benign", "background"
FIRST_SECONDS = 1_488_931_200  # 2017-03-08 UTC, when 001 was opened: its own times begin at 0, which is no time
PERIODS = ((60, 1), (3_600, 3), (14_400, 7))  # seconds between calls, days
COPIES, JITTER, LOST = 40, 0.2, 0.05
Key = tuple[str, str, int, str]


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair with both scores; `rare` is RITA's score with its prevalence modifier."""

    key: Key
    label: str
    outbound: bool
    rita: float
    rare: float
    tocsin: float
    contacts: int


@dataclass
class Calls:
    """What the native rows say of a pair."""

    times: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)


def rank(folder: Path, own: Sequence[str], lake: Path, names: bool = False) -> list[Pair]:
    """Steps 1 to 3 for one recording; with `names` the pairs of source and name (HTTP, TLS), too."""
    chosen = frozenset({ANALYTIC})
    request = ScanRequest((str(folder),), lake, (), None, workers=1, analytic_ids=chosen, only=ONLY_ANALYTICS)
    scan(request, lambda _stage: None)
    with closing(Catalog(lake)) as catalog:
        calls = _calls(catalog) | (_named(catalog) if names else {})
        tocsin = _tocsin(catalog)
    first = min((min(each.times) for each in calls.values()), default=0)
    last = max((max(each.times) for each in calls.values()), default=0)
    known = _known(calls, own)
    found = []
    for key, each in calls.items():
        scores = beacon_scores(each.times, each.sizes, first, last)
        if scores:
            outbound = key[0].startswith(tuple(own))
            rare = with_prevalence(scores.beacon, known[key[1] if outbound else key[0]])
            found.append(
                Pair(key, _label(key, each), outbound, scores.beacon, rare, tocsin.get(key, 0.0), len(each.times))
            )
    return found


def _calls(catalog: Catalog) -> dict[Key, Calls]:
    """The native rows of the pairs with a public destination."""
    files = [str(catalog.lake / file.path) for file in catalog.files() if file.table == "zeek_conn"]
    if not files:
        return {}
    connection = duckdb.connect()
    rows = connection.read_parquet(files, union_by_name=True)
    label = "label" if "label" in rows.columns else "''"
    found: dict[Key, Calls] = {}
    columns = (
        f'"id.orig_h", "id.resp_h", "id.resp_p", proto, time_us // 1000000, TRY_CAST(orig_ip_bytes AS BIGINT), {label}'
    )
    for src, dst, port, protocol, second, size, text in rows.filter("time_us <> 0").project(columns).fetchall():
        if _public(dst):
            each = found.setdefault((src, dst, int(port), protocol), Calls())
            each.times.append(second)
            each.sizes.append(size or 0)
            each.labels.add(text or "")
    return found


def _named(catalog: Catalog) -> dict[Key, Calls]:
    """The same for names that clients asked for; the size is that of the connection, 0 where there is no conn.log."""
    connection = duckdb.connect()
    there = {file.table for file in catalog.files()}
    for table in ("zeek_conn", "zeek_http", "zeek_ssl"):
        files = [str(catalog.lake / file.path) for file in catalog.files() if file.table == table]
        if files:
            connection.read_parquet(files, union_by_name=True).create_view(table)
    sizes = {}
    if "zeek_conn" in there:
        sizes = dict(connection.sql("SELECT uid, TRY_CAST(orig_ip_bytes AS BIGINT) FROM zeek_conn").fetchall())
    found: dict[Key, Calls] = {}
    for table, column in (("zeek_http", "host"), ("zeek_ssl", "server_name")):
        if table in there:
            for src, name, second, uid in connection.sql(
                f"SELECT \"id.orig_h\", lower(split_part({column}, ':', 1)), time_us // 1000000, uid FROM {table} "
                f"WHERE regexp_matches({column}, '[.].*[a-z]') AND time_us <> 0"
            ).fetchall():
                each = found.setdefault((src, name, 0, "name"), Calls())
                each.times.append(second)
                each.sizes.append(sizes.get(uid) or 0)
    return found


def _public(address: str) -> bool:
    return scope(address) == "public"


def _known(calls: Mapping[Key, Calls], own: Sequence[str]) -> dict[str, float]:
    """By external address the share of the internal hosts that it talks with."""
    peers: dict[str, set[str]] = {}
    for src, dst, _, _ in calls:
        inside, outside = (src, dst) if src.startswith(tuple(own)) else (dst, src)
        peers.setdefault(outside, set()).add(inside)
    hosts = len(set().union(*peers.values())) if peers else 1
    return {address: len(each) / hosts for address, each in peers.items()}


def _label(key: Key, calls: Calls) -> str:
    if "Malicious" in calls.labels or (calls.labels == {""} and key[2] == README_PORT):
        return MALICIOUS
    return BENIGN if calls.labels == {"Benign"} else BACKGROUND


def _tocsin(catalog: Catalog) -> dict[Key, float]:
    """The score of the analytic's own SQL, by pair."""
    analytic = load_analytics().analytics[ANALYTIC]
    before, mark, _ = analytic.statement(LOOSE).partition(f"), {SCORED} AS (")
    inside = analytic.statement(LOOSE)[len(before) + len(mark) :].split("\n), ", 1)[0]
    with open_window(catalog.lake, catalog.files(), [analytic], rollups=rollup_files(catalog)) as window:
        rows = window.connection.sql(
            f"{before}{mark}{inside}) SELECT src, COALESCE(NULLIF(name, ''), dst), port, protocol, score FROM {SCORED}"
        ).fetchall()
    return {(src, dst, port, protocol): score for src, dst, port, protocol, score in rows}


def area(pairs: Sequence[Pair], score: str) -> float:
    """ROC-AUC: how often a malicious pair stands above another one; equal scores count half."""
    bad = [getattr(each, score) for each in pairs if each.label == MALICIOUS]
    good = [getattr(each, score) for each in pairs if each.label != MALICIOUS]
    above: float = sum((one > other) + 0.5 * (one == other) for one in bad for other in good)
    return above / (len(bad) * len(good))


def precision(pairs: Sequence[Pair], score: str) -> float:
    """Average precision; equal scores are one step."""
    total = sum(each.label == MALICIOUS for each in pairs)
    found = seen = 0
    average = 0.0
    for value in sorted({getattr(each, score) for each in pairs}, reverse=True):
        step = [each for each in pairs if getattr(each, score) == value]
        hits = sum(each.label == MALICIOUS for each in step)
        found, seen = found + hits, seen + len(step)
        average += hits / total * found / seen
    return average


def compare(name: str, pairs: Sequence[Pair]) -> None:
    """A line a choice of pairs."""
    for title, labels, outbound in (
        ("outbound, malicious and benign", {MALICIOUS, BENIGN}, True),
        ("outbound, background too", {MALICIOUS, BENIGN, BACKGROUND}, True),
        ("both directions, malicious and benign", {MALICIOUS, BENIGN}, False),
        ("both directions, background too", {MALICIOUS, BENIGN, BACKGROUND}, False),
    ):
        chosen = [each for each in pairs if each.label in labels and (each.outbound or not outbound)]
        bad = sum(each.label == MALICIOUS for each in chosen)
        figures = [
            f"{area(chosen, score):.3f} / {precision(chosen, score):.3f}" if 0 < bad < len(chosen) else "–"
            for score in ("tocsin", "rita", "rare")
        ]
        print(f"| {name} | {title} | {bad} | {len(chosen) - bad} | {' | '.join(figures)} |")


def labelled(folder: Path, data: Path) -> None:
    """Steps 1 to 3."""
    print("\n### Labelled recordings (stratosphere-001-008.zip)\n")
    print("ROC-AUC / average precision; RITA+ is RITA's score with its prevalence modifier.\n")
    print("| recording | pairs | malicious | others | Tocsin | RITA | RITA+ |\n|---|---|---|---|---|---|---|")
    every: list[Pair] = []
    with zipfile.ZipFile(data / "stratosphere-001-008.zip") as archive:
        for name, members in LABELLED.items():
            place = folder / name
            place.mkdir()
            for member in members:
                stem = Path(member).name.replace("labeled-", "").removesuffix(".labeled")
                (place / stem).write_text(_dated(archive.read(member).decode("utf-8")), encoding="utf-8")
            pairs = rank(place, OWN[name], folder / f"lake-{name}")
            compare(name, pairs)
            every += pairs
    compare("together", every)
    _top(every, "The outbound pairs that stand highest, of all three recordings", outbound=True)


def _dated(text: str) -> str:
    """The log with times of this century where they begin at 0."""
    lines = text.splitlines(keepends=True)
    first = next((line for line in lines if not line.startswith("#")), "9e9")
    if float(first.split("\t", 1)[0]) > FIRST_SECONDS / 2:
        return text
    return "".join(line if line.startswith("#") else _later(line) for line in lines)


def _later(line: str) -> str:
    time, _, rest = line.partition("\t")
    return f"{FIRST_SECONDS + float(time):.6f}\t{rest}"


def _top(pairs: Sequence[Pair], title: str, outbound: bool = False) -> None:
    chosen = [each for each in pairs if each.outbound or not outbound]
    by_rita = {each.key: place for place, each in enumerate(sorted(chosen, key=lambda one: -one.rita), 1)}
    print(f"\n{title} ({len(chosen)} pairs):\n")
    print("| place | RITA's place | Tocsin | RITA | contacts | label | pair |\n|---|---|---|---|---|---|---|")
    places = sorted(chosen, key=lambda one: -one.tocsin)
    for place, each in enumerate(places, 1):
        if place <= SHOWN or by_rita[each.key] <= SHOWN or (each.label == MALICIOUS and outbound):
            src, dst, port, protocol = each.key
            target = dst if protocol == "name" else f"{dst}:{port}/{protocol}"
            print(
                f"| {place} | {by_rita[each.key]} | {each.tocsin:.3f} | {each.rita:.3f} | {each.contacts} "
                f"| {each.label} | {src} → {target} |"
            )


def made_up(folder: Path) -> None:
    """Step 4. Calls of about the same size; each interval differs by up to the jitter, some calls are lost."""
    print(
        f"\n### Made-up beacons ({COPIES} each, jitter {JITTER:.0%}, {LOST:.0%} of the calls lost) and random callers\n"
    )
    print("| calls | Tocsin lowest, median | RITA lowest, median | random calls: Tocsin highest | RITA highest |")
    print("|---|---|---|---|---|")
    for period, days in PERIODS:
        place = folder / f"made-{period}"
        place.mkdir()
        (place / "conn.log").write_text("".join(_log(period, days)), encoding="utf-8")
        pairs = rank(place, ("10.",), folder / f"lake-made-{period}")
        beacons = [each for each in pairs if each.key[0].startswith("10.1.")]
        others = [each for each in pairs if each.key[0].startswith("10.2.")]
        cells = []
        for score in ("tocsin", "rita"):
            values = sorted(getattr(each, score) for each in beacons)
            lost = COPIES - len(values)
            cells.append(f"{values[0]:.3f}, {values[len(values) // 2]:.3f}" + (f" ({lost} without)" if lost else ""))
        most = [f"{max(getattr(each, score) for each in others):.3f}" for score in ("tocsin", "rita")]
        print(f"| every {period:,} s, {days} d | {' | '.join([*cells, *most])} |")


def _log(period: int, days: int) -> Iterator[str]:
    """A Zeek log: beacons from 10.1.0.x, callers at random times and with random sizes from 10.2.0.x."""
    chance = random.Random(period)
    end = days * 86_400
    rows: list[tuple[float, str, str, int]] = []
    for copy in range(1, COPIES + 1):
        time = chance.uniform(0, period)
        while time < end:
            if chance.random() >= LOST:
                rows.append((time, f"10.1.0.{copy}", f"198.51.100.{copy}", 300 + chance.randrange(20)))
            time += period * chance.uniform(1 - JITTER, 1 + JITTER)
        rows += [
            (chance.uniform(0, end), f"10.2.0.{copy}", f"203.0.113.{copy}", chance.randrange(100, 5_000))
            for _ in range(end // period)
        ]
    names = (
        "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto duration orig_bytes resp_bytes conn_state orig_ip_bytes"
    )
    yield "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    yield "#fields\t" + names.replace(" ", "\t") + "\n"
    yield "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tinterval\tcount\tcount\tstring\tcount\n"
    for number, (time, src, dst, size) in enumerate(sorted(rows)):
        yield (
            f"{FIRST_SECONDS + time:.6f}\tC{number}\t{src}\t{40_000 + number % 9_000}\t{dst}\t443\ttcp\t0.2"
            f"\t{size}\t900\tSF\t{size + 200}\n"
        )


def unlabelled(folder: Path, data: Path) -> None:
    """Step 5."""
    print("\n### RITA's own recordings (rita-testdata.zip, no labels)")
    with zipfile.ZipFile(data / "rita-testdata.zip") as archive:
        archive.extractall(folder / "rita")
    place = folder / "rita" / "test_data"
    for name, own in UNLABELLED.items():
        pairs = rank(place / name, own, folder / f"lake-{name.replace('/', '-')}", names=True)
        _top(pairs, f"`{name}`: places by Tocsin and by RITA")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the labelled recordings only")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that holds the two archives")
    given = parser.parse_args()
    print(f"## Beacons\n\n{describe()}. RITA: {VERSION}, its default weights.")
    with tempfile.TemporaryDirectory(prefix="tocsin-beacons-") as name:
        folder = Path(name)
        if given.data.is_dir():
            labelled(folder, given.data)
        else:
            print(f"\nThe recordings were not ranked: there is no {given.data}.")
        if not given.short:
            made_up(folder)
        if not given.short and given.data.is_dir():
            unlabelled(folder, given.data)


if __name__ == "__main__":
    main()

"""The analytics about DNS on labelled tunnels and generated names, and on real harmless logs, beside a plain floor.

`python -m benchmarks.dns [--data FOLDER] [--seed N]` prints Markdown. FOLDER is the shared data, by default
`../shared/data` beside the project. Steps: 1 the recorded tunnels and the crawler of `dns/` are written as Zeek's
dns.log and scanned, the tunnels a second time as if they had asked for addresses; 2 generated names become clients:
each of a family's 20 asks for 25, 50 or 100 of its names, which do not exist, within an hour, and for 150 names that
the crawler resolved; 80 clients ask for 150 resolved names only; 3 the real Zeek and Suricata captures are scanned as
they are; 4 the floor looks at the same clients: the mean entropy of a client's missing names (tunnels: of a client's
names below one domain) against one threshold.

Leaving one family out: the analytics' values come from published figures and harmless logs alone, so there is nothing
to leave out. That `dga` looks at the length of names at all was decided after matsnu and rovnix had been missed. The
floor's threshold is fitted, for each family on all others: the lowest that gives no false client, which is generous,
since the same harmless clients are then counted. The names of `legit…` are families that must not be found.
"""

import argparse
import gzip
import json
import math
import random
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from tocsin.model import Finding
from tocsin.node.pipeline import ONLY_ANALYTICS, ScanRequest, Stage, scan

IDS = frozenset({"dns-tunnel", "dga", "fast-flux", "new-domain-many-hosts"})
TUNNELS = ("tunnel__iodine-cname", "tunnel__dnscat2-cname", "tunnel__dns2tcp-key")
CRAWLER = "normal-200k"
CAPTURES = (
    "zeek/rita-testdata.zip", "zeek/zed-sample-zeek-json.zip", "zeek/slips-dataset.zip",
    "zeek/stratosphere-001-008.zip", "suricata/suricata-verify.eve.json.gz",
)  # fmt: skip
SIMDA = "zeek/stratosphere-001-008.zip", "stratosphere-001-008/005-zeek-scenario-malicious/dns.log"
CLIENTS, HARMLESS, OWN_NAMES = 20, 80, 150
BURSTS = (25, 50, 100)
START = 1_700_000_000  # seconds: when the made-up hour begins
_TYPES = {"1": "A", "5": "CNAME", "12": "PTR", "16": "TXT", "25": "KEY", "28": "AAAA", "65": "HTTPS"}
_CODES = {"0": "NOERROR", "2": "SERVFAIL", "3": "NXDOMAIN"}
Record = dict[str, object]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    crawler = list(recorded(chosen.data / "dns" / f"{CRAWLER}.tsv.gz"))
    print_tunnels(chosen.data, crawler)
    print_generated(chosen.data, crawler, random.Random(chosen.seed))
    print_captures(chosen.data)


def print_tunnels(data: Path, crawler: Sequence[Record]) -> None:
    """Step 1 and its floor."""
    families = {each: list(recorded(data / "dns" / f"{each}.tsv.gz")) for each in TUNNELS}
    harmless = groups_below_domains(crawler)
    entropies = {family: max(groups_below_domains(records)) for family, records in families.items()}
    print("## Tunnels\n\n| recording | queries | dns-tunnel | asked for as A | floor: entropy, fitted on the others |")
    print("|---|---|---|---|---|")
    for family, records in families.items():
        plain = [record | {"qtype_name": "A"} for record in records]
        others = [value for name, value in entropies.items() if name != family]
        threshold, false = fitted(others, harmless)
        told = "found" if entropies[family] >= threshold else "missed"
        cells = (family, f"{len(records):,}", counted(scanned(records)), counted(scanned(plain)))
        print("| " + " | ".join(cells) + f" | {told} with {false} false on {CRAWLER} |")
    print(f"\n{CRAWLER} alone ({len(crawler):,} queries, one client): {counted(scanned(crawler))}.\n")


def print_generated(data: Path, crawler: Sequence[Record], dice: random.Random) -> None:
    """Step 2 and its floor."""
    names = families_of(data / "dns" / "dga-11-families.tsv.gz")
    living = sorted({str(each["query"]) for each in crawler if each.get("rcode_name") == "NOERROR"})
    print("## Generated names: clients found of 20\n")
    for burst in BURSTS:
        clients = made_clients(names, living, burst, dice)
        found = {
            each.host: each.rule.level
            for each in scanned(record for _, lookups in clients.values() for record in lookups)
        }
        print_families(burst, names, clients, found)


def print_families(
    burst: int,
    names: Mapping[str, Sequence[str]],
    clients: Mapping[str, tuple[str, list[Record]]],
    found: Mapping[str, str],
) -> None:
    """One table: how many clients of each family were found, by the analytic and by the floor."""
    entropies: dict[str, list[float]] = defaultdict(list)
    caught: dict[str, Counter[str]] = defaultdict(Counter)
    for client, (family, lookups) in clients.items():
        missing = [str(each["query"]) for each in lookups if each["rcode_name"] == "NXDOMAIN"]
        entropies[family].append(fmean(map(entropy, map(label, missing))) if missing else 0.0)
        caught[family][found.get(client, "")] += 1
    harmless = [value for family, values in entropies.items() if is_harmless(family) for value in values]
    print(f"{burst} names a client\n\n| family | high | medium | entropy, fitted on the others |\n|---|---|---|---|")
    for family in [*sorted(names), ""]:
        others = [v for each, values in entropies.items() if not is_harmless(each) and each != family for v in values]
        threshold, _ = fitted(others, harmless)
        floor = sum(value >= threshold for value in entropies[family])
        told = family or f"({HARMLESS} harmless clients)"
        print(f"| {told} | {caught[family]['high']} | {caught[family]['medium']} | {floor} |")
    print()


def print_captures(data: Path) -> None:
    """Step 3. Stratosphere's scenario 005 (Simda) has no dates in its lines: it is scanned again with one."""
    print("## Real captures\n\n| capture | findings |\n|---|---|")
    for each in CAPTURES:
        print(f"| {each} | {counted(scanned_paths([data / each]))} |")
    archive, member = SIMDA
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(data / archive) as zipped:
        inside = next(name for name in zipped.namelist() if name.endswith(member.partition("/")[2]))
        path = Path(folder) / "dns.log"
        path.write_text("".join(map(dated, zipped.read(inside).decode().splitlines(keepends=True))), "utf-8")
        print(f"| {inside}, dated | {counted(scanned_paths([path]))} |")


def recorded(path: Path) -> Iterator[Record]:
    """The rows of a recording as Zeek writes them: a query with its answer."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines][1:]
    answered = {(row[2], row[4], row[6], row[7]): row for row in rows if row[5] == "1"}
    for ts, src, dst, sport, _, kind, number, name, type, *_ in rows:
        if kind == "0":
            reply = answered.get((src, sport, number, name))
            code = _CODES.get(reply[9], reply[9]) if reply else ""
            yield lookup(float(ts), src, name, code, _TYPES.get(type, type), dst, int(reply[10]) if reply else 0)


def lookup(
    ts: float, client: str, name: str, code: str, type: str = "A", server: str = "10.0.0.53", answers: int = 0
) -> Record:
    """One record of dns.log. The recordings keep only the number of answers, so these have a reserved address."""
    record: Record = {
        "_path": "dns", "ts": ts, "uid": "C", "id.orig_h": client, "id.orig_p": 50000, "id.resp_h": server,
        "id.resp_p": 53, "proto": "udp", "query": name, "qtype_name": type,
    }  # fmt: skip
    return record | ({"rcode_name": code} if code else {}) | ({"answers": ["192.0.2.1"] * answers} if answers else {})


def families_of(path: Path) -> dict[str, list[str]]:
    """Generated names by family, each once; those without a suffix are left out."""
    names: dict[str, dict[str, None]] = defaultdict(dict)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            family, name, *_ = line.rstrip("\n").split("\t")
            if "." in name:
                names[family][name.lower()] = None
    return {family: list(each) for family, each in names.items()}


def made_clients(
    names: Mapping[str, Sequence[str]], living: Sequence[str], burst: int, dice: random.Random
) -> dict[str, tuple[str, list[Record]]]:
    """Clients with their family ('' for harmless ones) and their lookups of one hour."""
    wanted = [(family, number) for family in sorted(names) for number in range(CLIENTS)]
    wanted += [("", number) for number in range(HARMLESS)]
    clients = {}
    for number, (family, _) in enumerate(wanted):
        client = f"10.1.{number // 250}.{number % 250 + 1}"
        dead = dice.sample(names[family], burst) if family else []
        asked = [(name, "NXDOMAIN") for name in dead] + [(name, "NOERROR") for name in dice.sample(living, OWN_NAMES)]
        clients[client] = (family, [lookup(START + dice.uniform(0, 3600), client, *each) for each in asked])
    return clients


def groups_below_domains(records: Iterable[Record]) -> list[float]:
    """The mean entropy of the first labels below each domain that has ten names or more."""
    below: dict[str, set[str]] = defaultdict(set)
    for each in records:
        first, _, domain = str(each["query"]).lower().partition(".")
        below[domain.split(".", 1)[-1] if domain.count(".") > 1 else domain].add(first)
    return [fmean(map(entropy, labels)) for labels in below.values() if len(labels) >= 10]


def fitted(attacks: Sequence[float], harmless: Sequence[float]) -> tuple[float, int]:
    """The lowest threshold without a false alarm, but never above all attacks: then with as many as that takes."""
    threshold = min(math.nextafter(max(harmless, default=0.0), math.inf), max(attacks))
    return threshold, sum(value >= threshold for value in harmless)


def entropy(text: str) -> float:
    """Bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def label(name: str) -> str:
    """The part of a generated name that was generated."""
    return name.partition(".")[0]


def is_harmless(family: str) -> bool:
    """Whether the names are of real sites."""
    return not family or family.startswith("legit")


def dated(line: str) -> str:
    """A Zeek line with its seconds counted from a real date."""
    first, tab, rest = line.partition("\t")
    return line if line.startswith("#") else f"{START + float(first):.6f}{tab}{rest}"


def scanned(records: Iterable[Record]) -> tuple[Finding, ...]:
    """What the analytics say of these records."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dns.log"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(each) + "\n" for each in records)
        return scanned_paths([path])


def scanned_paths(paths: Sequence[Path]) -> tuple[Finding, ...]:
    """What the analytics say of these files, in a lake of its own."""
    with tempfile.TemporaryDirectory() as lake:
        request = ScanRequest(
            tuple(map(str, paths)), Path(lake), (), None, workers=1, analytic_ids=IDS, only=ONLY_ANALYTICS
        )
        return tuple(scan(request, _unseen).report.findings)


def counted(findings: Sequence[Finding]) -> str:
    """Findings by analytic, in words."""
    counts = Counter(each.rule.id for each in findings)
    return ", ".join(f"{number} {id}" for id, number in sorted(counts.items())) or "nothing"


def _unseen(_stage: Stage) -> None:
    """Nobody watches."""


if __name__ == "__main__":
    main()

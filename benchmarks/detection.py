"""Every analytic on real data: what each finds in recorded attacks, and in ordinary traffic.

`python -m benchmarks.detection --data DIR [--only WORD] [--list]` prints Markdown. Each set is scanned into a lake of
its own with `--only analytics`, without any tuning; its findings are counted by analytic. The sets are public and not
part of this project; DIR is a folder that holds them by the names below. What a set is called (attack, mixed, benign)
is what its authors say. The floor is the number of events: an analytic that fires once in a million events of ordinary
traffic is not the same as one that fires once in a thousand.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.dns import recorded
from benchmarks.machine import describe
from tocsin.detect.analytics import load_analytics
from tocsin.model import Finding
from tocsin.node.pipeline import ONLY_ANALYTICS, ScanRequest, scan


@dataclass(frozen=True, slots=True)
class RealSet:
    """One set: its files below the data folder, what it is, a word on it."""

    name: str
    paths: tuple[str, ...]
    kind: str
    about: str


SETS = (
    RealSet("DNS normal-200k", ("dns/normal-200k.tsv.gz",), "benign", "name queries of a campus network"),
    RealSet("Westermo", ("flows/westermo",), "mixed", "a factory test bed with a few attacks"),
    RealSet("Zed sample", ("zeek/zed-sample-zeek-json.zip",), "mixed", "a cyber exercise, much scanning"),
    RealSet("RITA test data", ("zeek/rita-testdata.zip",), "mixed", "a day with beacons and DNS tunnelling"),
    RealSet("Slips", ("zeek/slips-dataset.zip",), "mixed", "18 captures, malware and ordinary hosts"),
    RealSet("Stratosphere 1-8", ("zeek/stratosphere-001-008.zip",), "mixed", "labelled malware beside other traffic"),
    RealSet("iodine tunnel", ("dns/tunnel__iodine-cname.tsv.gz",), "attack", "DNS tunnel"),
    RealSet("dnscat2 tunnel", ("dns/tunnel__dnscat2-cname.tsv.gz",), "attack", "DNS tunnel"),
    RealSet("dns2tcp tunnel", ("dns/tunnel__dns2tcp-key.tsv.gz",), "attack", "DNS tunnel"),
    RealSet("Suricata verify", ("suricata/suricata-verify.eve.json.gz",), "mixed", "protocol tests, 18,170 records"),
    RealSet("EVE samples", ("suricata/eve-samples.zip",), "attack", "alerts of exercises and a honeypot"),
    RealSet("loghub", ("linux/loghub-ssh-linux.zip",), "mixed", "internet-facing SSH servers"),
    RealSet("CloudTrail attack", ("cloud/aws-cloudtrail-attack.zip",), "attack", "an intrusion into a cloud account"),
    RealSet("EVTX-to-MITRE-ATT&CK", ("windows/evtx-to-mitre-attack.zip",), "attack", "281 recordings of attacks"),
    RealSet("Security-Datasets", ("windows/security-datasets-atomic",), "attack", "108 recordings with background"),
)


def found_in(paths: list[Path]) -> tuple[int, tuple[Finding, ...], tuple[str, ...]]:
    """Events read, findings, notes. The recordings of DNS are tables of their own: they are written as Zeek would."""
    with tempfile.TemporaryDirectory(prefix="tocsin-detection-") as name:
        lake, log = Path(name) / "lake", Path(name) / "dns.log"
        if all(path.parent.name == "dns" for path in paths):
            lines = (json.dumps(record) for path in paths for record in recorded(path))
            log.write_text("\n".join(lines) + "\n", encoding="utf-8")
            paths = [log]
        request = ScanRequest(tuple(map(str, paths)), lake, (), None, only=ONLY_ANALYTICS)
        report = scan(request, lambda _stage: None).report
    return sum(table.rows for table in report.tables), tuple(report.findings), tuple(report.notes)


def _line(finding: Finding) -> str:
    where = " ".join(filter(None, (finding.host, finding.user)))
    return f"{finding.rule.id} ({finding.rule.level}) {where} {finding.first}: {finding.message}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the sets")
    parser.add_argument("--only", default="", help="only sets whose name holds this")
    parser.add_argument("--list", action="store_true", help="also print every finding")
    options = parser.parse_args()
    analytics = load_analytics().analytics
    print(f"{describe()}. {len(analytics)} analytics; measured {datetime.now(UTC):%Y-%m-%d}.\n")
    print("| set | kind | what it is | events | findings by analytic |\n|---|---|---|---|---|", flush=True)
    said: list[str] = []
    for each in SETS:
        if options.only.lower() not in each.name.lower():
            continue
        paths = [options.data / path for path in each.paths]
        if not all(path.exists() for path in paths):
            print(f"| {each.name} | {each.kind} | {each.about} | absent | |", flush=True)
            continue
        events, findings, notes = found_in(paths)
        counted = Counter(finding.rule.id for finding in findings)
        told = ", ".join(f"{id} {n}" for id, n in counted.most_common()) or "none"
        print(f"| {each.name} | {each.kind} | {each.about} | {events:,} | {told} |", flush=True)
        said += [f"- {each.name}: {note}" for note in notes if "did not run" in note or "refused" in note]
        if options.list:
            said += [
                f"- {each.name}: {f.rule.id} ({f.rule.level}) {f.host} {f.user} {f.first}: {f.message}"
                for f in findings
            ]
    print("\n" + "\n".join(said))
    sys.exit(1 if any("did not run" in text for text in said) else 0)


if __name__ == "__main__":
    main()

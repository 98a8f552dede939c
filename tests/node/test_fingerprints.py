"""Fingerprints of what is found in a lake."""

import json
from pathlib import Path

import pytest

from tocsin.detect.analytics import load_analytics
from tocsin.errors import UsageError
from tocsin.lake.catalog import Catalog, Origin
from tocsin.node.analysed import analyse
from tocsin.node.fingerprints import write_fingerprints
from tocsin.node.pipeline import ONLY_ANALYTICS, ScanRequest, scan

TARGET = "198.51.100.10"
BEGIN = 1_772_532_000  # 2026-03-03 10:00:00 UTC
FIELDS = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto orig_bytes resp_bytes conn_state orig_pkts resp_pkts"


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake with half-open connections to a target, and answers of time servers to it, at the same time."""
    rows = [
        (f"{BEGIN + n // 100}.5", f"C{n}", f"192.0.2.{n % 50}", 40_000, TARGET, 443, "tcp", 0, 0, "S0", 1, 0)
        for n in range(4_000)
    ]
    rows += [
        (
            f"{BEGIN + 10 + n // 10}.5",
            f"U{n}",
            TARGET,
            50_000 + n,
            f"203.0.113.{n % 200}",
            123,
            "udp",
            0,
            9_000,
            "SHR",
            0,
            20,
        )
        for n in range(600)
    ]
    head = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    head += "#fields\t" + "\t".join(FIELDS.split()) + "\n#types\t" + "\t".join("string" for _ in FIELDS.split()) + "\n"
    log = tmp_path / "conn.log"
    log.write_text(head + "".join("\t".join(map(str, row)) + "\n" for row in rows), "utf-8")
    request = ScanRequest((str(log),), tmp_path / "lake", (), None, workers=1, only=ONLY_ANALYTICS)
    scan(request, lambda _stage: None)
    return tmp_path / "lake"


def _written(lake: Path, id: str, folder: Path) -> list[Path]:
    chosen = load_analytics().chosen({id})
    catalog = Catalog(lake)
    try:
        names = {source.id: source.name for source in catalog.sources()}
        hits = [hit for each in analyse(catalog, chosen, names, Origin()).outcomes for hit in each.hits]
        return write_fingerprints(catalog, chosen.analytics[id], hits, folder)
    finally:
        catalog.close()


def test_two_ways_at_once_on_one_target_are_one_attack_that_does_not_name_it(lake: Path, tmp_path: Path) -> None:
    (path,) = _written(lake, "packet-flood", tmp_path / "out")
    document = json.loads(path.read_text("utf-8"))
    assert [(each["service"], each["source_port"]) for each in document["attack_vectors"]] == [
        ("NTP", 123),
        (None, "random"),
    ]
    assert document["attack_vectors"][0]["nr_packets"] == 12_000
    assert document["attack_vectors"][1]["tcp_flags"] == {"......S.": 1.0}
    assert document["total_ips"] == 250
    assert path.stem == document["key"]
    assert TARGET not in path.read_text("utf-8")


def test_an_analytic_that_finds_no_floods_has_none(lake: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="finds no floods"):
        _written(lake, "scan-burst", tmp_path / "out")

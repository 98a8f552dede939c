"""What many hosts call is shared, whatever the findings say."""

import json
from pathlib import Path

from scans import run

from tocsin.lake.catalog import Catalog
from tocsin.node.prevalence import prevalence


def write_eve(path: Path) -> Path:
    """Three hosts call one address and ask for names below one domain, one host calls another address."""
    lines = []
    for n in range(3):
        near, at = f"10.0.0.{n + 1}", f"2026-01-02T03:00:0{n}.000000+0000"
        flow = {"src_ip": near, "src_port": 5000, "dest_ip": "203.0.113.5", "dest_port": 443, "proto": "TCP"}
        lines += [
            {"timestamp": at, "event_type": "flow", "flow_id": n, **flow, "flow": {"bytes_toserver": 1}},
            {"timestamp": at, "event_type": "dns", **flow, "dns": {"type": "query", "rrname": f"h{n}.Vendor.example"}},
        ]
    lines.append(lines[0] | {"dest_ip": "203.0.113.66"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def test_callers_of_addresses_and_domains_are_counted(tmp_path: Path) -> None:
    run(tmp_path, write_eve(tmp_path / "eve.json"))
    catalog = Catalog(tmp_path / "lake")
    asked = {"ip:203.0.113.5", "ip:203.0.113.66", "ip:203.0.113.99", "domain:vendor.example", "file:c:\\x"}
    assert prevalence(catalog, asked) == {"ip:203.0.113.5": 3, "ip:203.0.113.66": 1, "domain:vendor.example": 3}
    assert prevalence(catalog, {"file:c:\\x"}) == {}
    catalog.close()


def test_a_lake_without_traffic_knows_no_callers(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "lake", create=True)
    assert prevalence(catalog, {"ip:203.0.113.5", "domain:vendor.example"}) == {}
    catalog.close()

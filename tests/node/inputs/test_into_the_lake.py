"""What is sent ends in the tables of the lake where its own file would have put it, with whose it is."""

import asyncio
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from receiving import parts_of, stream_for
from scans import write_rules

from tocsin import limits
from tocsin.detect.sigma import load_rules
from tocsin.lake.catalog import Catalog
from tocsin.node.evaluation import Evaluator
from tocsin.node.inputs import otlp, push
from tocsin.node.inputs.intake import Intake
from tocsin.node.journal.records import JournalRecords
from tocsin.node.journal.writer import Journal
from tocsin.node.live import followed
from tocsin.node.live.engine import Engine, Rules
from tocsin.node.live.segments import SegmentFeeder

BODIES = (
    "hello",
    '{"timestamp": "2026-08-07T10:00:00+0000", "event_type": "dns", "flow_id": 1, "src_ip": "192.0.2.1"}',
    "<38>Aug  7 10:00:00 srv sshd[7]: Failed password",
)
EXPORT = json.dumps(
    {
        "resourceLogs": [
            {
                "resource": {"attributes": [{"key": "host.name", "value": {"stringValue": "srv"}}]},
                "scopeLogs": [
                    {
                        "logRecords": [
                            {"timeUnixNano": "1786000000000000000", "body": {"stringValue": b}} for b in BODIES
                        ]
                    }
                ],
            }
        ]
    }
).encode()


def rows_in_lake(folder: Path) -> dict[str, list[dict[str, object]]]:
    """Rows by table after an engine has read the journal."""
    rules = load_rules((write_rules(folder / "rules"),), cache_dir=None)
    catalog = Catalog(folder / "lake", create=True)
    records = JournalRecords(folder / "journal")
    with catalog.writing():
        feeder = SegmentFeeder(folder, records, catalog)
        engine = Engine(catalog, [feeder], Rules(rules.fingerprint, Evaluator(rules).hits))
        while engine.step():
            pass
        engine.flush()
        engine.step()
        feeder.close()
    found: dict[str, list[dict[str, object]]] = {}
    for file in catalog.files():
        found.setdefault(file.table, []).extend(pq.ParquetFile(folder / "lake" / file.path).read().to_pylist())
    records.close()
    catalog.close()
    return found


def test_each_line_of_one_collector_goes_to_its_own_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "BEGIN_SECONDS", 0.0)
    monkeypatch.setattr(limits, "FOLLOW_IDLE_SECONDS", 0.0)

    async def send() -> None:
        journal = Journal(tmp_path / "journal")
        intake = Intake(journal)
        kind = {"content-type": "application/json"}
        assert (await otlp.export_logs(intake, stream_for("otlp"), parts_of(EXPORT), kind)).status == 200
        kind = {"content-type": "application/x-ndjson"}
        eve = b'{"timestamp":"2026-08-07T10:00:00+0000","event_type":"flow","flow_id":2,"src_ip":"192.0.2.2"}\n'
        assert (await push.push(intake, stream_for("push"), parts_of(eve), kind)).status == 202
        journal.close()

    asyncio.run(send())
    tables = rows_in_lake(tmp_path)
    assert {"otel_logs", "eve_dns", "eve_flow", "syslog"} <= set(tables)
    (record,) = tables["otel_logs"]
    assert (record["body"], record["resource.host.name"]) == ("hello", "srv")
    (event,) = tables["eve_dns"]
    assert (event["src_ip"], event["otel.resource.host.name"]) == ("192.0.2.1", "srv")
    assert tables["syslog"][0]["program"] == "sshd"
    whose = {(row["organisation"], row["network"], row["sensor"]) for rows in tables.values() for row in rows}
    assert whose == {("Ministry", "office", "s1")}

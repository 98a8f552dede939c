"""Tocsin's own readers read every record of the range, and its views are filled."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from played_exercise import Played

from tocsin.exercise.ground_truth import FILE_NAME
from tocsin.model import Reject
from tocsin.telemetry.content import SourceContent
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.reader import ReadContext
from tocsin.telemetry.registry import choose
from tocsin.telemetry.sources import find_sources

TABLES = {  # folder and beginning of the file's name: tables
    "windows/forwarded": {"windows"},
    "zeek/conn": {"zeek_conn"},
    "zeek/dns": {"zeek_dns"},
    "zeek/http": {"zeek_http"},
    "zeek/ssl": {"zeek_ssl"},
    "zeek/modbus": {"zeek_modbus"},
    "zeek/dnp3": {"zeek_dnp3"},
    "zeek/s7comm": {"zeek_s7comm"},
    "zeek/enip": {"zeek_enip"},
    "web/access": {"web_access"},
    "iis/u_ex": {"web_iis"},
    "proxy/access": {"proxy_squid"},
    "firewall/traffic": {"fortigate", "cisco_asa"},
    "linux/messages": {"syslog"},
    "linux/audit": {"linux_auditd"},
    "station/messages": {"syslog"},
    "m365/audit": {"m365_audit"},
    "entra/signins": {"azure_signin"},
    "exchange/admin-audit": {"exchange_admin_audit"},
}
VIEWS = (
    *("account_change", "api_activity", "authentication", "dns_activity", "file_activity", "http_activity"),
    *("module_activity", "network_activity", "process_activity", "registry_key_activity", "scheduled_job_activity"),
    *("tls_activity", "windows_service_activity"),
)


def test_every_record_is_read_at_its_place_into_its_table_and_has_a_time(played: Played, tmp_path: Path) -> None:
    read: dict[str, int] = {}
    seen: set[str] = set()
    for content in find_sources([played.folder], spool=tmp_path):
        assert isinstance(content, SourceContent)
        file = Path(content.name).relative_to(played.folder).as_posix()
        if file != FILE_NAME:
            kind = next(kind for kind in TABLES if file.split("/", 1)[1].startswith(kind))
            seen.add(kind)
            read[file] = _records(content, kind)
        content.close()
    assert read == played.truth.files
    assert seen == TABLES.keys()


def _records(content: SourceContent, kind: str) -> int:
    reader = choose(head_of(content)).reader
    assert reader is not None, content.name
    positions: list[int] = []
    for chunk in reader.read(content, ReadContext()):
        assert not isinstance(chunk, Reject), (content.name, chunk)
        assert chunk.table in TABLES[kind], content.name
        positions.extend(chunk.positions)
    assert positions == sorted(set(positions))
    return len(positions)


@pytest.fixture(scope="module")
def lake(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    _tocsin("scan", str(played.folder), "--lake", str(folder / "lake"), "-q")
    return folder / "lake"


def _tocsin(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "tocsin", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lake_has_all_records_with_a_time_and_no_rejects(lake: Path, played: Played) -> None:
    status = json.loads(_tocsin("lake", "status", "--lake", str(lake), "--json"))
    assert sum(table["rows"] for table in status["tables"]) == played.truth.events
    assert all(table["undated"] == 0 for table in status["tables"])
    assert status["rejects"] == 0


def test_the_views_are_filled(lake: Path) -> None:
    counts = " UNION ALL ".join(f"SELECT '{view}' AS view, COUNT(*) AS n FROM {view}" for view in VIEWS)
    rows = json.loads(_tocsin("hunt", counts, "--lake", str(lake), "--format", "json"))
    assert {row["view"]: row["n"] > 0 for row in rows} == dict.fromkeys(VIEWS, True)


def test_a_session_can_be_followed_from_logon_to_program(lake: Path) -> None:
    query = (
        "SELECT COUNT(*) AS n FROM process_activity p JOIN authentication a ON p.device_hostname = a.device_hostname "
        "AND p.process_session_uid = a.session_uid WHERE a.logon_type_id = 2"
    )
    rows = json.loads(_tocsin("hunt", query, "--lake", str(lake), "--format", "json"))
    assert rows[0]["n"] > 100

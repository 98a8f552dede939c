"""What each rollup says of real events, and that no foreign text fails one."""

# ruff: noqa: E501  (a case is easier to read in long lines)

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from lake_files import TIME_US, write_table
from rollup_lakes import Row
from sqlglot import exp, parse_one
from view_cases_accounts import CASES
from view_oddities import ODD, odd_rows

from tocsin.errors import LakeError
from tocsin.lake.database import connect
from tocsin.lake.rollup_files import Rollup, load_rollup, load_rollups, parse_rollup
from tocsin.lake.rollup_sql import daily_sql, rollup_sql
from tocsin.lake.view_files import view_names
from tocsin.lake.view_fragments import fragments
from tocsin.lake.views import open_views
from tocsin.limits import MIB

SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS1.Corp.Example."}
SECURITY = {"Channel": "Security", "Computer": "DC1"}
ENDS = {"id.orig_h": "10.0.0.5", "id.resp_h": "192.0.2.7", "id.resp_p": "443"}
SHA256 = "ab" * 32
WHEN = {"day": TIME_US // 86_400_000_000, "hours": 1, "days": 1}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(256 * MIB, 1, None) as connection:
        yield connection


def rolled(
    connection: duckdb.DuckDBPyConnection, lake: Path, name: str, tables: dict[str, list[dict[str, str]]]
) -> list[Row]:
    """The rows of a rollup of a lake that holds these native rows."""
    files = {table: [lake / write_table(lake, table, rows).path] for table, rows in tables.items()}
    rollup = load_rollup(name)
    open_views(connection, files, only=rollup.views)
    return sorted(connection.sql(rollup_sql(rollup)).to_arrow_table().to_pylist(), key=str)


def windows(event: str, **fields: str) -> dict[str, str]:
    return SYSMON | {"EventID": event} | fields


def security(event: str, **fields: str) -> dict[str, str]:
    return SECURITY | {"EventID": event} | fields


@pytest.mark.parametrize(
    ("name", "tables", "expected"),
    [
        (
            "pair_days",
            {"zeek_conn": [ENDS | {"proto": "tcp", "orig_bytes": "10", "resp_bytes": "20", "duration": "1.5"},
                           ENDS | {"proto": "TCP", "orig_bytes": "-", "resp_bytes": "5", "duration": "nan",
                                   "id.orig_h": "::FFFF:10.0.0.5"}]},
            [{"src": "10.0.0.5", "dst": "192.0.2.7", "dst_port": 443, "protocol": "tcp", "bytes_out": 10, "bytes_in": 25,
              "max_duration": 1500, "refused": 0, "n": 2, "first_us": TIME_US, "last_us": TIME_US + 1}],
        ),
        (
            "domain_days",
            {"zeek_dns": [ENDS | {"query": "a.Evil.Example."}, ENDS | {"query": "bb.evil.example", "rcode_name": "NXDOMAIN"}],
             "zeek_ssl": [ENDS | {"server_name": "evil.example"}], "zeek_http": [ENDS | {"host": "evil.example:8080"}]},
            [{"client": "10.0.0.5", "domain": "evil.example", "names": 3, "name_characters": 41, "queries": 2,
              "missing": 1, "handshakes": 1, "requests": 1, "n": 4}],
        ),
        (
            "uri_days",
            {"web_iis": [{"cs-host": "Mail.Example", "cs-method": "POST", "cs-uri-stem": "/OWA/x.aspx", "c-ip": "10.0.0.5",
                          "sc-status": "200", "sc-bytes": "7", "cs-bytes": "3"},
                         {"cs-host": "mail.example", "cs-method": "GET", "cs-uri-stem": "/owa/?q=1", "c-ip": "10.0.0.5",
                          "sc-status": "404"},
                         {"cs-host": "mail.example", "cs-method": "GET", "cs-uri-stem": "/owa/?q=2", "c-ip": "10.0.0.6",
                          "sc-status": "404"},
                         {"cs-host": "mail.example", "cs-method": "\x01", "cs-uri-stem": "/" + "a" * 900, "c-ip": "::1"}]},
            [{"site": "mail.example", "method": "GET", "path": "/owa/", "client": "", "status_class": 4, "clients": 2},
             {"method": "OTHER", "path": "/" + "a" * 199, "client": "::1", "status_class": 0},
             {"method": "POST", "path": "/owa/x.aspx", "client": "10.0.0.5", "status_class": 2, "bytes": 7,
              "request_bytes": 3}],
        ),
        (
            "user_days",
            {"windows": [security("4624", TargetUserName="Ana", TargetDomainName="CORP", LogonType="3",
                                  IpAddress="10.0.0.5", WorkstationName="WS1"),
                         security("4634", TargetUserName="Ana", LogonType="3")],
             "aws_cloudtrail": [{"eventName": "GetObject", "userIdentity.userName": "svc", "sourceIPAddress": "192.0.2.1"}]},
            [{"user": "ana", "host": "dc1", "src_ip": "10.0.0.5", "activity": "Logon", "logon_type": 3,
              "outcome": "Success", "user_domain": "corp", "src_host": "ws1", "n": 1},
             {"user": "svc", "host": "aws", "src_ip": "192.0.2.1", "activity": "Call", "logon_type": 0,
              "outcome": "Success", "n": 1}],
        ),
        (
            "ics_days",
            {"zeek_modbus": [ENDS | {"func": "READ_COILS", "pdu_type": "REQ"}, ENDS | {"func": "READ_COILS", "pdu_type": "RESP"},
                             ENDS | {"func": "WRITE_SINGLE_COIL", "pdu_type": "REQ"}]},
            [{"src": "10.0.0.5", "dst": "192.0.2.7", "protocol": "modbus", "function_name": "read_coils", "writes": 0, "n": 1},
             {"function_name": "write_single_coil", "writes": 1, "n": 1}],
        ),
        (
            "process_days",
            {"windows": [windows("1", Image="C:\\Tools\\X.exe", ParentImage="C:\\cmd.EXE", User="CORP\\Ana",
                                 CommandLine="x -a"), windows("5", Image="C:\\Tools\\X.exe")]},
            [{"host": "ws1.corp.example", "process": "c:\\tools\\x.exe", "parent": "cmd.exe", "user": "ana",
              "cmd_line_characters": 4, "n": 1}],
        ),
        (
            "file_days",
            {"windows": [windows("1", Image="C:\\X.exe", Hashes=f"SHA256={SHA256.upper()},IMPHASH=00"),
                         windows("7", ImageLoaded="C:\\x.exe", Hashes=f"SHA256={SHA256}", Image="C:\\y.exe"),
                         windows("1", Image="C:\\none.exe")]},
            [{"kind": "library", "name": "x.exe", "sha256": SHA256, "sha1": "", "md5": "", "hosts": 1},
             {"kind": "process", "name": "x.exe", "sha256": SHA256, "path": "c:\\x.exe", "host": "ws1.corp.example"}],
        ),
        (
            "host_days",
            {"windows": [windows("1"), windows("3")], "zeek_conn": [ENDS]},
            [{"host": "sensor", "table_name": "zeek_conn", "n": 1},
             {"host": "ws1.corp.example", "table_name": "windows", "n": 2}],
        ),
        (
            "persistence_days",
            {"windows": [
                {"Channel": "System", "EventID": "7045", "Computer": "WS1", "ServiceName": "Bad", "ImagePath": "C:\\B.exe"},
                security("4698", TaskName="\\Up", SubjectUserName="ana"),
                windows("13", TargetObject="HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\Updater",
                        Details="C:\\u.exe", EventType="SetValue", User="CORP\\Ana"),
                windows("13", TargetObject="HKLM\\System\\CurrentControlSet\\Services\\Evil\\ImagePath", Details="x.sys"),
                windows("13", TargetObject="HKLM\\SOFTWARE\\Other\\Value", Details="1"),
                windows("6", ImageLoaded="C:\\d.sys", Signed="false"),
                windows("6", ImageLoaded="C:\\ms.sys", Signed="true", Signature="Microsoft Windows", SignatureStatus="Valid"),
                security("4720", TargetUserName="New", SubjectUserName="ana"),
                windows("11", TargetFilename="C:\\Users\\a\\Start Menu\\Programs\\Startup\\x.lnk"),
            ]},
            [{"host": "dc1", "kind": "account", "name": "new", "detail": "create", "user": "ana"},
             {"host": "dc1", "kind": "task", "name": "\\up", "user": "ana"},
             {"host": "ws1", "kind": "service", "name": "bad", "detail": "c:\\b.exe"},
             {"kind": "driver", "name": "d.sys", "detail": "c:\\d.sys", "not_signed": 1},
             {"kind": "run_key", "name": "updater", "detail": "c:\\u.exe", "user": "ana"},
             {"kind": "service", "name": "evil", "detail": "x.sys"},
             {"kind": "startup", "name": "x.lnk"}],
        ),
        (
            "size_bins",
            {"zeek_conn": [ENDS | {"orig_bytes": "60000"}, ENDS | {"orig_bytes": "60000"},
                           ENDS | {"orig_bytes": "0", "id.orig_h": "10.0.0.6"}] + [ENDS] * 10},
            [{"entity": "10.0.0.5", "metric": "bytes_out_day", "bin": 122, "n": 1},
             {"entity": "10.0.0.5", "metric": "pair_bytes_out", "bin": 122, "n": 1},
             {"entity": "10.0.0.6", "metric": "bytes_out_day", "bin": -1, "n": 1},
             {"entity": "192.0.2.7", "metric": "connections_minute", "bin": 26, "n": 1}],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_rollup_says_what_the_events_say(
    name: str, tables: dict[str, list[dict[str, str]]], expected: list[Row], tmp_path: Path,
    connection: duckdb.DuckDBPyConnection,
) -> None:  # fmt: skip
    found = rolled(connection, tmp_path, name, tables)
    assert [{key: row[key] for key in wanted} for row, wanted in zip(found, expected, strict=True)] == expected
    assert all(WHEN.items() <= {key: row[key] for key in WHEN}.items() for row in found)


@pytest.mark.parametrize("rollup", load_rollups(), ids=lambda rollup: rollup.name)
def test_no_foreign_text_fails_a_rollup_and_every_event_of_its_views_can(
    rollup: Rollup, tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    rows: dict[str, list[dict[str, str]]] = {}
    for case in (each for each in CASES if each.view in rollup.views):
        rows.setdefault(case.table, []).extend([case.native, *odd_rows(case.native, case.table, ODD)])
    files = {table: [tmp_path / write_table(tmp_path, table, each).path] for table, each in rows.items()}
    open_views(connection, files, only=rollup.views)
    found = connection.sql(rollup_sql(rollup)).to_arrow_table()
    assert found.num_rows
    declared = [(column.name, {"VARCHAR": "string", "BIGINT": "int64"}[column.type]) for column in rollup.columns]
    assert [(field.name, str(field.type)) for field in found.schema] == declared
    assert all(found.column(key.name).null_count == 0 for key in rollup.keys)
    assert all(found.column(name).null_count == 0 for name in ("n", "first_us", "last_us", "hours", "days"))


@pytest.mark.parametrize("rollup", load_rollups(), ids=lambda rollup: rollup.name)
def test_a_rollup_is_described(rollup: Rollup) -> None:
    assert rollup.title and rollup.about and rollup.views and rollup.tables
    assert set(rollup.views) == {table.name for table in rollup.select.find_all(exp.Table)} & set(view_names())
    assert all(column.meaning for column in rollup.columns)
    assert len({column.name for column in rollup.columns}) == len(rollup.columns)


@pytest.mark.parametrize(
    ("name", "registered"),
    [
        ("a.b.example.com", "example.com"), ("example.com", "example.com"), ("com", "com"), ("localhost", "localhost"),
        ("www.ministry.gov.al", "ministry.gov.al"), ("gov.al", "gov.al"), ("a.b.co.uk", "b.co.uk"),
        ("x.t.co", "t.co"), ("192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::1"), ("a..example", "a..example"),
        ("7.2.0.192.in-addr.arpa", "in-addr.arpa"), ("ws-01", "ws-01"),
    ],
)  # fmt: skip
def test_a_registered_domain_is_two_labels_or_three(
    name: str, registered: str, connection: duckdb.DuckDBPyConnection
) -> None:
    sql = fragments()["registered_domain"].applied(parse_one("text", dialect="duckdb")).sql("duckdb")
    assert connection.execute(f"SELECT {sql} FROM (SELECT CAST(? AS VARCHAR) AS text)", [name]).fetchone() == (
        registered,
    )


@pytest.mark.parametrize(("value", "number"), [(0, -1), (1, 0), (2, 7), (10, 24), (1_000_000, 144), (10**12, 289)])
def test_a_bin_is_a_tenth_wide(value: int, number: int, connection: duckdb.DuckDBPyConnection) -> None:
    sql = fragments()["log_bin"].applied(parse_one("x", dialect="duckdb")).sql("duckdb")
    assert connection.execute(f"SELECT {sql} FROM (SELECT CAST(? AS BIGINT) AS x)", [value]).fetchone() == (number,)
    assert value < 1 or 1.1**number <= value < 1.1 ** (number + 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-- column: a WORD key: b\nSELECT 1", "not a column line"),
        ("-- column: a VARCHAR most: b\nSELECT 1", "not a column line"),
        ("-- column: a VARCHAR sum\nSELECT 1", "not a column line"),
        ("-- entity: a\nSELECT 1", "'a' is no key column"),
        ("-- column: a VARCHAR max: b\n-- shared: a\nSELECT 1", "'a' is no key column"),
        ("-- title: x\n\nSELECT FROM WHERE", "broken.sql:3: the rollup is not SQL"),
        ("-- title: x\nDROP TABLE y", "broken.sql:2: a rollup is one SELECT"),
    ],
)
def test_a_rollup_file_that_breaks_the_form_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(LakeError, match=said):
        assert daily_sql(parse_rollup("broken", text))

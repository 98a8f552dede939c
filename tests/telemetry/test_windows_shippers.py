"""Windows events as shippers and exports really write them: the event's own names come out, whatever was in between."""

import json

import pytest
from contents import lake_rows

from tocsin.telemetry.json_wrappings import unwrapped

SYSMON = "Microsoft-Windows-Sysmon"
SECURITY = "Microsoft-Windows-Security-Auditing"
LOGON = {
    "@timestamp": "2026-01-02T03:04:05.678Z",
    "event": {"code": "4624", "created": "2026-01-02T09:00:00Z"},
    "winlog": {
        "channel": "Security",
        "computer_name": "dc1.lab.example",
        "provider_name": SECURITY,
        "event_id": 4624,
        "event_data": {"TargetUserName": "anna", "IpAddress": "192.0.2.7"},
    },
}


def moved(event: str, provider: str = SYSMON, own: dict[str, str] | None = None, **ecs: object) -> dict[str, str]:
    """The row of an event whose own fields a module has moved to ECS."""
    winlog: dict[str, object] = {"provider_name": provider, "event_id": event, "channel": "x"}
    if own:
        winlog["event_data"] = own
    (row,) = lake_rows(json.dumps({"@timestamp": "2026-01-02T03:04:05Z", "winlog": winlog, **ecs}))
    return row


def test_the_time_is_when_it_happened_and_not_when_the_shipper_read_it() -> None:
    (row,) = lake_rows(json.dumps(LOGON))
    assert row["_time"].startswith("2026-01-02T03:04:05.678")


def test_a_process_that_the_sysmon_module_moved_to_ecs_is_back() -> None:
    process = {
        "executable": r"C:\tools\a.exe",
        "command_line": "a.exe -x",
        "pid": 420,
        "entity_id": "{1}",
        "working_directory": "C:\\",
        "hash": {"sha1": "ab", "md5": "cd"},
        "pe": {"original_file_name": "A.EXE", "imphash": "ef"},
        "parent": {"executable": r"C:\b.exe", "command_line": "b", "pid": 400, "entity_id": "{0}"},
    }
    row = moved("1", own={"LogonId": "0x9"}, process=process, user={"domain": "LAB", "name": "anna"})
    expected = {
        "Image": r"C:\tools\a.exe",
        "CommandLine": "a.exe -x",
        "ProcessId": "420",
        "ProcessGuid": "{1}",
        "CurrentDirectory": "C:\\",
        "Hashes": "SHA1=ab,MD5=cd,IMPHASH=ef",
        "OriginalFileName": "A.EXE",
        "ParentImage": r"C:\b.exe",
        "ParentCommandLine": "b",
        "ParentProcessId": "400",
        "User": r"LAB\anna",
        "LogonId": "0x9",
        "process.executable": r"C:\tools\a.exe",
    }
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("kind", "text", "details"),
    [
        ("SZ_DWORD", "4", "DWORD (0x00000004)"),
        ("REG_DWORD", "4294967295", "DWORD (0xffffffff)"),
        ("SZ_QWORD", "5", "QWORD (0x00000000-0x00000005)"),
        ("SZ_DWORD", "1" * 5_000, "1" * 5_000),  # more digits than Python makes a number of
        ("REG_SZ", r"C:\a.exe", r"C:\a.exe"),
        ("REG_BINARY", "Binary Data", "Binary Data"),
    ],
)
def test_a_registry_value_reads_as_sysmon_wrote_it(kind: str, text: str, details: str) -> None:
    registry = {"path": r"HKU\S-1\Software\Key", "data": {"type": kind, "strings": [text]}}
    row = moved("13", registry=registry, process={"executable": r"C:\a.exe"})
    assert (row["TargetObject"], row["Details"]) == (r"HKU\S-1\Software\Key", details)


def test_the_meaning_of_an_ecs_field_depends_on_the_event() -> None:
    file = {"path": r"C:\x.dll", "hash": {"md5": "aa"}, "name": "x.dll"}
    assert moved("7", file=file)["ImageLoaded"] == r"C:\x.dll"
    assert moved("7", file=file)["Hashes"] == "MD5=aa"
    assert moved("11", file=file)["TargetFilename"] == r"C:\x.dll"
    assert moved("17", file=file)["PipeName"] == "x.dll"
    assert moved("10", process={"executable": r"C:\s.exe"})["SourceImage"] == r"C:\s.exe"
    assert "Image" not in moved("10", process={"executable": r"C:\s.exe"})


def test_connections_and_names_are_back() -> None:
    ends = {"source": {"ip": "10.0.0.5", "port": 50123}, "destination": {"ip": "192.0.2.7", "port": 443}}
    row = moved("3", network={"transport": "tcp", "direction": "egress"}, **ends)
    assert (row["SourceIp"], row["SourcePort"], row["DestinationIp"], row["DestinationPort"], row["Initiated"]) == (
        *("10.0.0.5", "50123", "192.0.2.7", "443", "true"),
    )
    row = moved("22", dns={"question": {"name": "a.example"}, "resolved_ip": ["192.0.2.1", "192.0.2.2"]})
    assert (row["QueryName"], row["QueryResults"]) == ("a.example", "192.0.2.1;192.0.2.2;")


def test_security_and_powershell_modules_are_undone_too() -> None:
    process = {"executable": r"C:\w.exe", "pid": 4556, "parent": {"executable": r"C:\p.exe", "pid": 4652}}
    row = moved("4688", SECURITY, {"CommandLine": "w cl", "ProcessId": "0x122c"}, process=process)
    assert (row["NewProcessName"], row["ParentProcessName"], row["ProcessId"]) == (r"C:\w.exe", r"C:\p.exe", "0x122c")
    assert moved("4625", SECURITY, source={"ip": "192.0.2.7", "domain": "KALI"})["WorkstationName"] == "KALI"
    script = {"file": {"script_block_text": "Get-Thing"}, "total": 1}
    assert moved("4104", "Microsoft-Windows-PowerShell", powershell=script)["ScriptBlockText"] == "Get-Thing"


def test_what_the_event_still_has_is_never_replaced() -> None:
    row = moved("1", own={"Image": "own"}, process={"executable": "other"})
    assert row["Image"] == "own"


@pytest.mark.parametrize(
    "envelope",
    [
        {"_index": "winlogbeat-8", "_id": "x", "_source": LOGON},
        {"hits": {"hits": [{"_index": "winlogbeat-8", "_source": LOGON}]}},
        {"preview": False, "offset": 0, "result": LOGON},
        {"time": 1, "sourcetype": "x", "event": LOGON},
    ],
    ids=["hit", "search", "splunk", "collector"],
)
def test_a_record_is_recognised_inside_its_envelope(envelope: dict[str, object]) -> None:
    (row,) = lake_rows(json.dumps(envelope))
    assert (row["_table"], row["EventID"], row["TargetUserName"]) == ("windows", "4624", "anna")
    assert row["_time"].startswith("2026-01-02")


def test_a_record_that_merely_has_such_a_field_stays_as_it_is() -> None:
    for record in ({"result": "ok", "user": "a"}, {"event": {"a": 1}, "user": "b"}, {"document": {"data": 1}}, {}):
        assert unwrapped(record) == record


@pytest.mark.parametrize("outer", [{}, {"data": None}])
def test_an_event_of_a_wazuh_agent_needs_no_alert_around_it(outer: dict[str, object]) -> None:
    win = {
        "system": {
            "eventID": "1",
            "channel": "Microsoft-Windows-Sysmon/Operational",
            "systemTime": "2026-01-02T00:00Z",
        },
        "eventdata": {"commandLine": "a -x"},
    }
    (row,) = lake_rows(
        json.dumps({"data": {"win": win}, "agent": {}, "manager": {}, "rule": {}} if outer else {"win": win})
    )
    assert (row["_table"], row["EventID"], row["CommandLine"]) == ("windows", "1", "a -x")


def test_splunks_names_become_the_events_names() -> None:
    event = {"EventCode": "4688", "LogName": "Security", "ComputerName": "ws1", "New_Process_Name": r"C:\a.exe"}
    whole = {**event, "_time": "2026-01-02T03:04:05.000+00:00", "_raw": "LogName=Security", "sourcetype": "WinEventLog"}
    (row,) = lake_rows(json.dumps({"preview": False, "result": whole}))
    assert (row["EventID"], row["Channel"], row["Computer"], row["NewProcessName"]) == (
        *("4688", "Security", "ws1", r"C:\a.exe"),
    )
    assert row["_time"].startswith("2026-01-02T03:04:05")


def test_get_winevent_as_json_is_a_windows_event() -> None:
    event = {"Id": 4624, "LogName": "Security", "ProviderName": SECURITY, "MachineName": "dc1", "ProcessId": 600}
    (row,) = lake_rows(json.dumps([{**event, "TimeCreated": "/Date(1767323045123)/"}]))
    assert (row["EventID"], row["Channel"], row["Computer"], row["ExecutionProcessID"]) == (
        *("4624", "Security", "dc1", "600"),
    )
    assert row["_time"].startswith("2026-01-02T03:04:05.123")


def test_velociraptor_wraps_the_number_of_an_event() -> None:
    event = {"System": {"EventID": {"Value": 1}, "Channel": "x", "TimeCreated": {"SystemTime": 1767323045.5}}}
    (row,) = lake_rows(json.dumps(event))
    assert (row["EventID"], row["_time"][:19]) == ("1", "2026-01-02T03:04:05")


def test_chainsaws_hunt_gives_the_event_and_keeps_what_chainsaw_says() -> None:
    event = {"Event": {"System": {"EventID": 4625, "Channel": "Security"}, "EventData": {"TargetUserName": "bob"}}}
    hunt = {"group": "Sigma", "name": "Failed", "document": {"kind": "evtx", "path": "s.evtx", "data": event}}
    (row,) = lake_rows(json.dumps([hunt]))
    assert (row["EventID"], row["TargetUserName"], row["chainsaw.name"]) == ("4625", "bob", "Failed")


def test_hayabusas_findings_are_no_events() -> None:
    (row,) = lake_rows(
        json.dumps({"Timestamp": "2026-01-02 03:04:05", "RuleTitle": "x", "Channel": "Sec", "EventID": 1})
    )
    assert row["_table"] == "generic_json"


def test_evtx_dump_may_write_a_line_before_each_record() -> None:
    event = {"Event": {"System": {"EventID": 1, "Channel": "Security"}, "EventData": {"A": "b"}}}
    text = "".join(f"Record {number}\n{json.dumps(event, indent=2)}\n" for number in (1, 2))
    assert [row["A"] for row in lake_rows(text)] == ["b", "b"]
    space = "http://schemas.microsoft.com/win/2004/08/events/event"
    xml = f'<Event xmlns="{space}"><System><EventID>7</EventID></System></Event>'
    text = "".join(f'Record {number}\r\n<?xml version="1.0" encoding="utf-8"?>\r\n{xml}\r\n' for number in (1, 2))
    assert [row["EventID"] for row in lake_rows(text)] == ["7", "7"]

"""The edges of the analytics of wipers: what is just enough, and what is just not."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tocsin.detect.analytics import load_analytics
from tocsin.detect.analytics.running import Hit, run_analytic
from tocsin.detect.analytics.window import open_window
from tocsin.lake.catalog import FileRecord

TIME_US = 1_767_312_000_000_000  # 2026-01-02 00:00:00 UTC
SYSMON = "Microsoft-Windows-Sysmon/Operational"
DISK, VOLUME = r"\Device\Harddisk0\DR0", r"\Device\HarddiskVolume2"
POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
Event = dict[str, str]


def event(second: float, channel: str, number: str, host: str = "ws1", **fields: str) -> Event:
    return {"second": str(second), "Channel": channel, "EventID": number, "Computer": host} | fields


def raw(second: float, image: str = r"C:\x\a.exe", device: str = DISK) -> Event:
    return event(second, SYSMON, "9", Image=image, Device=device)


def command(second: float, line: str, host: str = "ws1") -> Event:
    return event(second, "Security", "4688", host, NewProcessName=r"C:\Windows\System32\cmd.exe", CommandLine=line)


def stops(second: float, number: int, every: float = 2) -> list[Event]:
    return [command(second + each * every, f"net stop service{each}") for each in range(number)]


def stopped(second: float, number: int) -> list[Event]:
    return [
        event(second + each, "System", "7036", param1=f"Service {each}", param2="stopped") for each in range(number)
    ]


def deleted(
    second: float, number: int, kinds: Iterable[str], folders: int = 12, image: str = r"C:\x\a.exe"
) -> list[Event]:
    names = list(kinds)
    return [
        event(
            second + each * 0.1, SYSMON, "23", Image=image, ProcessId="7",
            TargetFilename=rf"D:\share\{each % folders}\{each}.{names[each % len(names)]}",
        )
        for each in range(number)
    ]  # fmt: skip


def found(lake: Path, analytic: str, events: Iterable[Event]) -> tuple[Hit, ...]:
    """What one analytic finds in these events of one network."""
    rows = list(events)
    times = [TIME_US + int(float(each["second"]) * 1_000_000) for each in rows]
    path = lake / "tables" / "windows" / "day=2026-01-02" / "part.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    stamps = pa.array(times).cast(pa.timestamp("us", "UTC"))
    columns = {"time": stamps, "time_us": pa.array(times), "ingest_time": stamps}
    columns |= {"event_id": pa.array([f"part-{number}" for number in range(1, len(rows) + 1)])}
    columns |= {key: pa.array([key] * len(rows)) for key in ("source", "sensor", "organisation", "network")}
    own = tuple(sorted({name for each in rows for name in each} - {"second"}))
    columns |= {name: pa.array([each.get(name) for each in rows], pa.string()) for name in own}
    pq.write_table(pa.table(columns), path)
    record = FileRecord(
        str(path.relative_to(lake)), "windows", "2026-01-02", len(rows), path.stat().st_size, min(times), max(times),
        own, ("source",),
    )  # fmt: skip
    chosen = load_analytics().chosen([analytic])
    with open_window(lake, [record], list(chosen.analytics.values())) as window:
        outcome = run_analytic(window, chosen, chosen.analytics[analytic])
    assert not outcome.failed, outcome.reason
    return outcome.hits


def opened(hit: Hit) -> float:
    return (hit.opened_us - TIME_US) / 1_000_000


def test_the_finding_opens_with_the_second_sign(tmp_path: Path) -> None:
    [hit] = found(tmp_path, "wiper-kernel", [raw(10), command(40, "vssadmin delete shadows /all"), raw(600)])
    assert (hit.level, opened(hit), hit.columns["kinds"]) == ("critical", 40, 2)


def test_two_signs_further_apart_than_the_window_are_two_acts(tmp_path: Path) -> None:
    assert not found(tmp_path, "wiper-kernel", [raw(0), command(901, "vssadmin delete shadows /all")])
    assert found(tmp_path, "wiper-kernel", [raw(0), command(900, "vssadmin delete shadows /all")])


def test_two_signs_on_two_computers_are_no_pair(tmp_path: Path) -> None:
    assert not found(tmp_path, "wiper-kernel", [raw(0), command(1, "vssadmin delete shadows /all", "ws2")])


def test_a_computer_with_and_without_its_domain_is_one(tmp_path: Path) -> None:
    assert found(tmp_path, "wiper-kernel", [raw(0), command(1, "vssadmin delete shadows /all", "WS1.corp.example")])


def test_cleared_logs_make_no_pair_with_one_sign(tmp_path: Path) -> None:
    cleared = [event(each, "Security", "1102") for each in range(3)]
    assert not found(tmp_path, "wiper-kernel", [*cleared, raw(5)])
    assert not found(tmp_path, "wiper-kernel", [*cleared, command(5, "vssadmin delete shadows /all")])


def test_the_theft_of_the_directory_is_no_destruction(tmp_path: Path) -> None:
    theft = [
        event(0, "Security", "1102"),
        command(10, "vssadmin create shadow /for=C:"),
        raw(20, r"C:\Windows\System32\ntdsutil.exe"),
        raw(30, POWERSHELL, VOLUME),
        event(40, "System", "7036", param1="Volume Shadow Copy", param2="stopped"),
    ]
    assert not found(tmp_path, "wiper-kernel", theft)


def test_cleared_logs_make_a_repair_that_also_stops_the_service_critical(tmp_path: Path) -> None:
    repair = [command(0, "net stop vss"), command(5, "vssadmin delete shadows /all")]
    assert not found(tmp_path, "wiper-kernel", repair)
    [hit] = found(tmp_path, "wiper-kernel", [*repair, command(9, "wevtutil cl Security")])
    assert (hit.level, opened(hit)) == ("critical", 9)


def test_a_volume_and_a_driver_are_high_and_a_disk_makes_it_critical(tmp_path: Path) -> None:
    driver = event(0, "System", "7045", ServiceName="x", ServiceType="kernel mode driver", ImagePath=r"C:\x\x.sys")
    [hit] = found(tmp_path, "wiper-kernel", [driver, raw(5, device=VOLUME)])
    assert hit.level == "high"
    [hit] = found(tmp_path, "wiper-kernel", [driver, raw(5, device=VOLUME), raw(6)])
    assert (hit.level, opened(hit)) == ("critical", 6)


def test_a_driver_and_a_disabled_shadow_copy_service_are_critical_without_any_raw_handle(tmp_path: Path) -> None:
    driver = event(0, "System", "7045", ServiceName="x", ServiceType="kernel mode driver", ImagePath=r"C:\x\x.sys")
    disabled = event(9, "System", "7040", param1="Volume Shadow Copy", param2="demand", param3="disabled", param4="VSS")
    [hit] = found(tmp_path, "wiper-kernel", [driver, disabled])
    assert (hit.level, opened(hit)) == ("critical", 9)


def test_services_that_stop_at_a_shutdown_are_no_sign(tmp_path: Path) -> None:
    deletion = command(0, "vssadmin delete shadows /all")
    assert found(tmp_path, "wiper-kernel", [deletion, *stopped(60, 25)])
    assert not found(tmp_path, "wiper-kernel", [deletion, event(59, "System", "1074"), *stopped(60, 25)])


@pytest.mark.parametrize(("number", "every", "expected"), [(8, 2, 1), (7, 2, 0), (8, 60, 0)])
def test_commands_that_stop_services_count_from_eight_in_five_minutes(
    tmp_path: Path, number: int, every: float, expected: int
) -> None:
    assert len(found(tmp_path, "service-stop-burst", stops(1000, number, every))) == expected


@pytest.mark.parametrize(("number", "expected"), [(20, 1), (19, 0)])
def test_services_that_stop_count_from_twenty(tmp_path: Path, number: int, expected: int) -> None:
    assert len(found(tmp_path, "service-stop-burst", stopped(290, number))) == expected


@pytest.mark.parametrize(
    ("number", "kinds", "folders", "image", "expected"),
    [
        (100, ("docx", "pdf", "jpg", "xlsx"), 12, r"C:\x\a.exe", 1),
        (99, ("docx", "pdf", "jpg", "xlsx"), 12, r"C:\x\a.exe", 0),
        (200, ("csv", "csv", "csv", "txt"), 12, r"C:\x\a.exe", 0),
        (200, ("docx", "pdf", "jpg", "xlsx"), 9, r"C:\x\a.exe", 0),
        (200, ("docx", "pdf", "jpg", "xlsx"), 12, r"C:\Windows\explorer.exe", 0),
    ],
)
def test_documents_of_several_kinds_in_many_folders_count_from_a_hundred_in_a_minute(
    tmp_path: Path, number: int, kinds: tuple[str, ...], folders: int, image: str, expected: int
) -> None:
    events = deleted(57, number, kinds, folders, image)  # across a minute's end
    hits = found(tmp_path, "mass-overwrite", events)
    assert len(hits) == expected
    assert all(opened(hit) == pytest.approx(66.9) for hit in hits)


@pytest.mark.parametrize(("extensions", "expected"), [(20, 1), (3, 0)])
def test_files_with_odd_names_count_where_the_names_are_random(tmp_path: Path, extensions: int, expected: int) -> None:
    names = [f"q{number:x}z7" for number in range(extensions)]
    written = [dict(each, EventID="11") for each in deleted(0, 140, names)]
    assert len(found(tmp_path, "mass-overwrite", written)) == expected


def test_a_slow_deletion_is_no_burst(tmp_path: Path) -> None:
    slow = [dict(each, second=str(number * 2)) for number, each in enumerate(deleted(0, 300, ("docx", "pdf", "jpg")))]
    assert not found(tmp_path, "mass-overwrite", slow)


@pytest.mark.parametrize(("hosts", "every", "expected"), [(5, 900, 1), (4, 60, 0), (5, 901, 0)])
def test_a_service_on_five_computers_within_an_hour_is_a_fan_out(
    tmp_path: Path, hosts: int, every: int, expected: int
) -> None:
    path = {"ServiceName": "upd", "ServiceType": "user mode service", "ImagePath": r"C:\Windows\Temp\u.exe"}
    events = [event(number * every, "System", "7045", f"ws{number}", **path) for number in range(hosts)]
    assert len(found(tmp_path, "task-fan-out", events)) == expected


def test_many_names_that_spread_together_are_one_finding(tmp_path: Path) -> None:
    path = {"ServiceType": "user mode service", "ImagePath": r"C:\Windows\Temp\u.exe"}
    events = [
        event(host * 60 + name, "System", "7045", f"ws{host}", ServiceName=f"upd{name}", **path)
        for host in range(6)
        for name in range(20)
    ]
    [hit] = found(tmp_path, "task-fan-out", events)
    assert "upd0, and 19 more with it, appeared on 6 computers" in hit.message


def test_weak_means_against_recovery_need_a_second_one(tmp_path: Path) -> None:
    weak = command(0, "bcdedit /set recoveryenabled no")
    assert not found(tmp_path, "recovery-inhibition", [weak])
    [hit] = found(tmp_path, "recovery-inhibition", [weak, command(9, "reagentc /disable")])
    assert (hit.level, opened(hit)) == ("medium", 9)
    [hit] = found(tmp_path, "recovery-inhibition", [weak, command(9, "wbadmin delete catalog")])
    assert (hit.level, opened(hit)) == ("high", 9)


def test_one_component_s_log_is_a_repair_and_five_are_not(tmp_path: Path) -> None:
    events = [command(each, f"wevtutil cl Component{each}/Operational") for each in range(5)]
    assert not found(tmp_path, "log-clearing", events[:4])
    [hit] = found(tmp_path, "log-clearing", events)
    assert (hit.level, opened(hit)) == ("high", 4)

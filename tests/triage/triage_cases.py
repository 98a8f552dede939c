"""Findings for the tests of triage. All names are invented."""

from datetime import UTC, datetime, timedelta

from tocsin.model import Evidence, Finding, RuleInfo

START = datetime(2022, 7, 15, 9, 0, tzinfo=UTC)
NOW = START + timedelta(days=30)


def rule(name: str = "r", level: str = "high") -> RuleInfo:
    return RuleInfo(name, name, level, attack=("T1059.001",), tactics=("execution",))


def start(event: str, second: float = 0.0, *, sysmon: bool, process: int | None = 4711, **fields: str) -> Evidence:
    """One record of a process start: Sysmon writes process ids in decimal, the Security log in hexadecimal."""
    names = ("Image", "ProcessId") if sysmon else ("NewProcessName", "NewProcessId")
    told = {"EventID": "1" if sysmon else "4688", names[0]: "C:\\Windows\\System32\\whoami.exe"}
    if process is not None:
        told[names[1]] = str(process) if sysmon else hex(process)
    return Evidence(event, START + timedelta(seconds=second), "a.evtx", 1, told | fields, "{g1}" if sysmon else "")


def finding(
    *events: Evidence, of: RuleInfo | None = None, host: str = "WS01", user: str = "CORP\\anna", **more: object
) -> Finding:
    """A finding with this evidence, or with one event of its own."""
    shown = events or (Evidence(f"{host}{user}", START, "a.evtx", 1, {}),)
    times = [event.time for event in shown if event.time]
    facts: dict[str, object] = {"table": "windows", "count": len(shown)} | more
    return Finding(
        of or rule(), host, user, first=min(times), last=max(times),
        event_ids=tuple(event.event_id for event in shown), evidence=shown, **facts,  # type: ignore[arg-type]
    )  # fmt: skip

"""Captures of `log-clearing`: a server whose logs are emptied, and one that is cared for."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.windows_log import WindowsLog

LOGS = (
    "System",
    "Application",
    "Setup",
    '"Windows PowerShell"',
    "Microsoft-Windows-TaskScheduler/Operational",
    "Security",
)


def attack(folder: Path) -> None:
    """One log after the other is cleared by a command; Windows records two of them itself."""
    log = WindowsLog()
    for number, name in enumerate(LOGS):
        log.command(number * 2, "app03", f"wevtutil.exe cl {name}")
    log.event(1, "app03", "System", 104, "Microsoft-Windows-Eventlog", SubjectUserName="svc-deploy")
    log.event(11, "app03", "Security", 1102, "Microsoft-Windows-Eventlog", SubjectUserName="svc-deploy")
    log.write(folder)


def benign(folder: Path) -> None:
    """Logs are listed and exported; the log of one component is cleared for a repair."""
    log = WindowsLog()
    log.command(0, "app03", "wevtutil.exe el")
    log.command(20, "app03", "wevtutil.exe epl Security D:\\logs\\security.evtx")
    log.command(60, "app03", "wevtutil.exe cl Microsoft-Windows-PrintService/Operational")
    log.event(61, "app03", "System", 104, "Microsoft-Windows-Eventlog", SubjectUserName="admin1")
    log.write(folder)


if __name__ == "__main__":
    attack(PACK / "log-clearing" / "attack")
    benign(PACK / "log-clearing" / "benign")

"""Captures of `service-stop-burst`: a server whose services are stopped, and servers that restart and are upgraded."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.windows_log import WindowsLog

STOPPED = (
    "MSSQLSERVER", "SQLWriter", "SQLBrowser", "VSS", "wbengine", "MSExchangeIS", "MSExchangeSA", "W3SVC",
    "ReportServer", "BackupExecAgent", "SDRSVC",
)  # fmt: skip
UPGRADED = ("MSSQLSERVER", "SQLSERVERAGENT", "SQLBrowser", "SQLWriter", "ReportServer")


def attack(folder: Path) -> None:
    """A script stops eleven services of databases, mail and backup within half a minute."""
    log = WindowsLog()
    for number, service in enumerate(STOPPED):
        log.command(100 + number * 3, "db01", f"net.exe stop {service} /y")
        log.service_state(101 + number * 3, "db01", service, "stopped")
    log.write(folder)


def benign(folder: Path) -> None:
    """A restart, at which forty services stop; an upgrade that stops five; a day of services that come and go."""
    log = WindowsLog()
    for number in range(60):
        log.service_state(number * 300, "db02", f"Service {number % 7}", "stopped" if number % 2 else "running")
    for number, service in enumerate(UPGRADED):
        log.command(20_000 + number * 5, "db02", f"net.exe stop {service}")
    log.event(40_000, "db02", "System", 1074, "User32", param1="C:\\Windows\\system32\\shutdown.exe (DB02)")
    for number in range(40):
        log.service_state(40_005 + number * 0.3, "db02", f"Service {number}", "stopped")
    log.event(40_020, "db02", "System", 6006, "EventLog")
    log.write(folder)


if __name__ == "__main__":
    attack(PACK / "service-stop-burst" / "attack")
    benign(PACK / "service-stop-burst" / "benign")

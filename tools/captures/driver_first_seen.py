"""Captures of `driver-first-seen`: nine days of drivers, and on the last a new one."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.windows_log import SYSTEM32, WindowsLog

DAY = 86_400
DRIVERS = f"{SYSTEM32}drivers\\"
STORE = f"{SYSTEM32}DriverStore\\FileRepository\\"


def attack(folder: Path) -> None:
    """After nine quiet days a kernel service is installed whose driver lies in a temporary folder, and it is loaded."""
    log = WindowsLog()
    _quiet(log)
    log.service(9 * DAY + 3000, "ws03", "qfdr", "\\??\\C:\\Windows\\Temp\\qfdr.sys", "kernel mode driver")
    log.driver(9 * DAY + 3001, "ws03", "C:\\Windows\\Temp\\qfdr.sys")
    log.write(folder)


def benign(folder: Path) -> None:
    """The driver store brings a printer's, Defender brings its own, and a network driver reaches five computers."""
    log = WindowsLog()
    _quiet(log)
    log.driver(9 * DAY, "ws03", f"{STORE}prn.inf_amd64\\prn.sys", "Example Printers")
    defender = "C:\\ProgramData\\Microsoft\\Windows Defender\\Definition Updates\\{0A}\\MpKslDrv.sys"
    log.service(9 * DAY + 60, "ws03", "MpKsl0a", defender, "kernel mode driver")
    for number in range(5):
        log.driver(9 * DAY + 600 + number * 30, f"ws0{number}", f"{DRIVERS}examplenic.sys", "Example Networks")
    log.write(folder)


def _quiet(log: WindowsLog) -> None:
    for day in range(9):
        for number in range(5):
            log.driver(day * DAY + number * 60, f"ws0{number}", f"{DRIVERS}contosoraid.sys")


if __name__ == "__main__":
    attack(PACK / "driver-first-seen" / "attack")
    benign(PACK / "driver-first-seen" / "benign")

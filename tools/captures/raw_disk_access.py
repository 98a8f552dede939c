"""Captures of `raw-disk-access`: Sysmon 9 of a workstation and a server."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.windows_log import SYSTEM32, WindowsLog

DISK, VOLUME = "\\Device\\Harddisk0\\DR0", "\\Device\\HarddiskVolume2"


def attack(folder: Path) -> None:
    """A program in a public folder opens the disk and its volumes while Windows does what it always does."""
    log = WindowsLog()
    _windows(log, "ws07")
    for number, device in enumerate([DISK, *(f"\\Device\\HarddiskVolume{each}" for each in range(1, 5))]):
        log.sysmon(1800 + number * 0.2, "ws07", 9, "C:\\Users\\Public\\upd.exe", Device=device)
    log.write(folder)


def benign(folder: Path) -> None:
    """Search, defragmenter, shadow copies, Windows Backup and an installed backup agent read below the file system."""
    log = WindowsLog()
    _windows(log, "srv02")
    for number in range(30):
        agent = "C:\\Program Files\\Example Backup\\agent.exe"
        log.sysmon(600 + number * 20, "srv02", 9, agent, Device=DISK if number % 3 else VOLUME)
    log.write(folder)


def _windows(log: WindowsLog, host: str) -> None:
    for number, name in enumerate(("svchost", "VSSVC", "Defrag", "wbengine", "lsass", "dllhost", "SearchIndexer") * 6):
        log.sysmon(number * 61, host, 9, f"{SYSTEM32}{name}.exe", Device=DISK if number % 2 else VOLUME)


if __name__ == "__main__":
    attack(PACK / "raw-disk-access" / "attack")
    benign(PACK / "raw-disk-access" / "benign")

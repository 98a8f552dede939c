"""Captures of `wiper-kernel`: four ways to destroy a computer, and four that only look like it."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.windows_log import SYSTEM32, WindowsLog

DISK, VOLUME = "\\Device\\Harddisk0\\DR0", "\\Device\\HarddiskVolume2"
PUBLIC = "C:\\Users\\Public\\"
BACKUP = "C:\\Program Files\\Example Backup\\"
KINDS = ("docx", "xlsx", "pdf", "jpg", "pptx", "zip")
STOPPED = ("MSSQLSERVER", "SQLWriter", "MSExchangeIS", "W3SVC", "ReportServer", "Spooler", "DHCPServer", "ADWS", "NTDS")


def attack(folder: Path) -> None:
    """A driver and the raw disk; services and backups; documents without Defender; a spread task and the disk."""
    log = WindowsLog()
    log.service(0, "ws01", "hxdr", f"{SYSTEM32}drivers\\hxdr.sys", "kernel mode driver")
    log.sysmon(4, "ws01", 9, f"{PUBLIC}conhosts.exe", Device=DISK)
    log.sysmon(5, "ws01", 13, f"{PUBLIC}conhosts.exe", TargetObject=_CRASH, Details="DWORD (0x00000000)")
    for number, service in enumerate(STOPPED):
        log.command(7200 + number * 2, "srv01", f"net.exe stop {service} /y")
    log.command(7240, "srv01", "vssadmin.exe delete shadows /all /quiet")
    log.command(14_400, "ws02", "sc.exe stop WinDefend")
    _documents(log, "ws02", 14_430, f"{PUBLIC}Tbopbh.exe")
    for number in range(6):
        log.task(21_600 + number * 100, f"ws1{number}", "\\Refresh", "C:\\Windows\\Temp\\cc.exe", "")
    log.sysmon(22_300, "ws14", 9, "C:\\Windows\\Temp\\cc.exe", Device=DISK)
    log.write(folder)


def benign(folder: Path) -> None:
    """Backup software comes; shadow copies are repaired; a recorded test clears logs; somebody deletes a project."""
    log = WindowsLog()
    log.command(0, "srv02", "net.exe stop ExampleBackup")
    log.service(5, "srv02", "exbkflt", f"{BACKUP}drivers\\exbkflt.sys", "file system driver")
    log.sysmon(60, "srv02", 9, f"{BACKUP}agent.exe", Device=DISK)
    log.command(7200, "srv03", "net.exe stop vss")
    log.command(7210, "srv03", "vssadmin.exe delete shadows /all")
    log.event(14_400, "dc01", "Security", 1102, "Microsoft-Windows-Eventlog", SubjectUserName="tester")
    log.command(14_401, "dc01", "wevtutil.exe cl System")
    log.command(14_460, "dc01", "vssadmin.exe create shadow /for=C:")
    log.sysmon(14_500, "dc01", 9, f"{SYSTEM32}WindowsPowerShell\\v1.0\\powershell.exe", Device=VOLUME)
    log.command(21_600, "ws03", "sc.exe stop WinDefend")
    _documents(log, "ws03", 21_700, "C:\\Windows\\explorer.exe")
    log.write(folder)


_CRASH = "HKLM\\System\\CurrentControlSet\\Control\\CrashControl\\CrashDumpEnabled"


def _documents(log: WindowsLog, host: str, second: float, program: str) -> None:
    for number in range(130):
        path = f"C:\\Users\\anna\\Documents\\{number % 13}\\paper{number}.{KINDS[number % len(KINDS)]}"
        log.sysmon(second + number * 0.1, host, 23, program, TargetFilename=path)


if __name__ == "__main__":
    attack(PACK / "wiper-kernel" / "attack")
    benign(PACK / "wiper-kernel" / "benign")

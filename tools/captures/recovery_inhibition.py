"""Captures of `recovery-inhibition`: command lines of a file server."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.windows_log import WindowsLog

KEEPING = (
    "vssadmin.exe list shadows",
    "vssadmin.exe create shadow /for=C:",
    "vssadmin.exe delete shadows /for=D: /oldest /quiet",
    "wbadmin.exe delete systemstatebackup -keepVersions:3 -quiet",
    "wbadmin.exe start backup -backupTarget:E: -include:C: -quiet",
    "bcdedit.exe /enum all",
    "reagentc.exe /disable",
)


def attack(folder: Path) -> None:
    """Shadow copies, the backup catalog and repair at start go within a minute."""
    log = WindowsLog()
    log.command(0, "fs01", "whoami.exe /all")
    log.command(300, "fs01", 'bcdedit.exe /set {default} "recoveryenabled" No')
    log.command(301, "fs01", "vssadmin.exe  Delete Shadows /All /Quiet")
    log.command(304, "fs01", "wbadmin.exe delete catalog -quiet")
    log.command(306, "fs01", "wmic.exe shadowcopy delete /nointeractive")
    log.write(folder)


def benign(folder: Path) -> None:
    """Two nights of a backup script that makes room, and one change to the recovery partition."""
    log = WindowsLog()
    for night in range(2):
        for number, command in enumerate(KEEPING):
            log.command(night * 86_400 + number * 40, "fs01", command)
    log.write(folder)


if __name__ == "__main__":
    attack(PACK / "recovery-inhibition" / "attack")
    benign(PACK / "recovery-inhibition" / "benign")

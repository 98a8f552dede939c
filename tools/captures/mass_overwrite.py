"""Captures of `mass-overwrite`: Sysmon on a computer whose documents go, and on one where people and jobs clean up."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.windows_log import WindowsLog

KINDS = ("docx", "xlsx", "pdf", "jpg", "pptx", "txt")
FILES, FOLDERS = 140, 14


def attack(folder: Path) -> None:
    """A program in a public folder writes each document anew under another name and deletes the old one."""
    log = WindowsLog()
    for number in range(FILES):
        path = _document(number)
        log.sysmon(50 + number * 0.2, "ws11", 11, "C:\\Users\\Public\\st2.exe", TargetFilename=f"{path}.xcrypt")
        log.sysmon(50.1 + number * 0.2, "ws11", 23, "C:\\Users\\Public\\st2.exe", TargetFilename=path)
    log.write(folder)


def benign(folder: Path) -> None:
    """Somebody deletes an old project, a job removes old exports, a backup writes packed copies, Word saves."""
    log = WindowsLog()
    for number in range(FILES):
        path = _document(number)
        log.sysmon(50 + number * 0.1, "ws12", 23, "C:\\Windows\\explorer.exe", TargetFilename=path)
        export = f"D:\\exports\\{number % FOLDERS}\\table{number}.csv"
        log.sysmon(4000 + number * 0.1, "ws12", 23, "C:\\Jobs\\prune.exe", TargetFilename=export)
        backup = "C:\\Program Files\\Example Backup\\agent.exe"
        log.sysmon(8000 + number * 0.1, "ws12", 11, backup, TargetFilename=f"{path}.ebk")
        word = "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE"
        log.sysmon(12_000 + number * 30, "ws12", 11, word, TargetFilename=path)
    log.write(folder)


def _document(number: int) -> str:
    return f"C:\\Users\\anna\\Documents\\project{number % FOLDERS}\\paper{number}.{KINDS[number % len(KINDS)]}"


if __name__ == "__main__":
    attack(PACK / "mass-overwrite" / "attack")
    benign(PACK / "mass-overwrite" / "benign")

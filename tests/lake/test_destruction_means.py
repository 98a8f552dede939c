"""What a command takes away, and which commands of daily work do not count."""

import duckdb
import pytest
from sqlglot import parse_one

from tocsin.lake.view_fragments import with_expressions


def said(sql: str, text: str) -> object:
    select = with_expressions(parse_one(f"SELECT {sql} FROM (SELECT CAST(? AS VARCHAR) AS text)", dialect="duckdb"))  # type: ignore[arg-type]
    with duckdb.connect() as connection:
        row = connection.execute(select.sql("duckdb"), [text]).fetchone()
    return row[0] if row else None


@pytest.mark.parametrize(
    ("command", "means"),
    [
        ('"C:\\Windows\\System32\\vssadmin.exe" delete shadows /for=C: /all', "shadow copies deleted"),
        ("cmd /c v^ssadmin D^elete Shadows /quiet /all", "shadow copies deleted"),
        ("vssadmin delete shadows /for=C: /oldest", None),
        ("vssadmin create shadow /for=C:", None),
        ("wmic.exe shadowcopy where \"ID='{1}'\" delete", "shadow copies deleted"),
        ("vssadmin resize shadowstorage /for=c: /on=c: /maxsize=401MB", "shadow storage shrunk"),
        ("vssadmin resize shadowstorage /for=c: /on=c: /maxsize=20GB", None),
        ("wbadmin DELETE SYSTEMSTATEBACKUP -keepVersions:0", "backups deleted"),
        ("wbadmin delete systemstatebackup -keepVersions:3", None),
        ("wbadmin delete backup -backupTarget:m: -deleteOldest", None),
        ("bcdedit /set {default} bootstatuspolicy ignoreallfailures", "boot recovery off"),
        ("bcdedit /set {default} recoveryenabled Yes", None),
        ("reg add HKLM\\System\\x\\Control\\CrashControl /v CrashDumpEnabled /t REG_DWORD /d 0", "crash dumps off"),
        ("for /F %x in ('wevtutil el') do wevtutil cl \"%x\"", "log cleared"),
        ("wevtutil epl Security x.evtx", None),
        ("fsutil usn deletejournal /D C:", "change journal deleted"),
        ("rm -rf /var/log/", "log cleared"),
        ("rm -f /var/log/app/old.log", None),
        ("shred -n 1 -z /dev/sda", "disk written by a command"),
        ("dd if=/dev/sda of=/backup/disk.img", None),
        ("sc \\\\srv1 config WinDefend start= disabled", "service disabled"),
        ("net1 stop vss", "service stopped"),
        ("systemctl stop apache2", "service stopped"),
        ("taskkill /F /IM sqlservr.exe", "program ended"),
        ("netsh stop-something", None),
        ("nethost.exe --no stop", None),
    ],
)  # fmt: skip
def test_a_command_says_what_it_takes_away(command: str, means: str | None) -> None:
    assert said("destruction_means(command_words(text))", command) == means
    if means:
        assert said("has_destruction_word(text)", command) is True


@pytest.mark.parametrize(
    ("command", "target"),
    [
        ("net stop MSSQL$A /y", "mssql$a"),
        ("sc.exe \\\\srv1 stop VSS", "vss"),
        ("sc config sense start= disabled", "sense"),
        ("Stop-Service -Name WinDefend -Force", "windefend"),
        ("systemctl --now disable nginx.service", "nginx.service"),
        ("taskkill /F /IM sqlservr.exe /T", "sqlservr.exe"),
        ("wevtutil.exe cl System", "system"),
        ("wipefs -a /dev/sdb1", "/dev/sdb1"),
    ],
)
def test_a_command_names_what_it_takes_away(command: str, target: str) -> None:
    assert said("destruction_target(command_words(text))", command) == target


@pytest.mark.parametrize(
    ("path", "lost", "renamed"),
    [
        (r"D:\data\plan.xlsx", "xlsx", None),
        (r"D:\data\plan.xlsx.k8h2", None, "k8h2"),
        (r"C:\Users\a\Recent\plan.xlsx.lnk", None, None),
        (r"C:\Users\a\AppData\Local\Cache\a.jpg", None, None),
        (r"C:\Program Files\x\readme.txt", None, None),
        (r"C:\Windows\x.xml", None, None),
        (r"D:\data\a.dll", None, None),
        (r"D:\data\plan.docx.tmp", None, None),
    ],
)
def test_documents_are_told_from_what_programs_keep_for_themselves(
    path: str, lost: str | None, renamed: str | None
) -> None:
    assert said("lost_document(text)", path) == lost
    assert said("renamed_document(text)", path) == renamed


@pytest.mark.parametrize(
    ("path", "usual"),
    [
        ("System", True),
        (r"C:\Windows\System32\svchost.exe", True),
        (r"\\?\C:\Windows\system32\wbem\WmiPrvSE.exe", True),
        (r"C:\Program Files\Example\agent.exe", True),
        (r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe", False),
        (r"C:\Windows\System32\svchost2.exe", False),
        (r"C:\Temp\svchost.exe", False),
        (r"C:\Temp\Program Files\x.exe", False),
    ],
)
def test_only_windows_itself_and_installed_programs_read_disks_every_day(path: str, usual: bool) -> None:
    assert said("is_usual_disk_reader(text)", path) is usual

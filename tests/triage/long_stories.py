"""Findings that lie months apart, for the tests of threads. All names and addresses are reserved or invented."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

from tocsin.model import Evidence, Finding, Incident, RuleInfo
from tocsin.triage import group_findings

START = datetime(2021, 5, 12, 9, 0, tzinfo=UTC)
LATER = START + timedelta(days=600)
TECHNIQUES = {
    "initial-access": "T1190", "persistence": "T1505.003", "execution": "T1059.001", "credential-access": "T1003.001",
    "lateral-movement": "T1021.001", "collection": "T1114.002", "exfiltration": "T1048", "impact": "T1486",
    "command-and-control": "T1071.001", "discovery": "T1087.002", "stealth": "T1036", "defense-impairment": "T1685",
}  # fmt: skip
SHELL, C2, PAGE = "C:\\inetpub\\wwwroot\\aspnet_client\\error4.aspx", "203.0.113.66", "/aspnet_client/error4.aspx"

_numbers = count(1)


def act(
    day: float,
    tactic: str,
    level: str = "high",
    host: str = "WEB02",
    user: str = "NT AUTHORITY\\SYSTEM",
    name: str = "",
    technique: str = "",
    **fields: str,
) -> Finding:
    """One finding with one event; `name` makes its rule another one."""
    when, number = START + timedelta(days=day), next(_numbers)
    shows = technique or TECHNIQUES[tactic]
    rule = RuleInfo(name or f"{tactic} rule", name or f"{tactic} rule", level, attack=(shows,), tactics=(tactic,))
    event = Evidence(f"source-{number}", when, "a.evtx", number, fields)
    return Finding(rule, host, user, 1, when, when, (event.event_id,), (event,), "MIN", "lan", "windows")


def albania() -> list[Finding]:
    """A web shell in May, one act a week, theft of mail, then ransomware and a wiper fourteen months later."""
    admin = "MIN\\adm-leka"
    story = [
        act(0.0, "initial-access", "medium", **{"c-ip": C2, "cs-uri-stem": "/_layouts/picker.aspx"}),
        act(0.2, "persistence", TargetFilename=SHELL),
        act(30, "discovery", user="IIS APPPOOL\\web", ParentImage="C:\\Windows\\System32\\inetsrv\\w3wp.exe"),
        act(61, "credential-access", TargetFilename="C:\\ProgramData\\mem.dmp", Image="C:\\ProgramData\\pd.exe"),
        act(61.01, "lateral-movement", user=admin, host="DC01"),
        act(61.02, "execution", user=admin, host="DC01", Image="C:\\ProgramData\\pd.exe"),
        act(61.03, "persistence", user=admin, host="DC01", technique="T1543.003"),
        act(150, "collection", user=admin, host="EXCH01"),
        act(160, "exfiltration", "medium", host="EXCH01", DestinationIp=C2),
        act(430, "impact", "critical", user=admin, host="DC01"),
        act(430.01, "impact", "critical", user=admin, host="FS01", name="wiper", technique="T1561.002"),
    ]
    weekly = [
        act(7 * week + 3, "command-and-control", "medium", name=f"weekly {week}", **{"cs-uri-stem": PAGE, "c-ip": C2})
        for week in range(60)
    ]
    return [*story, *weekly]


def unrelated(seed: int, groups: int = 300, hosts: int = 30, people: int = 25) -> Iterator[Finding]:
    """Groups of a year that have nothing to do with each other, on the same hosts, by the same people."""
    chance = random.Random(seed)
    tactics = sorted(TECHNIQUES)
    rules = [(f"rule {n}", chance.choice(("medium", "medium", "high")), chance.choice(tactics)) for n in range(80)]
    shared = ["203.0.113.5", "203.0.113.9"]  # an update server and a proxy in a cloud: many hosts talk to them
    for _ in range(groups):
        name, level, tactic = chance.choice(rules)
        fields = {
            "Image": "C:\\Windows\\System32\\cmd.exe",
            "DestinationIp": chance.choice(shared),
            "SourceIp": "10.0.0.53",  # the jump host, the scanner: an address inside
            "QueryName": chance.choice(("update.vendor.example", "cdn.vendor.example")),
        }
        user = f"MIN\\user{chance.randrange(people)}" if chance.random() < 0.6 else "NT AUTHORITY\\SYSTEM"
        yield act(chance.random() * 365, tactic, level, f"WS{chance.randrange(hosts):02}", user, name, **fields)


def incidents(findings: list[Finding], **callers: int) -> tuple[Incident, ...]:
    """Incidents where so many hosts call each key; a key's name is written `ip_203_0_113_66`."""
    known = {name.replace("_", ":", 1).replace("_", "."): hosts for name, hosts in callers.items()}
    return group_findings(findings, LATER, lambda keys: {key: known[key] for key in keys if key in known})


def largest(findings: list[Finding]) -> int:
    """Findings in the largest queued incident."""
    return max(len(incident.findings) for incident in incidents(findings) if incident.queued)

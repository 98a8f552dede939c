"""Which class of the Reference Security Incident Taxonomy an incident is of (words.rsit): one class, the gravest.

The findings of level medium or stronger say it; where there are none, all do. The first that applies:
1. Data destroyed, encrypted or changed: unauthorised modification, of which the taxonomy names ransomware.
2. Data taken out of the house: a leak.
3. Traffic that puts a service out of work: (distributed) denial of service. Other impact that hits machines: sabotage
   is physical in the taxonomy, so it is a compromise; mining is unauthorised use of resources.
4. An intrusion is more than an attempt: what happened inside, after somebody got in. It is named after what was lost:
   an administrator's account, a server's application, a computer, an account.
5. Mail and data read by somebody who had no right: unauthorised access to information.
6. A program that calls home, and nothing else: an infected system.
7. Attempts: lures, guessed passwords, exploits that nobody followed up; then gathering: scans.
8. Nothing of this: undetermined.
"""

from collections.abc import Collection, Sequence

from tocsin.model import LEVELS, AccountRole, Finding
from tocsin.triage.progress import rule_tactics, tactics, techniques

UNDETERMINED = "other:undetermined"
_STRONG = frozenset(LEVELS[LEVELS.index("medium") :])
_CHANGED = ("T1485", "T1486", "T1490", "T1491", "T1561", "T1565")
_FLOOD, _CRASH, _MINING = ("T1498",), ("T1499",), ("T1496",)
_LURE, _GUESSED, _EXPLOIT, _WEB_SHELL = ("T1566", "T1598"), ("T1110",), ("T1190", "T1203", "T1210"), ("T1505",)
_INSIDE = frozenset(
    {"execution", "persistence", "privilege-escalation", "defense-impairment", "stealth", "lateral-movement", "impact"}
)
"""Tactics of somebody who is in already."""
_ACCOUNT = ("T1078", "T1556", "T1098", "T1136")


def rsit_of(findings: Sequence[Finding]) -> str:
    """The class and type of an incident with these findings."""
    strong = [finding for finding in findings if finding.rule.level in _STRONG] or list(findings)
    seen, did = techniques(strong), frozenset(tactics(strong))
    return _lost(seen, did) or _broken_into(strong, seen, did) or _tried(seen, did) or UNDETERMINED


def _lost(seen: Collection[str], did: frozenset[str]) -> str:
    """Steps 1 to 3: what the organisation lost."""
    if _any(seen, _CHANGED):
        return "information-content-security:unauthorised-information-modification"
    if "exfiltration" in did:
        return "information-content-security:data-leak"
    if _any(seen, _FLOOD):
        return "availability:ddos"
    if _any(seen, _CRASH):
        return "availability:dos"
    return "fraud:unauthorised-use-of-resources" if _any(seen, _MINING) else ""


def _broken_into(findings: Sequence[Finding], seen: Collection[str], did: frozenset[str]) -> str:
    """Steps 4 to 6: who got in, and where."""
    stolen = any(
        "credential-access" in rule_tactics(finding.rule) and not _any(techniques([finding]), _GUESSED)
        for finding in findings
    )
    if did & _INSIDE or stolen or _any(seen, _ACCOUNT):
        return f"intrusions:{_compromised(findings, seen, did)}"
    if "collection" in did:
        return "information-content-security:unauthorised-information-access"
    return "malicious-code:infected-system" if "command-and-control" in did else ""


def _compromised(findings: Sequence[Finding], seen: Collection[str], did: frozenset[str]) -> str:
    if any(finding.account_role is AccountRole.ADMINISTRATOR for finding in findings):
        return "privileged-account-compromise"
    if _any(seen, _WEB_SHELL) or (_any(seen, _EXPLOIT) and "initial-access" in did):
        return "application-compromise"
    return "system-compromise" if did & _INSIDE else "unprivileged-account-compromise"


def _tried(seen: Collection[str], did: frozenset[str]) -> str:
    """Step 7."""
    if _any(seen, _LURE):
        return "fraud:phishing"
    if _any(seen, _GUESSED):
        return "intrusion-attempts:brute-force"
    if "initial-access" in did:
        return "intrusion-attempts:ids-alert"
    return "information-gathering:scanner" if did & {"reconnaissance", "discovery"} else ""


def _any(seen: Collection[str], wanted: Sequence[str]) -> bool:
    """Whether one of the techniques, or of their sub-techniques, was seen."""
    return any(technique.partition(".")[0] in wanted for technique in seen)

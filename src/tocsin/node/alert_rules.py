"""The rule behind an alert of another product, as people are told about it: id, title, level, ATT&CK, doubts.

Rules for the level, the first that fits (docs/alerts.md has the products' own scales):
1. Suricata: what the signature's author says (`signature_severity`, one level more where its confidence is high); else
   its category where that says that something inside was taken; else its priority, of which 1 is medium: the class of a
   signature says what it looks for, not whether it found it.
2. Suricata's own words on broken protocols and signatures that inform or tell of a policy are never more than low.
3. Others: the OCSF severity that the view made of the product's scale. Unknown is medium: nobody says it is harmless.

ATT&CK is what the product states, in today's ids. Only where a Suricata signature states none, its category is read
(`_TAKEN`, `_TRIED`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin import limits
from tocsin.model import LEVELS, OTHERS_STATUS, RuleInfo
from tocsin.words.attack import TACTICS, current
from tocsin.words.messages import mark, say

UNNAMED = "unnamed"
SURICATA, AMINER = "suricata", "aminer"

_TECHNIQUE = re.compile(r"\bT\d{4}(?:\.\d{3})?\b", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s\"'\[\],<>]{1,500}")
_WORD = re.compile(r"[^a-z0-9]+")
_BY_SEVERITY = dict(enumerate(LEVELS, 1))
_UNKNOWN = "medium"
_SIGNATURE = {"informational": "informational", "minor": "low", "major": "medium", "critical": "high"}
_PRIORITY = {"1": "medium", "2": "low", "3": "informational", "4": "informational"}
_QUIET = ("SURICATA ", "ET INFO ", "ET POLICY ", "GPL ICMP", "ETPRO INFO ", "ETPRO POLICY ")
_TAKEN = {
    "a network trojan was detected": "T1071",
    "malware command and control activity detected": "T1071",
    "domain observed used for c2 detected": "T1071",
    "exploit kit activity detected": "T1189",
    "successful credential theft detected": "T1555",
    "successful administrator privilege gain": "T1068",
    "successful user privilege gain": "T1068",
}
"""Categories of Suricata's classification.config that tell of something inside that was taken, with their technique."""
_TRIED = {
    "web application attack": "T1190",
    "attempted administrator privilege gain": "T1190",
    "attempted user privilege gain": "T1190",
    "detection of a network scan": "T1046",
    "attempted information leak": "T1595",
    "attempted denial of service": "T1498",
    "denial of service": "T1498",
    "crypto currency mining activity detected": "T1496",
    "possible social engineering attempted": "T1566",
}
_AGAINST = {
    SURICATA: mark("ordinary traffic that a wide signature takes for an attack, or a scanner of your own"),
    AMINER: mark("a change of the system, or a use of it that the product had not seen while it learned"),
}
_AGAINST_OTHERS = mark("ordinary work of an administrator or a program that the product's rule takes for an attack")
_MEANING = mark("{product} raised this alert by its own rule {rule}. Its own scale says: {severity}.")
_UNRATED = mark("{product} raised this alert by its own rule {rule}, without a severity.")


@dataclass(frozen=True, slots=True)
class Alerted:
    """What the alerts of one rule and severity say alike, in the product's words; empty where it says nothing."""

    product: str
    uid: str
    title: str
    category: str = ""
    severity_id: int = 0  # OCSF: 1 informational to 5 critical
    severity: str = ""
    confidence: str = ""
    techniques: str = ""
    tactics: str = ""
    links: str = ""


def alerted_of(row: Mapping[str, object]) -> Alerted:
    """The values of a row by the names of `Alerted`; the query has cut them (node.alert_sql)."""
    number = row["severity_id"]
    texts = {name: str(row[name] or "") for name in _TEXTS}
    return Alerted(**texts, severity_id=number if isinstance(number, int) else 0)


def rule_of(alert: Alerted) -> RuleInfo:
    """The rule as triage and people see it."""
    product = _slug(alert.product)
    level = level_of(alert)
    uid = alert.uid or alert.title or UNNAMED
    techniques = stated_techniques(alert)
    return RuleInfo(
        id=f"{product}:{uid}",
        title=alert.title or uid,
        level=level,
        status=OTHERS_STATUS,
        description=_description(alert, uid),
        attack=techniques,
        tactics=() if techniques else stated_tactics(alert),
        falsepositives=(say(_AGAINST.get(product, _AGAINST_OTHERS)),),
        references=tuple(dict.fromkeys(_LINK.findall(alert.links)))[: limits.ALERT_REFERENCES],
        author=alert.product,
        logsource=f"alert/{product}/*",
    )


def level_of(alert: Alerted) -> str:
    """One of LEVELS."""
    if _slug(alert.product) != SURICATA:
        return _BY_SEVERITY.get(alert.severity_id, _UNKNOWN)
    level = _suricata_level(alert)
    quiet = alert.title.startswith(_QUIET)
    return min(level, "low", key=LEVELS.index) if quiet else level


def stated_techniques(alert: Alerted) -> tuple[str, ...]:
    """Distinct technique ids; a technique whose sub-technique is stated too is left out."""
    found = tuple(dict.fromkeys(current(id) for id in _TECHNIQUE.findall(alert.techniques)))
    if not found and _slug(alert.product) == SURICATA:
        category = alert.category.casefold()
        found = tuple(filter(None, (_TAKEN.get(category) or _TRIED.get(category),)))
    parents = {id.partition(".")[0] for id in found if "." in id}
    return tuple(id for id in found if id not in parents)[: limits.ALERT_TECHNIQUES]


def stated_tactics(alert: Alerted) -> tuple[str, ...]:
    """The first tactic that is named: an alert that may mean one of four is no campaign of four steps."""
    folded = f"-{_WORD.sub('-', alert.tactics.casefold())}-"
    places = [(folded.find(f"-{tactic.short}-"), tactic.short) for tactic in TACTICS]
    named = sorted(place for place in places if place[0] >= 0)
    return (named[0][1],) if named else ()


def _suricata_level(alert: Alerted) -> str:
    """Rule 1."""
    signature = _SIGNATURE.get(alert.severity.casefold())
    if signature is not None:
        sure = alert.confidence.casefold() == "high" and signature in ("medium", "high")
        return LEVELS[LEVELS.index(signature) + sure]
    if alert.category.casefold() in _TAKEN:
        return "high"
    return _PRIORITY.get(alert.severity, _UNKNOWN)


def _description(alert: Alerted, uid: str) -> str:
    if not alert.severity:
        return say(_UNRATED, product=alert.product, rule=uid)
    return say(_MEANING, product=alert.product, rule=uid, severity=alert.severity)


def _slug(product: str) -> str:
    """`Elastic Security` → `elastic-security`."""
    return _WORD.sub("-", product.casefold()).strip("-") or "unknown"


_TEXTS = ("product", "uid", "title", "category", "severity", "confidence", "techniques", "tactics", "links")

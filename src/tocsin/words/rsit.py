"""The Reference Security Incident Taxonomy (ENISA and TF-CSIRT, version 1003) in words: classes and their types.

Rules:
1. A class is written as the taxonomy's machine form does: `intrusion-attempts:brute-force`, class and type.
2. What is not in the taxonomy has no class: its words are the text itself.

Source: https://github.com/enisaeu/Reference-Security-Incident-Taxonomy-Task-Force (v1003), names as they stand there.
"""

from tocsin.words.messages import mark, say

VERSION = "1003"

CLASSES: dict[str, str] = {
    "abusive-content": mark("Abusive content"),
    "malicious-code": mark("Malicious code"),
    "information-gathering": mark("Information gathering"),
    "intrusion-attempts": mark("Intrusion attempts"),
    "intrusions": mark("Intrusions"),
    "availability": mark("Availability"),
    "information-content-security": mark("Information content security"),
    "fraud": mark("Fraud"),
    "vulnerable": mark("Vulnerable"),
    "other": mark("Other"),
    "test": mark("Test"),
}
"""Class → its name, in the order of the taxonomy."""

TYPES: dict[str, dict[str, str]] = {
    "abusive-content": {
        "spam": mark("spam"), "harmful-speech": mark("harmful speech"), "violence": mark("violent content"),
    },
    "malicious-code": {
        "infected-system": mark("infected system"), "c2-server": mark("C2 server"),
        "malware-distribution": mark("malware distribution"), "malware-configuration": mark("malware configuration"),
    },
    "information-gathering": {
        "scanner": mark("scanning"), "sniffing": mark("sniffing"), "social-engineering": mark("social engineering"),
    },
    "intrusion-attempts": {
        "ids-alert": mark("exploitation of known vulnerabilities"), "brute-force": mark("login attempts"),
        "exploit": mark("new attack signature"),
    },
    "intrusions": {
        "privileged-account-compromise": mark("privileged account compromise"),
        "unprivileged-account-compromise": mark("unprivileged account compromise"),
        "application-compromise": mark("application compromise"), "system-compromise": mark("system compromise"),
        "burglary": mark("burglary"),
    },
    "availability": {
        "dos": mark("denial of service"), "ddos": mark("distributed denial of service"),
        "misconfiguration": mark("misconfiguration"), "sabotage": mark("sabotage"), "outage": mark("outage"),
    },
    "information-content-security": {
        "unauthorised-information-access": mark("unauthorised access to information"),
        "unauthorised-information-modification": mark("unauthorised modification of information"),
        "data-loss": mark("data loss"), "data-leak": mark("leak of confidential information"),
    },
    "fraud": {
        "unauthorised-use-of-resources": mark("unauthorised use of resources"), "copyright": mark("copyright"),
        "masquerade": mark("masquerade"), "phishing": mark("phishing"),
    },
    "vulnerable": {
        "weak-crypto": mark("weak cryptography"), "ddos-amplifier": mark("DDoS amplifier"),
        "potentially-unwanted-accessible": mark("potentially unwanted accessible services"),
        "information-disclosure": mark("information disclosure"), "vulnerable-system": mark("vulnerable system"),
    },
    "other": {"other": mark("uncategorised"), "undetermined": mark("undetermined")},
    "test": {"test": mark("test")},
}  # fmt: skip
"""Class → type → its name."""


def known(text: str) -> bool:
    """Whether it is a class and type of the taxonomy."""
    group, _, kind = text.partition(":")
    return kind in TYPES.get(group, {})


def name_of(text: str) -> str:
    """`Intrusion attempts: login attempts` for intrusion-attempts:brute-force; the text itself when it is unknown.

    >>> name_of("fraud:phishing")
    'Fraud: phishing'
    """
    if not known(text):
        return text
    group, _, kind = text.partition(":")
    return f"{say(CLASSES[group])}: {say(TYPES[group][kind])}"

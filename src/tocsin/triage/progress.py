"""How far an attack has come: techniques and tactics of findings, in ATT&CK v19's words.

A rule's own tactic tags count; where it has none, the first tactic of each technique does (a technique such as
T1053 belongs to several, and to count all would make one event look like a campaign).
Version 18's `defense-evasion` is v19's stealth or defense-impairment, whichever the rule's techniques say.
"""

from collections.abc import Iterable
from functools import lru_cache

from tocsin.model import Finding, RuleInfo
from tocsin.words.attack import TACTICS, current, tactics_of

ORDER = {tactic.short: place for place, tactic in enumerate(TACTICS)}
REMEMBERED = 10_000  # different tag sets whose tactics are kept in memory
_DIVIDED = "defense-evasion"
_DIVIDED_INTO = ("stealth", "defense-impairment")


def techniques(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Distinct technique ids of v19, sorted; unknown ids are kept."""
    return tuple(sorted({current(technique) for finding in findings for technique in finding.rule.attack}))


def tactics(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Distinct tactics in the order of the matrix."""
    found = {tactic for finding in findings for tactic in rule_tactics(finding.rule)}
    return tuple(sorted(found, key=ORDER.__getitem__))


def rule_tactics(rule: RuleInfo) -> tuple[str, ...]:
    """The tactics of one rule in the order of the matrix; unknown ones are left out."""
    return _tactics(rule.tactics, rule.attack)


@lru_cache(maxsize=REMEMBERED)
def _tactics(tagged: tuple[str, ...], attack: tuple[str, ...]) -> tuple[str, ...]:
    tags = {tag.lower().replace("_", "-") for tag in tagged}
    found = tags & ORDER.keys()
    if _DIVIDED in tags:
        possible = {tactic for technique in attack for tactic in tactics_of(technique)}
        found |= possible & set(_DIVIDED_INTO) or {_DIVIDED_INTO[0]}
    if not found:
        found = {tactic for technique in attack for tactic in tactics_of(technique)[:1]}
    return tuple(sorted(found & ORDER.keys(), key=ORDER.__getitem__))

"""The class of the Reference Security Incident Taxonomy of an incident."""

from dataclasses import replace

import pytest
from triage_cases import NOW, finding

from tocsin.model import LEVELS, AccountRole, Finding, RuleInfo
from tocsin.triage import group_findings
from tocsin.triage.rsit import UNDETERMINED, rsit_of
from tocsin.words.attack import TACTICS
from tocsin.words.rsit import CLASSES, TYPES, known, name_of


def of(attack: str, *tactics: str, level: str = "high") -> Finding:
    return finding(of=RuleInfo(attack, attack, level, attack=tuple(attack.split()), tactics=tactics))


@pytest.mark.parametrize(
    ("attack", "tactics", "wanted"),
    [
        ("T1486", ("impact",), "information-content-security:unauthorised-information-modification"),
        ("T1561.001", ("impact",), "information-content-security:unauthorised-information-modification"),
        ("T1048", ("exfiltration",), "information-content-security:data-leak"),
        ("T1498.001", ("impact",), "availability:ddos"),
        ("T1499", ("impact",), "availability:dos"),
        ("T1496", ("impact",), "fraud:unauthorised-use-of-resources"),
        ("T1059.001", ("execution",), "intrusions:system-compromise"),
        ("T1505.003", ("persistence",), "intrusions:application-compromise"),
        ("T1078", ("initial-access",), "intrusions:unprivileged-account-compromise"),
        ("T1003.001", ("credential-access",), "intrusions:unprivileged-account-compromise"),
        ("T1114", ("collection",), "information-content-security:unauthorised-information-access"),
        ("T1071", ("command-and-control",), "malicious-code:infected-system"),
        ("T1566", ("initial-access",), "fraud:phishing"),
        ("T1110.003", ("credential-access",), "intrusion-attempts:brute-force"),
        ("T1190", ("initial-access",), "intrusion-attempts:ids-alert"),
        ("T1595", ("reconnaissance",), "information-gathering:scanner"),
        ("T1046", ("discovery",), "information-gathering:scanner"),
        ("", (), UNDETERMINED),
    ],
)  # fmt: skip
def test_one_act_has_a_class(attack: str, tactics: tuple[str, ...], wanted: str) -> None:
    assert rsit_of([of(attack, *tactics)]) == wanted and known(wanted)


def test_an_intrusion_is_more_than_an_attempt() -> None:
    tried = of("T1190", "initial-access")
    assert rsit_of([tried, of("T1059", "execution")]) == "intrusions:application-compromise"
    guessed = of("T1110", "credential-access")
    assert rsit_of([guessed, of("T1078", "initial-access")]).startswith("intrusions:")
    assert rsit_of([guessed, of("T1046", "discovery")]) == "intrusion-attempts:brute-force"


def test_an_administrators_account_is_a_privileged_one() -> None:
    found = replace(of("T1078", "initial-access"), account_role=AccountRole.ADMINISTRATOR)
    assert rsit_of([found]) == "intrusions:privileged-account-compromise"


def test_weak_findings_say_it_only_where_there_are_no_stronger_ones() -> None:
    weak = of("T1486", "impact", level="low")
    assert rsit_of([weak, of("T1595", "reconnaissance")]) == "information-gathering:scanner"
    assert rsit_of([weak]).endswith("unauthorised-information-modification")


@pytest.mark.parametrize("tactic", [tactic.short for tactic in TACTICS])
@pytest.mark.parametrize("level", LEVELS)
def test_every_class_that_is_given_is_in_the_taxonomy(tactic: str, level: str) -> None:
    assert known(rsit_of([of("T9999", tactic, level=level)]))


def test_every_class_has_types_and_words() -> None:
    assert list(CLASSES) == list(TYPES)
    assert name_of("intrusion-attempts:brute-force") == "Intrusion attempts: login attempts"
    assert name_of("odd:thing") == "odd:thing" and not known("intrusions")


def test_an_incident_carries_its_class_and_its_atlas_ids() -> None:
    (incident,) = group_findings([of("T1048 AML.T0096", "exfiltration")], NOW)
    assert incident.rsit == "information-content-security:data-leak"
    assert incident.attack == ("AML.T0096", "T1048")

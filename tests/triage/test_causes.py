"""An incident names exactly one likely harmless cause: by its facts, else by its rule, else by the kind of its act."""

from dataclasses import replace
from datetime import timedelta

import pytest
from triage_cases import NOW, START, finding, start

from tocsin.model import AccountRole, Finding, Incident, RuleInfo
from tocsin.triage import group_findings
from tocsin.triage.causes import known_cause
from tocsin.words.harmless import if_harmless, usual_cause

GENERAL = usual_cause(("T1543",), ("persistence",))


def service(level: str = "high", **more: object) -> RuleInfo:
    facts: dict[str, object] = {"attack": ("T1543.003",), "tactics": ("persistence",)} | more
    return RuleInfo("svc", "Service set up", level, **facts)  # type: ignore[arg-type]


def told(*findings: Finding) -> Incident:
    (incident,) = group_findings(findings, NOW)
    return incident


def at(day: float, of: RuleInfo, host: str = "WS01", event: str = "", **more: object) -> Finding:
    return finding(start(event or f"{host}-{day}", day * 86_400, sysmon=True, process=None), of=of, host=host, **more)


def test_the_cause_is_the_first_sentence_against_an_incident() -> None:
    incident = told(finding(of=service(falsepositives=("Backup software",))))
    assert incident.cause == "Backup software"
    assert incident.against == ("If it is harmless, then most likely: Backup software.",)


def test_what_else_is_known_stays_below_the_cause() -> None:
    incident = told(finding(of=service(falsepositives=("Backup software", "Exercises", "Unknown"))))
    assert incident.against == (if_harmless("Backup software"), "“Service set up” is also known from: Exercises")


def test_of_a_cause_with_advice_the_first_sentence_is_named_and_the_whole_stays_below() -> None:
    known = "A scanner of your own. Give it the role scanner."
    incident = told(finding(of=service(falsepositives=(known,))))
    assert incident.cause == "A scanner of your own"
    assert incident.against[1:] == (f"“Service set up” is also known from: {known}",)


@pytest.mark.parametrize(
    "known",
    ["Unknown", "Unlikely.", "Highly unlikely", "Likely", "Rarely observed", "Legitimate use",
     "Authorised penetration test", "Pentest",
     "None known in normal operation", "Verify whether the user identity is known", "If known, it can be exempted",
     "We recommend investigating the sessions", "False positives depend on the environment", "-", ""],
)  # fmt: skip
def test_a_rule_that_names_no_cause_leaves_it_to_the_kind_of_act(known: str) -> None:
    assert known_cause(service(falsepositives=(known,))) == ""
    assert told(finding(of=service(falsepositives=(known,)))).cause == GENERAL


@pytest.mark.parametrize("known", ["Unknown sub processes of an installer", "Other backup software", "Use of PsExec"])
def test_a_cause_that_only_begins_like_none_is_one(known: str) -> None:
    assert known_cause(service(falsepositives=("Unknown", known))) == known


def test_a_cause_is_bounded() -> None:
    assert len(known_cause(service(falsepositives=("x" * 5_000,)))) == 200


def test_a_rule_without_technique_and_tactic_has_a_cause_too() -> None:
    bare = RuleInfo("bare", "Bare", "high")
    assert told(finding(of=bare)).cause == "everyday work of a person or program that the rule does not know"


def test_the_strongest_finding_is_asked() -> None:
    weak = replace(service("medium", falsepositives=("Weak",)), id="weak")
    incident = told(at(0, weak, event="a"), at(0.001, service(falsepositives=("Strong",)), event="b"))
    assert incident.cause == "Strong"


def test_a_rule_that_is_routine_here_says_so_first() -> None:
    often = service("medium", falsepositives=("Backup software",))
    incidents = group_findings([at(day, often, f"WS{day}", count=300, role="scanner") for day in range(5)], NOW)
    expected = "Backup software, which is usual here: “Service set up” fired 1,500 times, on 5 of 5 hosts with findings"
    assert {incident.cause for incident in incidents} == {expected}


def test_what_comes_back_on_one_host_is_usual_there() -> None:
    incident = told(*(at(day, service("medium"), user=f"CORP\\user{day}") for day in range(0, 9, 3)))
    assert incident.cause == f"{GENERAL}, which is usual on WS01: it was seen there on 3 days"


def test_what_comes_back_on_two_days_is_no_habit() -> None:
    assert told(*(at(day, service("medium"), user=f"CORP\\user{day}") for day in (0, 3))).cause == GENERAL


def test_the_role_of_the_acting_machine_explains_its_work() -> None:
    expected = "the ordinary work of a machine that the assets call “backup server”"
    assert told(finding(of=service(), role="backup server", account_role=AccountRole.SERVICE)).cause == expected
    assert told(finding(of=service(), role="workstation")).cause == GENERAL


def test_the_role_of_the_account_explains_its_work() -> None:
    run = told(finding(of=service(), account_role=AccountRole.SERVICE))
    assert run.cause == "a job of CORP\\anna, an account that runs services and scheduled tasks"
    administers = told(finding(of=service(), account_role=AccountRole.ADMINISTRATOR))
    assert administers.cause == "work of CORP\\anna, who administers several machines"


def test_guessed_passwords_are_no_matter_of_whose_account_it_is() -> None:
    guessed = service(attack=("T1110.001",), tactics=("credential-access",))
    incident = told(finding(of=guessed, account_role=AccountRole.ADMINISTRATOR))
    assert incident.cause == "an old or forgotten password that a service, a telephone or a person keeps trying"


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("C:\\Windows\\PSEXESVC.exe", "PsExec"),
        ("psexec64.exe \\\\WS07 -s cmd", "PsExec"),
        ("C:\\Windows\\CCM\\CcmExec.exe", "Configuration Manager"),
        ("/usr/bin/ansible-playbook site.yml", "Ansible"),
    ],
)
def test_an_administrators_tool_in_the_evidence_explains_it(text: str, tool: str) -> None:
    incident = told(finding(start("a", sysmon=True, ParentImage=text), of=service()))
    assert incident.cause == f"an administrator's work on other machines with {tool}"


def test_a_name_that_only_holds_a_tools_name_is_none() -> None:
    assert told(finding(start("a", sysmon=True, ParentImage="C:\\notpsexecute.exe"), of=service())).cause == GENERAL


def test_the_same_on_many_hosts_within_a_day_is_a_rollout() -> None:
    wave = [at(0.001 * n, service(), f"WS{n}", user="SYSTEM") for n in range(5)]
    expected = "a rollout or patch day: the same happened on 5 hosts within a day"
    assert {incident.cause for incident in group_findings(wave, NOW)} == {expected}
    assert {incident.cause for incident in group_findings(wave[:4], NOW)} == {GENERAL}


def test_stolen_passwords_on_many_hosts_are_no_rollout() -> None:
    theft = service(attack=("T1003.001",), tactics=("credential-access",))
    wave = [at(0.001 * n, theft, f"WS{n}", user="SYSTEM") for n in range(9)]
    assert {incident.cause for incident in group_findings(wave, NOW)} == {usual_cause(("T1003",), ())}


def test_in_the_first_weeks_what_seems_new_may_be_old() -> None:
    new = service(novelty="a service", falsepositives=("Backup software",))
    incident = told(finding(of=new, since=START - timedelta(days=13)))
    assert incident.cause == "a service that is older than this node's memory of such logs, which begins on 2022-07-02"
    assert told(finding(of=new, since=START - timedelta(days=14))).cause == "Backup software"
    assert told(finding(of=service(), since=START)).cause == GENERAL

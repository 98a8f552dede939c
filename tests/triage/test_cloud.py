"""In a cloud account there is no machine to cut off the network."""

from datetime import timedelta

import pytest
from triage_cases import NOW, START, finding

from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.triage import group_findings
from tocsin.words.acts import TACTIC_WORDS, next_steps

TACTICS = ("persistence", "defense-impairment", "credential-access", "exfiltration")


def intrusion(table: str, host: str) -> list[Finding]:
    rules = [RuleInfo(tactic, tactic, "high", attack=(), tactics=(tactic,)) for tactic in TACTICS]
    return [
        finding(
            Evidence(f"e{number}", START + timedelta(minutes=number), "a.json", number, {}),
            of=rule, host=host, user="arn:role/backup", table=table,
        )
        for number, rule in enumerate(rules, 1)
    ]  # fmt: skip


def test_an_intrusion_into_a_cloud_account_is_contained_by_suspending_who_acted() -> None:
    (incident,) = group_findings(intrusion("aws_cloudtrail", "123456789012"), NOW)
    assert incident.next_steps[0].startswith("Suspend the keys")
    told = " ".join(incident.next_steps)
    assert not [word for word in ("off the network", "krbtgt", "machine") if word in told]


def test_an_intrusion_on_a_machine_is_contained_by_cutting_it_off() -> None:
    (incident,) = group_findings(intrusion("windows", "WS01"), NOW)
    assert incident.next_steps[0].startswith("Take WS01 off the network")


@pytest.mark.parametrize("tactic", TACTIC_WORDS)
def test_no_step_in_a_cloud_speaks_of_machines(tactic: str) -> None:
    steps = next_steps(tactic, cloud=True)
    assert all(step.endswith(".") and "machine" not in step for step in steps)

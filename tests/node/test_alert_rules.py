"""The rule behind an alert: its level by the product's own scale, its ATT&CK as stated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.model import LEVELS
from tocsin.node.alert_rules import Alerted, level_of, rule_of, stated_tactics, stated_techniques


def suricata(severity: str, category: str = "", confidence: str = "", title: str = "ET X") -> Alerted:
    return Alerted("Suricata", "1:1", title, category, 0, severity, confidence)


@pytest.mark.parametrize(
    ("alert", "level"),
    [
        (suricata("1"), "medium"),
        (suricata("2"), "low"),
        (suricata("3"), "informational"),
        (suricata("4"), "informational"),
        (suricata(""), "medium"),
        (suricata("1", "Malware Command and Control Activity Detected"), "high"),
        (suricata("Informational", "A Network Trojan was detected"), "informational"),
        (suricata("Minor"), "low"),
        (suricata("Minor", confidence="High"), "low"),
        (suricata("Major"), "medium"),
        (suricata("Major", confidence="High"), "high"),
        (suricata("Critical"), "high"),
        (suricata("Critical", confidence="High"), "critical"),
        (suricata("1", title="SURICATA STREAM broken"), "low"),
        (suricata("3", title="ET INFO DNS query"), "informational"),
        (suricata("Critical", confidence="High", title="ET POLICY x"), "low"),
    ],
)
def test_a_signature_has_the_level_that_its_author_gave_it(alert: Alerted, level: str) -> None:
    assert level_of(alert) == level


@pytest.mark.parametrize("number", range(1, 6))
def test_other_products_have_the_level_of_their_severity(number: int) -> None:
    assert level_of(Alerted("Wazuh", "1", "x", severity_id=number)) == LEVELS[number - 1]


@pytest.mark.parametrize("number", [0, 99, -1])
def test_an_unknown_severity_is_medium(number: int) -> None:
    assert level_of(Alerted("Guard", "1", "x", severity_id=number)) == "medium"


def test_techniques_are_read_in_todays_ids_without_the_parents_of_stated_ones() -> None:
    text = '[{"technique":[{"id":"T1059","subtechnique":[{"id":"T1059.001"}]}]},{"technique":[{"id":"t1562.001"}]}]'
    assert stated_techniques(Alerted("Elastic Security", "1", "x", techniques=text)) == ("T1059.001", "T1685")


def test_a_category_of_suricata_stands_in_where_the_signature_states_nothing() -> None:
    assert stated_techniques(suricata("1", "Web Application Attack")) == ("T1190",)
    assert stated_techniques(Alerted("Guard", "1", "x", "Web Application Attack")) == ()


def test_of_several_tactics_the_first_is_taken_and_none_beside_a_technique() -> None:
    alert = Alerted("Wazuh", "1", "x", tactics='["Privilege Escalation","Initial Access"]')
    assert stated_tactics(alert) == ("privilege-escalation",)
    assert rule_of(alert).tactics == ("privilege-escalation",)
    assert rule_of(Alerted("Wazuh", "1", "x", techniques="T1078", tactics='["Persistence"]')).tactics == ()
    assert stated_tactics(Alerted("Wazuh", "1", "x", tactics="no tactic")) == ()


def test_the_description_says_whose_rule_it_is_and_what_its_scale_says() -> None:
    assert rule_of(Alerted("Wazuh", "5712", "x", severity="10")).description == (
        "Wazuh raised this alert by its own rule 5712. Its own scale says: 10."
    )
    assert "without a severity" in rule_of(Alerted("AMiner", "a", "x")).description


def test_links_are_bounded_and_only_web_addresses() -> None:
    links = "javascript:alert(1) " + " ".join(f"https://a.example/{number}" for number in range(20))
    references = rule_of(Alerted("Guard", "1", "x", links=links)).references
    assert len(references) == limits.ALERT_REFERENCES and references[0] == "https://a.example/0"


def test_the_techniques_of_one_rule_are_bounded() -> None:
    text = " ".join(f"T{number}" for number in range(1000, 1100))
    assert len(stated_techniques(Alerted("Guard", "1", "x", techniques=text))) == limits.ALERT_TECHNIQUES


@given(st.builds(Alerted, *[st.text(max_size=40)] * 4, st.integers(), *[st.text(max_size=40)] * 5))
def test_whatever_a_product_writes_is_a_rule_with_a_level(alert: Alerted) -> None:
    rule = rule_of(alert)
    assert rule.level in LEVELS and rule.id and rule.title and rule.falsepositives

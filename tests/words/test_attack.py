"""The ATT&CK vocabulary: old ids, names, tactics, order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.analytics.pack import load_analytics
from tocsin.words import attack


@pytest.mark.parametrize(
    ("old", "new"),
    [("T1562.001", "T1685"), ("T1070.001", "T1685.005"), ("t1562.004", "T1686"), ("T1086", "T1059.001")],
)
def test_an_old_id_is_read_as_its_successor(old: str, new: str) -> None:
    assert attack.current(old) == new


def test_an_unknown_id_is_kept() -> None:
    assert attack.current("T9999.001") == "T9999.001"
    assert attack.technique_name("T9999") == "T9999"
    assert attack.tactics_of("T9999") == ()


@given(st.text())
def test_any_text_is_an_id_and_normalising_twice_changes_nothing(text: str) -> None:
    assert attack.current(attack.current(text)) == attack.current(text)


def test_names_are_those_of_version_19() -> None:
    assert attack.technique_name("T1003.001") == "LSASS Memory"
    assert attack.technique_name("T1562.001") == "Disable or Modify Tools"
    assert attack.technique_name("T1222.001") == "Windows Permissions"


def test_every_technique_of_a_shipped_analytic_has_a_name() -> None:
    ids = {technique for analytic in load_analytics().analytics.values() for technique in analytic.info.attack}
    assert "T0836" in ids
    assert [id for id in sorted(ids) if attack.technique_name(id) == id] == []


def test_defense_evasion_is_split_into_stealth_and_defense_impairment() -> None:
    assert attack.tactics_of("T1218") == ("stealth",)
    assert attack.tactics_of("T1112") == ("persistence", "defense-impairment")
    assert attack.tactics_of("T1550.002") == ("lateral-movement",)
    assert attack.tactic_name("defense-impairment") == "Defense Impairment"


def test_tactics_stand_in_the_order_of_the_matrix() -> None:
    shorts = [tactic.short for tactic in attack.TACTICS]
    assert shorts[0] == "reconnaissance"
    assert shorts[-1] == "impact"
    assert shorts.index("stealth") + 1 == shorts.index("defense-impairment")
    assert "defense-evasion" not in shorts


def test_every_technique_has_a_known_tactic_and_no_replaced_id_is_left() -> None:
    vocabulary = attack._vocabulary()
    shorts = {tactic.short for tactic in attack.TACTICS}
    assert all(set(tactics) <= shorts for tactics in vocabulary.technique_tactics.values())
    assert all(tactics or id.startswith("T0") for id, tactics in vocabulary.technique_tactics.items())
    assert not set(vocabulary.replaced) & set(vocabulary.names)
    assert set(vocabulary.replaced.values()) <= set(vocabulary.names)

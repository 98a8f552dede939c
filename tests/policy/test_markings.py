"""TLP 2.0 and PAP: read or refused, ordered, the strictest counts, and nothing goes where nobody said that it may."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.policy.markings import (
    STIX_TLP1,
    STIX_TLP2,
    USUAL,
    Audience,
    Marking,
    Pap,
    Reach,
    Tlp,
    UnknownMarking,
    may_go_to,
    of_stix,
    pap_named,
    parse_marking,
    received_marking,
    strictest,
    tlp_named,
)

MARKINGS = st.builds(Marking, st.sampled_from(Tlp), st.sampled_from(Pap), st.sampled_from(Tlp))
AUDIENCES = st.builds(Audience, st.just("them"), st.sampled_from(Reach), st.none() | st.sampled_from(Tlp))


def test_labels_are_spelled_as_first_spells_them_and_stand_in_order() -> None:
    assert [level.label for level in sorted(Tlp, reverse=True)] == [
        "TLP:RED", "TLP:AMBER+STRICT", "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR",
    ]  # fmt: skip
    assert [level.label for level in sorted(Pap, reverse=True)] == ["PAP:RED", "PAP:AMBER", "PAP:GREEN", "PAP:CLEAR"]


@pytest.mark.parametrize(
    ("text", "level"),
    [("TLP:WHITE", Tlp.CLEAR), ("tlp:amber+strict", Tlp.AMBER_STRICT), (" Amber ", Tlp.AMBER), ("RED", Tlp.RED)],
)
def test_a_label_is_read_in_any_case_and_white_is_clear(text: str, level: Tlp) -> None:
    assert tlp_named(text) is level


@pytest.mark.parametrize(
    "text",
    ["", "TLP:", "TLP:PURPLE", "TLP: AMBER", "AMBER STRICT", "TLP:AMBER_STRICT", "PAP:AMBER", "TLP:RED TLP:CLEAR",
     "TLP:ΑMBER", "TLP:CLEAR\nTLP:RED"],
)  # fmt: skip
def test_what_is_no_label_is_an_error(text: str) -> None:
    with pytest.raises(UnknownMarking):
        tlp_named(text)


@pytest.mark.parametrize("text", ["", " ,", "TLP:RED TLP:CLEAR", "PAP:RED PAP:GREEN", "TLP:AMBER PURPLE", "PAP:BLUE"])
def test_a_marking_that_says_nothing_or_two_things_is_an_error(text: str) -> None:
    with pytest.raises(UnknownMarking):
        parse_marking(text)
    with pytest.raises(UnknownMarking):
        received_marking(text)


def test_what_a_marking_does_not_say_is_as_usual() -> None:
    assert parse_marking("PAP:RED") == Marking(USUAL.tlp, Pap.RED)
    assert parse_marking("tlp:white, pap:white") == Marking(Tlp.CLEAR, Pap.CLEAR)
    assert pap_named("green") is Pap.GREEN


@given(MARKINGS)
def test_a_marking_that_was_written_is_read_back(marking: Marking) -> None:
    again = parse_marking(str(marking))
    assert (again.tlp, again.pap) == (marking.tlp, marking.pap)


@given(st.text(max_size=40))
def test_any_text_is_a_known_label_or_an_error(text: str) -> None:
    try:
        assert tlp_named(text) in Tlp
    except UnknownMarking as error:
        assert "TLP:AMBER+STRICT" in error.advice()


@given(st.lists(MARKINGS, min_size=1, max_size=5))
def test_the_strictest_is_never_looser_than_an_input_and_is_made_of_inputs(markings: list[Marking]) -> None:
    found = strictest(*markings)
    for each in markings:
        assert found.tlp >= each.tlp and found.pap >= each.pap and found.received >= each.received
    assert found.tlp in {each.tlp for each in markings} and found.pap in {each.pap for each in markings}


@given(MARKINGS, MARKINGS, AUDIENCES)
def test_what_may_not_go_somewhere_does_not_go_there_with_anything_added(
    one: Marking, other: Marking, audience: Audience
) -> None:
    both = may_go_to(strictest(one, other), audience)
    assert not both.allowed or (may_go_to(one, audience).allowed and may_go_to(other, audience).allowed)


@given(MARKINGS, AUDIENCES)
def test_a_refusal_has_a_reason_and_a_permission_none(marking: Marking, audience: Audience) -> None:
    found = may_go_to(marking, audience)
    assert bool(found.reason) is not found.allowed
    if found.allowed:
        assert audience.limit is not None and marking.tlp <= audience.limit


@given(MARKINGS, st.sampled_from(Reach))
def test_who_agreed_to_nothing_gets_nothing(marking: Marking, reach: Reach) -> None:
    assert not may_go_to(marking, Audience("them", reach)).allowed


@pytest.mark.parametrize(
    ("received", "farthest"),
    [(Tlp.RED, None), (Tlp.AMBER_STRICT, Reach.ORGANISATION), (Tlp.AMBER, Reach.CLIENTS), (Tlp.GREEN, Reach.COMMUNITY),
     (Tlp.CLEAR, Reach.EVERYBODY)],
)  # fmt: skip
def test_who_received_information_passes_it_on_as_far_as_its_label_says(received: Tlp, farthest: Reach | None) -> None:
    for reach in Reach:
        found = may_go_to(Marking(received, received=received), Audience("them", reach, Tlp.RED))
        assert found.allowed is (farthest is not None and reach <= farthest)


def test_who_marks_information_chooses_its_recipients() -> None:
    assert may_go_to(Marking(Tlp.RED), Audience("them", Reach.CLIENTS, Tlp.RED)).allowed


def test_stix_ids_are_read_and_one_that_is_unknown_is_an_error() -> None:
    assert of_stix([STIX_TLP2[Tlp.AMBER], *STIX_TLP1]) == Marking(Tlp.RED, received=Tlp.RED)
    assert all(re.fullmatch(r"marking-definition--[0-9a-f-]{36}", each) for each in (*STIX_TLP2.values(), *STIX_TLP1))
    assert len({*STIX_TLP2.values(), *STIX_TLP1}) == len(Tlp) + len(STIX_TLP1)
    for ids in ([], [STIX_TLP2[Tlp.CLEAR], "marking-definition--00000000-0000-4000-8000-000000000000"]):
        with pytest.raises(UnknownMarking):
            of_stix(ids)

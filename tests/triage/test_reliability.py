"""How reliable a rule is: bounded for each account, fading, told with its evidence, and a small part of the rank."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from triage_cases import NOW, finding, rule

from tocsin.model import Finding, Incident, RuleInfo
from tocsin.triage import group_findings
from tocsin.triage.judged import Known, mark_of
from tocsin.triage.reliability import (
    ACCOUNT_MOST,
    GRAVE_LOSS,
    HALF_LIFE,
    MOST,
    PART,
    UNTESTED,
    Reliability,
    Vote,
    estimate,
    is_told_alike,
    prior,
)

STABLE = replace(rule("r", "high"), status="stable")
VOTES = st.lists(
    st.builds(
        Vote, st.booleans(), st.sampled_from(["account:a", "account:b", "account:c"]),
        st.timedeltas(timedelta(days=-30), timedelta(days=900)).map(lambda ago: NOW - ago),
    ),
    max_size=60,
)  # fmt: skip


def vote(true: bool, actor: str = "account:a", days: float = 0) -> Vote:
    return Vote(true, actor, NOW - timedelta(days=days))


def known(*votes: Vote, of: str = "r", organisation: str = "", **more: object) -> Known:
    return Known(Reliability({(organisation, of): votes}), **more)  # type: ignore[arg-type]


def told(findings: list[Finding], with_: Known) -> Incident:
    (incident,) = group_findings(findings, NOW, known=with_)
    return incident


def points(incident: Incident) -> int:
    return sum(part.points for part in incident.parts if part.name == PART)


def test_without_votes_an_estimate_is_what_the_rule_promises() -> None:
    assert estimate(STABLE, (), NOW).now == pytest.approx(prior(STABLE)) == pytest.approx(0.7)
    odd = RuleInfo("r", "R", "strange", "strange")
    assert 0 < prior(odd) < prior(STABLE)


@given(VOTES, VOTES)
def test_one_account_moves_an_estimate_at_most_half_of_the_way_to_its_opinion(
    votes: list[Vote], more: list[Vote]
) -> None:
    mine = [replace(each, actor="account:mine") for each in more]
    before, after = estimate(STABLE, votes, NOW).now, estimate(STABLE, [*votes, *mine], NOW).now
    furthest = max(before, 1 - before)
    assert abs(after - before) <= furthest / 2 + 1e-9


@given(VOTES)
def test_an_estimate_is_a_share_and_does_not_hang_on_the_order(votes: list[Vote]) -> None:
    found = estimate(STABLE, votes, NOW)
    assert 0 < found.now < 1
    assert found.now == pytest.approx(estimate(STABLE, votes[::-1], NOW).now)


def test_the_hundredth_decision_of_one_account_moves_no_more_than_its_first_four() -> None:
    few = [vote(False) for _ in range(int(ACCOUNT_MOST))]
    assert estimate(STABLE, few * 25, NOW).now == pytest.approx(estimate(STABLE, few, NOW).now)
    assert ACCOUNT_MOST <= UNTESTED
    other = [vote(False, f"account:{number}") for number in range(100)]
    assert estimate(STABLE, other, NOW).now < estimate(STABLE, few * 25, NOW).now / 5


def test_a_decision_counts_half_after_its_half_life() -> None:
    old, new = vote(False, days=HALF_LIFE.days), vote(False)
    start = prior(STABLE)
    assert estimate(STABLE, [old], NOW).now == pytest.approx(start * UNTESTED / (UNTESTED + 0.5))
    assert estimate(STABLE, [new], NOW).now == pytest.approx(start * UNTESTED / (UNTESTED + 1))


def test_a_tested_rule_is_moved_less() -> None:
    votes = [vote(False)]
    assert estimate(STABLE, votes, NOW, tested=True).now > estimate(STABLE, votes, NOW).now


def test_false_alarms_take_points_and_true_incidents_give_some_within_the_bound() -> None:
    medium = [finding(of=rule("r", "medium"))]
    doubts = [vote(False, f"account:{number}") for number in range(30)]
    lost = told(medium, known(*doubts))
    assert -MOST <= points(lost) < 0
    won = told(medium, known(*(replace(each, true=True) for each in doubts)))
    assert 0 < points(won) <= MOST
    (part,) = (each for each in lost.parts if each.name == PART)
    assert "0 of 30 closed incidents with it were true, by 30 accounts" in part.why
    assert points(told(medium, Known())) == 0


def test_a_rule_of_level_high_loses_little_and_stays_queued() -> None:
    doubts = [vote(False, f"account:{number}") for number in range(200)]
    lost = told([finding(of=rule("r", "critical"))], known(*doubts))
    assert points(lost) == -GRAVE_LOSS and lost.queued and lost.score > 0


def test_a_bad_name_of_one_rule_takes_nothing_from_what_another_found() -> None:
    doubts = [vote(False, f"account:{number}") for number in range(30)]
    both = [finding(of=rule("r", "medium")), finding(of=rule("other", "medium"))]
    assert points(told(both, known(*doubts))) == 0


def test_what_people_confirmed_loses_nothing() -> None:
    doubts = [vote(False, f"account:{number}") for number in range(30)]
    found = finding(of=rule("r", "medium"))
    assert points(told([found], known(*doubts, confirmed=frozenset({mark_of(found)})))) == 0


def test_organisations_are_apart() -> None:
    doubts = [vote(False, f"account:{number}") for number in range(30)]
    here = finding(of=rule("r", "medium"), organisation="here")
    assert points(told([here], known(*doubts, organisation="elsewhere"))) == 0
    assert points(told([here], known(*doubts, organisation="here"))) < 0


def test_an_incident_tells_how_its_rule_was_tested_and_what_it_proved_here() -> None:
    votes = [vote(True), vote(True), vote(True, "account:b"), vote(False, "account:b")]
    measured = Known(Reliability({("", "r"): votes}, {"r": "281 recordings, nothing missed."}))
    (sentence,) = told([finding(of=STABLE)], measured).reliability
    assert sentence == (
        "“r”: tested: 281 recordings, nothing missed; here: 3 of 4 closed incidents with it were true, by 2 accounts."
    )
    (sentence,) = told([finding(of=STABLE)], Known()).reliability
    assert sentence == "“r”: tested: not tested, its author calls it stable; here: no closed incident with it yet."


def test_that_more_incidents_were_closed_is_no_news_but_more_points_are() -> None:
    medium = [finding(of=rule("r", "medium"))]
    one, two = (told(medium, known(*[vote(False)] * number)) for number in (6, 7))
    assert one != two and is_told_alike(one, two)
    assert not is_told_alike(one, told(medium, Known()))
    assert not is_told_alike(one, replace(two, title="Something else"))

"""Stories that people made are not joined again, keep what they have, and grow."""

from triage_cases import NOW, finding, rule, start

from tocsin.model import Finding, Incident
from tocsin.triage import describe, group_findings
from tocsin.triage.corrections import NOTHING_SAID, as_made
from tocsin.triage.groups import Groups, Kind
from tocsin.triage.joins import joins_between, joins_of
from tocsin.triage.names import same_host


def on(host: str, name: str, minute: int = 0, user: str = "CORP\\anna") -> Finding:
    """A finding of a rule of its own, some minutes after the start."""
    event = start(f"{host}-{name}-{minute}", minute * 60, sysmon=True, process=None)
    return finding(event, of=rule(name), host=host, user=user)


A = [on("WS01", "a1"), on("WS01", "a2", 5)]
B = [on("WS02", "b1", 10), on("WS02", "b2", 12)]


def rules(incident: Incident) -> set[str]:
    return {each.rule.id for each in incident.findings}


def grouped(found: list[Finding], *stories: list[Finding]) -> list[set[str]]:
    made = as_made((f"I-{number}", story) for number, story in enumerate(stories))
    return sorted((rules(each) for each in group_findings(found, NOW, corrections=made)), key=min)


def test_without_a_correction_one_account_joins_both_hosts() -> None:
    assert grouped([*A, *B]) == [{"a1", "a2", "b1", "b2"}]


def test_what_people_parted_is_not_joined_and_the_reason_is_told() -> None:
    assert grouped([*A, *B], A, B) == [{"a1", "a2"}, {"b1", "b2"}]
    made = as_made([("I-1", A), ("I-2", B)])
    told = {min(rules(each)): " ".join(each.why) for each in group_findings([*A, *B], NOW, corrections=made)}
    assert "apart" in told["a1"] and "I-2" in told["a1"] and "CORP\\anna acted on several hosts" in told["a1"]
    assert "I-1" in told["b1"]


def test_a_new_finding_joins_one_side_and_does_not_glue_them() -> None:
    between = on("WS02", "new", 8)
    found = grouped([*A, *B, between], A, B)
    assert len(found) == 2
    assert sum("new" in each for each in found) == 1
    assert not any({"a1", "b1"} <= each for each in found)


def test_a_part_grows_under_its_own_story() -> None:
    later = on("WS02", "later", 20)
    assert grouped([*A, *B, later], A, B) == [{"a1", "a2"}, {"b1", "b2", "later"}]


def test_what_people_put_together_stays_together_without_a_reason() -> None:
    far = [on("WS09", "far", 3 * 24 * 60, "CORP\\boris")]
    assert len(grouped([*A, *far])) == 2
    (one,) = group_findings([*A, *far], NOW, corrections=as_made([("I-1", [*A, *far])]))
    assert rules(one) == {"a1", "a2", "far"}
    assert any("People said" in sentence for sentence in one.why)


def test_a_story_of_years_still_grows_by_time() -> None:
    """Joins by time never make a group longer than a day; a story of people does not count there."""
    far = on("WS09", "far", 30 * 24 * 60, "CORP\\boris")
    later = on("WS01", "later", 15)
    assert grouped([*A, far, later], [*A, far]) == [{"a1", "a2", "far", "later"}]


def test_three_stories_stay_three() -> None:
    c = [on("WS03", "c1", 20)]
    assert grouped([*A, *B, *c], A, B, c) == [{"a1", "a2"}, {"b1", "b2"}, {"c1"}]


def test_the_order_of_findings_does_not_matter() -> None:
    between = on("WS02", "new", 8)
    found = [*A, *B, between]
    assert grouped(found, A, B) == grouped(found[::-1], A, B)


def test_some_findings_are_described_as_one_incident() -> None:
    one = describe([A[0], B[1]], NOW)
    assert one.hosts == ("WS01", "WS02")
    assert len(one.findings) == 2


def test_each_join_names_its_two_sides_and_the_reason() -> None:
    joins = joins_of([*A, *B])
    assert {(join.kind, join.one.host, join.other.host) for join in joins} >= {(Kind.ACCOUNT_ACROSS, "WS01", "WS02")}
    across = next(join for join in joins if join.kind is Kind.ACCOUNT_ACROSS)
    assert across.sentence == "CORP\\anna acted on several hosts within an hour."
    assert joins_of([A[0]]) == ()


def test_what_would_join_two_sides_is_told_once_for_each_reason() -> None:
    assert [(join.kind, join.shared) for join in joins_between(A, B)] == [(Kind.ACCOUNT_ACROSS, "CORP\\anna")]
    alone = [on("WS09", "far", 3 * 24 * 60, "CORP\\boris")]
    assert joins_between(A, alone) == ()


def test_groups_refuse_two_stories_through_a_third_finding() -> None:
    groups = Groups([(0.0,), (1.0,), (2.0,)], {0: 0, 2: 1})
    groups.join(0, 1, Kind.HOST)
    groups.join(1, 2, Kind.EVENTS)
    assert groups.root(1) == groups.root(0) != groups.root(2)
    assert [join.kind for join in groups.refused.values()] == [Kind.EVENTS]


def test_a_finding_is_known_again_after_it_grew() -> None:
    grown = finding(*A[0].evidence, of=rule("a1"), count=99)
    assert NOTHING_SAID.places([grown]) == {}
    assert as_made([("I-1", A)]).places([grown]) == {0: 0}


def test_a_host_is_meant_by_its_short_name() -> None:
    assert same_host("exch01", "EXCH01 (15.02.1748.010)")
    assert same_host("FS01.corp.example", "fs01")
    assert not same_host("FS01.corp.example", "FS01.other.example")
    assert not same_host("10.0.0.5", "10.0.0.6")

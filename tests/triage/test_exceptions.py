"""Exceptions: what they cover, what they fold, what they never hide; and which ones an incident offers."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from triage_cases import NOW, START, finding, rule

from tocsin.model import Evidence, Finding, Incident
from tocsin.triage import group_findings
from tocsin.triage.candidates import Choice, Seen, choices, hidden
from tocsin.triage.exceptions import RuleException, Same, covers, folded
from tocsin.triage.judged import Known, mark_of

DAY = timedelta(days=1)
HERE = (Same("host", "WS01"),)


def exception(*same: Same, of: str = "r", two: bool = True, **more: object) -> RuleException:
    made = RuleException("X-1", of, "", same or HERE, "anna", NOW - DAY, NOW + DAY, two)
    return replace(made, **more)  # type: ignore[arg-type]


def event(number: int = 0, **fields: str) -> Evidence:
    return Evidence(f"e{number}", START, "a.evtx", 1, fields)


def one(findings: list[Finding], *exceptions: RuleException, **more: object) -> Incident:
    (incident,) = group_findings(findings, NOW, known=Known(exceptions=exceptions, **more))  # type: ignore[arg-type]
    return incident


def test_an_exception_covers_only_its_rule_organisation_and_values() -> None:
    found = finding()
    assert covers(exception(), found)
    assert covers(exception(Same("host", "ws01")), found), "names differ in case"
    assert not covers(exception(Same("host", "WS02")), found)
    assert not covers(exception(of="other"), found)
    assert not covers(exception(organisation="elsewhere"), found)
    assert not covers(replace(exception(), same=()), found), "one that names nothing covers nothing"
    assert not covers(exception(Same("account", "")), replace(found, user="")), "nor one with an empty value"


def test_a_field_has_to_hold_in_every_event_and_all_events_have_to_be_shown() -> None:
    same = Same("Image", "C:\\a.exe")
    found = finding(event(0, Image="C:\\a.exe"), event(1, Image="C:\\A.EXE"))
    assert covers(exception(same), found)
    assert not covers(exception(same), finding(event(0, Image="C:\\a.exe"), event(1, Image="C:\\b.exe")))
    assert not covers(exception(same), finding(event(0, Image="C:\\a.exe"), event(1)))
    assert not covers(exception(same), replace(found, count=3)), "nobody saw the third"
    begins = Same("CommandLine", "backup.exe /", prefix=True)
    assert covers(exception(begins), finding(event(0, CommandLine="Backup.exe /all")))
    assert not covers(exception(begins), finding(event(0, CommandLine="cmd /c backup.exe /")))


@pytest.mark.parametrize(("level", "alone"), [("medium", True), ("high", False), ("critical", False), ("odd", False)])
def test_one_person_covers_nothing_of_level_high_or_stronger(level: str, alone: bool) -> None:
    found = finding(of=rule("r", level))
    assert covers(exception(two=True), found)
    assert covers(exception(two=False), found) is alone


def test_a_covered_incident_is_folded_kept_and_says_by_whom_and_until_when() -> None:
    whole = one([finding()])
    incident = one([finding()], exception())
    assert whole.queued and not incident.queued
    assert incident.findings == whole.findings and incident.level == whole.level
    assert incident.excepted == ("Excepted by X-1 of anna until 2022-08-15 09:00:00 UTC: host is WS01.",)


def test_it_comes_back_when_the_exception_ends_and_not_before() -> None:
    assert not one([finding()], exception(expires=NOW + timedelta(seconds=1))).queued
    assert one([finding()], exception(expires=NOW)).queued
    assert one([finding()], exception(starts=NOW + timedelta(seconds=1))).queued


def test_an_incident_with_more_than_the_covered_findings_stays_and_says_so() -> None:
    incident = one([finding(), finding(of=rule("other"))], exception())
    assert incident.queued and not incident.excepted
    assert incident.against[0].startswith("Excepted by X-1")
    assert not one([finding(), finding(of=rule("weak", "low"))], exception()).queued


def test_where_surprise_asks_for_a_look_nothing_may_be_left_uncovered() -> None:
    weak = finding(of=rule("weak", "low"))
    incident = replace(one([finding(), weak]), asked=True)
    assert not folded(incident, [exception()], NOW, confirmed=False).folds
    both = [exception(), exception(of="weak")]
    assert folded(incident, both, NOW, confirmed=False).folds
    assert not replace(incident, excepted=("Excepted.",)).queued and incident.queued
    assert [len(each.exceptions) for each in choices([weak], asked=True)] == [1, 1, 1]


def test_a_confirmed_attack_is_never_folded() -> None:
    old = finding(of=rule("other"))
    incident = one([finding(), replace(old, rule=replace(old.rule, level="low"))], exception(),
                   confirmed=frozenset({mark_of(old)}))  # fmt: skip
    assert incident.queued and not incident.excepted


@given(st.booleans(), st.sampled_from(["medium", "high", "low"]), st.booleans(), st.integers(-2, 2))
def test_nothing_confirmed_or_out_of_force_or_uncovered_is_ever_folded(
    confirmed: bool, level: str, two: bool, days: int
) -> None:
    found = finding(of=rule("r", level))
    expires = NOW + days * DAY
    told = folded(one([found]), [exception(two=two, expires=expires)], NOW, confirmed=confirmed)
    allowed = not confirmed and days > 0 and (two or level != "high")
    assert told.folds == allowed


def labels(choice: Choice) -> list[list[tuple[str, str]]]:
    return [[(same.name, same.value) for same in each.same] for each in choice.exceptions]


def test_an_incident_offers_the_narrowest_first() -> None:
    found = [
        finding(event(0, Image="C:\\b.exe", CommandLine="C:\\b.exe /full /day 1", ProcessId="1")),
        finding(event(1, Image="C:\\b.exe", CommandLine="C:\\b.exe /full /day 23", ProcessId="2")),
    ]
    offered = choices(found)
    assert [len(each.exceptions[0].same) for each in offered] == [4, 2, 2, 1, 1]
    assert labels(offered[0]) == [
        [("host", "WS01"), ("account", "CORP\\anna"), ("Image", "C:\\b.exe"), ("CommandLine", "C:\\b.exe /full /day ")]
    ]
    assert labels(offered[1]) == [[("host", "WS01"), ("account", "CORP\\anna")]]
    assert [name for name, _ in labels(offered[2])[0]] == ["Image", "CommandLine"]
    assert len({each.key for each in offered}) == len(offered)
    assert all(all(covers(exception(*each.exceptions[0].same), f) for f in found) for each in offered)


def test_the_choice_for_any_host_leaves_out_what_names_this_one() -> None:
    found = [finding(event(0, Rule="Odd update", device="ws01.corp.example", told="Odd update on WS01"))]
    assert labels(choices(found)[2]) == [[("Rule", "Odd update")]]
    elsewhere = replace(finding(event(0, Rule="Odd update", device="ws02", told="on WS02")), host="WS02")
    assert covers(exception(*choices(found)[2].exceptions[0].same), elsewhere)


def test_fields_that_are_new_every_time_and_beginnings_of_a_program_are_not_offered() -> None:
    found = [finding(event(n, Image=f"C:\\Windows\\{n}.exe", Hashes="x", LogonId="7")) for n in (1, 2)]
    assert [labels(each) for each in choices(found)] == [
        [[("host", "WS01"), ("account", "CORP\\anna"), ("Hashes", "x")]],
        [[("host", "WS01"), ("account", "CORP\\anna")]],
        [[("Hashes", "x")]], [[("host", "WS01")]], [[("account", "CORP\\anna")]],
    ]  # fmt: skip


def test_weak_findings_need_no_exception_and_two_rules_are_two_exceptions_of_one_choice() -> None:
    assert choices([finding(of=rule("r", "low"))]) == ()
    both = [finding(of=rule("a", "medium")), finding(of=rule("b", "high")), finding(of=rule("c", "low"))]
    first = choices(both)[0]
    assert [each.rule for each in first.exceptions] == ["a", "b"] and first.needs_two
    assert not choices(both[:1])[0].needs_two


def test_nothing_is_offered_where_nothing_is_shared_or_the_rules_are_many() -> None:
    assert choices([finding(host="A", user="x"), finding(host="B", user="y")]) == ()
    assert choices([finding(host="-", user=" ")]) == ()
    assert choices([finding(of=rule(str(number))) for number in range(6)]) == ()


def test_what_a_choice_would_have_hidden_is_counted_by_incident() -> None:
    (*_, last) = choices([finding()])
    seen = [
        Seen(finding(), "I-1", status="open"), Seen(finding(), "I-1", status="open"),
        Seen(finding(host="WS09"), "I-2", status="closed"), Seen(finding(user="boris"), "I-3", status="open"),
    ]  # fmt: skip
    told = hidden(last, seen)
    assert (told.findings, told.incidents, told.high, told.open) == (3, (("I-1", 2), ("I-2", 1)), 3, 1)
    assert not told.refused
    assert hidden(last, [*seen, Seen(finding(), "I-9", confirmed=True, status="closed")]).refused

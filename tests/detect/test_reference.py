"""The slow reference evaluator against the specification's examples and SigmaHQ's regression cases."""

import re
from pathlib import Path

import pytest
import reference
import regression
from spec_cases import SpecCase, all_cases


def load_text(
    folder: Path, *texts: str, placeholders: reference.Placeholders | None = None
) -> list[reference.ReferenceRule]:
    for number, text in enumerate(texts):
        (folder / f"rule_{number}.yml").write_text(text, "utf-8")
    return reference.load([folder], placeholders)


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_the_reference_agrees_with_the_specification(case: SpecCase, tmp_path: Path) -> None:
    (rule,) = load_text(tmp_path, case.rule, placeholders=case.placeholders)
    assert rule.reason == ""
    assert tuple(reference.matches(rule, event, "windows") for event in case.events) == case.expected


def test_the_table_of_cases_is_large_and_has_no_double_name() -> None:
    names = [case.name for case in all_cases()]
    assert len(names) >= 120
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("detection", "reason"),
    [
        ("s:\n    F: a\ncondition: s and t", "not defined"),
        ("s:\n    F: a\ncondition: 1 of t*", "no search identifier"),
        ("s:\n    F: a\ncondition: s | count() > 3", "pipe"),
        ("s:\n    F: a\ncondition: (s", "bracket"),
        ("s:\n    F: a\ncondition: s s", "goes on"),
        ("s:\n    F|unheard: a\ncondition: s", "modifier 'unheard'"),
        ("s:\n    F|re: '(?=a)b'\ncondition: s", "regular expression"),
        ("s:\n    F|base64: 'a*'\ncondition: s", "wildcards"),
        ("s:\n    F|cidr: '10.0.0.0/99'\ncondition: s", "cidr"),
        ("s:\n    F|gt: abc\ncondition: s", "needs a number"),
        ("s:\n    F|exists: maybe\ncondition: s", "true or false"),
        ("s:\n    F|expand: '%unknown%'\ncondition: s", "no values for placeholder"),
        ("s:\n    F: a", "no condition"),
    ],
)
def test_what_cannot_be_evaluated_has_a_reason(detection: str, reason: str, tmp_path: Path) -> None:
    (rule,) = load_text(tmp_path, SpecCase("x", detection, (), ()).rule)
    assert reason in rule.reason


def rule_for(logsource: str, detection: str = "s:\n    Image: x\ncondition: s", name: str = "r") -> str:
    return f"title: t\nname: {name}\nlogsource: {logsource}\ndetection:\n" + re.sub("(?m)^", "    ", detection)


SYSMON = "Microsoft-Windows-Sysmon/Operational"


def test_process_creation_means_sysmon_1_and_security_4688(tmp_path: Path) -> None:
    (rule,) = load_text(tmp_path, rule_for("{category: process_creation, product: windows}"))
    assert reference.matches(rule, {"Channel": SYSMON, "EventID": 1, "Image": "X"}, "windows")
    assert reference.matches(rule, {"Channel": "Security", "EventID": "4688", "NewProcessName": "X"}, "windows")
    assert not reference.matches(rule, {"Channel": "Security", "EventID": 1, "Image": "X"}, "windows")
    assert not reference.matches(rule, {"Channel": SYSMON, "EventID": 11, "Image": "X"}, "windows")
    assert not reference.matches(rule, {"Channel": SYSMON, "EventID": 1, "Image": "X"}, "zeek_conn")


def test_a_service_means_its_channel(tmp_path: Path) -> None:
    (rule,) = load_text(tmp_path, rule_for("{service: security, product: windows}"))
    assert reference.matches(rule, {"Channel": "security", "Image": "x"}, "windows")
    assert not reference.matches(rule, {"Channel": "System", "Image": "x"}, "windows")


def test_a_name_with_blanks_is_also_known_without_them(tmp_path: Path) -> None:
    (rule,) = load_text(tmp_path, rule_for("{product: windows}", "s:\n    ProcessName: x\ncondition: s"))
    assert reference.matches(rule, {"Process Name": "X"}, "windows")


def test_provider_and_computer_are_known_by_their_collector_names(tmp_path: Path) -> None:
    body = "s:\n    Provider_Name: p\n    Computer: c\ncondition: s"
    (rule,) = load_text(tmp_path, rule_for("{product: windows}", body))
    assert reference.matches(rule, {"SourceName": "p", "Hostname": "c"}, "windows")


@pytest.mark.parametrize("rules", ["any", "[r]", "r"])
def test_a_filter_is_joined_to_the_rules_it_names(rules: str, tmp_path: Path) -> None:
    filtering = (
        "title: f\nlogsource: {product: windows}\nfilter:\n"
        f"    rules: {rules}\n    allowed:\n        User: adm\n    condition: not allowed\n"
    )
    (rule,) = load_text(tmp_path, rule_for("{product: windows}"), filtering)
    assert reference.matches(rule, {"Image": "x", "User": "eve"}, "windows")
    assert not reference.matches(rule, {"Image": "x", "User": "adm"}, "windows")


@pytest.mark.parametrize(("rules", "product"), [("[other]", "windows"), ("any", "linux")])
def test_a_filter_for_others_changes_nothing(rules: str, product: str, tmp_path: Path) -> None:
    filtering = (
        f"title: f\nlogsource: {{product: {product}}}\nfilter:\n"
        f"    rules: {rules}\n    allowed:\n        User: adm\n    condition: not allowed\n"
    )
    (rule,) = load_text(tmp_path, rule_for("{product: windows}"), filtering)
    assert reference.matches(rule, {"Image": "x", "User": "adm"}, "windows")


@pytest.mark.shared_data
@pytest.mark.skipif(not regression.REGRESSION.exists(), reason="the shared data sets are not beside the project")
def test_every_regression_case_fires_with_its_count(tmp_path: Path) -> None:
    cases = regression.cases()
    regression.extract_rules({case.rule_id for case in cases}, tmp_path)
    rules = {rule.id: rule for rule in reference.load([tmp_path])}
    counts = {
        case.path: sum(reference.matches(rules[case.rule_id], e, "windows") for e in case.events) for case in cases
    }
    assert len(cases) == 143
    assert {case.path: case.count or counts[case.path] for case in cases} == counts
    assert all(counts.values())

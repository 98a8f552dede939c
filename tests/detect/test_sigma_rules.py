"""Loading rules: what is refused and why, collections, filters, placeholders, correlations, log sources."""

import math
import socket
from pathlib import Path

import pytest
import yaml
from sigma_support import ID, SYSMON, hits, load, rule, write_rules

from tocsin import limits
from tocsin.detect.sigma import ALL_COLUMNS, Engine, RuleSet, coverage, explain, load_rules
from tocsin.errors import UsageError
from tocsin.policy.markings import Tlp, UnknownMarking, received_marking
from tocsin.telemetry.windows_names import rename

SIMPLE = {"selection": {"A": "x"}, "condition": "selection"}
OTHER = "00000000-0000-4000-8000-000000000002"
THIRD = "00000000-0000-4000-8000-000000000003"


def reason(rules: RuleSet) -> str:
    (refused,) = rules.refused
    assert len(rules) == 0
    return refused.reason


def load_text(folder: Path, text: str) -> RuleSet:
    (folder / "rules.yml").write_text(text, encoding="utf-8")
    return load_rules([folder], cache_dir=None)


# --- refusals


def test_a_refusal_names_file_line_and_rule(tmp_path: Path) -> None:
    text = "title: fine\n---\n" + yaml.safe_dump(rule({"s": {"A|nonsense": "x"}, "condition": "s"}))
    refused = load_text(tmp_path, text).refused[-1]
    assert (refused.line, refused.rule_id, refused.title) == (2, ID, "A test rule")
    assert "nonsense" in refused.reason
    assert refused.place.endswith("rules.yml:2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x [1]\nb: *x\n", "aliases are not allowed"),
        ("a: [\n", "not valid YAML"),
        ("a: 1\na: 2\n", "Duplicate key"),
        ("\x00", "not valid YAML"),
        ("- just\n- a list\n", "not a mapping"),
        ("[" * (limits.RULE_DEPTH + 1), "nested deeper"),
        ("- " * (limits.RULE_DEPTH + 1) + "x", "nested deeper"),
        ("---\na: 1\n" * (limits.RULE_DOCUMENTS + 1), "documents"),
        ("#" * (limits.RULE_FILE_BYTES + 1), "larger than"),
        ("title: x\naction: explode\n", "unknown action"),
        ("title: x\n", "log source"),
    ],
)
def test_hostile_or_broken_yaml_is_refused_with_a_reason(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in reason(load_text(tmp_path, text))


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_bytes(b"title: \xff\xfe")
    assert "not UTF-8" in reason(load_rules([tmp_path], cache_dir=None))


@pytest.mark.parametrize(
    ("detection", "expected"),
    [
        ({"s": {"A|re": "(?=x)y"}, "condition": "s"}, "'(?=x)y' cannot run in linear time: invalid perl operator"),
        ({"s": {"A|re|i": "x("}, "condition": "s"}, "'x(' cannot run in linear time: missing )"),
        ({"s": {"A|minute|hour": 5}, "condition": "s"}, "one part of a time, not several"),
        ({"s": {"A|hour": 5.5}, "condition": "s"}, "a whole number, not 5.5"),
        ({"s": {"A|lt": math.inf}, "condition": "s"}, "no number to compare with"),
        ({"s": {"A|cased|exists": True}, "condition": "s"}, "incompatible"),
        ({"s": {"A|re": "((a{100}){100}){100}"}, "condition": "s"}, "repetition"),
        ({"s": {"A": "x"}, "condition": "t"}, "not defined"),
        ({"s": {"A": "x"}, "condition": "s | count() > 5"}, "deprecated"),
        ({"s": {"A": "x"}, "condition": "1 of nothing*"}, "doesn't match any detection"),
        ({"s": {"A": "x"}, "condition": "(" * 40 + "s" + ")" * 40}, "parentheses"),
        ({"s": {"A": "x"}, "condition": "s or " * 10_000 + "s"}, "longer than"),
        ({"s": {"A": "x"}}, "at least one condition"),
        ({"s": {"A|cidr": "10.0.0.300/8"}, "condition": "s"}, "CIDR"),
        ({"s": {"A|lt": "many"}, "condition": "s"}, "incompatible"),
        ({"s": {"A|expand": "%nobody%"}, "condition": "s"}, "placeholder %nobody% has no value"),
        ({"s": [None], "condition": "s"}, "field"),
        ({"s": {"A" * 300: "x"}, "condition": "s"}, "field name"),
    ],
)
def test_a_rule_that_cannot_run_is_refused_with_its_reason(tmp_path: Path, detection: object, expected: str) -> None:
    assert expected in reason(load(tmp_path, rule(detection)))


def test_a_broken_regular_expression_writes_nothing_to_stderr(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    load(tmp_path, rule({"s": {"A|re": "(?=x)y"}, "condition": "s"}))
    assert capfd.readouterr().err == ""


def test_a_rule_with_too_many_tests_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RULE_TESTS", 3)
    assert "more than 3 tests" in reason(load(tmp_path, rule({"s": {"A": [*"abcd"]}, "condition": "s"})))


def test_faults_in_descriptive_parts_do_not_refuse_a_rule(tmp_path: Path) -> None:
    rules = load(tmp_path, rule(SIMPLE, date="soon", level="huge", tags=["broken", "attack.t1059.001"], status="odd"))
    assert not rules.refused
    assert rules.rules[0].level == "informational"


def test_the_second_rule_with_an_id_is_refused(tmp_path: Path) -> None:
    for name in ("one.yml", "two.yaml"):
        (tmp_path / name).write_text(yaml.safe_dump(rule(SIMPLE)), encoding="utf-8")
    rules = load_rules([tmp_path, tmp_path / "one.yml"], cache_dir=None)
    assert len(rules) == 1
    assert "already taken by" in rules.refused[0].reason


def test_a_missing_path_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no rule path"):
        load_rules([tmp_path / "nothing"], cache_dir=None)


def test_loading_never_opens_a_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "create_connection", forbidden)
    rules = load(tmp_path, rule(SIMPLE, tags=["attack.t1059.001", "attack.execution", "d3fend.d3-am"]))
    assert coverage(rules).techniques[0].technique == "T1059.001"


def test_pysigma_cannot_download_even_if_asked() -> None:
    from sigma.data import mitre_attack

    with pytest.raises(Exception, match="pySigma tried to download"):
        mitre_attack.urlopen("https://example.invalid/")


# --- collections and filters


def test_global_reset_and_repeat_work_inside_a_file(tmp_path: Path) -> None:
    shared = {"action": "global", "title": "shared", "logsource": {"product": "windows"}}
    first = {"id": ID, "detection": SIMPLE}
    again = {"action": "repeat", "id": OTHER, "detection": {"selection": {"A": "y"}}}
    alone = rule({"s": {"B": "z"}, "condition": "s"}, title="alone", id=THIRD)
    rules = load(tmp_path, shared, first, again, {"action": "reset"}, alone)
    assert hits(rules, [{"A": "x"}, {"A": "y"}, {"B": "z"}]) == {ID: [0], OTHER: [1], THIRD: [2]}


def test_a_filter_takes_away_what_it_names(tmp_path: Path) -> None:
    exclusion = {
        "title": "not in the lab",
        "logsource": {"product": "windows"},
        "filter": {"rules": [ID], "selection": {"Computer|startswith": "LAB-"}, "condition": "not selection"},
    }
    second = {**rule(SIMPLE), "id": OTHER}
    rows = [{"A": "x", "Computer": "LAB-1"}, {"A": "x", "Computer": "DC"}]
    assert hits(load(tmp_path, rule(SIMPLE), second, exclusion), rows) == {ID: [1], OTHER: [0, 1]}


def test_a_filter_for_any_rule_applies_to_its_log_source(tmp_path: Path) -> None:
    everything = {
        "title": "everywhere",
        "logsource": {"product": "windows"},
        "filter": {"rules": "any", "only": {"B": "y"}, "condition": "only"},
    }
    assert hits(load(tmp_path, rule(SIMPLE), everything), [{"A": "x"}, {"A": "x", "B": "y"}]) == {ID: [1]}


# --- placeholders


def a_filter(section: dict[str, object], **other: object) -> dict[str, object]:
    return {"title": "not x", "id": OTHER, "logsource": {"product": "windows"}, "filter": section, **other}


@pytest.mark.parametrize("condition", ["1 of *", "all of *", "1 of _*", "all of them"])
def test_a_pattern_of_a_rule_does_not_reach_a_filters_names(tmp_path: Path, condition: str) -> None:
    selection = {"A": "x"}
    searches = {"_s": selection} if "_" in condition else {"s": selection}
    away = a_filter({"rules": "any", "s": {"B": "y"}, "_t": {"B": "z"}, "condition": "not s and not _t"})
    rules = load(tmp_path, rule({**searches, "condition": condition}), away)
    assert hits(rules, [{"A": "x"}, {"A": "x", "B": "y"}, {"A": "x", "B": "z"}, {"B": "y"}, {"B": "w"}]) == {ID: [0]}


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({"rules": "any", "s": {"B": "y"}, "condition": "not t"}, "'t' not defined"),
        ({"rules": "any", "s": {"B|re": "(?=y)"}, "condition": "not s"}, "'(?=y)' cannot run in linear time"),
        ({"rules": "any", "s": {"B|expand": "%who%"}, "condition": "not s"}, "%who% has no value"),
        ({"rules": ["ghost"], "s": {"B": "y"}, "condition": "not s"}, "applies to no rule"),
        ({"s": {"B": "y"}, "condition": "not s"}, "must have a 'rules' field"),
    ],
)
def test_a_filter_that_cannot_run_is_refused_and_changes_no_rule(
    tmp_path: Path, section: dict[str, object], expected: str
) -> None:
    rules = load(tmp_path, rule(SIMPLE), a_filter(section))
    (refused,) = rules.refused
    assert (refused.rule_id, refused.title) == (OTHER, "not x")
    assert expected in refused.reason
    assert hits(rules, [{"A": "x"}]) == {ID: [0]}


def test_a_filter_of_another_log_source_is_refused(tmp_path: Path) -> None:
    section: dict[str, object] = {"rules": "any", "s": {"B": "y"}, "condition": "not s"}
    rules = load(tmp_path, rule(SIMPLE), a_filter(section, logsource={"product": "linux"}))
    assert "applies to no rule" in rules.refused[0].reason


def test_placeholders_take_their_values_from_the_values_file(tmp_path: Path) -> None:
    detection = {"s": {"A|contains|expand": "by %admins%", "B|expand": "%other%"}, "condition": "s"}
    rules = load(tmp_path, rule(detection), values={"admins": ["root", "adm*n"], "other": ["1"]})
    rows = [{"A": "done by ROOT!", "B": 1}, {"A": "by admXXn", "B": "1"}, {"A": "by admXXn"}, {"A": "by x", "B": 1}]
    assert hits(rules, rows) == {ID: [0, 1]}


def test_placeholder_values_are_alternatives_also_under_all(tmp_path: Path) -> None:
    rules = load(
        tmp_path, rule({"s": {"A|contains|all|expand": ["%a%", "z"]}, "condition": "s"}), values={"a": ["x", "y"]}
    )
    assert hits(rules, [{"A": "y z"}, {"A": "x y"}]) == {ID: [0]}


def test_other_values_make_another_fingerprint(tmp_path: Path) -> None:
    documents = rule({"s": {"A|expand": "%a%"}, "condition": "s"})
    one, two = (load(tmp_path, documents, values={"a": [each]}).fingerprint for each in "xy")
    assert one != two


# --- correlations


def correlation(**parts: object) -> dict[str, object]:
    section = {
        "type": "event_count",
        "rules": ["base"],
        "group-by": ["User"],
        "timespan": "10m",
        "condition": {"gte": 5},
    }
    return {"title": "Many", "id": OTHER, "name": "many", "correlation": {**section, **parts}, "level": "high"}


def test_a_correlation_becomes_a_spec_and_silences_its_rules(tmp_path: Path) -> None:
    rules = load(tmp_path, rule(SIMPLE, name="base"), correlation(aliases={"who": {"base": "User"}}))
    (spec,) = rules.correlations
    assert (spec.type, spec.operator, spec.count, spec.timespan_seconds) == ("event_count", "gte", 5, 600)
    assert (spec.references[0].rule, spec.group_by, spec.aliases) == (0, ("User",), {"who": {0: "User"}})
    assert rules.silent == {0}


def test_a_correlation_that_generates_leaves_its_rules_loud(tmp_path: Path) -> None:
    assert load(tmp_path, rule(SIMPLE, name="base"), correlation(generate=True)).silent == frozenset()


def test_generate_may_stand_beside_the_correlation(tmp_path: Path) -> None:
    beside = {**correlation(), "generate": True}
    assert load(tmp_path, rule(SIMPLE, name="base"), beside).silent == frozenset()


def test_a_range_is_several_comparisons(tmp_path: Path) -> None:
    (spec,) = load(
        tmp_path, rule(SIMPLE, name="base"), correlation(condition={"gt": 100, "lte": 200, "neq": "150.5"})
    ).correlations
    assert spec.comparisons == (("gt", 100), ("lte", 200), ("neq", 150.5))


def test_an_alias_may_name_a_rule_by_its_id(tmp_path: Path) -> None:
    (spec,) = load(tmp_path, rule(SIMPLE, name="base"), correlation(aliases={"who": {ID: "User"}})).correlations
    assert spec.aliases == {"who": {0: "User"}}


def numbered(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def test_a_name_means_the_rule_of_the_same_file(tmp_path: Path) -> None:
    for number, folder in enumerate(("a", "b")):
        (tmp_path / folder).mkdir()
        base = {**rule(SIMPLE, name="base"), "id": numbered(10 + number)}
        write_rules(tmp_path / folder, base, {**correlation(), "id": numbered(20 + number)})
    rules = load_rules([tmp_path], cache_dir=None)
    assert [rules.rules[spec.references[0].rule or 0].id for spec in rules.correlations] == [numbered(10), numbered(11)]


def test_a_name_that_may_mean_several_rules_is_refused(tmp_path: Path) -> None:
    for number, folder in enumerate(("a", "b")):
        (tmp_path / folder).mkdir()
        write_rules(tmp_path / folder, {**rule(SIMPLE, name="base"), "id": numbered(10 + number)})
    write_rules(tmp_path, correlation())
    (refused,) = load_rules([tmp_path], cache_dir=None).refused
    assert "2 rules are called 'base'" in refused.reason


def test_an_extended_condition_becomes_a_tree(tmp_path: Path) -> None:
    second = {**rule(SIMPLE, name="second"), "id": THIRD}
    temporal = correlation(type="temporal", rules=["base", "second"], condition="base and not second")
    (spec,) = load(tmp_path, rule(SIMPLE, name="base"), second, temporal).correlations
    assert spec.expression is not None
    assert (spec.expression.operator, spec.expression.children[1].operator) == ("and", "not")


def test_a_correlation_over_an_unknown_rule_falls_and_takes_its_dependents(tmp_path: Path) -> None:
    outer = {**correlation(rules=["many"]), "id": THIRD, "name": "outer"}
    rules = load(tmp_path, rule(SIMPLE, name="base"), correlation(rules=["ghost"]), outer)
    assert not rules.correlations
    assert [refused.rule_id for refused in rules.refused] == [OTHER, THIRD]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"timespan": "100y"}, "timespan is longer"),
        ({"type": "guess"}, "no valid Sigma correlation type"),
        ({"rules": ["many"]}, "refers to itself"),
        ({"aliases": {"who": {"ghost": "User"}}}, "not one of the rules"),
        ({"type": "value_count"}, "without field"),
        ({"rules": ["base", "base"]}, "names a rule twice"),
        ({"rules": ["base", ID]}, "names a rule twice"),
        ({"gap": "1m", "window": "session"}, "does not know: gap, window"),
        ({"condition": {}}, "needs one of"),
        ({"condition": {"gte": 5, "field": "User"}}, "takes no field"),
        ({"condition": {"gte": 5, "percentile": 5}}, "takes no percentile"),
        ({"condition": {"gte": True}}, "not with true or false"),
        ({"condition": {"gte": 5, "lt": 5}}, "no number fulfils"),
        ({"condition": {"gt": 9, "lte": 8}}, "no number fulfils"),
        ({"condition": {"eq": 9, "neq": 9}}, "no number fulfils"),
        ({"condition": {"gte": 5, "around": 7}}, "invalid items: around"),
        ({"type": "value_percentile", "condition": {"gte": 5, "field": "F"}}, "needs a whole percentile"),
        (
            {"type": "value_percentile", "condition": {"gte": 5, "field": "F", "percentile": 99.9}},
            "needs a whole percentile",
        ),
        (
            {"type": "value_percentile", "condition": {"gte": 5, "field": "F", "percentile": 101}},
            "needs a whole percentile",
        ),
        ({"type": "value_sum", "condition": {"gte": 5, "field": ["A", "B"]}}, "takes one field"),
        ({"type": "value_sum", "condition": {"gte": 5, "field": {"A": 1}}}, "name or a list of names"),
        ({"type": "temporal", "condition": {"gte": 2}}, "more than the 1 rules"),
        ({"rules": [5]}, "names or lists of names"),
        ({"group-by": [None]}, "names or lists of names"),
        ({"aliases": {"who": {"base": 5}}}, "names or lists of names"),
    ],
)
def test_a_correlation_that_cannot_run_is_refused(tmp_path: Path, parts: dict[str, object], expected: str) -> None:
    rules = load(tmp_path, rule(SIMPLE, name="base"), correlation(**parts))
    assert expected in rules.refused[0].reason


# --- log sources and fields


def process(**fields: object) -> dict[str, object]:
    return {"Channel": SYSMON, "EventID": 1, **fields}


CREATION = {"category": "process_creation", "product": "windows"}


def test_sysmon_and_security_both_serve_process_creation(tmp_path: Path) -> None:
    detection = {"s": {"Image|endswith": r"\evil.exe", "ParentImage|endswith": r"\word.exe"}, "condition": "s"}
    rows = [
        process(Image=r"C:\evil.exe", ParentImage=r"C:\word.exe"),
        {
            "Channel": "security",
            "EventID": "4688",
            "NewProcessName": r"C:\evil.exe",
            "ParentProcessName": r"C:\word.exe",
        },
        {"Channel": SYSMON, "EventID": 3, "Image": r"C:\evil.exe", "ParentImage": r"C:\word.exe"},
        {"SourceName": "Microsoft-Windows-Sysmon", "EventID": 1, "Image": r"\evil.exe", "ParentImage": r"\word.exe"},
    ]
    assert hits(load(tmp_path, rule(detection, CREATION)), rows) == {ID: [0, 1, 3]}


def test_the_creators_process_id_is_the_parents_in_4688(tmp_path: Path) -> None:
    rules = load(tmp_path, rule({"s": {"ProcessId": "0x10"}, "condition": "s"}, CREATION))
    rows = [
        {"Channel": "Security", "EventID": 4688, "NewProcessId": "0x10", "ProcessId": "0x20"},
        {"Channel": "Security", "EventID": 4688, "NewProcessId": "0x20", "ProcessId": "0x10"},
    ]
    assert hits(rules, rows) == {ID: [0]}


def test_a_cleared_log_is_the_one_that_event_104_names(tmp_path: Path) -> None:
    cleared = {"EventID": 104, "Provider_Name": "Microsoft-Windows-Eventlog"}
    covered = {"Channel": ["Security", "System"]}
    system = {"product": "windows", "service": "system"}
    rules = load(
        tmp_path,
        rule({"selection": {**cleared, **covered}, "condition": "selection"}, system),
        {**rule({"s": cleared, "f": covered, "condition": "s and not f"}, system), "id": OTHER},
    )
    own = rename("Event.UserData.LogFileCleared.Channel")
    rows = [
        {**cleared, "Channel": "System", own: "Security"},
        {**cleared, "Channel": "System", own: "Application"},
        {**cleared, "Channel": "Application", own: "Security"},
    ]
    assert hits(rules, rows) == {ID: [0], OTHER: [1]}


def test_the_first_present_name_wins_for_each_event(tmp_path: Path) -> None:
    rules = load(tmp_path, rule({"s": {"Computer": "dc"}, "condition": "s"}))
    rows = [{"Computer": "DC"}, {"Hostname": "DC"}, {"Computer": "ws", "Hostname": "dc"}, {"host": "dc"}]
    assert hits(rules, rows) == {ID: [0, 1, 3]}


@pytest.mark.parametrize(
    ("logsource", "table", "event"),
    [
        ({"category": "dns"}, "zeek_dns", {"query": "evil.example"}),
        ({"category": "dns"}, "eve_dns", {"dns.rrname": "evil.example"}),
        ({"product": "zeek", "service": "dns"}, "zeek_dns", {"query": "evil.example"}),
        ({"product": "linux", "service": "sshd"}, "syslog", {"program": "sshd", "query": "evil.example"}),
        ({"product": "aws", "service": "cloudtrail"}, "aws_cloudtrail", {"query": "evil.example"}),
    ],
)
def test_log_sources_find_their_tables(
    tmp_path: Path, logsource: dict[str, str], table: str, event: dict[str, object]
) -> None:
    rules = load(tmp_path, rule({"s": {"query|endswith": ".example"}, "condition": "s"}, logsource))
    assert hits(rules, [event], table) == {ID: [0]}
    assert hits(rules, [event], "windows") == {}


def test_a_log_source_without_table_is_loaded_and_listed(tmp_path: Path) -> None:
    rules = load(tmp_path, rule(SIMPLE, {"product": "toaster"}))
    assert (rules.without_table, rules.refused) == ((0,), ())
    assert coverage(rules).sources[0].tables == ()


def test_a_field_named_like_a_column_of_the_lake_is_found(tmp_path: Path) -> None:
    rules = load(tmp_path, rule({"s": {"network": "x"}, "condition": "s"}, {"product": "zeek", "service": "conn"}))
    batch_hits = Engine(rules)
    assert "network_" in batch_hits.columns_read("zeek_conn")


def test_the_engine_says_what_it_reads(tmp_path: Path) -> None:
    second = {**rule({"k": ["word"], "condition": "k"}, CREATION), "id": OTHER}
    engine = Engine(load(tmp_path, rule({"s": {"Image": "x"}, "condition": "s"}, CREATION), second))
    assert engine.rules_for("windows") == {0, 1}
    assert engine.rules_for("zeek_dns") == frozenset()
    assert {"image", "newprocessname", "channel", "eventid", ALL_COLUMNS} <= engine.columns_read("windows")
    assert engine.rule_fields(0, "windows") == ("image", "newprocessname")


def test_descriptions_carry_current_attack_ids(tmp_path: Path) -> None:
    tags = ["attack.t1562.001", "attack.T9999", "attack.defense-evasion", "attack.s0002", "cve.2024-1"]
    info = load(tmp_path, rule(SIMPLE, tags=tags, level="high", status="test")).rules[0]
    assert (info.attack, info.tactics) == (("T1685", "T9999"), ("defense-evasion",))
    assert (info.level, info.status, info.logsource) == ("high", "test", "*/windows/*")


def test_a_rule_carries_the_marking_of_its_author(tmp_path: Path) -> None:
    strict, two, none = (
        load(tmp_path, rule(SIMPLE, tags=tags)).rules[0]
        for tags in (["tlp.amber+strict"], ["tlp.red", "tlp.clear"], ["attack.t1003"])
    )
    assert received_marking(strict.marking).tlp is Tlp.AMBER_STRICT and none.marking == ""
    with pytest.raises(UnknownMarking):
        received_marking(two.marking)


# --- explanations


def test_an_explanation_says_which_test_on_which_field_said_no(tmp_path: Path) -> None:
    detection = {"s": {"Image|endswith": r"\evil.exe"}, "f": {"User": "SYSTEM"}, "condition": "s and not f"}
    rules = load(tmp_path, rule(detection, CREATION))
    event = {"Channel": "Security", "EventID": 4688, "NewProcessName": r"C:\good.exe", "User": "x"}
    found = explain(rules, ID, "windows", event)
    assert (found.matched, found.in_source) == (False, True)
    assert found.condition is not None
    test = found.condition.children[0].tests[0]
    assert (test.field, test.column, test.wanted, test.seen, test.verdict) == (
        "Image",
        "NewProcessName",
        r"\evil.exe",
        r"C:\good.exe",
        False,
    )


def test_an_explanation_of_another_table_says_so(tmp_path: Path) -> None:
    found = explain(load(tmp_path, rule(SIMPLE)), ID, "zeek_dns", {})
    assert (found.matched, found.serves_table, found.condition) == (False, False, None)


def test_explaining_an_unknown_rule_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no loaded rule"):
        explain(load(tmp_path, rule(SIMPLE)), "nonsense", "windows", {})


def test_an_empty_folder_is_an_empty_rule_set(tmp_path: Path) -> None:
    rules = load_rules([tmp_path], cache_dir=tmp_path / "cache")
    assert (len(rules), Engine(rules).rules_for("windows")) == (0, frozenset())


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    load_rules(
        [write_rules(tmp_path, rule(SIMPLE))], cache_dir=None, progress=lambda done, all_: seen.append((done, all_))
    )
    assert seen[-1][0] == seen[-1][1]

"""Correlation rules over a real scan: which field they read, and what their windows hold."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from scans import event, run, write_events, write_rules

from tocsin.detect.sigma.correlation_hits import MISSING
from tocsin.node.correlated import _HitColumns

RULE = """\
title: {name}
id: {id}
name: {name}
status: test
level: low
logsource: {{category: process_creation, product: windows}}
detection:
  selection:
    CommandLine|contains: {text}
  condition: selection
---
"""
FIRST = RULE.format(name="first", id="11111111-1111-4111-8111-111111111111", text="one")
SECOND = RULE.format(name="second", id="22222222-2222-4222-8222-222222222222", text="two")


def correlation(number: int, body: str) -> str:
    lines = "".join(f"  {line}\n" for line in body.strip().splitlines())
    return f"title: c{number}\nid: 33333333-3333-4333-8333-{number:012}\nlevel: high\ncorrelation:\n{lines}---\n"


def log_of(folder: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Process creations, one a minute."""
    return write_events(
        folder / "log.json",
        [{**event(0, minute=minute), **row} for minute, row in enumerate(rows)],
    )


def found(folder: Path, rules: str, rows: Sequence[Mapping[str, object]]) -> dict[str, list[int]]:
    """Title of each correlation that found something → counts of its findings."""
    result = run(folder, log_of(folder, rows), rules=write_rules(folder / "rules", rules))
    counted: dict[str, list[int]] = {}
    for finding in result.report.findings:
        counted.setdefault(finding.rule.title, []).append(finding.count)
    return counted


def test_two_correlations_may_spell_one_field_in_two_ways(tmp_path: Path) -> None:
    rules = FIRST + SECOND
    for number, (name, field) in enumerate([("first", "User"), ("second", "user")]):
        rules += correlation(
            number, f"type: event_count\nrules: [{name}]\ngroup-by: [{field}]\ntimespan: 1h\ncondition: {{gte: 2}}"
        )
    rows = [{"CommandLine": text} for text in ("one", "one", "two", "two")]
    assert found(tmp_path, rules, rows) == {"c0": [2], "c1": [2]}


def test_long_values_that_begin_alike_are_different_values(tmp_path: Path) -> None:
    body = "type: value_count\nrules: [first]\ntimespan: 1h\ncondition: {gte: 3, field: CommandLine}"
    rows = [{"CommandLine": "one " + "x" * 2000 + str(number)} for number in range(3)]
    assert found(tmp_path, FIRST + correlation(0, body), rows) == {"c0": [3]}


def test_an_alias_joins_different_fields_of_two_rules(tmp_path: Path) -> None:
    body = """\
type: temporal_ordered
rules: [first, second]
group-by: [who]
timespan: 10m
aliases:
  who: {first: User, second: ParentUser}
"""
    rules = FIRST + SECOND + correlation(0, body)
    rows = [
        {"CommandLine": "two", "ParentUser": "MIN\\eva"},
        {"CommandLine": "one", "User": "MIN\\eva", "ParentUser": "MIN\\bob"},
        {"CommandLine": "one", "User": "MIN\\bob"},
        {"CommandLine": "two", "User": "MIN\\ana", "ParentUser": "min\\BOB"},
    ]
    assert found(tmp_path, rules, rows) == {"c0": [2]}


def test_a_range_finds_some_and_not_many(tmp_path: Path) -> None:
    body = "type: event_count\nrules: [first]\ngroup-by: [User]\ntimespan: 1h\ncondition: {gte: 2, lt: 4}"
    rules = FIRST + correlation(0, body)
    rows = [{"CommandLine": "one", "User": user} for user in ("a", "b", "b", "b", "c", "c", "c", "c")]
    assert found(tmp_path, rules, rows) == {"c0": [3]}


def test_a_correlation_needs_no_group(tmp_path: Path) -> None:
    body = "type: event_count\nrules: [first, second]\ntimespan: 1h\ncondition: {gte: 3}"
    rows = [{"CommandLine": text, "User": text} for text in ("one", "two", "one")]
    assert found(tmp_path, FIRST + SECOND + correlation(0, body), rows) == {"c0": [3]}


def test_a_filter_takes_hits_away_before_they_are_correlated(tmp_path: Path) -> None:
    body = "type: event_count\nrules: [first]\ntimespan: 1h\ncondition: {gte: 2}"
    exclude = """\
title: not the backup
logsource: {category: process_creation, product: windows}
filter:
  rules: [first]
  selection:
    User: backup
  condition: not selection
---
"""
    rows = [{"CommandLine": "one", "User": user} for user in ("a", "backup", "backup")]
    assert found(tmp_path / "without", FIRST + correlation(0, body), rows) == {"c0": [3]}
    assert found(tmp_path / "with", FIRST + exclude + correlation(0, body), rows) == {}


def test_a_group_is_the_field_that_the_events_own_log_source_means(tmp_path: Path) -> None:
    body = "type: event_count\nrules: [first]\ngroup-by: [ProcessId]\ntimespan: 1h\ncondition: {gte: 2}"
    created = {"Channel": "Security", "EventID": 4688, "CommandLine": "one", "ProcessId": "0x10"}
    rows = [{**created, "NewProcessId": identity} for identity in ("0x20", "0x30", "0x30")]
    assert found(tmp_path, FIRST + correlation(0, body), rows) == {"c0": [2]}


def test_a_rescan_reads_the_fields_that_correlations_group_by(tmp_path: Path) -> None:
    body = "type: event_count\nrules: [first]\ngroup-by: [LogonId]\ntimespan: 1h\ncondition: {gte: 2}"
    created = {"Channel": "Security", "EventID": 4688, "CommandLine": "one"}
    rows = [{**created, "SubjectLogonId": identity} for identity in ("0x20", "0x30", "0x30")]
    rules = FIRST + correlation(0, body)
    assert found(tmp_path, rules, rows) == {"c0": [2]}
    again = run(tmp_path, rules=tmp_path / "rules", rescan=True)
    assert [finding.count for finding in again.report.findings] == [2]


def test_a_correlation_may_follow_a_correlation(tmp_path: Path) -> None:
    many = correlation(0, "type: event_count\nrules: [first]\ngroup-by: [User]\ntimespan: 5m\ncondition: {gte: 3}")
    many = many.replace("title: c0", "title: c0\nname: many")
    outer = correlation(1, "type: temporal_ordered\nrules: [many, second]\ngroup-by: [User]\ntimespan: 10m")
    rows = [{"CommandLine": text, "User": "a"} for text in ("one", "one", "one", "two")]
    assert found(tmp_path / "after", FIRST + SECOND + many + outer, rows) == {"c1": [4]}
    assert found(tmp_path / "before", FIRST + SECOND + many + outer, rows[::-1]) == {}


def test_a_field_that_only_later_hits_have_is_missing_on_the_earlier_ones() -> None:
    columns = _HitColumns({"r": 4})
    for source, keys in (("s1", '{"User":"a"}'), ("s2", '{"user":"a","Host":"h"}')):
        share = {"rule": ["r"], "time_us": [1], "source": [source], "record": [7], "keys": [keys]}
        columns.add(pa.RecordBatch.from_pydict(share))
    hits = columns.hits()
    assert (hits.rule.tolist(), hits.source_ids, hits.source.tolist()) == ([4, 4], ("s1", "s2"), [0, 1])
    assert hits.fields["user"].codes.tolist() == [0, 0]
    assert hits.fields["host"].codes.tolist() == [MISSING, 0]

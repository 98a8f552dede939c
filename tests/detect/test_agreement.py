"""Engine and reference agree: on random rules and events, and rule by rule on real telemetry."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import reference
import regression
import yaml
from agreement import Both, chunks_below
from batches import batch_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.detect.sigma import Engine, load_rules
from tocsin.node.found import open_hits
from tocsin.node.pipeline import ScanRequest, ScanResult, scan

LETTERS = st.text(st.sampled_from("aAbB\\*?-/ %.İΣσςßä\n\x00é😀1"), max_size=8)
WORDS = st.sampled_from(
    [
        "cmd.exe",
        "C:\\Temp\\",
        "\\\\server\\x",
        "-enc",
        " /c ",
        "10.0.0.1",
        "fe80::1",
        "5",
        " 0x5",
        "5.0",
        "true",
        "",
        "%name%",
        "-%name%x",
    ]
)
TEXTS = LETTERS | WORDS
FIELDS = ("F", "G", "field.two")
# No null in events: a column does not tell null from missing, so `exists` differs from the specification there.
# One spelling of each name: which of two a column keeps depends on the rest of the batch.
VALUES = st.booleans() | st.integers(-3, 12) | TEXTS | st.lists(TEXTS | st.integers(0, 9), max_size=3)
EVENTS = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3)
TEXT_MODIFIERS = st.sampled_from(
    [
        "",
        "contains",
        "startswith",
        "endswith",
        "windash",
        "contains|windash",
        "contains|cased",
        "base64offset|contains",
        "cased|startswith",
        "cased|windash|endswith",
        "cased|base64offset|contains",
        "expand",
        "expand|windash|contains",
        "cased|expand",
    ]
)
AFFIXES = ("|endswith", "|contains", "|startswith")
PLACEHOLDERS = {"name": ["-enc", "B*", "é"]}


@st.composite
def items(draw: st.DrawFn) -> tuple[str, Any]:
    """One `field|modifiers: value` that both evaluators accept or refuse."""
    name = draw(st.sampled_from(FIELDS))
    kind = draw(st.sampled_from(["text", "text", "text", "plain", "re", "cidr", "compare", "fieldref", "exists"]))
    if kind == "text":
        modifiers = draw(TEXT_MODIFIERS)
        values = draw(st.lists(TEXTS, min_size=1, max_size=3))
        more = draw(st.sampled_from(["", "|all", "|neq"])) if len(values) > 1 else ""
        return f"{name}|{modifiers}{more}".replace("||", "|").rstrip("|"), values
    if kind == "plain":
        return name, draw(st.lists(st.none() | st.booleans() | st.integers(-3, 12) | TEXTS, min_size=1, max_size=3))
    if kind == "re":
        flags = draw(st.sampled_from(["", "|i", "|s", "|m", "|i|m|s"]))
        return f"{name}|re{flags}", draw(
            st.sampled_from(["^a.b", "b$", "[ab]+1?", "a|B", "(a*)*b", "\\\\.", "é", "^$"])
        )
    if kind == "cidr":
        return f"{name}|cidr", draw(st.sampled_from(["10.0.0.0/8", "fe80::/10", "0.0.0.0/0"]))
    if kind == "compare":
        return f"{name}|{draw(st.sampled_from(['lt', 'lte', 'gt', 'gte']))}", draw(st.integers(-2, 9))
    if kind == "fieldref":
        return f"{name}{draw(st.sampled_from(['', '|cased']))}|fieldref{draw(st.sampled_from(['', *AFFIXES]))}", draw(
            st.sampled_from(FIELDS)
        )
    return f"{name}|exists", draw(st.booleans())


SEARCHES = st.lists(items(), min_size=1, max_size=2).map(dict) | st.lists(
    TEXTS.filter(lambda text: text.strip("*")), min_size=1, max_size=2
)
CONDITIONS = [
    "a",
    "not a",
    "a and b",
    "a or not b",
    "1 of *",
    "all of them",
    "not 1 of *",
    "(a or b) and not (a and b)",
]


@st.composite
def rules(draw: st.DrawFn) -> Mapping[str, Any]:
    """A detection of two searches and a condition."""
    return {"a": draw(SEARCHES), "b": draw(SEARCHES), "condition": draw(st.sampled_from(CONDITIONS))}


def document(number: int, detection: Mapping[str, Any]) -> str:
    rule = {
        "title": f"rule {number}",
        "id": f"00000000-0000-4000-8000-{number:012}",
        "status": "test",
        "logsource": {"product": "windows"},
        "detection": dict(detection),
        "level": "low",
    }
    return yaml.safe_dump(rule, allow_unicode=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(rules(), min_size=1, max_size=8), st.lists(EVENTS, min_size=1, max_size=12))
def test_engine_and_reference_agree_on_random_rules(
    detections: list[Mapping[str, Any]], events: list[Mapping[str, object]]
) -> None:
    events = [{"always": "here", **event} for event in events]
    with tempfile.TemporaryDirectory() as name:
        for number, detection in enumerate(detections):
            (Path(name) / f"{number}.yml").write_text(document(number, detection), "utf-8")
        ruleset = load_rules([Path(name)], cache_dir=None, values=PLACEHOLDERS)
        slow = {rule.id: rule for rule in reference.load([Path(name)], PLACEHOLDERS)}
    found = {ruleset.rules[hits.rule].id: hits.rows.tolist() for hits in Engine(ruleset).evaluate(batch_of(events))}
    for info in ruleset.rules:
        rule = slow[info.id]
        if not rule.reason:
            wanted = [n for n, event in enumerate(events) if reference.matches(rule, event, "windows")]
            assert found.get(info.id, []) == wanted, (
                rule.detection,
                [events[n] for n in set(wanted) ^ set(found.get(info.id, []))],
            )


def fired(result: ScanResult, lake: Path) -> dict[str, set[int]]:
    """Rule → numbers of the events, from 0."""
    hits = open_hits(lake, result.hit_files, result.names)
    found: dict[str, set[int]] = {}
    for rule, record in hits.execute("SELECT rule, record FROM hits").fetchall():
        found.setdefault(rule, set()).add(record - 1)
    hits.close()
    return found


@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(st.lists(rules(), min_size=5, max_size=10), st.lists(EVENTS, min_size=30, max_size=60))
def test_a_scan_and_a_rescan_agree_with_the_reference(
    detections: list[Mapping[str, Any]], events: list[Mapping[str, object]]
) -> None:
    lines = [json.dumps({"Channel": "Security", "EventID": 4624, **event}) for event in events]
    lines = [line.replace("\\u0000", "n") for line in lines]  # names lose their NUL on the way into the lake
    events = [json.loads(line) for line in lines]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rules").mkdir()
        for number, detection in enumerate(detections):
            (folder / "rules" / f"{number}.yml").write_text(document(number, detection), "utf-8")
        (folder / "log.json").write_text("".join(line + "\n" for line in lines), "utf-8")
        slow = [rule for rule in reference.load([folder / "rules"], PLACEHOLDERS) if not rule.reason]
        asked = ScanRequest((str(folder / "log.json"),), folder / "lake", (folder / "rules",), None, PLACEHOLDERS)
        first = scan(asked, lambda _stage: None)
        loaded = {info.id for info in first.rules.rules}
        wanted = {
            rule.id: {n for n, event in enumerate(events) if reference.matches(rule, event, "windows")}
            for rule in slow
            if rule.id in loaded
        }
        found = fired(first, folder / "lake")
        assert {rule: found.get(rule, set()) for rule in wanted} == wanted
        found = fired(scan(replace(asked, paths=(), rescan=True), lambda _stage: None), folder / "lake")
        assert {rule: found.get(rule, set()) for rule in wanted} == wanted


SAMPLES = (
    "windows__credential_access__host__cmd_lsass_memory_dumpert_syscalls.zip",
    "windows__lateral_movement__host__schtask_modification.zip",
)


@pytest.mark.shared_data
@pytest.mark.slow
@pytest.mark.skipif(not regression.RULES.exists(), reason="the shared data sets are not beside the project")
def test_engine_and_reference_count_the_same_on_real_telemetry(tmp_path: Path) -> None:
    regression.extract_all(tmp_path)
    both = Both([tmp_path])
    folder = regression.SHARED / "windows" / "security-datasets-atomic"
    for chunks in chunks_below([folder / sample for sample in SAMPLES]):
        both.compare(chunks)
    assert both.result.events > 100
    assert both.result.reference.total() > 0
    assert not both.result.differences

"""Rules and batches for the tests of the Sigma engine."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from tocsin.detect.sigma import Engine, RuleSet, explain, load_rules
from tocsin.model import Batch, Chunk
from tocsin.telemetry.builder import BatchBuilder

Row = Mapping[str, object]
SYSMON = "Microsoft-Windows-Sysmon/Operational"
ID = "00000000-0000-4000-8000-000000000001"


def batch_of(rows: Sequence[Row], table: str = "windows") -> Batch:
    """A batch as the readers would build it."""
    builder = BatchBuilder(table)
    builder.add(Chunk(table, range(1, len(rows) + 1), rows), "test")
    return builder.build()


def rule(detection: object, logsource: Mapping[str, str] | None = None, **other: object) -> dict[str, object]:
    """A rule document; by default on all Windows events."""
    return {
        "title": "A test rule",
        "id": ID,
        "logsource": dict(logsource or {"product": "windows"}),
        "detection": detection,
        **other,
    }


def write_rules(folder: Path, *documents: object) -> Path:
    """One file with these documents."""
    path = folder / "rules.yml"
    path.write_text(yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def load(folder: Path, *documents: object, values: Mapping[str, Sequence[str]] | None = None) -> RuleSet:
    """The rule set of these documents, without a cache."""
    return load_rules([write_rules(folder, *documents)], cache_dir=None, values=values or {})


def hits(rules: RuleSet, rows: Sequence[Row], table: str = "windows") -> dict[str, list[int]]:
    """Rule id → rows, after checking that every explanation says the same."""
    found = {rules.rules[hit.rule].id: hit.rows.tolist() for hit in Engine(rules).evaluate(batch_of(rows, table))}
    for info in rules.rules:
        explained = [place for place, row in enumerate(rows) if explain(rules, info.id, table, row).matched]
        assert explained == found.get(info.id, []), (info.id, explained, found)
    return found


def matches(folder: Path, selection: object, event: Row, **other: object) -> bool:
    """Whether a rule `condition: selection` matches one Windows event. Fails if the rule is refused."""
    rules = load(folder, rule({"selection": selection, "condition": "selection"}), **other)
    assert not rules.refused, rules.refused
    return hits(rules, [event]) == {ID: [0]}

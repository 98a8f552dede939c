"""Indicators that new events have: what is kept with a hit, and what a finding of such hits says.

The evidence of a hit names the indicator as `kind:value`, who warned and under which marking. From it a finding gets
its sentence, and its keys, by which triage ties it to others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tocsin import limits
from tocsin.detect.indicators import PREFIX, Collection, Matcher, infos, open_collection
from tocsin.model import Batch, Finding, RuleInfo
from tocsin.words.messages import first_few, say

INDICATOR, WARNED_BY, MARKING, NOTE = "indicator", "warned by", "marking", "warning"
VALUES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Told:
    """The events at which one rule of indicators is met in one column: rows with the evidence beside their fields."""

    rule: str
    column: str
    met: tuple[tuple[int, Mapping[str, str]], ...]


def matcher_of(lake: Path) -> Matcher | None:
    """What new events are matched with; None where the lake has no indicators. Raises LakeError."""
    collection = open_collection(lake)
    return Matcher(collection) if collection.count else None


def rules_of(lake: Path) -> dict[str, RuleInfo]:
    """The rules of a lake's indicators, by id. Raises LakeError."""
    return infos(open_collection(lake).rules)


def told_of(matcher: Matcher, batch: Batch) -> Iterator[Told]:
    """What a batch has, by rule and column."""
    for each in matcher.met(batch):
        by_column: dict[str, list[tuple[int, Mapping[str, str]]]] = {}
        told: dict[int, Mapping[str, str]] = {}
        for met in each.met:
            fields = told.get(met.entry)
            if fields is None:
                fields = told[met.entry] = fields_of(matcher.collection, met.entry, each.rule.kind, each.rule.source)
            by_column.setdefault(met.column, []).append((met.row, fields))
        yield from (Told(each.rule.id, column, tuple(rows)) for column, rows in by_column.items())


def fields_of(collection: Collection, entry: int, kind: str, source: str) -> dict[str, str]:
    """What evidence tells of an indicator."""
    row = collection.rows.slice(entry, 1).to_pylist()[0]
    fields = {
        INDICATOR: f"{kind}:{row['spelling']}"[: limits.EVIDENCE_CHARACTERS],
        WARNED_BY: source,
        MARKING: row["marking"] or "",
        NOTE: row["note"] or "",
    }
    return {name: text for name, text in fields.items() if text}


def worded(finding: Finding) -> Finding:
    """A finding of indicators with its sentence and keys; any other one as it is."""
    if not finding.rule.id.startswith(PREFIX):
        return finding
    keys = tuple(dict.fromkeys(each.fields[INDICATOR] for each in finding.evidence if INDICATOR in each.fields))
    values = first_few([key.partition(":")[2] for key in keys], VALUES_SHOWN)
    told = say("{values}: {source} warned about it", values=values, source=finding.rule.author) if keys else ""
    return replace(finding, message=told, keys=keys[: limits.FINDING_KEYS])

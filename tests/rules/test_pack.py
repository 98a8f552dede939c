"""The baseline pack: every rule loads, says what people need, and matches what its cases say."""

import re
import sys
import uuid
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from cases import Case, all_cases

from tocsin.detect.sigma import Engine, RuleSet, column_key, load_rules
from tocsin.detect.sigma.correlation import correlate_all
from tocsin.detect.sigma.correlation_hits import fields_of, hits_of
from tocsin.detect.sigma.logsource import table_names
from tocsin.model import LEVELS, Batch, Column
from tocsin.rules import PACK
from tocsin.words import attack

sys.path.insert(0, str(Path(__file__).parents[1] / "detect"))
from batches import batch_of

SMALLEST_PACK = 75
SMALLEST_CORRELATIONS = 4
SHORTEST_DESCRIPTION = 60
FILES = sorted(PACK.rglob("*.yml"))
DOCUMENTS = [(file, document) for file in FILES for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
TECHNIQUE = re.compile(r"t\d{4}(\.\d{3})?")


@cache
def ruleset() -> RuleSet:
    return load_rules([PACK], cache_dir=None)


@cache
def engine() -> Engine:
    return Engine(ruleset())


def last_document(case: Case) -> dict[str, Any]:
    """The rule that a file is about; rules before it are its base."""
    text = (PACK / case.folder / f"{case.name}.yml").read_text(encoding="utf-8")
    return list(yaml.safe_load_all(text))[-1]


def is_correlation(case: Case) -> bool:
    return "correlation" in last_document(case)


def fires(case: Case, event: dict[str, Any]) -> bool:
    batch = batch_of([case.event(event)], case.table)
    number = ruleset().by_id[last_document(case)["id"]]
    return any(hit.rule == number for hit in engine().evaluate(batch))


def story_fires(case: Case, events: tuple[dict[str, Any], ...]) -> bool:
    batch = batch_of(case.story(events), case.table)
    specs = ruleset().correlations
    found = [(hit.rule, hit.rows) for hit in engine().evaluate(batch)]
    hits = hits_of(batch, found, fields_of(specs), lambda _, field: column_of(batch, field))
    wanted = last_document(case)["id"]
    results = correlate_all(specs, hits)
    return any(result.hits for spec, result in zip(specs, results, strict=True) if spec.id == wanted)


def column_of(batch: Batch, field: str) -> Column | None:
    """The column of a field, also under the other names that its table may use."""
    columns = {column_key(name): column for name, column in batch.columns.items()}
    return next((columns[key] for key in table_names(batch.table, column_key(field)) if key in columns), None)


def of_kind(correlation: bool) -> list[Any]:
    return [pytest.param(c, id=f"{c.folder}/{c.name}") for c in all_cases() if is_correlation(c) is correlation]


@pytest.mark.parametrize("case", of_kind(correlation=False))
def test_a_rule_matches_its_attacks_and_not_its_neighbours(case: Case) -> None:
    assert [event for event in case.match if not fires(case, event)] == []
    assert [event for event in case.no_match if fires(case, event)] == []


@pytest.mark.parametrize("case", of_kind(correlation=True))
def test_a_correlation_matches_its_story_and_not_a_harmless_one(case: Case) -> None:
    assert story_fires(case, case.match)
    assert not story_fires(case, case.no_match)


def test_every_rule_loads() -> None:
    assert [(refusal.place, refusal.reason) for refusal in ruleset().refused] == []
    assert ruleset().without_table == ()
    assert len(ruleset().rules) + len(ruleset().correlations) == len(DOCUMENTS)


def test_the_pack_is_large_enough() -> None:
    assert len(ruleset().rules) >= SMALLEST_PACK
    assert len(ruleset().correlations) >= SMALLEST_CORRELATIONS


def test_every_rule_file_has_cases_and_every_case_a_rule() -> None:
    assert {(case.folder, case.name) for case in all_cases()} == {(file.parent.name, file.stem) for file in FILES}
    assert all(case.match and case.no_match for case in all_cases())


def test_ids_are_random_and_used_once() -> None:
    ids = [document["id"] for _, document in DOCUMENTS]
    assert len(set(ids)) == len(ids)
    assert all(uuid.UUID(identifier).version == 4 for identifier in ids)


def test_titles_are_used_once() -> None:
    titles = [document["title"] for _, document in DOCUMENTS]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(("file", "document"), DOCUMENTS, ids=[document["title"] for _, document in DOCUMENTS])
def test_a_rule_says_what_people_need(file: Path, document: dict[str, Any]) -> None:
    assert document["author"] == "Tocsin"
    assert document["license"] == "Apache-2.0"
    assert document["status"] == "test"
    assert document["level"] in LEVELS
    assert isinstance(document["date"], date)
    assert len(document["description"]) >= SHORTEST_DESCRIPTION
    assert document["falsepositives"]
    assert all(url.startswith("https://") for url in document.get("references", []))
    assert file.stem == file.stem.lower()


@pytest.mark.parametrize("document", [document for _, document in DOCUMENTS], ids=lambda document: document["title"])
def test_a_rule_names_techniques_of_the_current_version_and_their_tactics(document: dict[str, Any]) -> None:
    tags = [tag.removeprefix("attack.") for tag in document["tags"]]
    techniques = [tag.upper() for tag in tags if TECHNIQUE.fullmatch(tag)]
    tactics = [tag for tag in tags if not TECHNIQUE.fullmatch(tag)]
    assert techniques
    assert tactics
    assert all(attack.current(technique) == technique for technique in techniques)
    assert all(attack.technique_name(technique) != technique for technique in techniques), techniques
    possible = {tactic for technique in techniques for tactic in attack.tactics_of(technique)}
    assert set(tactics) <= possible, possible
    assert all(set(attack.tactics_of(technique)) & set(tactics) for technique in techniques)


@pytest.mark.parametrize("technique", [
    "T1505.003", "T1003.001", "T1114.002", "T1098.002", "T1021.001", "T1685", "T1685.005", "T1490", "T1561.002",
    "T1486", "T1485", "T1021.002", "T1569.002", "T1047", "T1053.005", "T1105", "T1059.001", "T1003.006", "T1558.003",
    "T1190", "T1489",
])  # fmt: skip
def test_the_techniques_of_albania_2022_and_of_wipers_are_covered(technique: str) -> None:
    assert any(technique in info.attack for info in ruleset().rules)

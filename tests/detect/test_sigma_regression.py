"""SigmaHQ's own regression cases in their JSON form, the whole rule tree loaded."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma_support import batch_of

from tocsin.detect.sigma import Engine, load_rules

MORE_THAN_STATED = {
    "0b9ad457-2554-44c1-82c2-d56a99c42377": 3,
    "8fbf3271-1ef6-4e94-8210-03c2317947f6": 3,
    "c7dcacd0-cc59-4004-b0a4-1d6cdebe6f3e": 2,
}
"""Files that hold more matching events than their info says."""


def flat(event: dict[str, Any]) -> dict[str, object]:
    """An event in evtx_dump's JSON under the names of EVTX."""
    fields: dict[str, object] = {}
    for name, value in event["Event"]["System"].items():
        attributes = value.get("#attributes", {}) if isinstance(value, dict) else {}
        if name == "Provider":
            fields["Provider_Name"] = attributes.get("Name")
        elif isinstance(value, dict):
            fields.update({name: value["#text"]} if "#text" in value else attributes)
        else:
            fields[name] = value
    for section in ("EventData", "UserData"):
        fields.update(_data(event["Event"].get(section)))
    return fields


def _data(section: object) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in section.items() if isinstance(section, dict) else ():
        if name == "#attributes":
            continue
        if isinstance(value, dict) and "#text" not in value:
            found.update(_data(value))
        else:
            found[name] = value["#text"] if isinstance(value, dict) else value
    return found


def documents(text: str) -> Iterator[dict[str, Any]]:
    decoder, place = json.JSONDecoder(), 0
    while text[place:].strip():
        place += len(text[place:]) - len(text[place:].lstrip())
        document, place = decoder.raw_decode(text, place)
        yield from document if isinstance(document, list) else [document]


@pytest.mark.slow
@pytest.mark.shared_data
def test_every_regression_case_fires_its_rule_as_often_as_stated(shared: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(shared / "sigma" / "sigma-rules.zip") as archive:
        archive.extractall(tmp_path / "rules")
    engine = Engine(load_rules([tmp_path / "rules"], cache_dir=None))
    wrong, cases = [], 0
    with zipfile.ZipFile(shared / "sigma" / "sigma-regression.zip") as archive:
        names = archive.namelist()
        for info in sorted(name for name in names if name.endswith("info.yml")):
            case = yaml.safe_load(archive.read(info))
            rule = case["rule_metadata"][0]["id"]
            files = [name for name in names if name.startswith(info[: -len("info.yml")]) and name.endswith(".json")]
            events = [flat(event) for name in files for event in documents(archive.read(name).decode("utf-8-sig"))]
            found = {engine.ruleset.rules[hit.rule].id: len(hit.rows) for hit in engine.evaluate(batch_of(events))}
            stated = MORE_THAN_STATED.get(rule, case["regression_tests_info"][0].get("match_count"))
            cases += 1
            if found.get(rule, 0) != stated if stated is not None else not found.get(rule):
                wrong.append((rule, stated, found.get(rule, 0)))
    assert (cases, wrong) == (143, [])

"""SigmaHQ's regression cases as the tests see them: flat Windows events beside the rule that must fire on them."""

import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import yaml

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
REGRESSION = SHARED / "sigma" / "sigma-regression.zip"
RULES = SHARED / "sigma" / "sigma-rules.zip"
MORE_THAN_STATED = {  # by the first characters of the rule id: the file holds more matches than its info.yml states
    "0b9ad457": 3,
    "8fbf3271": 3,
    "c7dcacd0": 2,
}


@dataclass(frozen=True)
class Case:
    """One regression case. `count` is None where at least one match is asked for."""

    rule_id: str
    count: int | None
    events: tuple[Mapping[str, object], ...]
    path: str


def cases(archive: Path = REGRESSION) -> list[Case]:
    """All cases in their JSON form."""
    with zipfile.ZipFile(archive) as files:
        names = set(files.namelist())
        infos = sorted(name for name in names if name.endswith("/info.yml"))
        return [case for info in infos for case in _cases_of(files, names, info)]


def _cases_of(files: zipfile.ZipFile, names: set[str], info: str) -> Iterator[Case]:
    document = yaml.safe_load(files.read(info))
    rule_id = document["rule_metadata"][0]["id"]
    for test in document["regression_tests_info"]:
        path = str(PurePosixPath(info).with_name(PurePosixPath(test["path"]).stem + ".json"))
        if path in names:
            events = tuple(flat_events(files.read(path).decode("utf-8-sig")))
            yield Case(rule_id, MORE_THAN_STATED.get(rule_id[:8], test.get("match_count")), events, path)


def flat_events(text: str) -> Iterator[Mapping[str, object]]:
    """Nested evtx_dump events, one JSON value after the other, as flat rows with the names that Sigma uses."""
    decoder, at = json.JSONDecoder(), 0
    text = text.strip()
    while at < len(text):
        event, at = decoder.raw_decode(text, at)
        yield flatten(event["Event"])
        while at < len(text) and text[at].isspace():
            at += 1


def flatten(event: Mapping[str, object]) -> Mapping[str, object]:
    """System attributes become `Provider_Name`, data fields keep their own name."""
    row: dict[str, object] = {}
    for name, value in _members(event.get("System")):
        _lift(name, value, row)
    for part, content in event.items():
        if part not in ("System", "#attributes"):
            row.update(_data(content))
    return row


def _lift(name: str, value: object, row: dict[str, object]) -> None:
    if not isinstance(value, dict):
        row[name] = value
        return
    if "#text" in value:
        row[name] = value["#text"]
    for attribute, content in _members(value.get("#attributes")):
        row[f"{name}_{attribute}"] = content


def _data(content: object) -> dict[str, object]:
    row: dict[str, object] = {}
    for name, value in _members(content):
        if name == "#attributes":
            continue
        row.update(_data(value) if isinstance(value, dict) and "#text" not in value else {name: _text(value)})
    return row


def _text(value: object) -> object:
    return value.get("#text") if isinstance(value, dict) else value


def _members(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def extract_rules(rule_ids: set[str], folder: Path, archive: Path = RULES) -> None:
    """Write the rules with these ids, one file each, into the folder."""
    with zipfile.ZipFile(archive) as files:
        for name in files.namelist():
            content = files.read(name) if name.endswith(".yml") else b""
            found = re.search(rb"^id: ([0-9a-f-]{36})", content, re.MULTILINE)
            if found and found.group(1).decode() in rule_ids:
                (folder / f"{found.group(1).decode()}.yml").write_bytes(content)


def extract_all(folder: Path, archive: Path = RULES) -> None:
    """Write the whole rule tree below the folder."""
    with zipfile.ZipFile(archive) as files:
        files.extractall(folder, [name for name in files.namelist() if name.endswith(".yml")])

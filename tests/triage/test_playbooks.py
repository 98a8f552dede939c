"""Playbooks: the shipped ones are valid CACAO 2.0, faulty ones are refused with the reason, the right one is chosen."""

import json
import uuid
from copy import deepcopy
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from triage_cases import START, finding, rule

from tocsin import limits
from tocsin.errors import ConfigError
from tocsin.model import Incident
from tocsin.triage.playbooks import EXTENSION, Playbook, parse_playbook, playbooks_for
from tocsin.words.attack import TACTICS
from tocsin.words.rsit import known

NAMES = (
    "beacon",
    "flood",
    "mailbox-theft",
    "password-spray",
    "phishing",
    "silent-fleet",
    "supplier-update",
    "web-shell",
    "wiper",
)
PACK = Path(str(files("tocsin.detect"))) / "analytics" / "pack"


def text_of(name: str) -> str:
    return files("tocsin.triage").joinpath("playbooks", f"{name}.json").read_text("utf-8")


def shipped() -> list[Playbook]:
    return [parse_playbook(f"{name}.json", text_of(name)) for name in NAMES]


def document(name: str = "beacon") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text_of(name))
    return found


def refused(told: dict[str, Any] | str) -> str:
    with pytest.raises(ConfigError) as error:
        parse_playbook("/n/playbooks/ours.json", told if isinstance(told, str) else json.dumps(told))
    assert str(error.value).startswith("/n/playbooks/ours.json: ")
    return str(error.value)


def step_of(told: dict[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    return next((id, step) for id, step in told["workflow"].items() if step["type"] == kind)


def incident(*rules: str, attack: tuple[str, ...] = (), tactics: tuple[str, ...] = ()) -> Incident:
    found = tuple(finding(of=replace(rule(), id=each)) for each in rules)
    return Incident("I-1", "t", "high", (), (), START, None, found, (), attack, tactics, (), ())


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_playbook_has_what_the_standard_asks_for(name: str) -> None:
    told = document(name)
    assert told["type"] == "playbook" and told["spec_version"] == "cacao-2.0"
    kinds = {
        "start": set(),
        "end": set(),
        "action": {"commands", "agent"},
        "if-condition": {"condition", "on_true"},
        "parallel": {"next_steps"},
    }
    for id in (told["id"], told["created_by"], *told["workflow"], *told["agent_definitions"]):
        assert uuid.UUID(id.partition("--")[2]).version == 5, id
    for id, step in told["workflow"].items():
        assert id.startswith(step["type"] + "--") and kinds[step["type"]] <= set(step)
        assert all(each["type"] == "manual" and each["command"] for each in step.get("commands", ()))
    assert EXTENSION in told["extension_definitions"] and told["playbook_extensions"][EXTENSION]["rsit"]


def test_shipped_playbooks_are_checklists_for_people_and_name_what_is_there() -> None:
    analytics = {each.name for each in PACK.iterdir() if each.is_dir()}
    short = {tactic.short for tactic in TACTICS}
    for each in shipped():
        commands = [command for step in each.steps for command in step.commands]
        assert 8 <= len(each.steps) <= 20 and all(step.agent for step in each.steps if step.commands)
        assert any("tocsin " in command for command in commands) and each.description
        assert set(each.match.rules) <= analytics and each.match.rules, each.name
        assert set(each.match.tactics) <= short | {"defense-evasion"}


def test_branches_say_when_they_are_taken() -> None:
    wiper = next(each for each in shipped() if each.name == "wiper")
    asked = next(step for step in wiper.steps if step.name == "Does it still spread?")
    assert not asked.commands and [step.number for step in wiper.steps] == list(range(1, len(wiper.steps) + 1))
    assert [step.branch for step in wiper.steps if step.branch] == ["if yes", "if no"]
    assert {each.steps[-1].name for each in shipped()} == {"End it in writing"}  # after all branches


def test_a_rule_counts_most_then_techniques_then_tactics() -> None:
    found = playbooks_for(incident("web-flood", attack=("T1486",), tactics=("impact",)), shipped())
    assert [each.playbook.name for each in found][:2] == ["flood", "wiper"] and "web-flood" in found[0].why
    assert playbooks_for(incident(attack=("T1110.003",)), shipped())[0].playbook.name == "password-spray"
    assert playbooks_for(incident("no-such"), shipped()) == []
    assert playbooks_for(incident("web-flood"), []) == []


def test_the_class_of_an_incident_chooses_too_and_is_one_of_the_taxonomy() -> None:
    (chosen,) = playbooks_for(replace(incident("no-such"), rsit="fraud:phishing"), shipped())
    assert chosen.playbook.name == "phishing" and "Fraud: phishing" in chosen.why
    destroyed = replace(incident("no-such"), rsit="information-content-security:unauthorised-information-modification")
    assert [each.playbook.name for each in playbooks_for(destroyed, shipped())] == ["wiper"]
    assert all(known(each) for playbook in shipped() for each in playbook.match.rsit)


def test_a_playbook_without_the_extension_is_read_and_fits_nothing() -> None:
    told = document()
    del told["playbook_extensions"]
    read = parse_playbook("ours.json", json.dumps(told))
    assert read.name == "ours" and playbooks_for(incident("beacon", attack=("T1071",)), [read]) == []


def test_a_dangling_step_a_dangling_agent_and_an_unreached_step_are_refused() -> None:
    told = document()
    action, step = step_of(told, "action")
    dangling = deepcopy(told)
    dangling["workflow"][action]["on_completion"] = "end--" + str(uuid.uuid4())
    assert "which is not there" in refused(dangling)
    agent = deepcopy(told)
    agent["workflow"][action]["agent"] = "individual--" + str(uuid.uuid4())
    assert "agent" in refused(agent)
    lonely = deepcopy(told)
    lonely["workflow"]["action--" + str(uuid.uuid4())] = step
    assert "is not reached" in refused(lonely)


def test_a_circle_and_a_missing_end_and_start_are_refused() -> None:
    told = document()
    start, _ = step_of(told, "start")
    first = told["workflow"][start]["on_completion"]
    end, _ = step_of(told, "end")
    circle = deepcopy(told)
    last = next(id for id, step in told["workflow"].items() if step.get("on_completion") == end)
    circle["workflow"][last]["on_completion"] = first
    assert "comes after itself" in refused(circle) or "not reached" in refused(circle)
    for gone in (start, end):
        less = deepcopy(told)
        del less["workflow"][gone]
        refused(less)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"spec_version": "cacao-1.1"}, "cacao-2.0"),
        ({"type": "bundle"}, "playbook"),
        ({"id": "playbook--1"}, "identifier"),
        ({"id": "PLAYBOOK"}, "playbook--UUID"),
        ({"created_by": "me"}, "identity--UUID"),
        ({"name": " "}, "no name"),
        ({"workflow": {}}, "workflow_start"),
        ({"workflow_start": "start--x"}, "workflow_start"),
        ({"workflow": 7}, "workflow"),
    ],
)
def test_what_is_no_playbook_of_this_version_is_refused(changed: dict[str, Any], why: str) -> None:
    assert why in refused({**document(), **changed})


def test_ids_that_stand_twice_are_refused() -> None:
    text = text_of("beacon")
    id, _ = step_of(document(), "end")
    assert "stands twice" in refused(text.replace('"workflow": {', f'"workflow": {{ "{id}": {{"type": "end"}},', 1))


def test_steps_with_faults_are_refused() -> None:
    for kind, gone in (
        ("action", "commands"),
        ("action", "agent"),
        ("if-condition", "condition"),
        ("parallel", "next_steps"),
    ):
        told = document()
        id, _ = step_of(told, kind)
        del told["workflow"][id][gone]
        refused(told)
    told = document()
    _, step = step_of(told, "action")
    step["type"] = "end"
    assert "it says that it is" in refused(told)
    told = document()
    step_of(told, "end")[1]["on_completion"] = step_of(told, "action")[0]
    assert "only an end" in refused(told)


def test_a_playbook_is_bounded() -> None:
    deep: Any = []
    for _ in range(limits.PLAYBOOK_DEPTH + 1):
        deep = [deep]
    assert "deeper" in refused({**document(), "labels": deep})
    assert "characters" in refused({**document(), "description": "x" * (limits.PLAYBOOK_TEXT_CHARACTERS + 1)})
    many = document()
    _, step = step_of(many, "action")
    for _ in range(limits.PLAYBOOK_STEPS):
        many["workflow"]["action--" + str(uuid.uuid4())] = step
    assert "steps" in refused(many)
    assert refused("[" * 100_000) and refused("{") and refused("")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "workflow", "name", "on_completion", "commands", "x"]), inner, max_size=4
            )
        ),
    ),
    st.sampled_from(["workflow", "agent_definitions", "playbook_extensions", "id"]),
)
def test_whatever_stands_in_a_document_it_is_read_or_refused(value: Any, place: str) -> None:
    try:
        parse_playbook("x.json", json.dumps({**document(), place: value}))
    except ConfigError as error:
        assert error.advice()

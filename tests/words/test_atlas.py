"""The ATLAS vocabulary: names, the form of sub-techniques, ids that are gone."""

import json
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.console.matrix import technique_url
from tocsin.words import atlas, attack


def test_names_are_those_of_the_release() -> None:
    assert atlas.VERSION == "2026.09"
    assert atlas.technique_name("AML.T0040") == "AI Model Inference API Access"
    assert atlas.technique_name("aml.t0096") == "AI Service API"
    assert atlas.technique_name("AML.T0051.001") == "LLM Prompt Injection: Indirect"


def test_every_id_has_the_form_and_every_sub_technique_its_technique() -> None:
    techniques = atlas._vocabulary().techniques
    assert all(re.fullmatch(r"AML\.T\d{4}(\.\d{3})?", each) for each in techniques)
    whole = {each for each in techniques if each.count(".") == 1}
    assert (len(whole), len(techniques) - len(whole)) == (120, 88)
    assert all(each.rpartition(".")[0] in whole for each in techniques.keys() - whole)


def test_a_retired_id_keeps_its_name_and_is_not_known() -> None:
    assert atlas.technique_name("AML.T0019") == "Publish Poisoned Datasets"
    assert not atlas.known("AML.T0019")
    assert not atlas.known("AML.T9999") and atlas.technique_name("AML.T9999") == "AML.T9999"


def test_ids_of_both_vocabularies_are_named_and_linked_alike() -> None:
    assert attack.technique_name("AML.T0040") == "AI Model Inference API Access"
    assert attack.technique_name("T1003.001") == "LSASS Memory"
    assert technique_url("AML.T0051.001") == "https://atlas.mitre.org/techniques/AML.T0051.001"
    assert technique_url("AML.T0051.001/../x") == ""


@given(st.text())
def test_any_text_is_an_id(text: str) -> None:
    assert atlas.technique_name(f"AML.{text}")


@pytest.mark.shared_data
def test_no_technique_of_an_older_release_is_missing(shared: Path) -> None:
    with zipfile.ZipFile(shared / "cti" / "misp-galaxy-subset.zip") as archive:
        values = json.loads(archive.read("clusters/mitre-atlas-attack-pattern.json"))["values"]
    older = {value["meta"]["external_id"] for value in values}
    assert {each for each in older if not atlas.known(each)} == {"AML.T0019", "AML.T0058"}

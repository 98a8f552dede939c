"""What ships with Tocsin is what its makers published, and warning lists of clouds are read whole."""

import sys
import zipfile
from pathlib import Path

import pytest

from tocsin.lake.facts import Facts, import_facts
from tocsin.lake.facts.clouds import LISTS

ROOT = Path(__file__).parents[3]


@pytest.mark.shared_data
def test_the_shipped_files_are_made_from_the_lists_and_the_catalogue(shared: Path) -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    from shipped_facts import OUT, documents

    made = documents(shared / "cti" / "misp-warninglists.zip", shared / "cti" / "cisa-kev.json.gz")
    assert {path.name: path.read_text("utf-8") for path in OUT.glob("*.json")} == made


@pytest.mark.shared_data
def test_of_all_warning_lists_those_of_clouds_and_hosters_are_taken(shared: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(shared / "cti" / "misp-warninglists.zip") as archive:
        archive.extractall(tmp_path / "lists")
    (tmp_path / "lake").mkdir()
    done = import_facts(tmp_path / "lake", [tmp_path / "lists"])
    assert not done.refused
    assert {each.source.removeprefix("MISP warning list: ") for each in done.records} == LISTS.keys()
    assert not any(each.shipped for each in Facts(tmp_path / "lake").records if each.kind == "cloud")


def test_the_notice_names_what_ships() -> None:
    notice = (ROOT / "docs" / "NOTICE").read_text("utf-8")
    assert "shipped/cloud-*.json" in notice and "shipped/kev.json" in notice and "CC0-1.0" in notice

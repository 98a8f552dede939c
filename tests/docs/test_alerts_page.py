"""`docs/alerts.md` against the code: the mapping file in it, the scales, the bounds."""

import re
from pathlib import Path

import pytest

from tocsin import limits
from tocsin.lake.view_files import load_view
from tocsin.model import LEVELS
from tocsin.node.alert_rules import Alerted, level_of
from tocsin.telemetry.alert_mapping import COLUMNS
from tocsin.telemetry.mapping import load_mapping

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text("utf-8")
EXAMPLE = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
SCALES = {
    cells[0]: dict(zip(LEVELS, cells[1:], strict=True))
    for line in PAGE.splitlines()
    if len(cells := [cell.strip() for cell in line.strip().strip("|").split("|")]) == len(LEVELS) + 1
}


def test_the_mapping_in_the_page_loads(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(EXAMPLE, "utf-8")
    mapping = load_mapping(path)
    assert mapping.alert is not None and mapping.alert.columns["dst_ip"] == "target"
    assert mapping.alert.least == ((12.0, "high"), (7.0, "medium"), (4.0, "low"))


def test_the_page_names_every_column_of_an_alert() -> None:
    for name in COLUMNS:
        assert re.search(rf"\b{name}\b", EXAMPLE), name


@pytest.mark.parametrize("level", LEVELS)
def test_the_scale_of_wazuh_is_that_of_the_view(level: str) -> None:
    first, _, last = SCALES["Wazuh, level"][level].partition("–")
    [severity] = {
        branch.fields["severity_id"].sql("duckdb")
        for branch in load_view("detection_finding").branches
        if "Wazuh" in branch.title
    }
    number = LEVELS.index(level) + 1
    assert f">= {first} THEN {number}" in severity
    above = f">= {int(last) + 1} THEN {number + 1}"
    assert above in severity or level == LEVELS[-1]


@pytest.mark.parametrize("level", LEVELS)
def test_the_scale_of_suricata_is_that_of_the_code(level: str) -> None:
    told = SCALES["Suricata, `signature_severity`"][level]
    for each in filter(None, told.split(", or ")):
        word, _, sure = each.partition(" with confidence ")
        assert level_of(Alerted("Suricata", "1", "ET X", severity=word, confidence=sure)) == level
    for priority in filter(None, SCALES["Suricata, priority where neither says more"][level].split(", ")):
        assert level_of(Alerted("Suricata", "1", "ET X", severity=priority)) == level


def test_the_bounds_are_those_of_the_code() -> None:
    assert f"more than {limits.ALERT_ACTORS} users" in PAGE
    assert f"{limits.ALERT_RULES:,} rules and {limits.ALERT_FINDINGS:,} findings" in PAGE

"""The forms that programs read do not change by accident."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tocsin.console.formats import (
    FINDING_FIELDS,
    HIT_FIELDS,
    Hit,
    finding_records,
    findings_csv,
    findings_json,
    findings_ndjson,
    hit_line,
)
from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.triage import group_findings

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"
WHEN = datetime(2022, 7, 15, 9, 31, 4, tzinfo=UTC)
RULE = RuleInfo("r1", "=cmd()\x1b[2J", "high", attack=("T1003.001", "T1059"))
FINDING = Finding(RULE, "WS01", 'A\\b "c", d', 3, WHEN, None, ("s-1", "s-2"))
INCIDENTS = group_findings([FINDING], WHEN)


def documented_fields(section: str) -> list[str]:
    text = DOCS.read_text(encoding="utf-8").partition(f"## {section}")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)


def test_the_documented_finding_fields_are_the_written_ones() -> None:
    assert tuple(documented_fields("Findings")) == FINDING_FIELDS == tuple(next(finding_records(INCIDENTS)))


def test_the_documented_hit_fields_are_the_written_ones() -> None:
    written = json.loads(hit_line(Hit("r1", "s-1", "a.zip!b.evtx", 7, WHEN)))
    assert tuple(documented_fields("Hits")) == HIT_FIELDS == tuple(written)
    assert written["time"] == "2022-07-15T09:31:04Z"


def test_the_documented_example_parses_and_has_every_field() -> None:
    example = DOCS.read_text(encoding="utf-8").partition("```json\n")[2].partition("\n```")[0]
    assert tuple(json.loads(example)) == FINDING_FIELDS


def test_ndjson_keeps_the_exact_text_and_hides_escapes_from_the_terminal() -> None:
    (line,) = findings_ndjson(INCIDENTS)
    assert "\x1b" not in line
    record = json.loads(line)
    assert record["title"] == RULE.title
    assert record["attack"] == ["T1003.001", "T1059"]
    assert (record["first"], record["last"]) == ("2022-07-15T09:31:04Z", None)
    assert record["incident"] == INCIDENTS[0].id


def test_json_is_one_array_also_when_empty() -> None:
    assert json.loads("".join(findings_json(INCIDENTS, [FINDING]))) == [
        *finding_records(INCIDENTS),
        *finding_records([], [FINDING]),
    ]
    assert json.loads("".join(findings_json([]))) == []


def test_csv_opens_in_a_spreadsheet_without_calculating() -> None:
    header, row = csv.reader(io.StringIO("".join(findings_csv(INCIDENTS)), newline=""))
    assert tuple(header) == FINDING_FIELDS
    assert row[1] == "'=cmd()<ESC>[2J"
    assert row[3] == "T1003.001 T1059"
    assert row[5] == 'A\\b "c", d'
    assert row[8] == ""
    assert row[9] == "s-1 s-2"


def test_the_lines_that_an_incident_shows_first_are_marked() -> None:
    event = Evidence("s-1", WHEN, "a.evtx", 1, {})
    told = replace(FINDING, evidence=(event,), message="Said.", opened=WHEN, keys=("ip:203.0.113.1",), mission="Grid")
    (record,) = finding_records(group_findings([told], WHEN))
    assert (record["message"], record["opened"], record["mission"]) == ("Said.", "2022-07-15T09:31:04Z", "Grid")
    assert (record["keys"], record["queued"], record["first_lines"]) == (["ip:203.0.113.1"], True, ["s-1"])
    (outside,) = finding_records([], [told])
    assert (outside["queued"], outside["first_lines"]) == (False, [])

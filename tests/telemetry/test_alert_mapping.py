"""A site's own alerts by a mapping file: CSV with a header, NDJSON, severities in words and numbers."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_reading import content_of, context, rejects, rows

from tocsin.errors import UsageError
from tocsin.telemetry.alert_mapping import LEVELS, AlertMapping, alert_fields, severity_level
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.mapped import mapped_reader
from tocsin.telemetry.mapping import load_mapping

CSV = """\
name = "acme"
title = "Acme SIEM export"
form = "delimited"
recognise = '^\\d{4}-'

[time]
fields = ["when"]

[delimited]
columns = ["when", "rule", "what", "prio", "pc"]

[alert]
product = "Acme"
rule = "rule"
title = "what"
severity = "prio"
host = "pc"

[alert.levels]
"Very bad" = "critical"

[alert.from]
low = 3
high = 8

[alert.otherwise]
level = "informational"
"""
NDJSON = """\
name = "acme-json"
title = "Acme as JSON"
form = "json"
recognise = '"acme"'

[time]
fields = ["event.at"]

[alert]
product = "Acme"
title = "rule.name"
technique = "rule.attack"
"""


def read(folder: Path, mapping: str, data: bytes) -> tuple[list[dict[str, object]], list[str], int]:
    """Rows, reasons of rejects, and how sure the reader is."""
    path = folder / "acme.toml"
    path.write_text(mapping)
    reader = mapped_reader(load_mapping(path))
    content = content_of(data)
    found = list(reader.read(content, context()))
    return rows(found), [each.reason for each in rejects(found)], reader.sniff(head_of(content))


def test_a_csv_of_alerts_is_read_without_its_header(tmp_path: Path) -> None:
    data = b'when,rule,what,prio,pc\n2026-01-02T03:04:05Z,7,"Bad, very",very BAD,WS1\n2026-01-02T03:04:06Z,,Odd,9,\n'
    (first, second), refused, score = read(tmp_path, CSV, data)
    assert (refused, score) == ([], 75)
    assert (first["alert_title"], first["alert_rule"], first["alert_host"]) == ("Bad, very", "7", "WS1")
    assert (first["alert_severity_id"], first["alert_severity"], first["alert_product"]) == ("5", "very BAD", "Acme")
    assert (second["alert_severity_id"], "alert_host" in second, second["what"]) == ("4", False, "Odd")


def test_an_alert_over_several_lines_is_one_record(tmp_path: Path) -> None:
    (row,), _, _ = read(tmp_path, CSV, b'2026-01-02T03:04:05Z,7,"two\nlines",1,WS1\n')
    assert (row["alert_title"], row["alert_severity_id"]) == ("two\nlines", "1")


def test_ndjson_of_alerts_is_read_by_dotted_names(tmp_path: Path) -> None:
    good = b'{"by":"acme","event":{"at":"2026-01-02T03:04:05Z"},"rule":{"name":"Bad","attack":["T1003"]}}\n'
    (row,), refused, score = read(tmp_path, NDJSON, good + b'{"by":"acme", broken\n["acme"]\n')
    assert (row["alert_title"], row["alert_technique"], row["_time_us"]) == ("Bad", ["T1003"], 1767323045_000_000)
    assert len(refused) == 2 and score > 0


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('title = "what"', "", "title: is missing"),
        ('product = "Acme"', "", "product: is missing"),
        ('"Very bad" = "critical"', '"Very bad" = "awful"', "none of informational"),
        ("low = 3", 'low = "3"', "must be a int"),
        ("low = 3", "tiny = 3", "unknown key"),
        ('host = "pc"', 'computer = "pc"', "unknown key"),
        ('form = "delimited"', 'form = "delimited"\ntable = "acme"', "alerts go to the table mapped_alert"),
        ('level = "informational"', 'level = "none"', "none of informational"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(CSV.replace(old, new, 1) if old != 'title = "what"' else CSV.replace(old, new))
    with pytest.raises(UsageError, match=rf"acme\.toml:\d+: .*{problem}"):
        load_mapping(path)


def test_a_severity_that_nothing_describes_has_the_level_for_the_rest() -> None:
    alert = AlertMapping("Acme", {}, {"p1": "critical"}, ((7.0, "medium"), (4.0, "low")), "high")
    told = {text: severity_level(alert, text) for text in ("P1", " p1 ", "7", "6.5", "0", "", "odd", "nan")}
    assert told == {
        "P1": "critical", " p1 ": "critical", "7": "medium", "6.5": "low", "0": "informational", "": "high",
        "odd": "high", "nan": "high",
    }  # fmt: skip


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.one_of(st.text(max_size=20), st.none(), st.floats())))
def test_any_row_becomes_an_alert_with_title_product_and_level(row: dict[str, object]) -> None:
    alert = AlertMapping("Acme", {"title": "a", "severity": "b", "host": "c"}, least=((5.0, "high"),))
    told = alert_fields(alert, row)
    assert str(told["alert_title"]) and told["alert_product"] == "Acme"
    assert 1 <= int(str(told["alert_severity_id"])) <= len(LEVELS)

"""Mapping files: what they may say, and how their mistakes are reported."""

from pathlib import Path

import pytest
from text_reading import content_of, context, rows

from tocsin.errors import UsageError
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.mapped import mapped_reader, shipped_mappings
from tocsin.telemetry.mapping import load_mapping

GOOD = """\
name = "door"
title = "Door log"
table = "door"
form = "regex"
recognise = '^DOOR '

[time]
fields = ["when"]
format = "%d.%m.%Y %H:%M"
zone = "Europe/Athens"

[rename]
who = "user"

[regex]
patterns = ['^DOOR (?P<when>[^;]+);(?P<who>.*)$']
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "door.toml"
    path.write_text(text)
    return path


def test_a_mapping_of_ones_own_reads_its_lines(tmp_path: Path) -> None:
    reader = mapped_reader(load_mapping(written(tmp_path, GOOD)))
    content = content_of(b"DOOR 07.08.2020 17:32;alice\nDOOR 07.08.2020 17:33;bob\n")
    assert reader.sniff(head_of(content)) == 90
    first, _ = rows(list(reader.read(content, context())))
    assert (first["user"], first["_time_us"]) == ("alice", 1596810720_000_000)


def test_delimited_mappings_with_one_layout_name_their_columns(tmp_path: Path) -> None:
    text = GOOD.split("[time]", maxsplit=1)[0].replace("regex", "delimited").replace("^DOOR ", "^D;")
    mapping = load_mapping(written(tmp_path, text + '[delimited]\ndelimiter = ";"\ncolumns = ["kind", "who"]\n'))
    (row,) = rows(list(mapped_reader(mapping).read(content_of(b"D;alice;more\n"), context())))
    assert row == {"kind": "D", "who": "alice", "c3": "more"}


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ('form = "regex"', 'form = "xml"', 4, "none of key-value"),
        ('table = "door"', 'table = "Door; DROP"', 3, "lower-case"),
        ('table = "door"', "", 1, "table: is missing"),
        ('title = "Door log"', "title = 7", 2, "must be a str"),
        ("recognise = '^DOOR '", "recognise = '(?=x)'", 5, "RE2"),
        ('zone = "Europe/Athens"', 'zone = "Europe/Atlantis"', 10, "no time zone"),
        ("[rename]", 'colour = "red"\n[rename]', 12, "unknown key"),
        ("fields = [", "fields = [1, ", 8, "list of strings"),
    ],
)
def test_a_mistake_is_reported_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_mapping(written(tmp_path, GOOD.replace(old, new)))
    assert f"door.toml:{line}: " in str(caught.value)
    assert problem in str(caught.value)
    assert caught.value.advice()


def test_broken_toml_and_a_missing_file_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"door\.toml:2: Invalid value"):
        load_mapping(written(tmp_path, 'name = "a"\ntitle = = 7\n'))
    with pytest.raises(UsageError, match="cannot be read"):
        load_mapping(tmp_path / "absent.toml")


def test_shipped_mappings_load_and_have_distinct_names() -> None:
    names = [mapping.name for mapping in shipped_mappings()]
    assert names == sorted(set(names)) and {"fortigate", "paloalto", "cisco-asa"} <= set(names)

"""A user's mapping file reads a text format that Tocsin does not know."""

from pathlib import Path

import pytest
from scans import rows, run

from tocsin.errors import UsageError
from tocsin.lake.catalog import Catalog
from tocsin.lake.lookup import find_event

MAPPING = """\
name = "door"
title = "Door controller"
table = "door_control"
form = "key-value"
recognise = '^(?P<body>door=\\S+ .*)$'

[time]
fields = ["at"]
"""


def test_a_mapping_file_gives_rows_in_its_own_table(tmp_path: Path) -> None:
    mapping = tmp_path / "door.toml"
    mapping.write_text(MAPPING, "utf-8")
    log = tmp_path / "door.log"
    log.write_text("door=north at=2026-01-02T03:04:05Z card=77\ndoor=south at=2026-01-02T03:05:05Z card=78\n", "utf-8")
    result = run(tmp_path, log, mappings=(mapping,))
    assert rows(tmp_path) == {"door_control": 2}
    catalog = Catalog(tmp_path / "lake")
    source = catalog.sources()[0]
    table, fields = find_event(catalog, f"{source.id}-2")
    catalog.close()
    assert (table, fields["door"], fields["card"]) == ("door_control", "south", "78")
    assert result.report.sources[0].first is not None


def test_a_broken_mapping_is_told_with_its_file(tmp_path: Path) -> None:
    from tocsin.cli.scan import checked_mappings

    mapping = tmp_path / "door.toml"
    mapping.write_text("name = 7\n", "utf-8")
    with pytest.raises(UsageError, match=r"door\.toml"):
        checked_mappings([mapping])

"""`docs/readers.md` against the readers: what recognises a format, where its time comes from, where its rows go."""

import re
import sys
from pathlib import Path

import pytest

from tocsin.model import Chunk
from tocsin.telemetry import cef, evtx, exchange, windows_xml, zeek_tsv
from tocsin.telemetry.flow_csv import ARGUS, NFDUMP
from tocsin.telemetry.json_shapes import SHAPES, JsonShape
from tocsin.telemetry.mapped import MAPPINGS
from tocsin.telemetry.reader import LIKELY, Reader
from tocsin.telemetry.registry import READERS

sys.path.insert(0, str(Path(__file__).parents[1] / "telemetry"))
from text_reading import read
from text_samples import SAMPLES, Sample

PAGE = (Path(__file__).parents[2] / "docs" / "readers.md").read_text("utf-8")
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in PAGE.splitlines()
    if len(cells := [cell.strip() for cell in line.strip("|").split(" | ")]) == 6 and cells[0].startswith("`")
}
"""By reader: format, recognised by, time from, tables, position."""

TIMES: dict[str, tuple[str, ...]] = {
    "windows-evtx": evtx.TIME_FIELDS,
    "windows-xml": windows_xml.TIME_FIELDS,
    "zeek-tsv": zeek_tsv.TIME_FIELDS,
    "nfcapd": NFDUMP.time_fields,
    "nfdump-csv": NFDUMP.time_fields,
    "argus-csv": ARGUS.time_fields,
    "cef": cef.TIME_KEYS,
    "exchange-log": exchange.SERVER_TIMES,
    "exchange-audit": tuple(dict.fromkeys(exchange.ADMIN_TIMES + exchange.UNIFIED_TIMES)),
    **{shape.name: shape.time_fields for shape in SHAPES},
    **{mapping.name: tuple(map(" ".join, mapping.time_fields)) for mapping in MAPPINGS},
}


def quoted(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_format_and_position_are_the_readers_own(reader: Reader) -> None:
    row = ROWS[reader.name]
    assert (row[0], row[4]) == (reader.title, "line" if reader.lines else "ordinal")


@pytest.mark.parametrize("name", [name for name in TIMES if TIMES[name]])
def test_the_fields_that_give_time_stand_in_the_order_of_the_code(name: str) -> None:
    assert quoted(ROWS[name][2]) == TIMES[name]


def record_of(names: tuple[str, ...]) -> dict[str, object]:
    """A record with these fields and no other; a dotted name also as an object in an object."""
    record: dict[str, object] = {}
    for name in names:
        first, _, rest = name.partition(".")
        record |= {name: {}} | ({first: {rest: {}}} if rest else {})
    return record


@pytest.mark.parametrize("shape", SHAPES[:-1], ids=lambda shape: shape.name)
def test_the_fields_that_recognise_a_json_format_do(shape: JsonShape) -> None:
    for alternative in ROWS[shape.name][1].partition(";")[0].split(" or "):
        names = quoted(alternative)
        assert names and shape.recognise(record_of(names)) >= LIKELY, alternative
        for left_out in names:
            assert shape.recognise(record_of(tuple(name for name in names if name != left_out))) < LIKELY, left_out


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.reader}-{sample.name}")
def test_rows_of_a_sample_go_to_a_table_that_the_page_names(sample: Sample) -> None:
    patterns = [re.sub(r"<\w+>", r"\\w+", table) for table in ROWS[sample.reader][3].split(", ")]
    tables = {chunk.table for chunk in read(sample.reader, sample.text) if isinstance(chunk, Chunk)}
    assert tables and all(any(re.fullmatch(pattern, table) for pattern in patterns) for table in tables)

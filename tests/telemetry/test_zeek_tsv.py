"""Zeek's tab-separated logs, of every type and in every state of repair."""

from pathlib import Path

import pytest
from contents import Bytes, read_all
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model import Chunk
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.reader import CERTAIN, NO, ReadContext
from tocsin.telemetry.sources import SourceProblem, find_sources
from tocsin.telemetry.zeek_tsv import ZeekTsvReader

READER = ZeekTsvReader()
HEADER = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2024-01-01\n"
    "#fields\tts\tid.orig_h\tlocal_orig\tnote\ttunnel_parents\tTTLs\n"
    "#types\ttime\taddr\tbool\tstring\tset[string]\tvector[interval]\n"
)
ROW = "1700000000.5\t10.0.0.5\tT\thello\tA,B\t1.5,2.0\n"


def rows_of(text: str, name: str = "conn.log") -> list[dict[str, object]]:
    return [row for _, _, row in read_all(READER, text.encode(), name)[0]]


def test_values_get_their_form_from_the_types() -> None:
    assert rows_of(HEADER + ROW) == [
        {
            "ts": "1700000000.5",
            "id.orig_h": "10.0.0.5",
            "local_orig": "true",
            "note": "hello",
            "tunnel_parents": ["A", "B"],
            "TTLs": [1.5, 2.0],
        }
    ]


def test_unset_is_missing_and_empty_is_empty() -> None:
    (row,) = rows_of(HEADER + "1.0\t-\tF\t(empty)\t(empty)\t-\n")
    assert (row["id.orig_h"], row["note"], row["tunnel_parents"], row["TTLs"]) == (None, "", [], None)


def test_escapes_are_decoded_and_broken_ones_stay_visible() -> None:
    (row,) = rows_of(HEADER + "1.0\t-\t-\tG\\xc3\\xbc\\x09n \\\\x41 \\xff\ta\\x2cb,c\t-\n")
    assert row["note"] == "Gü\tn \\x41 \\xff"
    assert row["tunnel_parents"] == ["a,b", "c"]


def test_the_table_follows_the_header_inside_one_file() -> None:
    dns = HEADER.replace("#path\tconn", "#path\tdns").replace("\tlocal_orig", "\tAA")
    found, rejects = read_all(READER, (HEADER + ROW + "#close\t2024\n" + dns + ROW + ROW).encode())
    assert [(table, position) for table, position, _ in found] == [("zeek_conn", 9), ("zeek_dns", 19), ("zeek_dns", 20)]
    assert "AA" in found[1][2]
    assert not rejects


def test_a_wrong_column_count_is_a_reject_with_its_place() -> None:
    text = HEADER + ROW + "1.0\ttoo\tfew\n" + ROW
    found, (reject,) = read_all(READER, text.encode())
    assert [position for _, position, _ in found] == [9, 11]
    assert (reject.position, reject.reason) == (10, "3 columns where the header names 6")
    assert text.encode()[reject.offset :].startswith(b"1.0\ttoo")


def test_lines_before_any_header_are_rejects() -> None:
    _, (reject,) = read_all(READER, ROW.encode())
    assert "no #fields header" in reject.reason


def test_labels_behind_three_spaces_are_columns() -> None:
    text = (
        "#separator \\x09\n#path\tconn\n#fields\tts\ttunnel_parents   label   detailed-label\n"
        "#types\ttime\tset[string]   string   string\n1.0\t-   Malicious   C&C\n"
    )
    (row,) = rows_of(text)
    assert row == {"ts": "1.0", "tunnel_parents": None, "label": "Malicious", "detailed-label": "C&C"}


@pytest.mark.parametrize("separator", ["\\x2c", "\\x7c"])
def test_other_separators_are_followed(separator: str) -> None:
    mark = chr(int(separator[2:], 16))
    text = (HEADER + ROW).replace("\\x09", separator).replace("A,B", "A").replace("1.5,2.0", "1.5").replace("\t", mark)
    (row,) = rows_of(text)
    assert row["id.orig_h"] == "10.0.0.5"


def test_carriage_returns_and_a_trailing_separator_are_tolerated() -> None:
    (row,) = rows_of((HEADER + ROW[:-1] + "\t\n").replace("\n", "\r\n"))
    assert row["TTLs"] == [1.5, 2.0]


def test_a_log_without_path_takes_the_name_of_its_file() -> None:
    text = HEADER.replace("#path\tconn\n", "") + ROW
    assert read_all(READER, text.encode(), "x.zip!logs/ssl.10_00.log")[0][0][0] == "zeek_ssl"


def test_it_is_recognised_by_its_header_only() -> None:
    assert READER.sniff(head_of(Bytes((HEADER + ROW).encode()))) == CERTAIN
    assert READER.sniff(head_of(Bytes(("\t" + HEADER + ROW).encode()))) == CERTAIN
    assert READER.sniff(head_of(Bytes(b"# a comment\nts\tuid\n"))) == NO


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\n\r", codec="utf-8"), max_size=40), max_size=20))
def test_every_line_is_a_row_or_a_reject_or_carries_no_event(lines: list[str]) -> None:
    text = HEADER + "".join(f"{line}\n" for line in lines)
    found, rejects = read_all(READER, text.encode())
    events = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert len(found) + len(rejects) <= len(lines)
    if not any(line.lstrip().startswith("#") for line in lines):
        assert len(found) + len(rejects) == len(events)


@given(st.binary(max_size=300), st.integers(0, len(HEADER)))
def test_any_bytes_after_a_cut_header_never_crash(data: bytes, cut: int) -> None:
    text = HEADER[:cut].encode() + data
    found, rejects = read_all(READER, text)
    assert len(found) + len(rejects) <= text.count(b"\n") + 1 and all(reject.reason for reject in rejects)


@pytest.mark.shared_data
def test_all_shared_zeek_logs_are_read(shared: Path, tmp_path: Path) -> None:
    rows = rejects = 0
    for item in find_sources([shared / "zeek" / "zed-sample-zeek-tsv.zip"], spool=tmp_path):
        assert not isinstance(item, SourceProblem)
        head = head_of(item)
        if READER.sniff(head) != CERTAIN:
            continue
        for found in READER.read(item, ReadContext(head.encoding)):
            rows += len(found.rows) if isinstance(found, Chunk) else 0
            rejects += not isinstance(found, Chunk)
    assert (rows > 150_000, rejects) == (True, 0)

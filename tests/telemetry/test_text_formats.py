"""Every text format: chosen by exactly its reader, read whole, and never brought down by foreign bytes."""

import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from text_reading import BY_NAME, READERS, content_of, context, read, rejects, rows
from text_samples import DNS_BIND, SAMPLES, SYSLOG_BSD, Sample

from tocsin import limits
from tocsin.model import Chunk
from tocsin.telemetry import dns_server
from tocsin.telemetry.encodings import detect_encoding, head_of
from tocsin.telemetry.line_reader import CHUNK_ROWS
from tocsin.telemetry.reader import NO, Head, ReadContext, Reader

HOSTILE_CHARACTERS = 20_000
HOSTILE_SECONDS = 2  # a quadratic pattern takes longer, a linear one milliseconds
ids = [f"{sample.reader}-{sample.name}" for sample in SAMPLES]


@pytest.mark.parametrize("sample", SAMPLES, ids=ids)
def test_every_sample_is_chosen_by_exactly_its_reader(sample: Sample) -> None:
    head = head_of(content_of(sample.text.encode(), sample.name))
    scores = sorted(((reader.sniff(head), reader.name) for reader in READERS), reverse=True)
    assert scores[0][1] == sample.reader
    assert scores[0][0] > scores[1][0]


@pytest.mark.parametrize("sample", SAMPLES, ids=ids)
def test_every_sample_is_read_whole_into_its_table(sample: Sample) -> None:
    found = read(sample.reader, sample.text)
    assert not rejects(found)
    tables = {chunk.table for chunk in found if isinstance(chunk, Chunk)}
    assert tables == {sample.table}


_TEXTS = [sample for sample in SAMPLES if BY_NAME[sample.reader].lines]  # the journal export is UTF-8 by definition


@pytest.mark.parametrize("sample", _TEXTS, ids=[f"{sample.reader}-{sample.name}" for sample in _TEXTS])
def test_every_sample_is_chosen_and_read_the_same_in_utf16(sample: Sample) -> None:
    wide = content_of(b"\xff\xfe" + sample.text.encode("utf-16-le"), sample.name)
    assert BY_NAME[sample.reader].sniff(head_of(wide)) > NO
    found = list(BY_NAME[sample.reader].read(wide, ReadContext("utf-16-le", modified=context().modified)))
    assert rows(found) == rows(read(sample.reader, sample.text))


@pytest.mark.parametrize("sample", SAMPLES, ids=ids)
def test_reading_twice_gives_the_same_positions(sample: Sample) -> None:
    first, second = (
        [list(chunk.positions) for chunk in read(sample.reader, sample.text) if isinstance(chunk, Chunk)]
        for _ in range(2)
    )
    assert first == second
    assert all(positions == sorted(positions) and positions[0] >= 1 for positions in first)


_pieces = st.sampled_from([line for sample in SAMPLES for line in sample.text.encode().splitlines(keepends=True)])
_foreign = st.lists(st.one_of(st.binary(max_size=80), _pieces, st.just(b"\n")), max_size=12).map(b"".join)


@pytest.mark.parametrize("reader", READERS, ids=[reader.name for reader in READERS])
@settings(max_examples=60, deadline=None)
@given(data=_foreign)
def test_any_bytes_give_rows_or_rejects_and_never_an_error(reader: Reader, data: bytes) -> None:
    encoding = detect_encoding(data)
    assert 0 <= reader.sniff(Head("x", data, data.decode(encoding, "replace"), encoding)) <= 100
    found = list(reader.read(content_of(data), ReadContext(encoding, modified=context().modified)))
    for chunk in found:
        if isinstance(chunk, Chunk):
            assert len(chunk.rows) == len(chunk.positions)
            assert all(isinstance(row.get("_time_us", 0), int) for row in chunk.rows)


ONE_LINE_ONE_ROW = (
    "syslog",
    "web-access",
    "squid",
    "auditd",
    "cef",
    "generic-text",
    "generic-kv",
    "fortigate",
    "cisco-asa",
)


@pytest.mark.parametrize("reader", ONE_LINE_ONE_ROW)
@settings(max_examples=60, deadline=None)
@given(data=_foreign)
@example(data=b"\xef\xbb\xbf")
def test_rows_and_rejects_add_up_with_the_lines(reader: str, data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    found = list(BY_NAME[reader].read(content_of(text.encode()), context()))
    drawn = "----" if reader == "auditd" else "\n"  # ausearch's line between events
    shown = text.removeprefix("\ufeff")  # a mark of the encoding is no line
    lines = [line for line in shown.split("\n") if line.strip() and not line.startswith(drawn)]
    places = [place for chunk in found if isinstance(chunk, Chunk) for place in chunk.positions]
    assert len(places) + len(rejects(found)) == len(lines)
    assert len(set(places)) == len(places)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=8), min_size=3, max_size=3
        ),
        min_size=3,
    )
)
def test_quoted_csv_comes_back_as_it_was_written(table: list[list[str]]) -> None:
    def quoted(cells: list[str]) -> str:
        return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)

    text = "\n".join(map(quoted, [["n1", "n2", "n3"], *table])) + "\n"
    found = rows(read("generic-csv", text))
    names = ("n1", "n2", "n3")
    if not any(cell in names for line in table for cell in line):
        got = [[str(row.get(name, "")) for name in names] for row in found]
        assert got == table


def test_long_sources_come_in_bounded_chunks() -> None:
    line = SYSLOG_BSD.splitlines()[0] + "\n"
    sizes = [len(chunk.rows) for chunk in read("syslog", line * (CHUNK_ROWS + 10)) if isinstance(chunk, Chunk)]
    assert sizes == [CHUNK_ROWS, 10]


def test_a_bad_line_is_rejected_with_position_offset_and_sample() -> None:
    first = SYSLOG_BSD.splitlines()[0]
    (reject,) = rejects(read("syslog", f"{first}\nnonsense\n{first}\n"))
    assert (reject.position, reject.offset, reject.sample) == (2, len(first) + 1, "nonsense")
    assert "no syslog line" in reject.reason


def test_binary_content_is_claimed_by_no_text_reader() -> None:
    data = bytes(range(256)) * 40
    head = Head("x.bin", data, data.decode("cp1252", "replace"), "cp1252")
    assert {reader.sniff(head) for reader in READERS} == {NO}


@pytest.mark.parametrize(
    "text", ['{"a": 1}\n{"a": 2}\n', '[{"a": 1},\n{"a": 2}]\n', "<Event><System/></Event>\n<Event/>\n"]
)
def test_json_and_xml_are_at_most_plain_text_here(text: str) -> None:
    head = Head("x.json", text.encode(), text, "utf-8")
    assert {reader.name for reader in READERS if reader.sniff(head) > NO} <= {"generic-text"}


def test_zeek_tsv_is_left_to_its_own_reader() -> None:
    text = "#separator \\x09\n#set_separator\t,\n#fields\tts\tuid\n#types\ttime\tstring\n1596810725.1\tC1\n"
    head = Head("conn.log", text.encode(), text, "utf-8")
    assert max(reader.sniff(head) for reader in READERS) <= 25


_HOSTILE = ("msg='", 'a="\\', '" ', "[", " ", "a=", "CEF:0|", "(", '\\"', "1 ", "a.", "''", ',"', "x=y ", '[a b="c"]')
_PREFIXES = (
    "",
    "type=USER_AUTH msg=audit(1596810725.1:9): ",
    "Aug  7 14:32:05 h ",
    "<13>1 2020-08-07T14:32:05Z h a 1 - ",
    '192.0.2.1 - - [10/Oct/2020:13:55:36 -0700] "',
    "#Fields: a b\n",
    "07-Aug-2020 14:32:05.123 client 192.0.2.1#1: query: ",
    "Aug  7 14:32:05 h dhcpd: DHCPACK on ",
)


@pytest.mark.parametrize("prefix", _PREFIXES)
def test_long_hostile_lines_take_linear_time(prefix: str) -> None:
    lines = [prefix + piece * (HOSTILE_CHARACTERS // len(piece)) for piece in _HOSTILE]
    for reader in READERS:
        for line in lines:
            started = time.monotonic()
            list(reader.read(content_of(line.encode()), context()))
            assert time.monotonic() - started < HOSTILE_SECONDS, (reader.name, line[:40])


def test_a_head_that_cuts_a_line_is_judged_by_the_whole_lines() -> None:
    text = (DNS_BIND * limits.SNIFF_BYTES)[: limits.SNIFF_BYTES]
    assert BY_NAME["dns-server"].sniff(Head("x", text.encode(), text, "utf-8")) == dns_server.SURE


@pytest.mark.shared_data
def test_real_ssh_and_linux_logs_are_syslog_without_a_reject(shared: Path) -> None:
    with zipfile.ZipFile(shared / "linux" / "loghub-ssh-linux.zip") as archive:
        for member in (name for name in archive.namelist() if name.endswith(".log")):
            found = list(BY_NAME["syslog"].read(content_of(archive.read(member)), context()))
            assert len(rows(found)) == 2000
            assert not rejects(found)
            assert all("_time_us" in row and "host" in row for row in rows(found))

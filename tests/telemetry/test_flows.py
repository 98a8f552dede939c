"""Flows: nfdump CSV, Argus CSV, nfcapd binaries."""

import os
import shutil
from pathlib import Path

import pytest
from contents import Bytes, read_all
from hypothesis import given
from hypothesis import strategies as st

from tocsin.errors import SourceError
from tocsin.model import Chunk
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.flow_csv import ARGUS, NFDUMP, FlowCsvReader
from tocsin.telemetry.flow_nfcapd import NfcapdReader
from tocsin.telemetry.reader import CERTAIN, NO, ReadContext
from tocsin.telemetry.sources import SourceProblem, find_sources

NFDUMP_TEXT = (
    "ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt\n"
    "2018-01-12 15:37:30,2018-01-12 15:37:30,0.000,10.0.0.1,10.0.0.2,52324,902,TCP,......S.,1,60\n"
    "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n1,60,1,5,1,60\n"
)
ARGUS_TEXT = (
    "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,Label\n"
    "2019/04/04 16:23:00.325010,0.027947,udp,10.8.0.69,48427,  <->,8.8.8.8,53,CON,\n"
)


def test_nfdump_rows_keep_their_names_and_the_summary_is_no_flow() -> None:
    ((table, position, row),), rejects = read_all(FlowCsvReader(NFDUMP), NFDUMP_TEXT.encode())
    assert (table, position, row["sa"], row["ibyt"]) == ("flow_netflow", 2, "10.0.0.1", "60")
    assert not rejects


def test_argus_rows_lose_padding_and_empty_values_are_missing() -> None:
    ((table, _, row),), _ = read_all(FlowCsvReader(ARGUS), ARGUS_TEXT.encode())
    assert (table, row["Dir"], row["Label"]) == ("flow_argus", "<->", None)


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
def test_other_separators_are_followed(separator: str) -> None:
    data = ARGUS_TEXT.replace(",", separator).encode()
    assert FlowCsvReader(ARGUS).sniff(head_of(Bytes(data))) == CERTAIN
    assert len(read_all(FlowCsvReader(ARGUS), data)[0]) == 1


def test_a_header_repeated_by_concatenation_is_passed_over() -> None:
    found, rejects = read_all(FlowCsvReader(NFDUMP), (NFDUMP_TEXT + NFDUMP_TEXT).encode())
    assert ([position for _, position, _ in found], rejects) == ([2, 7], [])


def test_a_wrong_column_count_is_a_reject() -> None:
    _, (reject,) = read_all(FlowCsvReader(ARGUS), (ARGUS_TEXT + "2019/04/04,1,2\n").encode())
    assert (reject.position, reject.reason) == (3, "3 columns where the header names 10")


def test_the_dialects_do_not_claim_each_other() -> None:
    assert FlowCsvReader(ARGUS).sniff(head_of(Bytes(NFDUMP_TEXT.encode()))) == NO
    assert FlowCsvReader(NFDUMP).sniff(head_of(Bytes(ARGUS_TEXT.encode()))) == NO


def test_binary_flows_without_nfdump_are_a_problem_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SourceError) as raised:
        read_all(NfcapdReader(), b"\x0c\xa5\x01\x00")
    assert "apt install nfdump" in raised.value.advice()


@pytest.mark.skipif(
    shutil.which("nfdump") is None and not os.environ.get("CI"), reason="the program nfdump is not installed"
)
@pytest.mark.parametrize("data", [b"\x0c\xa5\x01\x00", b"\x0c\xa5\x02\x00" + bytes(500)])
def test_a_damaged_binary_file_gives_no_flow_and_no_crash(data: bytes) -> None:
    found, _ = read_all(NfcapdReader(), data)
    assert not found


@pytest.mark.shared_data
def test_the_shared_flow_files_are_read(shared: Path, tmp_path: Path) -> None:
    counts: dict[str, int] = {}
    readers = [FlowCsvReader(ARGUS), *([NfcapdReader()] if shutil.which("nfdump") else [])]
    for item in find_sources([shared / "zeek" / "slips-dataset.zip"], spool=tmp_path):
        if isinstance(item, SourceProblem) or item.size > 10_000_000:
            continue
        for reader in readers:
            if reader.sniff(head_of(item)) == CERTAIN:
                found = list(reader.read(item, ReadContext()))
                assert all(isinstance(chunk, Chunk) for chunk in found)
                rows = sum(len(chunk.rows) for chunk in found if isinstance(chunk, Chunk))
                counts[reader.name] = counts.get(reader.name, 0) + rows
    assert counts.pop("nfcapd", 4_593) == 4_593
    assert counts == {"argus-csv": 7_600}


@given(st.text(max_size=200))
def test_any_text_below_a_header_never_crashes(text: str) -> None:
    for layout, data in ((ARGUS, ARGUS_TEXT + text), (NFDUMP, text)):
        found, rejects = read_all(FlowCsvReader(layout), data.encode("utf-8", "replace"))
        positions = [position for _, position, _ in found]
        assert positions == sorted(set(positions)) and all(reject.reason for reject in rejects)

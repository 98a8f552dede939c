"""Binary Windows event logs: whole, cut, flipped."""

import random
import zipfile
from functools import cache
from pathlib import Path

import pytest
from contents import Bytes
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.model import Chunk, Reject
from tocsin.telemetry.encodings import head_of
from tocsin.telemetry.evtx import EvtxReader
from tocsin.telemetry.reader import CERTAIN, NO, ReadContext
from tocsin.telemetry.sources import SourceProblem, find_sources

READER = EvtxReader()
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
CHUNK = 65_536


@cache
def sample() -> bytes:
    """A log of 17 chunks with 140 records."""
    with zipfile.ZipFile(SHARED / "windows" / "evtx-to-mitre-attack.zip") as archive:
        (name,) = [name for name in archive.namelist() if "SQL Server payload injectection for reverse shell" in name]
        return archive.read(name)


def read(data: bytes) -> tuple[int, list[Reject]]:
    rows, rejects = 0, []
    for item in READER.read(Bytes(data), ReadContext()):
        if isinstance(item, Chunk):
            rows += len(item.rows)
        else:
            rejects.append(item)
    return rows, rejects


def test_it_is_recognised_by_its_magic() -> None:
    assert READER.sniff(head_of(Bytes(b"ElfFile\x00" + bytes(100)))) == CERTAIN
    assert READER.sniff(head_of(Bytes(b"ElfFil"))) == NO


@given(st.binary(max_size=6_000))
@settings(max_examples=50)
def test_any_bytes_behind_the_magic_give_rejects_and_no_crash(data: bytes) -> None:
    rows, rejects = read(b"ElfFile\x00" + data)
    assert not rows
    assert len(rejects) < 10


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("archive", "files", "events"),
    [("windows/evtx-to-mitre-attack.zip", 281, 10_015), ("sigma/sigma-regression.zip", 143, 160)],
)
def test_every_shared_event_is_read(shared: Path, tmp_path: Path, archive: str, files: int, events: int) -> None:
    counted = [0, 0]
    for item in find_sources([shared / archive], spool=tmp_path):
        if isinstance(item, SourceProblem) or READER.sniff(head_of(item)) != CERTAIN:
            continue
        counted[0] += 1
        for found in READER.read(item, ReadContext()):
            assert isinstance(found, Chunk)
            counted[1] += len(found.rows)
            assert all("EventID" in row["System"] for row in found.rows)  # type: ignore[operator]  # a nested row
    assert counted == [files, events]


@pytest.mark.shared_data
def test_a_chunk_cut_by_the_end_of_the_file_is_read_up_to_the_cut() -> None:
    whole_chunks = 4_096 + 2 * CHUNK
    rows_before, _ = read(sample()[:whole_chunks])
    rows, (reject,) = read(sample()[: whole_chunks + 30_000])
    assert (rows_before, rows) == (56, 69)
    assert reject.reason == "file is cut off inside its last chunk: 13 of 28 records could be read"


@pytest.mark.shared_data
def test_a_damaged_chunk_costs_only_its_own_records() -> None:
    data = bytearray(sample())
    data[4_096 + CHUNK : 4_096 + CHUNK + 8] = b"XXXXXXXX"
    rows, (reject,) = read(bytes(data))
    assert rows == 112
    assert "chunk" in reject.reason


@pytest.mark.shared_data
@given(st.integers(0, 2**32), st.integers(0, 300_000))
@settings(max_examples=25, deadline=None)
def test_flipped_and_cut_logs_never_crash(seed: int, size: int) -> None:
    dice = random.Random(seed)
    data = bytearray(sample()[:size] or b"x")
    for _ in range(40):
        data[dice.randrange(len(data))] = dice.randrange(256)
    rows, rejects = read(bytes(data))
    assert rows + len(rejects) < 1_000

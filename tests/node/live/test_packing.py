"""Segments are packed away in a thread; what fails is told and can be tried again."""

import time
from pathlib import Path

import pytest
import zstandard

from tocsin.node.journal.records import Segment
from tocsin.node.live.packing import Packing

SEGMENT = Segment("a", 1, 5)


def waited(packing: Packing) -> list[tuple[Segment, Path]]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if found := list(packing.done()):
            return found
        time.sleep(0.01)
    raise AssertionError("nothing was packed")


def test_a_packed_segment_is_told_once_and_its_file_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"lines")
    packing = Packing()
    packing.start(SEGMENT, tmp_path / "a.log", tmp_path / "raw" / "a.zst")
    assert ("a", 1) in packing
    assert waited(packing) == [(SEGMENT, tmp_path / "a.log")]
    assert ("a", 1) not in packing
    assert packing.close() == []
    assert (
        zstandard.ZstdDecompressor().decompressobj().decompress((tmp_path / "raw" / "a.zst").read_bytes()) == b"lines"
    )


def test_what_cannot_be_packed_is_told_until_it_is_given_up_and_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"lines")
    (tmp_path / "raw").write_text("a file where a folder must be")
    packing = Packing()
    packing.start(SEGMENT, tmp_path / "a.log", tmp_path / "raw" / "a.zst")
    for _ in range(2):
        with pytest.raises(OSError, match="raw"):
            waited(packing)
    packing.end()
    (tmp_path / "raw").unlink()
    packing.start(SEGMENT, tmp_path / "a.log", tmp_path / "raw" / "a.zst")
    assert packing.close() == [(SEGMENT, tmp_path / "a.log")]

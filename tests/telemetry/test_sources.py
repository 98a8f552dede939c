"""Finding and opening sources: every packing, every kind of damage, in bounded memory."""

import base64
import bz2
import gzip
import io
import lzma
import os
import pickle
import random
import tarfile
import zipfile
from pathlib import Path

import pytest
import zstandard
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin import limits
from tocsin.errors import UsageError
from tocsin.telemetry.content import SourceContent, SourceProblem
from tocsin.telemetry.sources import SourceOpener, find_sources, list_sources, open_source

LOG = b"".join(b"line %d of an honest log\n" % number for number in range(5_000))
PACK = {
    "gz": gzip.compress,
    "zst": zstandard.ZstdCompressor().compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}
ENCRYPTED = base64.b64decode(
    "UEsDBAoACQAAAKUBeF32LGHeGAAAAAwAAAAFABwAYS5sb2dVVAkAA5XWBGuV1gRrdXgLAAEEAAAAAAQAAAAALyK6F7BUGn4q2213"
    "NjHbsKOGjrPL7IWHUEsHCPYsYd4YAAAADAAAAFBLAQIeAwoACQAAAKUBeF32LGHeGAAAAAwAAAAFABgAAAAAAAEAAACkgQAAAABh"
    "LmxvZ1VUBQADldYEa3V4CwABBAAAAAAEAAAAAFBLBQYAAAAAAQABAEsAAABnAAAAAAA="
)
"""`a.log` in a zip with ZipCrypto, password `infected`: Python's zipfile cannot write one."""


def read_all(path: Path, spool: Path, *passwords: str) -> tuple[dict[str, bytes], dict[str, str]]:
    """Contents by name and problems by name, names relative to the folder above the path."""
    contents: dict[str, bytes] = {}
    problems: dict[str, str] = {}
    for item in find_sources([path], spool=spool, passwords=passwords):
        name = item.name.removeprefix(f"{path.parent}/")
        if isinstance(item, SourceProblem):
            problems[name] = item.reason
            continue
        with item:
            contents[name] = whole(item)
            assert len(contents[name]) == item.size
            assert item.digest == blake3(contents[name]).hexdigest()
    return contents, problems


def whole(content: SourceContent) -> bytes:
    with content.open() as stream:
        return stream.read()


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    return path


@pytest.mark.parametrize("ending", PACK)
def test_a_packed_file_keeps_its_name_and_gives_the_same_digest(folder: Path, spool: Path, ending: str) -> None:
    (folder / f"a.log.{ending}").write_bytes(PACK[ending](LOG))
    contents, problems = read_all(folder, spool)
    assert contents == {f"in/a.log.{ending}": LOG}
    assert not problems


@pytest.mark.parametrize("ending", PACK)
def test_appended_members_are_one_stream(folder: Path, spool: Path, ending: str) -> None:
    (folder / "a").write_bytes(PACK[ending](b"one\n") + PACK[ending](b"two\n"))
    assert read_all(folder, spool) == ({"in/a": b"one\ntwo\n"}, {})


@pytest.mark.parametrize("ending", PACK)
def test_a_cut_stream_gives_its_good_prefix_and_a_problem(folder: Path, spool: Path, ending: str) -> None:
    noise = random.Random(1).randbytes(200_000)
    packed = PACK[ending](noise)
    (folder / "a").write_bytes(packed[: len(packed) // 2])
    contents, problems = read_all(folder, spool)
    assert noise.startswith(contents.get("in/a", b""))
    assert "cut off" in problems["in/a"]
    if ending == "gz":
        assert len(contents["in/a"]) > 90_000


def test_a_wrong_gzip_checksum_loses_no_byte(folder: Path, spool: Path) -> None:
    packed = bytearray(gzip.compress(LOG))
    packed[-5] ^= 0xFF
    (folder / "a.gz").write_bytes(packed)
    contents, problems = read_all(folder, spool)
    assert contents == {"in/a.gz": LOG}
    assert "damaged" in problems["in/a.gz"]


def test_garbage_behind_a_stream_is_reported_but_padding_is_not(folder: Path, spool: Path) -> None:
    (folder / "garbage.gz").write_bytes(gzip.compress(LOG) + b"xyz")
    (folder / "padding.gz").write_bytes(gzip.compress(LOG) + bytes(1_000))
    contents, problems = read_all(folder, spool)
    assert contents == {"in/garbage.gz": LOG, "in/padding.gz": LOG}
    assert list(problems) == ["in/garbage.gz"]


def test_members_of_archives_inside_archives_are_named_by_their_chain(folder: Path, spool: Path) -> None:
    inner = tarred(**{"x/y.log": LOG, "z.log.gz": gzip.compress(b"zed\n")})
    (folder / "a.zip").write_bytes(zipped(**{"dir/b.tar.gz": gzip.compress(inner), "c.log": b"sea\n"}))
    contents, problems = read_all(folder, spool)
    assert contents == {
        "in/a.zip!dir/b.tar.gz!x/y.log": LOG,
        "in/a.zip!dir/b.tar.gz!z.log.gz": b"zed\n",
        "in/a.zip!c.log": b"sea\n",
    }
    assert not problems


def test_archives_nested_too_deeply_are_not_opened(folder: Path, spool: Path) -> None:
    data = b"deep\n"
    for _ in range(limits.ARCHIVE_DEPTH + 1):
        data = zipped(a=data)
    (folder / "deep.zip").write_bytes(data)
    contents, problems = read_all(folder, spool)
    assert not contents
    assert ["times over" in reason for reason in problems.values()] == [True]


@pytest.mark.parametrize("name", ["../../evil.log", "/etc/evil.log", "a\\..\\b.log", "nul\x00byte"])
def test_a_hostile_member_name_is_only_a_label(folder: Path, spool: Path, name: str) -> None:
    (folder / "t.tar").write_bytes(tarred(**{name: b"text\n"}))
    before = sorted(folder.parent.rglob("*"))
    contents, _ = read_all(folder / "t.tar", spool)
    assert list(contents.values()) == [b"text\n"]
    assert "\x00" not in "".join(contents)
    assert sorted(folder.parent.rglob("*")) == before


def test_a_decompression_bomb_is_stopped(folder: Path, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EXPANSION_FREE_BYTES", 1 * limits.MIB)
    (folder / "bomb.gz").write_bytes(gzip.compress(bytes(8 * limits.MIB)))
    (folder / "bomb.zip").write_bytes(zipped(zeros=bytes(8 * limits.MIB), honest=LOG))
    contents, problems = read_all(folder, spool)
    assert len(contents["in/bomb.gz"]) <= 6 * limits.MIB
    assert contents["in/bomb.zip!honest"] == LOG
    assert all("bomb" in reason for reason in problems.values())
    assert sorted(problems) == ["in/bomb.gz", "in/bomb.zip!zeros"]


def test_zip_members_that_share_bytes_are_refused(folder: Path, spool: Path) -> None:
    data = zipped(a=LOG, b=LOG)
    second = data.rfind(b"PK\x01\x02")
    local = second + 42  # offset of the local header in the directory entry
    (folder / "overlap.zip").write_bytes(data[:local] + bytes(4) + data[local + 4 :])
    contents, problems = read_all(folder, spool)
    assert list(contents) == ["in/overlap.zip!a"]
    assert "shares its bytes" in problems["in/overlap.zip!b"]


def test_a_zip_that_claims_a_huge_directory_is_refused(folder: Path, spool: Path) -> None:
    data = bytearray(zipped(a=LOG))
    end = data.rfind(b"PK\x05\x06")
    data[end + 12 : end + 16] = (0x7FFFFFFF).to_bytes(4, "little")
    (folder / "a.zip").write_bytes(data)
    contents, problems = read_all(folder, spool)
    assert not contents
    assert "directory claims" in problems["in/a.zip"]


def test_a_cut_zip_gives_the_members_before_the_cut(folder: Path, spool: Path) -> None:
    data = zipped(a=LOG, b=b"two\n", c=random.Random(1).randbytes(50_000))
    (folder / "cut.zip").write_bytes(data[: len(data) - 30_000])
    contents, problems = read_all(folder, spool)
    assert contents["in/cut.zip!a"] == LOG
    assert contents["in/cut.zip!b"] == b"two\n"
    assert 10_000 < len(contents["in/cut.zip!c"]) < 50_000
    assert "directory is missing" in problems["in/cut.zip"]
    assert "cut off" in problems["in/cut.zip!c"]


def test_a_zip_member_with_a_wrong_checksum_is_read_and_reported(folder: Path, spool: Path) -> None:
    data = bytearray(zipped(a=b"text\n"))
    crc_at = data.find(b"PK\x01\x02") + 16
    data[crc_at] ^= 0xFF
    data[14] ^= 0xFF
    (folder / "a.zip").write_bytes(data)
    contents, problems = read_all(folder, spool)
    assert contents == {"in/a.zip!a": b"text\n"}
    assert "checksum" in problems["in/a.zip!a"]


def test_a_cut_tar_gives_the_members_before_the_cut_and_one_problem(folder: Path, spool: Path) -> None:
    data = tarred(a=b"one\n", b=LOG)
    (folder / "t.tar").write_bytes(data[:5_000])
    contents, problems = read_all(folder, spool)
    assert contents["in/t.tar!a"] == b"one\n"
    assert LOG.startswith(contents["in/t.tar!b"])
    assert list(problems) == ["in/t.tar!b"]


def test_long_tar_names_are_read(folder: Path, spool: Path) -> None:
    name = "deep/" * 60 + "a.log"
    for kind in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with tarfile.open(folder / "t.tar", "w", format=kind) as archive:
            info = tarfile.TarInfo(name)
            info.size = 3
            archive.addfile(info, io.BytesIO(b"abc"))
        assert read_all(folder, spool)[0] == {f"in/t.tar!{name}": b"abc"}


def test_an_encrypted_zip_needs_a_fitting_password(folder: Path, spool: Path) -> None:
    (folder / "secret.zip").write_bytes(ENCRYPTED)
    assert read_all(folder, spool)[1] == {"in/secret.zip!a.log": "encrypted: give its password"}
    assert "none of the given" in read_all(folder, spool, "wrong")[1]["in/secret.zip!a.log"]
    assert read_all(folder, spool, "wrong", "infected")[0] == {"in/secret.zip!a.log": b"kept secret\n"}


def test_large_contents_go_to_a_spool_file_that_is_removed(
    folder: Path, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MEMORY_CONTENT_BYTES", 10_000)
    (folder / "a.gz").write_bytes(gzip.compress(LOG))
    (item,) = find_sources([folder], spool=spool)
    assert isinstance(item, SourceContent)
    with item:
        assert item.path is not None
        assert item.path.parent == spool
        assert whole(item) == LOG
    assert list(spool.iterdir()) == []


def test_a_plain_file_is_its_own_content(folder: Path, spool: Path) -> None:
    (folder / "a.log").write_bytes(LOG)
    (item,) = find_sources([folder / "a.log"], spool=spool)
    assert isinstance(item, SourceContent)
    item.close()
    assert item.path == folder / "a.log"
    assert item.path.exists()
    assert item.prefix_digest(100) == blake3(LOG[:100]).hexdigest()


def test_folders_are_walked_in_order_and_odd_things_are_reported(folder: Path, spool: Path) -> None:
    (folder / "b").mkdir()
    (folder / "b" / "2.log").write_bytes(b"2\n")
    (folder / "a.log").write_bytes(b"a\n")
    (folder / "empty.log").touch()
    (folder / "loop").symlink_to(folder)
    (folder / "dangling").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe")
    contents, problems = read_all(folder, spool)
    assert list(contents) == ["in/a.log", "in/b/2.log"]
    assert problems["in/empty.log"] == "empty"
    assert "not followed" in problems["in/loop"]
    assert "not a plain file" in problems["in/pipe"]
    assert "cannot be read" in problems["in/dangling"]


def test_a_path_that_does_not_exist_is_a_usage_error(tmp_path: Path, spool: Path) -> None:
    with pytest.raises(UsageError):
        list(find_sources([tmp_path / "missing"], spool=spool))


def test_references_open_one_by_one_in_another_process(folder: Path, spool: Path) -> None:
    (folder / "a.zip").write_bytes(zipped(a=b"one\n", b=b"two\n"))
    refs = [pickle.loads(pickle.dumps(ref)) for ref in list_sources([folder], spool)]
    assert [ref.member for ref in refs] == [0, 1]
    with SourceOpener(spool) as opener:
        again = [whole(item) for ref in refs for item in opener.open(ref) if isinstance(item, SourceContent)]
    alone = [whole(item) for item in open_source(refs[1], spool) if isinstance(item, SourceContent)]
    assert (again, alone) == ([b"one\n", b"two\n"], [b"two\n"])


def test_standard_input_is_a_source(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(gzip.compress(LOG))

    monkeypatch.setattr("sys.stdin", Stdin)
    (item,) = find_sources(["-"], spool=spool)
    assert isinstance(item, SourceContent)
    assert (item.name, whole(item)) == ("-", LOG)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_flipped_and_cut_archives_never_crash(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    intact = data.draw(
        st.sampled_from(
            [
                gzip.compress(LOG[:5_000]),
                PACK["zst"](LOG[:5_000]),
                bz2.compress(LOG[:5_000]),
                lzma.compress(LOG[:5_000]),
                zipped(a=LOG[:3_000], b=gzip.compress(LOG[:2_000])),
                tarred(a=LOG[:3_000], b=zipped(c=b"x")),
            ]
        )
    )
    damaged = bytearray(intact[: data.draw(st.integers(1, len(intact)))])
    for at in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=8)):
        damaged[at] = data.draw(st.integers(0, 255))
    (folder / "f").write_bytes(damaged)
    for item in find_sources([folder / "f"], spool=folder / "spool", passwords=["x"]):
        assert item.name
        if isinstance(item, SourceContent):
            item.close()

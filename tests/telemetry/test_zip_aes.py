"""Zips with AES: what 7-Zip writes is read; what is wrong, cut or changed is told and never crashes."""

import base64
import hashlib
import hmac
import io
import os
import random
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from tocsin.telemetry import zip_aes
from tocsin.telemetry.content import SourceProblem
from tocsin.telemetry.sources import find_sources

LOG = b"".join(b"line %d of an honest log\n" % number for number in range(5_000))
SEVEN_ZIP = base64.b64decode(
    "UEsDBDMAAQBjALkye10AAAAAKAAAAAwAAAAFAAsAYi5sb2cBmQcAAgBBRQMAAH0+Q1HU/bpYrCZAHySW9HfIONWTmdH4cBAdBOfo"
    "Uy/QfkuOAs52HsNQSwECPwMzAAEAYwC5MntdAAAAACgAAAAMAAAABQAvAAAAAAAAACCApIEAAAAAYi5sb2cKACAAAAAAAAEAGABS"
    "/SyWN37dAQAAAAAAAAAAAAAAAAAAAAABmQcAAgBBRQMAAFBLBQYAAAAAAQABAGIAAABWAAAAAAA="
)
"""`b.log` by 7-Zip 26, AES-256, password `infected`."""
MEMBER = "a.zip!a.log"
PASSWORD = "infected"
STORED, DEFLATED = 0, 8


def keys(password: str, salt: bytes, size: int) -> tuple[bytes, bytes, bytes]:
    """The keys of cipher and code, and the check bytes."""
    derived = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, 1_000, 2 * size + 2)
    return derived[:size], derived[size : 2 * size], derived[2 * size :]


def encrypted(key: bytes, data: bytes) -> bytes:
    """AES in counter mode as the specification draws it: block by block, the counter little-endian from 1."""
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    pieces = []
    for number, at in enumerate(range(0, len(data), 16), 1):
        pad = cipher.update(number.to_bytes(16, "little"))
        pieces.append(bytes(a ^ b for a, b in zip(data[at : at + 16], pad, strict=False)))
    return b"".join(pieces)


def aes_zip(
    data: bytes, *, password: str = PASSWORD, strength: int = 3, version: int = 2, method: int = DEFLATED,
    salt: bytes | None = None,
) -> bytes:  # fmt: skip
    """An archive with the one member `a.log`."""
    size = {1: 16, 2: 24, 3: 32}[strength]
    salt = (salt or os.urandom(16))[: size // 2]
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(data) + packer.flush() if method == DEFLATED else data
    cipher_key, code_key, check = keys(password, salt, size)
    body = encrypted(cipher_key, packed)
    body = salt + check + body + hmac.new(code_key, body, "sha1").digest()[:10]
    extra = struct.pack("<HHH2sBH", 0x9901, 7, version, b"AE", strength, method)
    checksum = zlib.crc32(data) if version == 1 else 0
    shared = struct.pack("<5H3I2H", 51, 1, 99, 0, 0x5C21, checksum, len(body), len(data), 5, len(extra))
    local = b"PK\x03\x04" + shared + b"a.log" + extra + body
    entry = b"PK\x01\x02" + struct.pack("<H", 51) + shared + struct.pack("<3H2I", 0, 0, 0, 0, 0) + b"a.log" + extra
    return local + entry + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 1, 1, len(entry), len(local), 0)


def read(data: bytes, folder: Path, *passwords: str) -> tuple[dict[str, bytes], dict[str, str]]:
    """Contents and problems of an archive, by name below `folder`."""
    (folder / "a.zip").write_bytes(data)
    contents: dict[str, bytes] = {}
    problems: dict[str, str] = {}
    for item in find_sources([folder / "a.zip"], spool=folder / "spool", passwords=passwords):
        name = item.name.removeprefix(f"{folder}/")
        if isinstance(item, SourceProblem):
            problems[name] = item.reason
            continue
        with item, item.open() as stream:
            contents[name] = stream.read()
    return contents, problems


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aes")


def test_what_7_zip_encrypted_is_read_with_its_password(tmp_path: Path) -> None:
    assert read(SEVEN_ZIP, tmp_path, "wrong", PASSWORD) == ({"a.zip!b.log": b"kept secret\n"}, {})


def test_without_a_fitting_password_the_member_is_a_problem(tmp_path: Path) -> None:
    assert read(SEVEN_ZIP, tmp_path) == ({}, {"a.zip!b.log": "encrypted with AES: give its password"})
    reason = "encrypted with AES: none of the given passwords opens it"
    assert read(SEVEN_ZIP, tmp_path, "wrong", "Infected", "") == ({}, {"a.zip!b.log": reason})


@given(
    st.binary(max_size=300) | st.integers(1, 200_000).map(lambda size: random.Random(size).randbytes(size)),
    st.sampled_from([1, 2, 3]),
    st.sampled_from([1, 2]),
    st.sampled_from([STORED, DEFLATED]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
def test_every_content_survives_every_strength_version_and_method(
    folder: Path, data: bytes, strength: int, version: int, method: int, password: str
) -> None:
    data = b"." + data if data else data  # else it may begin like an archive, which would be opened
    packed = aes_zip(data, password=password, strength=strength, version=version, method=method)
    wanted = ({MEMBER: data}, {}) if data else ({}, {MEMBER: "empty"})
    assert read(packed, folder, password) == wanted


@given(st.integers(0, 10**6), st.integers(1, 255), st.sampled_from([STORED, DEFLATED]), st.sampled_from([1, 2]))
def test_a_changed_byte_is_told_or_changes_nothing(
    folder: Path, place: int, change: int, method: int, version: int
) -> None:
    data = bytearray(aes_zip(LOG[:2_000], method=method, version=version, salt=bytes(range(16))))
    data[4 + place % (len(data) - 4)] ^= change  # behind the magic, which makes it a zip at all
    contents, problems = read(bytes(data), folder, PASSWORD)
    if not problems:
        assert list(contents.values()) == [LOG[:2_000]]


@given(st.integers(0, 10**6))
def test_a_cut_archive_gives_problems_only(folder: Path, place: int) -> None:
    data = aes_zip(LOG[:2_000], salt=bytes(range(16)))
    contents, problems = read(data[: place % len(data)], folder, PASSWORD)
    assert not any(text in LOG for text in contents.values()) and (problems or contents)


@given(st.binary(max_size=40), st.integers(0, 40), st.integers(0, 3))
def test_hostile_extra_fields_and_sizes_never_crash(folder: Path, noise: bytes, size: int, strength: int) -> None:
    with zipfile.ZipFile(io.BytesIO(aes_zip(LOG[:100]))) as archive:
        info = archive.infolist()[0]
        info.extra = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", strength, DEFLATED)[: len(noise)] + noise
        info.compress_size = size
        for reading in (zip_aes.read_locked, lambda file, info: zip_aes.unlock(archive, info, [PASSWORD])):
            try:
                reading(archive.fp, info)
            except zip_aes.SourceError as error:
                assert str(error)


def test_a_size_beyond_the_archive_is_a_problem(tmp_path: Path) -> None:
    data = aes_zip(LOG)
    at = data.index(b"PK\x01\x02")
    extra = struct.pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, DEFLATED) + struct.pack("<HHQ", 1, 8, 2**64 - 1)
    entry = data[at : at + 20] + b"\xff" * 4 + data[at + 24 : at + 30] + struct.pack("<H", len(extra))
    entry += data[at + 32 : at + 46] + b"a.log" + extra
    huge = data[:at] + entry + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 1, 1, len(entry), at, 0)
    contents, problems = read(huge, tmp_path, PASSWORD)
    assert not contents and "damaged" in problems[MEMBER]


def test_a_changed_authentication_code_is_told_after_all_bytes(tmp_path: Path) -> None:
    for method in (STORED, DEFLATED):
        data = bytearray(aes_zip(LOG, method=method))
        data[data.index(b"PK\x01\x02") - 1] ^= 1
        contents, problems = read(bytes(data), tmp_path, PASSWORD)
        assert contents == {MEMBER: LOG}
        assert "authentication code" in problems[MEMBER]


def test_a_wrong_checksum_of_ae_1_is_told(tmp_path: Path) -> None:
    data = aes_zip(LOG, version=1).replace(struct.pack("<I", zlib.crc32(LOG)), struct.pack("<I", 7))
    contents, problems = read(data, tmp_path, PASSWORD)
    assert contents == {MEMBER: LOG} and "checksum" in problems[MEMBER]


def test_of_two_passwords_with_equal_check_bytes_the_authentic_one_is_taken(tmp_path: Path) -> None:
    salt = bytes(8)
    seen: dict[bytes, str] = {}
    for number in range(65_536):  # a pair among some hundred: the check has 16 bits
        password = f"password {number}"
        check = keys(password, salt, 16)[2]
        if check in seen:
            break
        seen[check] = password
    other = seen[check]
    data = aes_zip(LOG, password=password, strength=1, salt=salt)
    assert read(data, tmp_path, other, password) == ({MEMBER: LOG}, {})
    assert "authentication code" in read(data, tmp_path, other)[1][MEMBER]


def test_a_size_that_the_archive_claims_wrongly_is_told(tmp_path: Path) -> None:
    for claimed in (len(LOG) - 1, len(LOG) + 1):
        data = aes_zip(LOG).replace(struct.pack("<I", len(LOG)), struct.pack("<I", claimed))
        assert "not as long" in read(data, tmp_path, PASSWORD)[1][MEMBER]


def test_methods_that_python_cannot_unpack_are_named(tmp_path: Path) -> None:
    reason = read(aes_zip(LOG, method=98), tmp_path, PASSWORD)[1][MEMBER]
    assert reason.startswith("packed with a method that is not supported")


def test_an_archive_inside_an_encrypted_member_is_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.log", LOG)
    assert read(aes_zip(inner.getvalue()), tmp_path, PASSWORD)[0] == {f"{MEMBER}!b.log": LOG}
    assert read(aes_zip(aes_zip(LOG)), tmp_path, PASSWORD)[0] == {f"{MEMBER}!a.log": LOG}


def test_a_damaged_lzma_member_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.log", random.Random(1).randbytes(5_000))
    data = bytearray(packed.getvalue())
    data[44:60] = b"\xff" * 16
    assert MEMBER in read(bytes(data), tmp_path)[1]

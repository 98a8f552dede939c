"""Zip members encrypted with AES, as WinZip, 7-Zip and the exchanges of captures write them (AE-1 and AE-2).

Rules:
1. A password is believed when its two check bytes and the authentication code over all packed bytes fit. One wrong
   password in 65,536 has fitting check bytes, so they alone decide nothing.
2. Where only the check bytes fit, the member was damaged or changed, or the password is that one: it is read, and its
   end says so. Where none fits, nothing is read.
3. Packed bytes are read twice, once for the code and once to unpack, piece by piece: memory does not grow with them.

Format: "AES Encryption Information: Encryption Specification AE-1 and AE-2" (WinZip, version 1.04). Keys are
PBKDF2-HMAC-SHA1 with 1,000 rounds, the cipher is AES in counter mode with a little-endian counter from 1, the code is
the first 10 bytes of HMAC-SHA1 over the encrypted bytes.
"""

import hashlib
import hmac
import struct
import zipfile
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import BinaryIO, cast

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tocsin import limits
from tocsin.errors import SourceError

METHOD = 99  # the compression method that says "AES, the real method is in the extra field"
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_EXTRA_ID = 0x9901
_EXTRA = struct.Struct("<H2sBH")  # version, vendor, strength, real method
_VENDOR, _AE_2 = b"AE", 2
_KEY_BYTES = {1: 16, 2: 24, 3: 32}  # by strength
_CHECK_BYTES, _CODE_BYTES = 2, 10
_ROUNDS = 1_000
_BLOCK_BYTES = 16  # of AES
_PIECE_BYTES = 64 * limits.KIB  # a multiple of the block


@dataclass(frozen=True, slots=True)
class LockedMember:
    """An encrypted member: how it is packed, and where its bytes lie in the archive."""

    version: int
    key_bytes: int
    method: int  # of compression
    salt: bytes
    check: bytes
    begin: int  # of the encrypted bytes
    size: int  # of the encrypted bytes
    code: bytes

    @property
    def has_checksum(self) -> bool:
        """AE-2 keeps no CRC, so that it tells nothing of the content."""
        return self.version != _AE_2


@dataclass(frozen=True, slots=True)
class UnlockedMember:
    """A member that a password opens, as zipfile unpacks it."""

    stream: zipfile.ZipExtFile
    checksum: int | None
    authentic: bool


def unlock(archive: zipfile.ZipFile, info: zipfile.ZipInfo, passwords: Sequence[str]) -> UnlockedMember:
    """The member's plain bytes. Raises SourceError when no password fits or its header is damaged."""
    file = cast(BinaryIO, archive.fp)
    locked = read_locked(file, info)
    if not passwords:
        raise SourceError("encrypted with AES: give its password")
    opened = [keys for password in passwords if (keys := _keys(locked, password.encode()))]
    if not opened:
        raise SourceError("encrypted with AES: none of the given passwords opens it")
    proven = [keys for keys in opened if _code(file, locked, keys[1]) == locked.code]
    plain = _Plain(file, locked, (proven or opened)[0][0])
    inner = copy(info)
    inner.compress_type, inner.compress_size = locked.method, locked.size
    inner.file_size += 1  # zipfile stops there in silence: one more byte shows that the claim is too small
    try:
        stream = zipfile.ZipExtFile(plain, "r", inner)
    except NotImplementedError as error:
        raise SourceError(f"packed with a method that is not supported: {error}") from error
    return UnlockedMember(stream, info.CRC if locked.has_checksum else None, bool(proven))


def read_locked(file: BinaryIO, info: zipfile.ZipInfo) -> LockedMember:
    """What stands before and behind the encrypted bytes. Raises SourceError where it breaks the form."""
    version, strength, method = _extra(info.extra)
    key_bytes = _KEY_BYTES[strength]
    if max(info.header_offset, info.compress_size) > file.seek(0, 2):
        raise SourceError("zip member is damaged: it reaches beyond the archive")
    file.seek(info.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(_LOCAL_MAGIC):
        raise SourceError("zip member is damaged: its header is not where the directory says")
    begin = info.header_offset + _LOCAL_HEADER.size + sum(_LOCAL_HEADER.unpack(header)[-2:])
    size = info.compress_size - key_bytes // 2 - _CHECK_BYTES - _CODE_BYTES
    if size < 0:
        raise SourceError("zip member is damaged: too short for AES encryption")
    file.seek(begin)
    salt, check = file.read(key_bytes // 2), file.read(_CHECK_BYTES)
    begin = file.tell()
    file.seek(begin + size)
    return LockedMember(version, key_bytes, method, salt, check, begin, size, file.read(_CODE_BYTES))


def _extra(extra: bytes) -> tuple[int, int, int]:
    """Version, strength and compression method from the extra field of AES."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        body, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _EXTRA_ID and len(body) >= _EXTRA.size:
            version, vendor, strength, method = _EXTRA.unpack_from(body)
            if vendor == _VENDOR and strength in _KEY_BYTES and method != METHOD:
                return version, strength, method
    raise SourceError("encrypted with AES, but its directory entry does not say how: it is damaged")


def _keys(locked: LockedMember, password: bytes) -> tuple[bytes, bytes] | None:
    """The keys of cipher and code, or None when the check bytes say that the password is another one."""
    size = 2 * locked.key_bytes + _CHECK_BYTES
    derived = hashlib.pbkdf2_hmac("sha1", password, locked.salt, _ROUNDS, size)
    if not hmac.compare_digest(derived[-_CHECK_BYTES:], locked.check):
        return None
    return derived[: locked.key_bytes], derived[locked.key_bytes : 2 * locked.key_bytes]


def _code(file: BinaryIO, locked: LockedMember, key: bytes) -> bytes:
    """The authentication code that the encrypted bytes ought to have."""
    code = hmac.new(key, digestmod="sha1")
    file.seek(locked.begin)
    left = locked.size
    while left and (piece := file.read(min(left, _PIECE_BYTES))):
        code.update(piece)
        left -= len(piece)
    return code.digest()[:_CODE_BYTES]


class _Plain:
    """The decrypted bytes of a member, front to back. The file may be used by others between two reads."""

    def __init__(self, file: BinaryIO, locked: LockedMember, key: bytes) -> None:
        self._file, self._at, self._left = file, locked.begin, locked.size
        self._cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # of counters: that makes it CTR
        self._block = 1
        self._waiting = b""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; nothing at the end, which is also where the archive is cut off."""
        if not self._waiting:
            self._waiting = self._next_piece()
        size = len(self._waiting) if size < 0 else size
        piece, self._waiting = self._waiting[:size], self._waiting[size:]
        return piece

    def _next_piece(self) -> bytes:
        self._file.seek(self._at)
        data = self._file.read(min(self._left, _PIECE_BYTES))
        self._at += len(data)
        self._left -= len(data)
        blocks = -(-len(data) // _BLOCK_BYTES)
        counters = np.zeros((blocks, 2), "<u8")
        counters[:, 0] = np.arange(self._block, self._block + blocks, dtype="u8")
        self._block += blocks
        stream = np.frombuffer(self._cipher.update(counters.tobytes()), "u1")
        plain: bytes = (np.frombuffer(data, "u1") ^ stream[: len(data)]).tobytes()
        return plain

    def close(self) -> None:
        """The archive closes its file itself."""

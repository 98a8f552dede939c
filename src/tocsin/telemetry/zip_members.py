"""Members of a zip archive: by its directory in any order, or front to back when the directory is lost.

Rules:
1. The directory's length is checked before it is read; overlapping members and members that claim to expand beyond
   all reason are refused one by one, the others are read.
2. Encrypted members are tried with each given password; those with AES are unlocked by `zip_aes`. Exotic methods are
   refused by name.
3. Without a readable directory (a cut download) the local headers are walked: what lies before the cut is read.

Format: PKWARE APPNOTE 6.3 §4.3.
"""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, cast

from tocsin import limits
from tocsin.errors import LimitExceeded, SourceError
from tocsin.telemetry import zip_aes
from tocsin.telemetry.content import READ_BYTES, Stream

_END_RECORD = b"PK\x05\x06"
_END_RECORD_BYTES = 22
_COMMENT_BYTES = 65_535  # the end record's comment is at most this long
_DIRECTORY_SIZE_AT = 12  # in the end record
_BIG_LOCATOR_BYTES, _BIG_RECORD = 20, b"PK\x06\x06"  # zip64
_BIG_SIZE_AT = 40  # of the directory size in the zip64 end record
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_ENCRYPTED, _SIZE_FOLLOWS, _UTF8_NAME = 0x1, 0x8, 0x800  # general purpose flags
_STORED, _DEFLATED = 0, 8  # compression methods
_RAW_WINDOW = -15  # zlib's number for "bare deflate, 32 KiB window"
_OUTPUT_BYTES = 1 * limits.MIB
_INPUT_BYTES = 4 * limits.KIB  # small steps lose little at the point of damage
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, struct.error, OverflowError,
)  # fmt: skip
_NOT_AUTHENTIC = "zip member was damaged or changed: its authentication code does not fit"


@dataclass(frozen=True, slots=True)
class RefusedMember:
    """A member that is not read, and why."""

    name: str
    reason: str


def read_directory(stream: BinaryIO) -> zipfile.ZipFile:
    """The archive with its directory read. Raises SourceError when there is none or it is damaged."""
    _check_directory_size(stream)
    try:
        archive = zipfile.ZipFile(stream)
    except (*_DAMAGE, NotImplementedError, RuntimeError, UnicodeError) as error:
        raise SourceError(f"zip directory is damaged: {error}") from error
    if len(archive.infolist()) > limits.ARCHIVE_MEMBERS:
        raise LimitExceeded(f"more than {limits.ARCHIVE_MEMBERS} members in one zip archive")
    return archive


def _check_directory_size(stream: BinaryIO) -> None:
    size = stream.seek(0, 2)
    tail_at = max(0, size - _END_RECORD_BYTES - _COMMENT_BYTES - _BIG_LOCATOR_BYTES - 56)
    stream.seek(tail_at)
    tail = stream.read(size - tail_at)
    at = tail.rfind(_END_RECORD)
    if at < 0 or len(tail) < at + _END_RECORD_BYTES:
        raise SourceError("zip archive is cut off: its directory is missing")
    claimed = int.from_bytes(tail[at + _DIRECTORY_SIZE_AT : at + _DIRECTORY_SIZE_AT + 4], "little")
    if claimed == 0xFFFFFFFF:
        big = tail.rfind(_BIG_RECORD, 0, at)
        claimed = int.from_bytes(tail[big + _BIG_SIZE_AT : big + _BIG_SIZE_AT + 8], "little") if big >= 0 else claimed
    if claimed > limits.ARCHIVE_DIRECTORY_BYTES:
        raise LimitExceeded(f"zip directory claims {claimed} bytes, more than {limits.ARCHIVE_DIRECTORY_BYTES}")
    stream.seek(0)


def readable_members(archive: zipfile.ZipFile) -> Iterator[int | RefusedMember]:
    """Indexes of the members worth reading, in order; folders are passed over, suspicious members refused."""
    members = archive.infolist()
    overlapping = _overlapping(members)
    excess = 0
    for index, info in enumerate(members):
        if info.is_dir():
            continue
        over = info.file_size - limits.EXPANSION_RATIO * info.compress_size
        if index in overlapping:
            yield RefusedMember(info.filename, "shares its bytes with another member: refused as a zip bomb")
        elif info.file_size > limits.EXPANDED_BYTES or excess + over > limits.EXPANSION_FREE_BYTES:
            yield RefusedMember(info.filename, f"claims {info.file_size} bytes unpacked: refused as a zip bomb")
        else:
            excess += max(0, over)
            yield index


def _overlapping(members: Sequence[zipfile.ZipInfo]) -> set[int]:
    """Indexes of members that begin inside the bytes of another one."""
    order = sorted(range(len(members)), key=lambda index: members[index].header_offset)
    found: set[int] = set()
    end = 0
    for index in order:
        info = members[index]
        if info.header_offset < end:
            found.add(index)
        end = max(end, info.header_offset + _LOCAL_HEADER.size + info.compress_size)
    return found


def modified_time(info: zipfile.ZipInfo) -> datetime | None:
    """The member's time; zip keeps no zone, so it is taken as UTC."""
    try:
        return datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return None


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, passwords: Sequence[str]) -> Stream:
    """The member's bytes. Raises SourceError when it is encrypted without a fitting password or packed unknown."""
    if info.compress_type == zip_aes.METHOD:
        unlocked = zip_aes.unlock(archive, info, passwords)
        damage = "" if unlocked.authentic else _NOT_AUTHENTIC
        return _Member(unlocked.stream, info.file_size, unlocked.checksum, damage)
    if not info.flag_bits & _ENCRYPTED:
        return _Member(_opened(archive, info, None), info.file_size, info.CRC)
    if not passwords:
        raise SourceError("encrypted: give its password")
    for password in passwords:
        if _opens(archive, info, password.encode()):
            return _Member(_opened(archive, info, password.encode()), info.file_size, info.CRC)
    raise SourceError("encrypted: none of the given passwords opens it")


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo, password: bytes | None) -> zipfile.ZipExtFile:
    try:
        return cast(zipfile.ZipExtFile, archive.open(info, pwd=password))
    except NotImplementedError as error:
        raise SourceError(f"packed with a method that is not supported: {error}") from error
    except (RuntimeError, *_DAMAGE) as error:
        raise SourceError(f"zip member is damaged: {error}") from error


def _opens(archive: zipfile.ZipFile, info: zipfile.ZipInfo, password: bytes) -> bool:
    """One wrong password in 256 passes the format's check, so the first bytes are unpacked as well."""
    try:
        with archive.open(info, pwd=password) as stream:
            stream.read(_INPUT_BYTES)
    except (RuntimeError, *_DAMAGE):
        return False
    return True


class _Member:
    """One member as a stream whose damage is a SourceError, raised after all that could be unpacked.

    `size` is what the archive claims; `checksum` is None where it keeps none; `damage` is known before the reading.
    """

    def __init__(self, inner: zipfile.ZipExtFile, size: int, checksum: int | None, damage: str = "") -> None:
        self._inner = inner
        self._inner._expected_crc = None  # type: ignore[attr-defined]  # zipfile checks before it hands out the bytes
        self._left, self._expected, self._sum, self._damage = size, checksum, 0, damage

    def read(self, size: int, /) -> bytes:
        try:
            piece = self._inner.read1(min(size, READ_BYTES))
        except _DAMAGE as error:
            raise SourceError(self._damage or f"zip member is damaged or cut off: {error}") from error
        self._sum = zlib.crc32(piece, self._sum)
        self._left -= len(piece)
        if not piece and (damage := self._damage_at_end()):
            raise SourceError(damage)
        return piece

    def _damage_at_end(self) -> str:
        if self._damage:
            return self._damage
        if self._expected not in {None, self._sum}:
            return "zip member is damaged: wrong checksum"
        return "zip member is damaged: not as long as the archive says" if self._left else ""


@dataclass(slots=True)
class SalvagedMember:
    """A member found by its local header, unpacked while it is read."""

    name: str
    _source: "_Pushback"
    _left: int | None  # packed bytes, None when only the end of the deflate stream tells
    _inflate: "zlib._Decompress | None"
    _done: bool = False

    def read(self, size: int, /) -> bytes:
        """Up to about `size` bytes. Raises SourceError at the cut."""
        while not self._done:
            piece = self._stored(size) if self._inflate is None else self._deflated(self._inflate, size)
            if piece:
                return piece
        return b""

    def _stored(self, size: int) -> bytes:
        left = self._left or 0
        piece = self._source.read(min(size, left))
        self._left = left - len(piece)
        self._done = not self._left
        if not piece and left:
            raise SourceError("zip archive is cut off inside this member")
        return piece

    def _deflated(self, inflate: "zlib._Decompress", size: int) -> bytes:
        data = inflate.unconsumed_tail or self._source.read(_INPUT_BYTES)
        try:
            piece = inflate.decompress(data, min(size, _OUTPUT_BYTES))
        except zlib.error as error:
            raise SourceError(f"zip member is damaged: {error}") from error
        if inflate.eof:
            self._done = True
            self._source.push(inflate.unused_data)
        elif not data and not piece:
            raise SourceError("zip archive is cut off inside this member")
        return piece


class _Pushback:
    """A stream that takes bytes back."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._back = b""

    def push(self, data: bytes) -> None:
        self._back = data + self._back

    def read(self, size: int) -> bytes:
        if self._back:
            piece, self._back = self._back[:size], self._back[size:]
            return piece
        return self._stream.read(size)

    def find(self, mark: bytes) -> bool:
        """Move to the next occurrence of `mark`; False when there is none."""
        window = b""
        while piece := self.read(_INPUT_BYTES):
            window += piece
            if (at := window.find(mark)) >= 0:
                self.push(window[at:])
                return True
            window = window[-len(mark) + 1 :]
        return False


def salvaged_members(stream: Stream) -> Iterator[SalvagedMember | RefusedMember]:
    """Members before the cut, in order. Ends in silence: the caller has already reported the damage."""
    source = _Pushback(stream)
    for _ in range(limits.ARCHIVE_MEMBERS):
        if not source.find(_LOCAL_MAGIC):
            return
        member = _salvaged(source)
        if member is None:
            return
        yield member
        if isinstance(member, SalvagedMember):
            while member.read(READ_BYTES):
                pass


def _salvaged(source: _Pushback) -> SalvagedMember | RefusedMember | None:
    header = _whole(source, _LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size:
        return None
    _, _, flags, method, _, _, _, packed, _, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
    name = _whole(source, name_bytes).decode("utf-8" if flags & _UTF8_NAME else "cp437", "replace")
    _whole(source, extra_bytes)
    if flags & _ENCRYPTED:
        return RefusedMember(name, "encrypted, in a zip without directory: repair the archive first")
    if method == _DEFLATED:
        return SalvagedMember(name, source, None, zlib.decompressobj(_RAW_WINDOW))
    if method == _STORED and not flags & _SIZE_FOLLOWS:
        return SalvagedMember(name, source, packed, None, _done=not packed)
    return RefusedMember(name, "cannot be found in a zip without directory: repair the archive first")


def _whole(source: _Pushback, size: int) -> bytes:
    pieces = []
    while size and (piece := source.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)

"""Members of a tar archive, read from a stream from front to back in bounded memory.

Rules:
1. Reads ustar, GNU long names (`L`) and pax headers (`x`: path and size); header bodies are bounded.
2. A header with a wrong checksum ends the archive with SourceError: what came before stays good.
3. Only plain files are members; links, devices and folders hold no log lines and are passed over.

Format: POSIX.1-2017 pax §"ustar Interchange Format", GNU tar manual §"Basic Tar Format".
Python's tarfile is not used: it reads pax headers of any claimed length into memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tocsin import limits
from tocsin.errors import LimitExceeded, SourceError, TocsinError
from tocsin.telemetry.content import READ_BYTES, Stream

_BLOCK = 512
_MAGIC_AT = 257
_MAGIC = b"ustar"
_PLAIN_FILES = (b"0", b"\x00", b"7")
_WITHOUT_BYTES = (b"1", b"2", b"3", b"4", b"5", b"6")  # links, devices, folders, pipes
_LONG_NAME, _PAX, _PAX_GLOBAL, _LONG_LINK = b"L", b"x", b"g", b"K"
_LENGTH_DIGITS = 20  # looked at to find the length of a pax record
_BINARY_NUMBER = 0x80  # first byte of a GNU base-256 number


def is_tar(head: bytes) -> bool:
    """Whether these first bytes begin a tar archive."""
    return head[_MAGIC_AT : _MAGIC_AT + len(_MAGIC)] == _MAGIC and _checksum_holds(head[:_BLOCK])


@dataclass(slots=True)
class TarMember:
    """One plain file. Its bytes are in the stream until the next member is asked for."""

    name: str
    size: int
    modified: datetime | None
    _stream: Stream
    _left: int
    failed: bool = False  # the reader of this member has met damage

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes of the member. Raises SourceError where the archive is cut off."""
        if not self._left:
            return b""
        try:
            piece = self._stream.read(min(size, self._left))
        except TocsinError:
            self.failed = True
            raise
        if not piece:
            self.failed = True
            raise SourceError("tar archive is cut off inside this member")
        self._left -= len(piece)
        return piece

    def skip(self) -> None:
        """Pass over what was not read."""
        while self._left:
            self.read(READ_BYTES)


def tar_members(stream: Stream) -> Iterator[TarMember]:
    """All plain files of the archive in order. Raises SourceError at damage, LimitExceeded over a bound."""
    override: dict[str, str] = {}
    count = 0
    while header := _header(stream):
        kind = header[156:157]
        size = int(override.pop("size", "") or _number(header[124:136]))
        if kind in (_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL):
            override.update(_extended(kind, _body(stream, size)))
            continue
        count += 1
        if count > limits.ARCHIVE_MEMBERS:
            raise LimitExceeded(f"more than {limits.ARCHIVE_MEMBERS} members in one tar archive")
        member = TarMember(override.get("path") or _name(header), size, _modified(header), stream, size)
        override.clear()
        if kind in _WITHOUT_BYTES:
            continue
        if kind in _PLAIN_FILES:
            yield member
        member.skip()
        _exactly(stream, -size % _BLOCK)


def _header(stream: Stream) -> bytes | None:
    """The next header block; None at the end of the archive."""
    block = _exactly(stream, _BLOCK, short=True)
    if not block.strip(b"\x00"):
        return None
    if len(block) < _BLOCK:
        raise SourceError("tar archive is cut off inside a header")
    if not _checksum_holds(block):
        raise SourceError("tar header is damaged: wrong checksum")
    return block


def _exactly(stream: Stream, size: int, short: bool = False) -> bytes:
    pieces = []
    while size and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    if size and not short:
        raise SourceError("tar archive is cut off")
    return b"".join(pieces)


def _body(stream: Stream, size: int) -> bytes:
    if size > limits.ARCHIVE_HEADER_BYTES:
        raise LimitExceeded(f"tar header of {size} bytes, more than {limits.ARCHIVE_HEADER_BYTES}")
    return _exactly(stream, size + -size % _BLOCK)[:size]


def _checksum_holds(block: bytes) -> bool:
    if len(block) < _BLOCK:
        return False
    field = block[148:156].strip(b"\x00 ")
    total = sum(block) - sum(block[148:156]) + 8 * ord(" ")  # the sum is taken with the field itself blank
    return _octal(field) and int(field, 8) == total


def _octal(field: bytes) -> bool:
    return bool(field) and not field.strip(b"01234567")


def _number(field: bytes) -> int:
    if field[0] & _BINARY_NUMBER:
        return int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
    digits = field.strip(b"\x00 ")
    if digits and not _octal(digits):
        raise SourceError("tar header is damaged: a size is not a number")
    return int(digits or b"0", 8)


def _name(header: bytes) -> str:
    name, prefix = header[:100].split(b"\x00")[0], b""
    if header[257:263] == b"ustar\x00":
        prefix = header[345:500].split(b"\x00")[0]
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "backslashreplace")


def _modified(header: bytes) -> datetime | None:
    try:
        return datetime.fromtimestamp(_number(header[136:148]), UTC)
    except (ValueError, OverflowError, OSError, SourceError):
        return None


def _extended(kind: bytes, body: bytes) -> dict[str, str]:
    """What a long-name or pax header says about the next member."""
    if kind == _LONG_NAME:
        return {"path": body.rstrip(b"\x00").decode("utf-8", "backslashreplace")}
    return _pax(body) if kind == _PAX else {}


def _pax(body: bytes) -> dict[str, str]:
    """`path` and `size` out of pax records (`<length> <key>=<value>\\n`)."""
    found: dict[str, str] = {}
    at = 0
    while at < len(body):
        digits, _, _ = body[at : at + _LENGTH_DIGITS].partition(b" ")
        if not digits.isdigit() or int(digits) <= len(digits) + 1:
            break
        key, _, value = body[at + len(digits) + 1 : at + int(digits)].partition(b"=")
        text = value.rstrip(b"\n").decode("utf-8", "backslashreplace")
        if key == b"path" or (key == b"size" and value.rstrip(b"\n").isdigit() and len(text) < _LENGTH_DIGITS):
            found[key.decode()] = text
        at += int(digits)
    return found

"""Text out of bytes: which encoding a source has, and its lines with their numbers and byte offsets.

Rules:
1. A byte order mark decides; else the NUL pattern of UTF-16; else UTF-8 if it decodes; else Windows-1252.
2. Lines end at LF; a CR before it is dropped. Other separators (VT, FF, NEL, LS) are part of the line. NUL is kept.
3. Bytes that the encoding does not allow become U+FFFD.
4. A line longer than `limits.LINE_BYTES` is one `Reject`; its bytes are passed over without being held.
5. Offsets count decompressed bytes from 0 in the source's own encoding, byte order mark included; lines count from 1.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tocsin import limits
from tocsin.model import Reject
from tocsin.telemetry.reader import CHUNK_BYTES, Content, Head, LineBlock

EVENT_LOG_MAGIC = b"ElfFile\x00"
UTF8, UTF16_LE, UTF16_BE, LEGACY = "utf-8", "utf-16-le", "utf-16-be", "cp1252"

_MARKS = {UTF8: b"\xef\xbb\xbf", UTF16_LE: b"\xff\xfe", UTF16_BE: b"\xfe\xff"}
_SHARE_OF_NULS = 0.3  # of the bytes at even (or odd) places, for text without a mark to count as UTF-16
_NULS_LOOKED_AT = 4 * limits.KIB
_CUT_CHARACTER_BYTES = 3  # a UTF-8 character cut at the end of the head has at most this many bytes
_REPLACEMENT = "\ufffd"

_LINE_FEED = 10


class RawBlock(NamedTuple):
    """Whole lines in the source's own encoding; `ends` counts the line ends."""

    data: bytes
    first_line: int
    offset: int
    ends: int


def head_of(content: Content) -> Head:
    """The first `limits.SNIFF_BYTES` of a content, decoded."""
    with content.open() as stream:
        data = stream.read(limits.SNIFF_BYTES)
    if data.startswith(EVENT_LOG_MAGIC):  # decoding 64 KiB of binary costs as much as reading a small log
        return Head(content.name, data, "", UTF8)
    encoding = detect_encoding(data, whole=content.size <= len(data))
    text = _without_mark(data, encoding).decode(encoding, "replace")
    return Head(content.name, data, text, encoding)


def detect_encoding(data: bytes, whole: bool = True) -> str:
    """The codec name for these first bytes. `whole` says that nothing follows them."""
    for encoding, mark in _MARKS.items():
        if data.startswith(mark):
            return encoding
    sixteen = _sixteen_bits(data[:_NULS_LOOKED_AT])
    if sixteen:
        return sixteen
    return UTF8 if _mostly_utf8(data, whole) else LEGACY


def _sixteen_bits(data: bytes) -> str:
    """UTF-16 without a mark: NUL at every other place, and hardly any at the places between."""
    half = len(data) // 2
    even, odd = data[0::2].count(0), data[1::2].count(0)
    if odd > half * _SHARE_OF_NULS and even <= odd // 10:
        return UTF16_LE
    return UTF16_BE if even > half * _SHARE_OF_NULS and odd <= even // 10 else ""


def _mostly_utf8(data: bytes, whole: bool) -> bool:
    """Valid UTF-8, or with more valid characters beyond ASCII than broken ones."""
    try:
        data.decode(UTF8)
    except UnicodeDecodeError as error:
        if not whole and error.start >= len(data) - _CUT_CHARACTER_BYTES and error.reason.startswith("unexpected end"):
            return True
        text = data.decode(UTF8, "replace")
        broken = text.count(_REPLACEMENT)
        beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
        return beyond_ascii - broken > broken
    return True


def encoding_note(encoding: str) -> str:
    """What to tell people about an encoding that was assumed, "" when it was certain."""
    return "Text that is not UTF-8 was read as Windows-1252." if encoding == LEGACY else ""


def _without_mark(data: bytes, encoding: str) -> bytes:
    return data.removeprefix(_MARKS.get(encoding, b""))


def decoded_bytes(content: Content, encoding: str) -> bytes:
    """All of a content as UTF-8 without byte order mark; the caller has checked its size."""
    with content.open() as stream:
        data = _without_mark(stream.read(), encoding)
    return data if encoding == UTF8 else data.decode(encoding, "replace").encode()


def line_blocks(content: Content, encoding: str, block_bytes: int = CHUNK_BYTES) -> Iterator[LineBlock | Reject]:
    """Blocks of whole lines as UTF-8 bytes (LF kept, the last line may lack it); overlong lines as rejects."""
    for block in _raw_blocks(content, encoding, block_bytes):
        if isinstance(block, Reject):
            yield block
        else:
            yield as_lines(block, encoding)


def as_lines(block: RawBlock, encoding: str) -> LineBlock:
    """The same lines as UTF-8."""
    if encoding == UTF8:
        return LineBlock(*block)
    recoded = block.data.decode(encoding, "replace").encode()
    return LineBlock(recoded, block.first_line, block.offset, block.ends)


def text_lines(content: Content, encoding: str) -> Iterator[tuple[int, int, str] | Reject]:
    """Every line as (number, offset, text without line end); overlong lines as rejects."""
    for block in _raw_blocks(content, encoding, CHUNK_BYTES // 8):
        if isinstance(block, Reject):
            yield block
        elif encoding in (UTF16_LE, UTF16_BE):
            yield from _wide_lines(block, encoding)
        else:
            yield from _narrow_lines(block, encoding)


def _narrow_lines(block: RawBlock, encoding: str) -> Iterator[tuple[int, int, str]]:
    number, offset = block.first_line, block.offset
    lines = block.data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for line in lines:
        text = line.decode(encoding, "replace")
        yield number, offset, text[:-1] if text.endswith("\r") else text
        number += 1
        offset += len(line) + 1


def _wide_lines(block: RawBlock, encoding: str) -> Iterator[tuple[int, int, str]]:
    number, offset = block.first_line, block.offset
    lines = block.data.decode(encoding, "replace").split("\n")
    if not lines[-1]:
        lines.pop()
    for text in lines:
        yield number, offset, text[:-1] if text.endswith("\r") else text
        number += 1
        offset += 2 * (len(text) + sum(character > "\uffff" for character in text) + 1)


def _raw_blocks(content: Content, encoding: str, block_bytes: int) -> Iterator[RawBlock | Reject]:
    """Cut a content at line ends. Steps: pass over the mark; read; cut at the last line end; reject overlong lines."""
    cutter = LineCutter(encoding)
    with content.open() as stream:
        mark = _MARKS.get(encoding, b"")
        start = stream.read(len(mark))
        cutter.offset = len(mark) if start == mark and mark else 0
        piece = (b"" if cutter.offset else start) + stream.read(block_bytes - block_bytes % 2)
        while piece:
            yield from cutter.feed(piece)
            piece = stream.read(block_bytes - block_bytes % 2)
    yield from cutter.finish()


class LineCutter:
    """Bytes in, blocks of whole lines out, in bounded memory. It may begin anywhere at the start of a line."""

    def __init__(self, encoding: str, offset: int = 0, line: int = 1) -> None:
        self._encoding = encoding
        self._newline = "\n".encode(encoding)
        self.offset = offset  # of the first byte held
        self.line = line  # its line number
        self._held: list[bytes] = []  # an unfinished line
        self._size = 0
        self._skipping = False  # inside an overlong line

    def feed(self, piece: bytes) -> Iterator[RawBlock | Reject]:
        """Take the next piece (of even length, unless it is the last)."""
        if not self._skipping and self._size + (self._first_end(piece) or len(piece)) > limits.LINE_BYTES:
            yield self._overlong(piece)
        if self._skipping:
            piece = self._pass_over(piece)
        end = self._last_end(piece)
        if end:
            data = b"".join((*self._held, piece[:end]))
            ends = self._count(data)
            yield RawBlock(data, self.line, self.offset, ends)
            self.offset += len(data)
            self.line += ends
            self._held, self._size = [], 0
        if end < len(piece):
            self._held.append(piece[end:])
            self._size += len(piece) - end

    def _pass_over(self, piece: bytes) -> bytes:
        """Drop the rest of an overlong line; returns what follows it in this piece."""
        end = self._first_end(piece)
        self.offset += end or len(piece)
        if not end:
            return b""
        self._skipping = False
        self.line += 1
        return piece[end:]

    def _overlong(self, piece: bytes) -> Reject:
        begin = (self._held[0] if self._held else piece)[: limits.REJECT_SAMPLE_CHARACTERS]
        sample = begin.decode(self._encoding, "replace")
        reject = Reject(self.line, self.offset, f"line longer than {limits.LINE_BYTES} bytes", sample)
        self.offset += self._size
        self._held, self._size, self._skipping = [], 0, True
        return reject

    def finish(self) -> Iterator[RawBlock]:
        """The last line, when it has no end."""
        if self._held:
            yield RawBlock(b"".join(self._held), self.line, self.offset, 0)

    def _first_end(self, piece: bytes) -> int:
        """The place behind the first line end, 0 when there is none."""
        width = len(self._newline)
        at = piece.find(self._newline)
        while at >= 0 and at % width:
            at = piece.find(self._newline, at + 1)
        return at + width if at >= 0 else 0

    def _last_end(self, piece: bytes) -> int:
        """The place behind the last line end, 0 when there is none."""
        width = len(self._newline)
        at = piece.rfind(self._newline)
        while at >= 0 and at % width:
            at = piece.rfind(self._newline, 0, at + width - 1)
        return at + width if at >= 0 else 0

    def _count(self, data: bytes) -> int:
        if len(self._newline) == 1:
            return int(np.count_nonzero(np.frombuffer(data, np.uint8) == _LINE_FEED))  # 3 times as fast as bytes.count
        return data.decode(self._encoding, "replace").count("\n")

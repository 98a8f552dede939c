"""The body of an HTTP request, whole, unpacked and bounded.

Rules:
1. `Content-Encoding` is one of gzip, zstd, deflate, identity (RFC 9110 §8.4); everything else, also two of them after
   each other, is 415.
2. A body is bounded as it comes, as it unpacks, and in its ratio: what goes over is 413, before it is held.
3. A packed body that is damaged or cut is 400, and nothing of it counts.
4. What is held is taken from the sender's share; where that is taken, the answer is 429.
"""

import asyncio
import zlib
from collections.abc import AsyncIterable, Callable, Generator, Iterator, Mapping
from http import HTTPStatus

import zstandard

from tocsin import limits
from tocsin.node.inputs.answers import NotTaken
from tocsin.node.inputs.shares import Hold, ShareTaken

_STEP_BYTES = 256 * limits.KIB  # at most so much comes out of one step of zlib
_ZSTD_STEP_BYTES = 256  # zstd cannot be told: so much input becomes 8 MiB at most
_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's numbers for the three containers of deflate
_ZLIB_METHOD = 8  # low half of the first byte of a zlib stream (RFC 1950 §2.2)
_DAMAGE = (zlib.error, zstandard.ZstdError, EOFError)


async def read_body(parts: AsyncIterable[bytes], headers: Mapping[str, str], hold: Hold) -> bytes:
    """The body. Raises NotTaken by the rules above. `headers` has lower-case names."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    unpack = _UNPACKERS.get(encoding)
    if unpack is None:
        raise NotTaken(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "this Content-Encoding is not known", "Send gzip, zstd, deflate or none."
        )
    try:
        packed = await _received(parts, headers, hold)
        if encoding == "identity":
            return packed
        body = await asyncio.to_thread(_unpacked, packed, unpack)
        hold.grow(len(body))
        return body
    except ShareTaken as error:
        raise NotTaken(HTTPStatus.TOO_MANY_REQUESTS, str(error), error.advice()) from error


def too_large(what: str) -> NotTaken:
    """The answer to a body over a bound."""
    return NotTaken(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, what, "Send smaller batches.")


async def _received(parts: AsyncIterable[bytes], headers: Mapping[str, str], hold: Hold) -> bytes:
    """Rule 2, as it comes."""
    over = too_large(f"the body is longer than {limits.PUSH_PACKED_BYTES} bytes")
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > _LENGTH_DIGITS or int(declared) > limits.PUSH_PACKED_BYTES:
        raise over
    body = bytearray()
    async for part in parts:
        if len(body) + len(part) > limits.PUSH_PACKED_BYTES:
            raise over
        hold.grow(len(part))
        body += part
    return bytes(body)


def _unpacked(packed: bytes, unpack: Callable[[bytes], Iterator[bytes]]) -> bytes:
    """Rule 2, as it unpacks, and rule 3."""
    most = min(limits.PUSH_BODY_BYTES, limits.PUSH_FREE_BYTES + limits.PUSH_RATIO * len(packed))
    pieces, size = [], 0
    try:
        for piece in unpack(packed):
            size += len(piece)
            if size > most:
                raise too_large(f"the body unpacks to more than {most} bytes")
            pieces.append(piece)
    except _DAMAGE as error:
        raise NotTaken(HTTPStatus.BAD_REQUEST, f"the packed body is damaged: {error}", "Send it again.") from error
    return b"".join(pieces)


def _plain(packed: bytes) -> Iterator[bytes]:
    yield packed


def _gzip(packed: bytes) -> Iterator[bytes]:
    """All members (RFC 1952 §2.2)."""
    while packed:
        packed = yield from _inflated(packed, _GZIP)


def _deflate(packed: bytes) -> Iterator[bytes]:
    """In its zlib container, or without, as some clients send it (RFC 9110 §8.4.1.2)."""
    if packed:
        contained = packed[0] & 0x0F == _ZLIB_METHOD and int.from_bytes(packed[:2], "big") % 31 == 0
        yield from _inflated(packed, _ZLIB if contained else _RAW)


def _inflated(packed: bytes, window: int) -> Generator[bytes, None, bytes]:
    """One stream of deflate; gives back what stands behind its end."""
    engine = zlib.decompressobj(window)
    data = packed
    while not engine.eof:
        piece = engine.decompress(data, _STEP_BYTES)
        data = engine.unconsumed_tail
        if not piece and not data and not engine.eof:
            raise EOFError("it ends early")
        yield piece
    return engine.unused_data


def _zstd(packed: bytes) -> Iterator[bytes]:
    """All frames (RFC 8878 §3)."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=limits.PUSH_WINDOW_BYTES)
    rest = memoryview(packed)
    while rest:
        engine = decompressor.decompressobj()
        while rest and not engine.eof:
            step, rest = rest[:_ZSTD_STEP_BYTES], rest[_ZSTD_STEP_BYTES:]
            yield engine.decompress(step)
            if engine.eof and engine.unused_data:
                rest = memoryview(packed)[len(packed) - len(rest) - len(engine.unused_data) :]
        if not engine.eof:
            raise EOFError("it ends early")


_UNPACKERS: Mapping[str, Callable[[bytes], Iterator[bytes]]] = {
    "identity": _plain,
    "": _plain,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
}
_LENGTH_DIGITS = len(str(limits.PUSH_PACKED_BYTES)) + 1

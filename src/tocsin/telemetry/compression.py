"""gzip, Zstandard, bzip2 and xz, decompressed piece by piece in bounded memory.

Rules:
1. Concatenated members (rotated logs appended to each other) are one stream; padding after the last one is ignored.
2. A cut or damaged stream gives all bytes before the damage, then raises SourceError once.
3. What comes out is charged to a `Budget`, which stops decompression bombs (`limits.EXPANSION_RATIO`).

Formats: RFC 1952 (gzip), RFC 8878 (Zstandard), bzip2, xz.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Protocol

import zstandard

from tocsin import limits
from tocsin.errors import LimitExceeded, SourceError, TocsinError
from tocsin.telemetry.content import Stream

_INPUT_BYTES = 64 * limits.KIB
_OUTPUT_BYTES = 1 * limits.MIB  # at most this much comes out of one step, where the library can say so
_ZSTD_INPUT_BYTES = 2 * limits.KIB  # the library cannot: 2 KiB of hostile input become at most 64 MiB
_WINDOW_BYTES = 128 * limits.MIB  # memory one stream may ask for (zstd --long=27)
_PADDING = b"\x00"
_GZIP_WINDOW = 31  # zlib's number for "gzip, 32 KiB window"

MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd", "bzip2": b"BZh", "xz": b"\xfd7zXZ\x00"}


class Budget:
    """How many bytes one file may expand to, all layers together: a free allowance and a ratio to its packed size."""

    def __init__(self, packed: int) -> None:
        self.allowed = limits.EXPANSION_FREE_BYTES + limits.EXPANSION_RATIO * packed
        self.spent = 0

    def spend(self, size: int) -> None:
        """Charge decompressed bytes. Raises LimitExceeded over the bound."""
        self.spent += size
        if self.spent > self.allowed:
            raise LimitExceeded(
                f"expands more than {limits.EXPANSION_RATIO} times its packed size: refused as a decompression bomb",
                "Unpack it yourself if you trust it.",
            )


class _Engine(Protocol):
    """One member's decompressor, whatever the format."""

    def step(self, data: bytes) -> bytes:
        """Bytes that come out for these; called with b"" while `waiting`."""

    @property
    def waiting(self) -> bool:
        """True while more comes out without new input."""

    @property
    def eof(self) -> bool:
        """True after the member's last byte."""

    @property
    def unused_data(self) -> bytes:
        """Packed bytes behind the member's end."""


class _Zlib:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(_GZIP_WINDOW)
        self._damage: zlib.error | None = None

    def step(self, data: bytes) -> bytes:
        """Also gives what comes before damage in this very piece, down to the byte, and raises at the next step."""
        if self._damage is not None:
            raise self._damage
        data = self._inner.unconsumed_tail + data
        before = self._inner.copy()
        try:
            return self._inner.decompress(data, _OUTPUT_BYTES)
        except zlib.error as error:
            self._inner, self._damage = before, error
            return self._rescue(data)

    def _rescue(self, data: bytes) -> bytes:
        rescued = []
        try:
            for at in range(len(data)):
                rescued.append(self._inner.decompress(data[at : at + 1]))
        except zlib.error:
            return b"".join(rescued)
        return b"".join(rescued)

    @property
    def waiting(self) -> bool:
        return self._damage is not None or bool(self._inner.unconsumed_tail)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


class _Bounded:
    """bzip2 and xz, whose Python classes share their form."""

    def __init__(self, inner: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._inner = inner

    def step(self, data: bytes) -> bytes:
        return self._inner.decompress(data, _OUTPUT_BYTES)

    @property
    def waiting(self) -> bool:
        return not self._inner.needs_input and not self._inner.eof

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


class _Zstd:
    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).decompressobj()

    def step(self, data: bytes) -> bytes:
        return self._inner.decompress(data)

    @property
    def waiting(self) -> bool:
        return False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


_ENGINES: dict[str, Callable[[], object]] = {
    "gzip": _Zlib,
    "zstd": _Zstd,
    "bzip2": lambda: _Bounded(bz2.BZ2Decompressor()),
    "xz": lambda: _Bounded(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_WINDOW_BYTES)),
}
_DAMAGE = (zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError, EOFError, ValueError)


class Inflated:
    """The decompressed form of a packed stream, read from front to back."""

    def __init__(self, packed: Stream, kind: str, budget: Budget) -> None:
        self._packed = packed
        self._kind = kind
        self._budget = budget
        self._input_bytes = _ZSTD_INPUT_BYTES if kind == "zstd" else _INPUT_BYTES
        self._engine = self._fresh()
        self._pending = b""  # packed bytes that wait for the engine
        self._ready = b""  # decompressed bytes that wait for the reader, from `_at` on
        self._at = 0
        self._error: TocsinError | None = None
        self._ended = False

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes. After the last good byte raises SourceError or LimitExceeded, as often as asked."""
        while self._at == len(self._ready) and not self._ended:
            if self._error is not None:
                raise self._error
            self._refill()
        piece = self._ready[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def _refill(self) -> None:
        self._ready, self._at = b"", 0
        try:
            ready = self._step()
            self._budget.spend(len(ready))
            self._ready = ready
        except TocsinError as error:
            self._error = error

    def _fresh(self) -> _Engine:
        return _ENGINES[self._kind]()  # type: ignore[return-value]  # all of the table's values make engines

    def _step(self) -> bytes:
        """One piece of output; goes on to the next member at the end of one."""
        if self._engine.eof:
            self._next_member()
            if self._ended:
                return b""
        try:
            data = b"" if self._engine.waiting else self._take()
            ready = self._engine.step(data)
        except _DAMAGE as error:
            raise SourceError(f"{self._kind} stream is damaged: {error}") from error
        if not data and not ready and not self._engine.eof:
            raise SourceError(f"{self._kind} stream is cut off")
        return ready

    def _next_member(self) -> None:
        rest = self._engine.unused_data.lstrip(_PADDING)
        while not rest and (more := self._packed.read(_INPUT_BYTES)):
            rest = more.lstrip(_PADDING)
        if not rest:
            self._ended = True
            return
        magic = MAGIC[self._kind]
        if rest[: len(magic)] != magic[: len(rest)]:
            raise SourceError(f"bytes after the end of the {self._kind} stream are not {self._kind}")
        self._pending, self._engine = rest, self._fresh()

    def _take(self) -> bytes:
        """Packed bytes for the engine: what is left over first."""
        data, self._pending = self._pending or self._packed.read(self._input_bytes), b""
        return data

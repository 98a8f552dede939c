"""How a process uses memory: one that works all the time keeps what it freed, one that rests gives it back."""

import ctypes

import pyarrow as pa

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_MMAP_BYTES, _TRIM_BYTES = 1 << 30, 256 << 20


def keep_freed_memory() -> None:
    """Let one batch's memory become the next one's without page faults: Arrow allocates from the C library, and
    that (glibc) keeps freed blocks.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)


def give_memory_back() -> None:
    """Let Arrow return what it freed, at once, for a process that rests more than it works; without jemalloc, it keeps
    more.
    """
    if "jemalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())
        pa.jemalloc_set_decay_ms(0)

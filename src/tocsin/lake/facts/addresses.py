"""Addresses as 16 bytes in network order, so that both families sort and compare together.

Rules:
1. An IPv4 address is its IPv4-mapped IPv6 form, ::ffff:a.b.c.d (RFC 4291 §2.5.5.2): `203.0.113.7` and
   `::ffff:203.0.113.7` are the same address.
2. What is no address is no fault: it has no number.
"""

import socket
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

ADDRESS_BYTES = 16
Numbers = npt.NDArray[np.bytes_]
"""Addresses as `S16`: numpy compares them byte by byte, without a sign."""

_MAPPED = b"\0" * 10 + b"\xff\xff"
_ALL = (1 << 128) - 1
_MASKS = tuple(_ALL >> length for length in range(129))  # host part by prefix length
_IPV4_BITS, _IPV6_BITS = 32, 128


def packed(text: str) -> bytes:
    """The 16 bytes of an address; a whole number is an IPv4 address as IPtoASN writes it. Raises ValueError.

    >>> packed("192.0.2.1").hex(), packed("3221225985").hex()
    ('00000000000000000000ffffc0000201', '00000000000000000000ffffc0000201')
    """
    try:
        if ":" in text:
            return socket.inet_pton(socket.AF_INET6, text)
        if text.isdecimal():
            return _MAPPED + int(text).to_bytes(4, "big")
        return _MAPPED + socket.inet_pton(socket.AF_INET, text)
    except (OSError, OverflowError, ValueError) as error:
        raise ValueError(f"{text[:60]!r} is no address") from error


def network(text: str) -> tuple[bytes, bytes]:
    """First and last address of `a.b.c.d/n`, or of an address alone. Raises ValueError."""
    address, slash, length = text.partition("/")
    return prefix(address, length) if slash else (packed(address), packed(address))


def prefix(address: str, length: str) -> tuple[bytes, bytes]:
    """First and last address of a prefix. Raises ValueError."""
    number = int.from_bytes(packed(address), "big")
    most = _IPV6_BITS if ":" in address else _IPV4_BITS
    if not length.isdecimal() or int(length) > most:
        raise ValueError(f"{length[:60]!r} is no prefix length of {address}")
    mask = _MASKS[int(length) + _IPV6_BITS - most]
    return (number & ~mask).to_bytes(ADDRESS_BYTES, "big"), (number | mask).to_bytes(ADDRESS_BYTES, "big")


def numbers(texts: Sequence[str]) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """The numbers of many texts, and which of them are addresses. A zone (`fe80::1%eth0`) is left out."""
    found = bytearray()
    known = np.ones(len(texts), dtype=np.bool_)
    for place, text in enumerate(texts):
        try:
            if ":" in text:
                found += socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
            else:
                found += _MAPPED + socket.inet_pton(socket.AF_INET, text)
        except (OSError, ValueError):
            found += bytes(ADDRESS_BYTES)
            known[place] = False
    return np.frombuffer(bytes(found), dtype=f"S{ADDRESS_BYTES}"), known

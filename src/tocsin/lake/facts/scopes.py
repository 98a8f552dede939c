"""The scope of an address, which needs no facts from outside.

`private`: RFC 1918, 4193 and 6598, loopback, link-local. `special`: multicast, unspecified, broadcast. All else is
`public`: also the documentation ranges (RFC 5737, 3849) and 240.0.0.0/4, because exercises use them.
"""

from bisect import bisect_right
from functools import cache

import pyarrow as pa

from tocsin.lake.facts.addresses import ADDRESS_BYTES, Numbers, network, numbers
from tocsin.lake.facts.ranges import disjoint, locate

_PRIVATE = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "::1",
    "fc00::/7", "fe80::/10",
)  # fmt: skip
_SPECIAL = ("0.0.0.0", "224.0.0.0/4", "255.255.255.255", "::", "ff00::/8")


def scopes(numbers: Numbers) -> pa.Array:
    """The scope of each address; they are sorted."""
    table = _table()
    at = locate([table], numbers)
    return table.column("scope").combine_chunks().take(pa.array(at, mask=at < 0)).fill_null("public").cast(pa.string())


@cache
def _table() -> pa.Table:
    listed = [(text, "private") for text in _PRIVATE] + [(text, "special") for text in _SPECIAL]
    bounds = [network(text) for text, _ in listed]
    first, last = b"".join(low for low, _ in bounds), b"".join(high for _, high in bounds)
    return disjoint(first, last, pa.table({"scope": [scope for _, scope in listed]}))


def scope(text: str) -> str | None:
    """The scope of one address; None for a text that is no address.

    >>> scope("192.168.1.1"), scope("203.0.113.7"), scope("mail.example")
    ('private', 'public', None)
    """
    found, known = numbers([text])
    if not known[0]:
        return None
    number = bytes(found[0]).ljust(ADDRESS_BYTES, b"\0")  # numpy leaves the last zeros out
    first, last, scopes_of = _bounds()
    place = bisect_right(first, number) - 1
    return scopes_of[place] if place >= 0 and number <= last[place] else "public"


@cache
def _bounds() -> tuple[list[bytes], list[bytes], list[str]]:
    """The same ranges for one address at a time."""
    table = _table()
    return tuple(table.column(name).to_pylist() for name in ("first", "last", "scope"))

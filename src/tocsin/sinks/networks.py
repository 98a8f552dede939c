"""Addresses and networks for block lists: only what `ipaddress` parsed is written, in the one spelling it gives.

Rules:
1. A text, an address or a network becomes a network (RFC 4632, RFC 4291), or there is an error. Nothing is trimmed,
   completed or corrected: an address that was altered would block somebody else.
2. Host bits behind the mask are an error (`10.0.0.1/8`): nobody knows which of the two was meant.
3. A zone (RFC 4007 §11, `fe80::1%eth0`) is an error. Python keeps any text behind the percent sign, also `};flush`.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from tocsin.errors import SinkError

Network = IPv4Network | IPv6Network
Written = str | IPv4Address | IPv6Address | Network
"""What may be handed in. Texts come from lists and rows, the others from whoever parsed already."""

_LONGEST_SHOWN = 60  # characters of a refused value


def network(value: Written) -> Network:
    """The network of an address, a network or the text of one. Raises SinkError."""
    text = str(value)
    try:
        if "%" in text or "\n" in text or not text.isascii():
            raise ValueError("an address has neither a zone nor other characters")
        return ip_network(text)
    except ValueError as error:
        raise SinkError(
            f"{text[:_LONGEST_SHOWN]!r} is no address or network",
            "Write it as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32, without a zone and without bits behind the mask.",
        ) from error


def spelled(value: Written) -> str:
    """A host as its bare address, everything else with its prefix length."""
    parsed = network(value)
    return str(parsed.network_address) if parsed.prefixlen == parsed.max_prefixlen else str(parsed)

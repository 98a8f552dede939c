"""Addresses and comments in nftables rule files (nft(8), §"Lexical conventions" and §"Sets").

Rules:
1. An element is an address or a network that `ipaddress` parsed (`sinks.networks`), or an error. Names, ranges and
   anything else that `nft` could resolve or expand are never written.
2. A comment is a quoted string of at most 128 bytes with the NUL that the kernel keeps behind it. `nft` knows no
   escape inside quotes, so a double quote becomes a single one; acting characters are made visible, addresses defanged.
"""

from tocsin import limits
from tocsin.sinks.characters import visible
from tocsin.sinks.cut import octets
from tocsin.sinks.defang import defang
from tocsin.sinks.networks import Written, spelled


def element(network: Written) -> str:
    """One element of a set of `ipv4_addr` or `ipv6_addr`. Raises SinkError."""
    return spelled(network)


def comment(text: str) -> str:
    """The string behind `comment`, with its quotes."""
    shown = visible(defang(text[: limits.NFT_COMMENT_BYTES])).replace('"', "'").replace("\\", "/")
    return f'"{octets(shown, limits.NFT_COMMENT_BYTES)}"'

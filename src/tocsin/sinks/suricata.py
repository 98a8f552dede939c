r"""Foreign text in Suricata rules (Suricata 7 user guide §"Rules format", §"Meta keywords" and §"Payload keywords").

Rules:
1. A rule is one line of options that end with `;`. In a `msg`, `;`, `"`, `\`, `:` and `|` get a backslash; acting
   characters, line ends among them, are made visible, addresses defanged.
2. An address is an address or a network that `ipaddress` parsed (`sinks.networks`): no variable, no list, no `!`, no
   `any`.
3. A content is matched byte by byte, so it is exact or an error: UTF-8, in which everything but letters, digits and a
   few marks is written as hex between pipes. Nothing in it can end the option, begin a negation or an escape.
"""

import re

from tocsin import limits
from tocsin.errors import SinkError
from tocsin.sinks.characters import visible
from tocsin.sinks.cut import characters
from tocsin.sinks.defang import defang
from tocsin.sinks.networks import Written, spelled

_SPECIAL = re.compile(r'[;"\\:|]')
_RAW = re.compile(rb"([A-Za-z0-9._/=&?-]+)")


def message(text: str) -> str:
    """The value of `msg`, with its quotes."""
    shown = visible(defang(text[: limits.SURICATA_MESSAGE_CHARACTERS]))
    return '"' + _SPECIAL.sub(r"\\\g<0>", characters(shown, limits.SURICATA_MESSAGE_CHARACTERS)) + '"'


def address(network: Written) -> str:
    """A source or destination. Raises SinkError."""
    return spelled(network)


def content(text: str) -> str:
    """The value of `content`, with its quotes. Raises SinkError."""
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise SinkError("a lone surrogate is no byte on the wire", "Write the bytes that were seen.") from error
    if not 0 < len(data) <= limits.SURICATA_CONTENT_BYTES:
        raise SinkError(
            f"a content has 1 to {limits.SURICATA_CONTENT_BYTES} bytes, this one has {len(data):,}",
            "Choose the part of it that is found nowhere else.",
        )
    parts = _RAW.split(data)
    return '"' + "".join(part.decode() if raw % 2 else _hex(part) for raw, part in enumerate(parts)) + '"'


def _hex(data: bytes) -> str:
    return f"|{data.hex(' ')}|" if data else ""

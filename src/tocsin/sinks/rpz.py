r"""Names and comments in response policy zones (draft-vixie-dnsop-dns-rpz-00; zone files: RFC 1035 §5).

Rules:
1. An owner name is a domain of small letters, digits, hyphens and underscores, or an error: nothing in it can be
   `$INCLUDE`, `$ORIGIN`, `@`, `*`, a quote, a parenthesis, a semicolon, a blank or an escape. It is never repaired.
2. Labels in other scripts become A-labels by IDNA 2008 (RFC 5891) without any mapping but to lower case: a name that
   would need one (full width letters, say) is an error, because what a browser makes of it is not this name.
3. A label has at most 63 octets; the name with its wildcard and the name of the zone behind it at most 253 characters
   (RFC 1035 §2.3.4). One name too long would keep the server from loading the whole list.
4. The name is relative, without a dot at the end, so that it lies in the policy zone. The root is an error.
5. Names below `rpz-ip`, `rpz-nsip`, `rpz-nsdname`, `rpz-client-ip` are other triggers (draft §4): an error, so are
   addresses, which are written there and not as names.
6. A comment runs to the end of its line (RFC 1035 §5.1): acting characters, line ends among them, are made visible,
   addresses defanged.
"""

import re

import idna

from tocsin import limits
from tocsin.errors import SinkError
from tocsin.sinks.characters import visible
from tocsin.sinks.cut import characters
from tocsin.sinks.defang import defang

_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_TRIGGERS = frozenset({"rpz-ip", "rpz-nsip", "rpz-nsdname", "rpz-client-ip"})
_WILDCARD = "*."
_LONGEST_SHOWN = 60  # characters of a refused value


def owner(domain: str, zone: str = "rpz", *, wildcard: bool = False) -> str:
    """The owner name of a rule about a domain (`wildcard`: about all names below it). Raises SinkError."""
    labels = [_label(label, domain) for label in domain[: limits.DOMAIN_CHARACTERS].removesuffix(".").split(".")]
    if labels[-1] in _TRIGGERS or _NUMBER.fullmatch(labels[-1]):
        raise _refused(domain, "its last label makes it something else than a domain")
    name = (_WILDCARD if wildcard else "") + ".".join(labels)
    if len(domain) > limits.DOMAIN_CHARACTERS or len(name) + len(zone.strip(".")) + 1 > limits.DOMAIN_CHARACTERS:
        raise _refused(domain, f"with its zone it has more than {limits.DOMAIN_CHARACTERS} characters")
    return name


def comment(text: str) -> str:
    """A comment with its semicolon, for the end of a line or a line of its own."""
    return "; " + characters(visible(defang(text[: limits.RPZ_COMMENT_CHARACTERS])), limits.RPZ_COMMENT_CHARACTERS)


def _label(label: str, domain: str) -> str:
    try:
        name = label.lower() if label.isascii() else idna.encode(label.lower()).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise _refused(domain, "one of its labels is no label of IDNA 2008") from error
    if not _LABEL.fullmatch(name):
        raise _refused(domain, "a label has 1 to 63 letters, digits, hyphens or underscores")
    return name


def _refused(domain: str, why: str) -> SinkError:
    return SinkError(
        f"{domain[:_LONGEST_SHOWN]!r} is no domain for a policy zone: {why}",
        "Take it out of the list, or write the domain itself: evil.example, without scheme, port, path or wildcard.",
    )

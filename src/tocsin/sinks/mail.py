"""Foreign text in mail: one header that stays one header, and a body that says nothing but what is read.

Rules:
1. A header's text has no CR, no LF and no other acting character (RFC 5322 §2.2: either would begin another header or
   the body; §2.2.3: a folded line too). They are made visible.
2. `=?` is broken with a blank. An encoded word (RFC 2047 §2) inside foreign text would be decoded by whoever reads
   the mail, and what comes out was seen by nobody here.
3. Texts are bounded. Encoded words, folding (RFC 5322 §2.1.1: 998 octets a line) and transfer encodings (RFC 2045 §6)
   are left to `email.message.EmailMessage` with `email.policy.SMTP`: give it these texts, never write a header by hand.
4. A body keeps its line breaks. Its lines end without blanks: `-- ` would begin a signature, which mail programs hide
   (RFC 3676 §4.3), and a last blank would join lines (§4.2). A line that begins with `From ` gets a `>` (RFC 4155).
5. Addresses that people could open are defanged. For HTML there is `sinks.html`; Tocsin's mails are plain text.
6. Where mail goes to is an address of ASCII letters (RFC 5321 §4.1.2, dot-string) or an error, never repaired. A
   domain in another script is written with its `xn--` labels (RFC 5891), so no two senders can differ about it.
"""

import re

from tocsin import limits
from tocsin.errors import SinkError
from tocsin.sinks.characters import visible
from tocsin.sinks.cut import characters
from tocsin.sinks.defang import defang

_ENCODED_WORD = re.compile(r"=(?=\?)")
_BLANKS = re.compile(r"\s+")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_MBOX = re.compile(r"(?=>*From )")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})*)")
_LOCAL_CHARACTERS = 64  # RFC 5321 §4.5.3.1
_LONGEST_SHOWN = 60  # characters of a refused value


def header(text: str, longest: int = limits.MAIL_HEADER_CHARACTERS) -> str:
    """For the value of one header, such as a subject or a display name, of an EmailMessage."""
    line = _BLANKS.sub(" ", visible(defang(characters(text, longest)))).strip()
    return characters(_ENCODED_WORD.sub("= ", line), longest).strip()


def body(text: str, longest: int = limits.MAIL_BODY_CHARACTERS) -> str:
    """For a plain text part, or a piece of one. Line breaks become LF; the `email` package writes CR LF."""
    lines = _LINE_ENDS.split(characters(text, longest))
    return "\n".join(_MBOX.sub(">", visible(defang(line)), count=1).rstrip() if line else "" for line in lines)


def address(text: str) -> str:
    """The same address, if mail may go there. Raises SinkError."""
    found = _ADDRESS.fullmatch(text) if len(text) <= _LOCAL_CHARACTERS + limits.DOMAIN_CHARACTERS + 1 else None
    if found is None or len(found[1]) > _LOCAL_CHARACTERS or len(found[2]) > limits.DOMAIN_CHARACTERS:
        raise SinkError(
            f"{text[:_LONGEST_SHOWN]!r} is no mail address",
            "Write it as name@host.example, without a display name; letters outside ASCII of a domain as xn--….",
        )
    return text

"""Foreign text cut to a length, so that everybody sees that it was cut."""

CUT = "…"
_CUT_BYTES = len(CUT.encode())


def characters(text: str, longest: int) -> str:
    """At most `longest` characters, the last of them `…` where some are left out.

    >>> characters("abcdef", 4), characters("abcd", 4)
    ('abc…', 'abcd')
    """
    return text if len(text) <= longest else text[: max(longest - 1, 0)] + CUT[:longest]


def octets(text: str, longest: int) -> str:
    """At most `longest` bytes of UTF-8, never half a character. The text has to have no lone surrogate.

    >>> octets("ααααα", 8), octets("αααα", 8)
    ('αα…', 'αααα')
    """
    data = text.encode()
    if len(data) <= longest:
        return text
    return data[: max(longest - _CUT_BYTES, 0)].decode(errors="ignore") + CUT

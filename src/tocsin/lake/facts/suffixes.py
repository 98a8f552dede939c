"""The Public Suffix List's answer for a name: which part is a public suffix, which domain was registered.

The algorithm is that of https://github.com/publicsuffix/list/wiki/Format: an exception (`!city.kawasaki.jp`) goes
before all others, then the rule with the most labels, else the last label is the suffix. A name that is itself a public
suffix is its own registered domain here, so that it can be grouped like all others.
"""

import ipaddress
from collections.abc import Iterable


class Suffixes:
    """The rules of one list, in Unicode and in the form that the DNS carries (RFC 3492)."""

    def __init__(self, rules: Iterable[str]) -> None:
        spelled = {spelling for rule in rules for spelling in (rule, _ascii(rule))}
        self._exceptions = frozenset(rule[1:] for rule in spelled if rule.startswith("!"))
        self._wild = frozenset(rule[2:] for rule in spelled if rule.startswith("*."))
        self._plain = frozenset(rule for rule in spelled if rule[0] not in "!*")

    def parts(self, name: str) -> tuple[str, str] | None:
        """Registered domain and suffix of a name in lower case; None for an address or a single label.

        >>> Suffixes(["uk", "co.uk"]).parts("www.example.co.uk")
        ('example.co.uk', 'co.uk')
        """
        labels = name.split(".")
        if len(labels) == 1 or not all(labels) or _address(name):
            return None
        begin = self._begin(labels)
        return ".".join(labels[max(begin - 1, 0) :]), ".".join(labels[begin:])

    def _begin(self, labels: list[str]) -> int:
        """The place of the suffix's first label."""
        rest = [".".join(labels[place:]) for place in range(len(labels))]
        for place, each in enumerate(rest):
            if each in self._exceptions:
                return place + 1
        for place, each in enumerate(rest):
            if each in self._plain or (place + 1 < len(labels) and rest[place + 1] in self._wild):
                return place
        return len(labels) - 1


def _ascii(rule: str) -> str:
    if rule.isascii():
        return rule
    mark = "!" if rule.startswith("!") else "*." if rule.startswith("*.") else ""
    try:
        return mark + rule.removeprefix(mark).encode("idna").decode("ascii")
    except UnicodeError:
        return rule


def _address(name: str) -> bool:
    if not name[-1].isdigit():
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

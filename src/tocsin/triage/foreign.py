"""A veil over what a constituent's own rows say of others.

Rules:
1. Left out is every address, host name and mail address that the directory knows as another constituent's, also in the
   middle of a longer text, behind a scheme or before a port, and as a name for reverse look-ups (RFC 1035 §3.5).
2. Left out are hosts and accounts of rows that are not one's own, unless one's own rows are about the same ones.
   Accounts of services, which every machine has, name nobody and stay.
3. Left out are the names of other constituents and of their organisations in the logs.
4. What belongs to nobody, such as an attacker's address, stays: it is what one needs to look for.
What is spelled in another way (an address as a number, a name within a code) is not known as such.
"""

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator

from tocsin import limits
from tocsin.model import Finding
from tocsin.triage.accounts import bare_name, is_person
from tocsin.triage.constituents import Directory, read_address
from tocsin.triage.keys import outside
from tocsin.words.messages import say

_CANDIDATE = re.compile(
    r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)*"  # a mail address or an account
    r"|(?<![\w.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{1,4})?"  # an IPv6 address
    r"|(?<![\w-])[\w-]++(?:\.[\w-]++)+"  # an IPv4 address or a name with dots
)
_PLAIN = frozenset(".:@")  # without one of these there is no address in a text
_REVERSE4, _REVERSE6 = ".in-addr.arpa", ".ip6.arpa"
_LAST = re.compile(r"(?<!\S)\S+\Z")  # what a cut may have made a part of
_WORD = re.compile(r"\w+")
_SHORTEST_NAME = 2  # characters of a name that is looked for in texts


class Names:
    """Names to look for in texts, by the first word of each: one look at a text, however many names there are."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_word: dict[str, list[str]] = defaultdict(list)
        for name in sorted(set(names), key=lambda name: (-len(name), name)):
            word = _WORD.search(name)
            if word and len(name) >= _SHORTEST_NAME:
                self._by_word[word.group().casefold()].append(name[word.start() :])

    def without(self, text: str, mark: str, kept: Container[str] = ()) -> str:
        """The text with the mark in the place of every name but those to keep (folded)."""
        parts: list[str] = []
        done = 0
        for word in _WORD.finditer(text):
            start = word.start()
            found = self._at(text, start, word.group(), kept) if start >= done else ""
            if found:
                parts += [text[done:start], mark]
                done = start + len(found)
        return "".join([*parts, text[done:]])

    def _at(self, text: str, start: int, word: str, kept: Container[str]) -> str:
        """The longest name that stands there as words of its own."""
        for name in self._by_word.get(word.casefold(), ()):
            end = start + len(name)
            folded = name.casefold()
            if text[start:end].casefold() == folded and folded not in kept and not _WORD.match(text[end : end + 1]):
                return name
        return ""


class Veil:
    """Takes others out of texts for one constituent with its own rows. `everybody` is the same for all of them."""

    def __init__(self, directory: Directory, own: str, rows: Iterable[Finding], everybody: Names) -> None:
        self._directory = directory
        self._own = own
        self._everybody = everybody
        me = directory.constituents[own]
        self._mine = {name.casefold() for row in rows for name in _names(row)}
        self._mine |= {name.casefold() for name in (me.name, *me.organisations)}

    def over(self, text: str) -> str:
        """The text without others in it; of a long one the beginning, up to a whole word."""
        if len(text) > limits.TELL_LOOKED_CHARACTERS:
            text = _LAST.sub("", text[: limits.TELL_LOOKED_CHARACTERS])
        if not _PLAIN.isdisjoint(text):
            text = _CANDIDATE.sub(self._judged, text)
        return self._everybody.without(text, self._mark(), self._mine)

    def has_logs_of(self, row: Finding) -> bool:
        """Whether a row was made in the constituent's own logs, so that what it counts is its own."""
        return self._directory.of_organisation(row.organisation) == self._own

    def is_strange(self, host: str) -> bool:
        """Whether a host is an outside address that belongs to no constituent: somebody who acts from there."""
        return outside(host) and not self._directory.of_address(host)

    def _judged(self, match: re.Match[str]) -> str:
        text = match.group()
        owner = self._directory.of_value(_forward(text.rstrip(".")))
        return self._mark() if owner and owner != self._own else text

    def _mark(self) -> str:
        return say("[of somebody else]")


def everybody(directory: Directory, rows: Iterable[Finding]) -> Names:
    """The names of all constituents and of their organisations in the logs, and hosts and accounts of all rows."""
    listed = (name for each in directory.constituents.values() for name in (each.name, *each.organisations))
    return Names([*listed, *(name for row in rows for name in _names(row))])


def _names(row: Finding) -> Iterator[str]:
    """Hosts and accounts of a row, in the spellings in which other rows may name them."""
    host = row.host.strip()
    yield host
    if host and read_address(host) is None:
        yield host.partition(".")[0]
    if is_person(row.user):
        yield row.user.strip()
        yield bare_name(row.user)


def _forward(text: str) -> str:
    """The address that a name for reverse look-ups stands for; any other text as it is."""
    name = text.lower()
    if name.endswith(_REVERSE4):
        return ".".join(reversed(name.removesuffix(_REVERSE4).split(".")))
    if name.endswith(_REVERSE6):
        digits = "".join(reversed(name.removesuffix(_REVERSE6).split(".")))
        return ":".join(digits[start : start + 4] for start in range(0, len(digits), 4))
    return text

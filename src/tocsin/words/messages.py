"""Sentences for people: whole, with named placeholders and plurals, ready for gettext catalogues.

Rules:
1. A sentence is never glued together from parts: word order belongs to the language.
2. The English sentence in the code is the catalogue's key. Extraction: `say`, `say_many:1,2`, `mark`.
3. Values are inserted, never read as a pattern, so foreign text in a value cannot change the sentence.
   It stays foreign, though: the sink at the edge makes it harmless.
4. A language is spoken within `speaking` only, in that thread or task alone; elsewhere English.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from tocsin.words.catalogues import ENGLISH, Catalogue

_spoken: ContextVar[Catalogue] = ContextVar("spoken", default=ENGLISH)


@contextmanager
def speaking(catalogue: Catalogue) -> Iterator[None]:
    """Say everything in another language meanwhile."""
    before = _spoken.set(catalogue)
    try:
        yield
    finally:
        _spoken.reset(before)


def mark(sentence: str) -> str:
    """The sentence itself: tells the extractor that `say` will speak it later."""
    return sentence


def say(sentence: str, **values: object) -> str:
    """The sentence in the reader's language with its values."""
    return _spoken.get().one(sentence).format(**values)


def say_many(one: str, many: str, number: int, **values: object) -> str:
    """The sentence in the form that the number needs; `{n}` is the number with thousands apart."""
    return _spoken.get().many(one, many, number).format(n=grouped(number), **values)


def grouped(number: int) -> str:
    """`12,345`, with what the language puts between thousands."""
    return f"{number:,}".replace(",", _spoken.get().thousands)


def enumeration(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) <= 1:
        return "".join(items)
    return say("{all_but_last} and {last}", all_but_last=", ".join(items[:-1]), last=items[-1])


def first_few(items: Sequence[str], most: int) -> str:
    """An enumeration of at most `most` items that says how many are left out: `a, b and 5 more`."""
    if len(items) <= most + 1:
        return enumeration(items)
    more = say_many("{n} more", "{n} more", len(items) - most)
    return enumeration([*items[:most], more])


def capitalised(text: str) -> str:
    """The first letter upper case, the rest as it is."""
    return text[:1].upper() + text[1:]

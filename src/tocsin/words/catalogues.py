"""Sentences in other languages: gettext's `.po` files in `po/`, read as they are.

Rules:
1. A file is `po/LANGUAGE.po` (ISO 639-1). Its header has `Plural-Forms` as gettext defines it and
   `X-Thousands`, what stands between thousands.
2. A sentence that a catalogue does not hold is said in English. Entries marked fuzzy do not count: nobody checked them.
3. Placeholders of a translation are those of the sentence; a test compares them, so that no value is lost.
GNU gettext manual §10 (the format of PO files), §11.2.6 (plural forms).
"""

import ast
import gettext
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

USUAL = "en"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The sentences of one language: by (sentence, plural form). `missed` hears what it does not hold."""

    language: str = USUAL
    sentences: Mapping[tuple[str, int], str] = field(default_factory=dict)
    form: Callable[[int], int] = field(default=lambda number: int(number != 1))
    thousands: str = ","
    missed: Callable[[str], object] = field(default=lambda sentence: None)

    def one(self, sentence: str) -> str:
        """The sentence, in English where it is not here."""
        found = self.sentences.get((sentence, 0))
        if found is None:
            self.missed(sentence)
        return found or sentence

    def many(self, one: str, many: str, number: int) -> str:
        """The sentence in the form that the number needs."""
        found = self.sentences.get((one, self.form(number)))
        if found is None:
            self.missed(one)
        return found or (one if number == 1 else many)


ENGLISH = Catalogue()


def languages() -> tuple[str, ...]:
    """All that are spoken."""
    found = (file.name.removesuffix(".po") for file in _folder().iterdir() if file.name.endswith(".po"))
    return tuple(sorted({USUAL, *found}))


def catalogue_of(language: str) -> Catalogue | None:
    """The catalogue of a language, also of one such as `de-AT`; None where it is not spoken."""
    short = language.lower().partition("-")[0]
    return _read(short) if short in languages() else None


@cache
def _read(language: str) -> Catalogue:
    if language == USUAL:
        return ENGLISH
    return parse_catalogue(language, _folder().joinpath(f"{language}.po").read_text("utf-8"))


def parse_catalogue(language: str, text: str) -> Catalogue:
    """The catalogue that the text of a PO file holds. ValueError where it is none."""
    sentences: dict[tuple[str, int], str] = {}
    head: dict[str, str] = {}
    for entry in _entries(text):
        if entry.get("msgid") == "":
            head = dict(line.split(": ", 1) for line in entry["msgstr"].split("\n") if ": " in line)
        elif "msgid_plural" in entry:
            numbered = {name: each for name, each in entry.items() if name.startswith("msgstr[")}
            sentences |= {(entry["msgid"], int(name[7:-1])): each for name, each in numbered.items() if each}
        elif entry.get("msgstr"):
            sentences[entry["msgid"], 0] = entry["msgstr"]
    plural = dict(part.strip().split("=", 1) for part in head["Plural-Forms"].split(";") if part.strip())
    form = gettext.c2py(plural["plural"])
    return Catalogue(language, sentences, form, ast.literal_eval(f'"{head["X-Thousands"]}"'))


def _entries(text: str) -> Iterator[dict[str, str]]:
    """The entries that count, each by its keywords."""
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line.strip()]
        if any(line.startswith("#,") and "fuzzy" in line for line in lines):
            continue
        entry: dict[str, str] = {}
        keyword = ""
        for line in lines:
            if line.startswith("#"):
                continue
            named, _, text = ("", "", line) if line.startswith('"') else line.partition(" ")
            keyword = named or keyword
            entry[keyword] = entry.get(keyword, "") + ast.literal_eval(text)
        if entry:
            yield entry


def _folder() -> Traversable:
    return files("tocsin.words") / "po"

"""Other languages: whole, with the same placeholders, spoken only where they are asked for."""

import string
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import pytest

from tocsin.words.catalogues import ENGLISH, catalogue_of, languages, parse_catalogue
from tocsin.words.messages import grouped, say, say_many, speaking

OTHERS = [each for each in languages() if each != "en"]
HEAD = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=n > 1;\\n"\n"X-Thousands: .\\n"\n\n'


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_there_are_german_french_and_greek() -> None:
    assert {"de", "el", "en", "fr"} <= set(languages())


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_loses_a_placeholder(language: str) -> None:
    catalogue = catalogue_of(language)
    assert catalogue is not None and len(catalogue.sentences) > 80
    for (sentence, form), said in catalogue.sentences.items():
        assert placeholders(said) == placeholders(sentence), (sentence, form)


@pytest.mark.parametrize("language", OTHERS)
def test_all_languages_hold_the_same_sentences_and_none_is_english(language: str) -> None:
    found, first = catalogue_of(language), catalogue_of(OTHERS[0])
    assert found is not None and first is not None
    assert found.sentences.keys() == first.sentences.keys()
    same = {sentence for (sentence, _), said in found.sentences.items() if said == sentence}
    assert same <= {"Machines : {names}", "{n} minute"}
    assert "fuzzy" not in (files("tocsin.words") / "po" / f"{language}.po").read_text("utf-8")


def test_a_language_is_spoken_within_its_block_and_thread_only() -> None:
    german = catalogue_of("de-AT")
    assert german is not None
    with speaking(german):
        assert say("Reference: {incident}", incident="I-1") == "Aktenzeichen: I-1"
        assert say_many("{n} day", "{n} days", 1_234) == "1.234 Tage" and grouped(1_234) == "1.234"
        with ThreadPoolExecutor(1) as other:
            assert other.submit(say, "low").result() == "low"
    assert say("low") == "low" and grouped(1_234) == "1,234"


def test_a_plural_form_is_the_languages_own() -> None:
    french, german = catalogue_of("fr"), catalogue_of("de")
    assert french is not None and german is not None
    assert french.many("{n} day", "{n} days", 0) == "{n} jour" and german.many("{n} day", "{n} days", 0) == "{n} Tage"


def test_what_a_catalogue_does_not_hold_or_nobody_has_checked_is_said_in_english() -> None:
    entries = 'msgid "a"\nmsgstr "x"\n\n#, fuzzy\nmsgid "b"\nmsgstr "y"\n\nmsgid "c"\nmsgstr ""\n'
    found = parse_catalogue("zz", HEAD + entries)
    assert [found.one(each) for each in "abc"] == ["x", "b", "c"]
    assert found.many("one", "many", 2) == "many" and found.thousands == "."


def test_a_language_that_is_not_spoken_has_no_catalogue_and_english_needs_none() -> None:
    assert catalogue_of("xx") is None and catalogue_of("../de") is None
    assert catalogue_of("en-GB") is ENGLISH

"""Words for people are whole sentences, and every tactic has them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tocsin.words.acts import TACTIC_WORDS, TECHNIQUE_ACTS, act_of, matters, next_steps, tactic_act
from tocsin.words.attack import TACTICS, current, tactics_of
from tocsin.words.dates import duration, local, machine, utc
from tocsin.words.harmless import ANY_CAUSE, TACTIC_CAUSES, TECHNIQUE_CAUSES, usual_cause
from tocsin.words.messages import enumeration, first_few, say, say_many

WHEN = datetime(2022, 7, 15, 9, 31, 4, tzinfo=UTC)


def test_every_tactic_of_the_matrix_has_words_in_its_order() -> None:
    assert list(TACTIC_WORDS) == [tactic.short for tactic in TACTICS]
    for tactic in TACTIC_WORDS:
        assert tactic_act(tactic) and matters((tactic,))[0].endswith(".")
        assert next_steps(tactic) and all(step.endswith(".") for step in next_steps(tactic))


def test_unknown_tactics_and_techniques_have_no_words() -> None:
    assert (tactic_act("x"), matters(("x",)), next_steps("x"), act_of("T9999")) == ("", (), (), "")


def test_technique_phrases_are_under_current_ids() -> None:
    assert [technique for technique in TECHNIQUE_ACTS if current(technique) != technique] == []


def test_old_ids_and_sub_techniques_find_their_phrase() -> None:
    assert act_of("T1070.001") == "log clearing"
    assert act_of("T1003.001") == act_of("T1003") == "credential dumping"


def test_foreign_text_in_a_value_is_never_a_pattern() -> None:
    assert say("{what} happened", what="{0.__class__} {what}") == "{0.__class__} {what} happened"


def test_numbers_choose_their_plural_and_are_grouped() -> None:
    assert say_many("{n} event", "{n} events", 1) == "1 event"
    assert say_many("{n} event", "{n} events", 12_345) == "12,345 events"


def test_lists_are_read_aloud() -> None:
    assert [enumeration(list("abc")[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert first_few(list("abcdef"), 2) == "a, b and 4 more"
    assert first_few(list("abc"), 2) == "a, b and c"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0 seconds"),
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7200, "2 hours"),
        (200_000, "2 days"),
    ],
)
def test_durations_have_one_unit(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_moments_always_say_their_zone() -> None:
    assert utc(WHEN.astimezone(timezone(timedelta(hours=2)))) == "2022-07-15 09:31:04 UTC"
    assert local(WHEN, timezone(timedelta(hours=2), "CEST")) == "2022-07-15 11:31:04 CEST"
    assert utc(None) == local(None, UTC) == "time unknown"
    assert machine(WHEN.replace(microsecond=5)) == "2022-07-15T09:31:04.000005Z"
    assert machine(None) is None


def test_every_tactic_and_every_act_has_a_general_harmless_cause() -> None:
    assert list(TACTIC_CAUSES) == [tactic.short for tactic in TACTICS]
    named = [usual_cause((technique,), tactics_of(technique)) for technique in TECHNIQUE_ACTS]
    named += [usual_cause((), (tactic.short,)) for tactic in TACTICS]
    assert all(phrase and phrase != ANY_CAUSE and not phrase.endswith(".") for phrase in named)
    assert [technique for technique in TECHNIQUE_CAUSES if current(technique) != technique] == []


def test_a_cause_is_looked_up_by_technique_then_parent_then_tactic() -> None:
    assert usual_cause(("T9999", "T1070.001"), ()) == TECHNIQUE_CAUSES["T1685.005"]
    assert usual_cause(("T1003.001",), ("impact",)) == TECHNIQUE_CAUSES["T1003"]
    assert usual_cause(("T9999",), ("x", "impact")) == TACTIC_CAUSES["impact"]
    assert usual_cause((), ()) == ANY_CAUSE

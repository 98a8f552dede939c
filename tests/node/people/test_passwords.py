"""Which passwords are refused, and what is kept of the others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin import limits
from tocsin.errors import StateError
from tocsin.node.people import passwords
from tocsin.node.people.passwords import Cost, refusal

CHEAP = Cost(passes=1, memory_kib=8, lanes=1)
GOOD = "vole-trumpet kiln 9"


@pytest.mark.parametrize(
    "password",
    [
        "short", "passwordpassword", "Password2024!", "p4ssw0rd-1234", "SummerSummer1", "welcome-123456",
        "aaaaaaaaaaaaa",
        "abc123abc123abc", "qwertyuiopasdf", "987654321098", "1qaz2wsx3edc", "letmein!letmein", "Admin-Tocsin-1",
        "DragonMonkey#77", "iloveyou12345", "T0csin-S3rver!",
        "correct horse battery staple",
    ],
)  # fmt: skip
def test_a_common_password_is_refused(password: str) -> None:
    assert refusal(password)


@pytest.mark.parametrize(
    "password",
    [GOOD, "k3x9!72b-wq1", "73910-58264-19375", "blå himmel over elva", "пароль-не-словарный", " spaces at both ends ",
     "password manager made of fog", "silver dragon piano winter", "🦊🦊🐝🐢🐙🦑🦀🐡🐠🐟🐬🐳"],
)  # fmt: skip
def test_any_characters_make_a_good_password(password: str) -> None:
    assert refusal(password) == ""


def test_words_around_the_account_are_refused() -> None:
    assert refusal("examplia-2026-ada", ["examplia", "ada"])
    assert refusal("examplia-2026-ada") == ""


def test_the_length_is_bounded_on_both_sides() -> None:
    varied = "".join(chr(0x21 + (7 * index) % 94) for index in range(2 * limits.PASSWORD_MOST_CHARACTERS))
    assert refusal(varied[: limits.PASSWORD_LEAST_CHARACTERS - 1])
    assert refusal(varied[: limits.PASSWORD_LEAST_CHARACTERS]) == ""
    assert refusal(varied[: limits.PASSWORD_MOST_CHARACTERS]) == ""
    assert refusal(varied[: limits.PASSWORD_MOST_CHARACTERS + 1])
    assert passwords.too_long("\U0001f98a" * (limits.PASSWORD_MOST_BYTES // 4 + 1))
    assert not passwords.verified(None, varied, CHEAP).right


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=64))
def test_a_password_is_verified_exactly_as_it_was_typed(password: str) -> None:
    stored = passwords.hashed(password, CHEAP)
    assert passwords.verified(stored, password, CHEAP).right
    assert not passwords.verified(stored, password + " ", CHEAP).right
    assert not passwords.verified(stored, password[:-1], CHEAP).right


def test_the_hash_is_argon2id_with_the_bounds_parameters() -> None:
    stored = passwords.hashed(GOOD, Cost())
    assert stored.startswith("$argon2id$v=19$m=47104,t=2,p=1$")
    assert passwords.verified(stored, GOOD, Cost()) == passwords.Verified(True, False)


def test_a_hash_with_other_parameters_is_to_be_made_anew() -> None:
    stored = passwords.hashed(GOOD, CHEAP)
    assert passwords.verified(stored, GOOD, Cost(2, 8, 1)).outdated
    assert not passwords.verified(stored, "wrong", Cost(2, 8, 1)).outdated


def test_nobodys_hash_matches_nothing() -> None:
    assert not passwords.verified(None, GOOD, CHEAP).right
    assert not passwords.verified(None, "", CHEAP).right


def test_a_damaged_hash_is_told_with_advice() -> None:
    with pytest.raises(StateError) as told:
        passwords.verified("$argon2id$nonsense", GOOD, CHEAP)
    assert told.value.advice()


def test_a_one_time_password_is_random_and_good() -> None:
    made = {passwords.one_time_password() for _ in range(100)}
    assert len(made) == 100
    assert not any(refusal(password) for password in made)

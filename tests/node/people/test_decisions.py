"""One-time codes, seals, keys, tokens, sessions, two persons: the pure parts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.errors import ConfigError, StateError, UsageError
from tocsin.node.people import seal, sessions, tokens, totp
from tocsin.node.people.accounts import Account, Role, Stage, account_name, role_named
from tocsin.node.people.keys import Keys
from tocsin.node.people.sessions import Form, Session
from tocsin.node.people.two_people import two_people

NOW = datetime(2026, 11, 30, 3, 0, 10, tzinfo=UTC)
NOW_US = round(NOW.timestamp() * 1_000_000)
STEP = int(NOW.timestamp()) // limits.TOTP_STEP_SECONDS
KEY = bytes(32)
DAY_US = limits.TWO_PEOPLE_SECONDS * 1_000_000


def test_the_codes_are_those_of_rfc_6238() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B: "12345678901234567890"
    assert totp.accepted_step(secret, "287082", datetime.fromtimestamp(59, UTC), 0) == 1
    assert totp.accepted_step(secret, "005924", datetime.fromtimestamp(1234567890, UTC), 0) == 41152263


@pytest.mark.parametrize(("drift", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_drift_is_accepted(drift: int, accepted: bool) -> None:
    secret = totp.new_secret()
    code = pyotp.TOTP(secret).generate_otp(STEP + drift)
    assert totp.accepted_step(secret, code, NOW, 0) == (STEP + drift if accepted else None)


def test_a_code_counts_once_and_none_before_it() -> None:
    secret = totp.new_secret()
    code, before = (pyotp.TOTP(secret).generate_otp(step) for step in (STEP, STEP - 1))
    assert totp.accepted_step(secret, code, NOW, STEP) is None
    assert totp.accepted_step(secret, before, NOW, STEP) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "１２３４５６", "123456\n", " 12345"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert totp.accepted_step(totp.new_secret(), code, NOW, 0) is None


def test_an_authenticator_app_can_read_the_enrolment() -> None:
    secret = totp.new_secret()
    parsed = pyotp.parse_uri(totp.enrolment_uri(secret, "ada"))
    assert (parsed.secret, parsed.name, parsed.issuer) == (secret, "ada", "Tocsin")


@given(st.binary(max_size=200))
def test_what_was_sealed_opens_with_its_key_and_context_only(secret: bytes) -> None:
    sealed = seal.seal(KEY, "totp a", secret)
    assert seal.unseal(KEY, "totp a", sealed) == secret
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for key, context, value in (
        (bytes(31) + b"x", "totp a", sealed),
        (KEY, "totp b", sealed),
        (KEY, "totp a", changed),
    ):
        with pytest.raises(StateError):
            seal.unseal(key, context, value)


@pytest.mark.parametrize("size", [0, 5, 12, 20])
def test_a_sealed_value_that_is_too_short_is_told(size: int) -> None:
    with pytest.raises(StateError):
        seal.unseal(KEY, "totp a", bytes(size))


def test_every_purpose_has_its_own_key_and_none_is_shown() -> None:
    keys = Keys.derived(KEY)
    assert len({keys.sealing, keys.tokens, keys.names, keys.csrf}) == 4
    assert keys == Keys.derived(KEY) != Keys.derived(bytes(31) + b"x")
    assert repr(keys) == "Keys(…)"
    with pytest.raises(ConfigError):
        Keys.derived(bytes(31))


def test_digests_of_two_kinds_differ() -> None:
    keys = Keys.derived(KEY)
    assert keys.name_digest("name", "ada") != keys.name_digest("address", "ada")


def test_a_token_is_known_by_its_secret_and_the_key() -> None:
    token_id = tokens.new_id()
    shown = tokens.new_secret(token_id)
    kept = tokens.mac_of(KEY, shown)
    assert tokens.id_of(shown) == token_id
    assert tokens.matches(KEY, shown, kept)
    assert not tokens.matches(KEY, tokens.new_secret(token_id), kept)
    assert not tokens.matches(bytes(31) + b"x", shown, kept)


@pytest.mark.parametrize(
    "shown", ["", "tocsin_token_", "tocsin_token_zz_abc", "tocsin_token_" + "0" * 16 + "_" + "a" * 500]
)
def test_what_is_no_token_has_no_id(shown: str) -> None:
    assert tokens.id_of(shown) is None


def test_a_tokens_life_and_scopes_are_bounded() -> None:
    assert tokens.end_us(60, NOW_US) == NOW_US + 60_000_000
    for seconds in (0, -1, limits.TOKEN_SECONDS + 1):
        with pytest.raises(UsageError):
            tokens.end_us(seconds, NOW_US)
    assert tokens.scopes_named(("push", "otlp")) == {tokens.Scope.PUSH, tokens.Scope.OTLP}
    for names in ((), ("push", "everything")):
        with pytest.raises(UsageError):
            tokens.scopes_named(names)


def test_a_session_ends_when_idle_and_in_any_case() -> None:
    session = Session("d", "a", Form.BEARER, NOW_US, NOW_US)
    idle, whole = limits.SESSION_IDLE_SECONDS * 1_000_000, limits.SESSION_SECONDS * 1_000_000
    assert sessions.alive(session, NOW_US + idle)
    assert not sessions.alive(session, NOW_US + idle + 1)
    assert sessions.alive(replace(session, seen_us=NOW_US + whole), NOW_US + whole)
    assert not sessions.alive(replace(session, seen_us=NOW_US + whole), NOW_US + whole + 1)
    assert sessions.alive(session, NOW_US - 1)


def test_a_csrf_token_belongs_to_one_session_and_key() -> None:
    token = sessions.csrf_token(KEY, "digest")
    assert sessions.csrf_matches(KEY, "digest", token)
    assert not sessions.csrf_matches(KEY, "other", token)
    assert not sessions.csrf_matches(bytes(31) + b"x", "digest", token)
    assert not sessions.csrf_matches(KEY, "digest", "")


def test_the_cookie_is_bound_to_the_host_and_hidden_from_scripts() -> None:
    for value in (sessions.cookie_value("s"), sessions.ended_cookie_value()):
        assert value.startswith("__Host-tocsin=")
        assert {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} <= set(value.split("; "))
        assert "Domain" not in value


def test_session_secrets_are_random() -> None:
    made = {sessions.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(secret) >= len(sessions.PREFIX) + 43 for secret in made)


@pytest.mark.parametrize("name", ["", "Ada", "a b", "-a", "a-", "ä", "a" * 65, "a\n", "../x"])
def test_what_is_no_account_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        account_name(name)


def test_names_and_roles_are_taken_as_they_are() -> None:
    assert account_name("ada.l-2_x") == "ada.l-2_x"
    assert role_named("auditor") is Role.AUDITOR
    with pytest.raises(UsageError) as told:
        role_named("root")
    assert "analyst" in told.value.advice()


ADA = Account("1", "ada", Role.ADMIN, True, 0, has_totp=True)
BOB = Account("2", "bob", Role.LEAD, True, 0, has_totp=True)


def why_not_two(first: Account, second: Account, *others: Account, now: datetime = NOW) -> str:
    everybody = {account.id: account for account in (first, second, *others)}
    reason = two_people(first, second, everybody, now)
    assert two_people(second, first, everybody, now) == reason
    return reason


def made(id: str, by: str, us: int = NOW_US) -> Account:
    return replace(BOB, id=id, created_by=by, created_us=us)


def test_two_accounts_with_second_factors_are_two_people() -> None:
    assert why_not_two(ADA, BOB) == ""
    assert why_not_two(replace(ADA, created_us=NOW_US), replace(BOB, created_us=NOW_US)) == ""  # of `node init`


@pytest.mark.parametrize(
    "other",
    [
        ADA, replace(BOB, active=False), replace(BOB, has_totp=False), replace(BOB, external_id="x"),
        replace(BOB, created_by="1", created_us=NOW_US - DAY_US + 1), replace(BOB, reset_by="1", reset_us=NOW_US),
    ],
)  # fmt: skip
def test_who_could_be_one_person_is_not_two(other: Account) -> None:
    assert why_not_two(ADA, other)


def test_after_a_day_a_made_or_reset_account_is_another_person() -> None:
    old = replace(BOB, created_by="1", created_us=NOW_US - DAY_US, reset_by="1", reset_us=NOW_US - DAY_US)
    assert why_not_two(ADA, old) == ""
    assert why_not_two(ADA, replace(BOB, reset_by="3", reset_us=NOW_US)) == ""


def test_an_account_that_was_made_by_a_made_one_is_no_second_person() -> None:
    second, third, fourth = made("b", "1"), made("c", "b"), made("d", "c")
    assert why_not_two(ADA, third, second)
    assert why_not_two(ADA, fourth, second, third)
    assert why_not_two(second, fourth, ADA, third)
    taken_over = replace(made("b", "9", 0), reset_by="1", reset_us=NOW_US)
    assert why_not_two(ADA, third, taken_over)


def test_a_chain_with_a_link_older_than_a_day_is_none() -> None:
    assert why_not_two(ADA, made("c", "b"), made("b", "1", NOW_US - DAY_US)) == ""
    assert why_not_two(ADA, made("c", "b", NOW_US - DAY_US), made("b", "1")) == ""


def test_two_accounts_that_one_made_or_reset_are_not_two_people() -> None:
    assert why_not_two(made("c", "1"), made("d", "1"), ADA)
    assert why_not_two(made("c", "1"), replace(BOB, reset_by="1", reset_us=NOW_US), ADA)
    assert why_not_two(made("c", "b"), made("d", "1"), ADA, made("b", "1"))
    assert why_not_two(made("c", "1"), made("d", "1", NOW_US - DAY_US), ADA) == ""
    assert why_not_two(made("c", "1"), made("d", "9"), ADA) == ""


def test_accounts_that_reset_each_other_and_ones_that_are_gone_end_the_chain() -> None:
    one = replace(made("b", "gone"), reset_by="c", reset_us=NOW_US)
    other = replace(made("c", ""), reset_by="b", reset_us=NOW_US)
    assert why_not_two(one, other) and why_not_two(ADA, one, other) == ""
    assert why_not_two(made("b", "gone"), made("c", "gone"))


def test_an_account_becomes_ready_step_by_step() -> None:
    assert replace(BOB, must_change=True).stage is Stage.PASSWORD
    assert replace(BOB, has_totp=False).stage is Stage.SECOND_FACTOR
    assert BOB.stage is Stage.READY
    assert replace(BOB, has_totp=False, external_id="x").stage is Stage.READY
    assert why_not_two(ADA, BOB, now=NOW - timedelta(days=1)) == ""

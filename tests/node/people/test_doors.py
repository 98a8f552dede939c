"""Logging in and changing accounts over a real state database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pyotp
import pytest
from people_desk import CHEAP, Wall
from sqlalchemy import text

from tocsin import clock, limits
from tocsin.errors import Conflict, Denied, StateError, TooManyTries, UsageError
from tocsin.ledger.entry import Entry, Kind
from tocsin.node.people import account_changes, own_changes, passwords, token_changes
from tocsin.node.people.account_changes import Given, NewAccount
from tocsin.node.people.accounts import Role, Stage
from tocsin.node.people.desk import Desk, now_us
from tocsin.node.people.identity import identify
from tocsin.node.people.login import Attempt, LoggedIn, log_in, log_out
from tocsin.node.people.passwords import Cost
from tocsin.node.people.principal import Machine, Nobody, Person
from tocsin.node.people.sessions import Form
from tocsin.node.people.token_changes import NewToken
from tocsin.node.people.tokens import Scope
from tocsin.node.store import ledger
from tocsin.node.store import people as rows

HERE = "192.0.2.1"
PASSWORD = "vole-trumpet kiln 9"
TOKEN = NewToken("zeek", frozenset({Scope.PUSH}), "examplia", "office", "zeek-1", 3_600)


def entries(desk: Desk) -> list[Entry]:
    with desk.store.read() as connection:
        return list(ledger.entries(connection))


def in_with(desk: Desk, name: str, password: str, code: str = "", address: str = HERE) -> LoggedIn:
    return log_in(desk, Attempt(name, password, code, address))


def first(desk: Desk) -> tuple[Given, Given]:
    admin, lead = account_changes.first_accounts(desk)
    return admin, lead


def ready(desk: Desk, wall: Wall, given: Given) -> tuple[LoggedIn, str]:
    """The account with its own password and a second factor, logged in; and the secret of its codes."""
    begun = in_with(desk, given.account.name, given.password)
    own_changes.change_password(desk, begun.person, given.password, PASSWORD, HERE)
    offered = own_changes.offer_totp(desk, begun.person, "", HERE)
    own_changes.confirm_totp(desk, begun.person, code_of(wall, offered.secret))
    wall.turn(seconds=limits.TOTP_STEP_SECONDS)
    return in_with(desk, given.account.name, PASSWORD, code_of(wall, offered.secret)), offered.secret


def code_of(wall: Wall, secret: str) -> str:
    return pyotp.TOTP(secret).at(wall.now())


def who(desk: Desk, begun: LoggedIn) -> Person | Machine | Nobody:
    return identify(desk, f"Bearer {begun.secret}", None)


def test_the_first_two_accounts_open_with_passwords_that_must_be_changed(desk: Desk) -> None:
    given = first(desk)
    assert [(each.account.name, each.account.role) for each in given] == [("admin", Role.ADMIN), ("lead", Role.LEAD)]
    begun = in_with(desk, "admin", given[0].password)
    assert begun.person.account.stage is Stage.PASSWORD
    with pytest.raises(Conflict):
        first(desk)


def test_a_given_password_opens_for_some_days_only(desk: Desk, wall: Wall) -> None:
    admin, _ = first(desk)
    wall.turn(seconds=limits.ONE_TIME_PASSWORD_SECONDS + 1)
    with pytest.raises(Denied):
        in_with(desk, "admin", admin.password)


def test_an_account_becomes_ready_by_its_owner(desk: Desk, wall: Wall) -> None:
    admin, _ = first(desk)
    begun, _ = ready(desk, wall, admin)
    person = who(desk, begun)
    assert isinstance(person, Person)
    assert person.account.stage is Stage.READY


def test_a_code_opens_once(desk: Desk, wall: Wall) -> None:
    _, secret = ready(desk, wall, first(desk)[0])
    wall.turn(seconds=limits.TOTP_STEP_SECONDS)
    code = code_of(wall, secret)
    in_with(desk, "admin", PASSWORD, code)
    with pytest.raises(Denied):
        in_with(desk, "admin", PASSWORD, code)


def test_of_two_at_once_one_code_lets_one_in(desk: Desk, wall: Wall) -> None:
    _, secret = ready(desk, wall, first(desk)[0])
    wall.turn(seconds=limits.TOTP_STEP_SECONDS)
    attempt = Attempt("admin", PASSWORD, code_of(wall, secret), HERE)

    def tried(_: int) -> bool:
        try:
            log_in(desk, attempt)
        except Denied:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(tried, range(4))) == 1


def test_whatever_was_wrong_the_answer_is_the_same(desk: Desk, wall: Wall) -> None:
    admin, lead = first(desk)
    actor, secret = ready(desk, wall, admin)
    account_changes.disable(desk, actor.person, lead.account.id)
    told = set()
    for number, (name, password, code) in enumerate(
        [
            ("nobody", PASSWORD, ""), ("admin", "wrong", code_of(wall, secret)), ("admin", PASSWORD, "000000"),
            ("admin", PASSWORD, ""), ("lead", lead.password, ""), ("UPPER; DROP", PASSWORD, ""),
        ]
    ):  # fmt: skip
        with pytest.raises(Denied) as refused:
            in_with(desk, name, password, code, f"198.51.100.{number}")
        told.add((str(refused.value), refused.value.advice()))
    assert len(told) == 1


def test_an_account_that_is_disabled_while_its_password_is_verified_does_not_get_in(
    desk: Desk, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, _ = first(desk)
    looks = []

    def now() -> datetime:
        looks.append(wall.time)
        if len(looks) == 2:  # the first look counts the try, the second is between the two transactions
            with desk.store.write() as connection:
                rows.set_account(connection, admin.account.id, {"active": False})
        return wall.time

    monkeypatch.setattr(clock, "now", now)
    with pytest.raises(Denied):
        in_with(desk, "admin", admin.password)
    with desk.store.read() as connection:
        assert rows.sessions_of(connection, admin.account.id) == []


def test_an_unknown_account_costs_a_hash_like_a_known_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first(desk)
    calls = []
    matches = passwords._matches
    monkeypatch.setattr(passwords, "_matches", lambda *all: calls.append(all) or matches(*all))
    for name in ("admin", "nobody"):
        with pytest.raises(Denied):
            in_with(desk, name, "wrong")
    assert len(calls) == 2


def test_many_failures_make_wait_and_the_wait_ends(desk: Desk, wall: Wall) -> None:
    admin, _ = first(desk)
    for _ in range(limits.LOGIN_FREE_FAILURES):
        with pytest.raises(Denied):
            in_with(desk, "admin", "wrong")
    with pytest.raises(TooManyTries) as told:
        in_with(desk, "admin", admin.password)
    wall.turn(seconds=told.value.seconds)
    in_with(desk, "admin", admin.password)
    in_with(desk, "admin", admin.password)


def test_an_attacker_elsewhere_does_not_lock_out_who_is_known_here(desk: Desk, wall: Wall) -> None:
    admin, _ = first(desk)
    in_with(desk, "admin", admin.password)
    for number in range(limits.LOGIN_FREE_ACCOUNT_FAILURES):
        with pytest.raises(Denied):
            in_with(desk, "admin", "wrong", address=f"198.51.{number}.7")
    with pytest.raises(TooManyTries):
        in_with(desk, "admin", admin.password, address="203.0.113.9")
    in_with(desk, "admin", admin.password)


def test_many_at_once_are_no_way_around_the_wait(desk: Desk) -> None:
    first(desk)

    def tried(_: int) -> bool:
        try:
            in_with(desk, "admin", "wrong")
        except TooManyTries:
            return False
        except Denied:
            return True
        return True

    with ThreadPoolExecutor(8) as pool:
        judged = sum(pool.map(tried, range(40)))
    assert judged == limits.LOGIN_FREE_FAILURES


def test_an_unknown_name_makes_wait_like_a_known_one(desk: Desk) -> None:
    for _ in range(limits.LOGIN_FREE_FAILURES):
        with pytest.raises(Denied):
            in_with(desk, "nobody", "wrong")
    with pytest.raises(TooManyTries):
        in_with(desk, "nobody", "wrong")


def test_old_counters_are_forgotten(desk: Desk, wall: Wall) -> None:
    for number in range(5):
        with pytest.raises(Denied):
            in_with(desk, f"nobody{number}", "wrong")
    wall.turn(seconds=limits.LOGIN_FORGET_SECONDS + 1)
    with pytest.raises(Denied):
        in_with(desk, "another", "wrong")
    with desk.store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM login_counters")).scalar_one() == 3


def test_counters_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOGIN_COUNTERS", 4)
    for number in range(6):
        with pytest.raises(Denied):
            in_with(desk, f"nobody{number}", "wrong")
    with desk.store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM login_counters")).scalar_one() == 4


def test_a_hash_of_older_parameters_is_made_anew_at_login(desk: Desk) -> None:
    admin, _ = first(desk)
    stronger = replace(desk, cost=Cost(2, 16, 1))
    in_with(stronger, "admin", admin.password)
    with desk.store.read() as connection:
        assert "m=16,t=2" in str(rows.secrets_of(connection, admin.account.id).password)
    in_with(stronger, "admin", admin.password)


def test_logging_out_ends_the_session(desk: Desk) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    log_out(desk, begun.person)
    assert who(desk, begun) == Nobody()
    assert entries(desk)[-1].kind == Kind.LOGOUT


@pytest.mark.parametrize("seconds", [limits.SESSION_IDLE_SECONDS + 1, limits.SESSION_SECONDS + 1])
def test_a_session_ends_by_itself(desk: Desk, wall: Wall, seconds: int) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    wall.turn(seconds=seconds)
    assert who(desk, begun) == Nobody()


def test_a_session_that_is_used_goes_on_until_its_end(desk: Desk, wall: Wall) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    for _ in range(limits.SESSION_SECONDS // limits.SESSION_IDLE_SECONDS):
        wall.turn(seconds=limits.SESSION_IDLE_SECONDS)
        assert isinstance(who(desk, begun), Person)
    wall.turn(seconds=limits.SESSION_IDLE_SECONDS)
    assert who(desk, begun) == Nobody()


def test_role_disabling_reset_and_own_changes_end_sessions(desk: Desk, wall: Wall) -> None:
    admin, lead = first(desk)
    actor, _ = ready(desk, wall, admin)
    for change in (
        lambda: account_changes.set_role(desk, actor.person, lead.account.id, Role.ANALYST),
        lambda: account_changes.disable(desk, actor.person, lead.account.id),
        lambda: account_changes.reset(desk, actor.person, lead.account.id),
    ):
        account_changes.enable(desk, actor.person, lead.account.id)
        given = account_changes.reset(desk, actor.person, lead.account.id)
        begun = in_with(desk, "lead", given.password)
        change()
        assert who(desk, begun) == Nobody()


def test_a_new_password_ends_the_other_sessions(desk: Desk) -> None:
    admin, _ = first(desk)
    other, own = in_with(desk, "admin", admin.password), in_with(desk, "admin", admin.password)
    own_changes.change_password(desk, own.person, admin.password, PASSWORD, HERE)
    assert who(desk, other) == Nobody()
    assert isinstance(who(desk, own), Person)
    in_with(desk, "admin", PASSWORD)
    with pytest.raises(Denied):
        in_with(desk, "admin", admin.password)


def test_a_new_second_factor_ends_the_other_sessions(desk: Desk, wall: Wall) -> None:
    begun, secret = ready(desk, wall, first(desk)[0])
    wall.turn(seconds=limits.TOTP_STEP_SECONDS)
    other = in_with(desk, "admin", PASSWORD, code_of(wall, secret))
    wall.turn(seconds=limits.TOTP_STEP_SECONDS)
    with pytest.raises(Denied):
        own_changes.offer_totp(desk, begun.person, "000000", HERE)
    offered = own_changes.offer_totp(desk, begun.person, code_of(wall, secret), HERE)
    with pytest.raises(Denied):
        own_changes.confirm_totp(desk, begun.person, code_of(wall, secret))
    own_changes.confirm_totp(desk, begun.person, code_of(wall, offered.secret))
    assert who(desk, other) == Nobody()
    assert isinstance(who(desk, begun), Person)


def test_codes_are_confirmed_only_when_they_were_offered(desk: Desk) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    with pytest.raises(UsageError):
        own_changes.confirm_totp(desk, begun.person, "123456")


@pytest.mark.parametrize("new", ["short", "examplia-2026", "admin-12345678"])
def test_a_weak_new_password_is_refused_with_the_reason(desk: Desk, new: str) -> None:
    admin, _ = first(desk)
    begun = in_with(desk, "admin", admin.password)
    with pytest.raises(UsageError) as told:
        own_changes.change_password(desk, begun.person, admin.password, new, HERE)
    assert told.value.advice()
    with pytest.raises(UsageError):
        own_changes.change_password(desk, begun.person, admin.password, admin.password, HERE)


def test_guessing_the_old_password_makes_wait(desk: Desk) -> None:
    admin, _ = first(desk)
    begun = in_with(desk, "admin", admin.password)
    for _ in range(limits.LOGIN_FREE_FAILURES):
        with pytest.raises(Denied):
            own_changes.change_password(desk, begun.person, "wrong", PASSWORD, HERE)
    with pytest.raises(TooManyTries):
        own_changes.change_password(desk, begun.person, admin.password, PASSWORD, HERE)


def test_a_disabled_account_opens_nothing_until_it_is_enabled(desk: Desk, wall: Wall) -> None:
    admin, lead = first(desk)
    actor, _ = ready(desk, wall, admin)
    begun = in_with(desk, "lead", lead.password)
    account_changes.disable(desk, actor.person, lead.account.id)
    assert who(desk, begun) == Nobody()
    with pytest.raises(Denied):
        in_with(desk, "lead", lead.password)
    account_changes.enable(desk, actor.person, lead.account.id)
    in_with(desk, "lead", lead.password)


def test_a_reset_takes_the_second_factor_away(desk: Desk, wall: Wall) -> None:
    admin, lead = first(desk)
    actor, _ = ready(desk, wall, admin)
    ready(desk, wall, lead)
    given = account_changes.reset(desk, actor.person, lead.account.id)
    assert (given.account.has_totp, given.account.must_change) == (False, True)
    assert given.account.reset_by == admin.account.id
    assert in_with(desk, "lead", given.password).person.account.stage is Stage.PASSWORD


def test_nobody_resets_the_own_account(desk: Desk) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    with pytest.raises(UsageError):
        account_changes.reset(desk, begun.person, begun.person.account.id)


def test_there_is_always_an_admin(desk: Desk, wall: Wall) -> None:
    admin, lead = first(desk)
    actor, _ = ready(desk, wall, admin)
    with pytest.raises(Conflict):
        account_changes.disable(desk, actor.person, admin.account.id)
    with pytest.raises(Conflict):
        account_changes.set_role(desk, actor.person, admin.account.id, Role.LEAD)
    account_changes.set_role(desk, actor.person, lead.account.id, Role.ADMIN)
    account_changes.disable(desk, actor.person, admin.account.id)


def test_names_and_external_ids_are_used_once(desk: Desk) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    account_changes.add_account(desk, begun.person, NewAccount("ada", Role.ANALYST, external_id="x-1"))
    for new in (NewAccount("ada", Role.LEAD), NewAccount("bob", Role.LEAD, external_id="x-1")):
        with pytest.raises(Conflict):
            account_changes.add_account(desk, begun.person, new)
    with pytest.raises(UsageError):
        account_changes.add_account(desk, begun.person, NewAccount("eve", Role.LEAD, organisation="x" * 200))


def test_an_account_of_one_organisation_is_no_admin_and_no_auditor(desk: Desk) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    for role in (Role.ADMIN, Role.AUDITOR):
        with pytest.raises(UsageError):
            account_changes.add_account(desk, begun.person, NewAccount("ada", role, organisation="examplia"))
    made = account_changes.add_account(desk, begun.person, NewAccount("ada", Role.ANALYST, organisation="examplia"))
    with pytest.raises(UsageError):
        account_changes.set_role(desk, begun.person, made.account.id, Role.ADMIN)
    with desk.store.read() as connection:
        assert rows.account(connection, made.account.id).role is Role.ANALYST


def test_an_account_of_an_issuer_has_no_password(desk: Desk) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    given = account_changes.add_account(desk, begun.person, NewAccount("ada", Role.ANALYST, external_id="x-1"))
    assert given.password == ""
    with pytest.raises(UsageError):
        account_changes.reset(desk, begun.person, given.account.id)
    with desk.store.write() as connection:  # as if somebody wrote one into the database
        rows.set_account(connection, given.account.id, {"password": passwords.hashed("anything", CHEAP)})
    for password in ("", "anything"):
        with pytest.raises(Denied):
            in_with(desk, "ada", password)


def test_accounts_and_tokens_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    monkeypatch.setattr(limits, "ACCOUNTS", 2)
    monkeypatch.setattr(limits, "TOKENS", 0)
    with pytest.raises(StateError):
        account_changes.add_account(desk, begun.person, NewAccount("ada", Role.ANALYST))
    with pytest.raises(StateError):
        token_changes.add_token(desk, begun.person, TOKEN)


def test_an_unknown_account_is_told(desk: Desk) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    for change in (account_changes.disable, account_changes.reset):
        with pytest.raises(StateError):
            change(desk, begun.person, "0" * 16)
    with desk.store.read() as connection, pytest.raises(StateError):
        rows.secrets_of(connection, "0" * 16)


def test_an_account_has_a_bounded_number_of_sessions(desk: Desk, wall: Wall) -> None:
    admin, _ = first(desk)
    begun = []
    for _ in range(limits.SESSIONS_OF_ONE_ACCOUNT + 1):
        begun.append(in_with(desk, "admin", admin.password))
        wall.turn(seconds=1)
    alive = [isinstance(who(desk, each), Person) for each in begun]
    assert alive == [False] + [True] * limits.SESSIONS_OF_ONE_ACCOUNT


def test_a_token_opens_until_it_is_revoked_or_ends(desk: Desk, wall: Wall) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    kept, ending = (token_changes.add_token(desk, begun.person, TOKEN) for _ in range(2))
    assert identify(desk, f"Bearer {kept.secret}", None) == Machine(kept.token)
    token_changes.revoke_token(desk, begun.person, kept.token.id)
    assert identify(desk, f"Bearer {kept.secret}", None) == Nobody()
    with pytest.raises(StateError):
        token_changes.revoke_token(desk, begun.person, kept.token.id)
    wall.turn(seconds=TOKEN.seconds)
    assert identify(desk, f"Bearer {ending.secret}", None) == Nobody()


def test_a_forged_token_opens_nothing(desk: Desk) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    shown = token_changes.add_token(desk, begun.person, TOKEN)
    forged = shown.secret[:-1] + ("A" if shown.secret[-1] != "A" else "B")
    unknown = f"tocsin_token_{'0' * 16}_abc"
    for secret in (forged, unknown, shown.secret + "A", ""):
        assert identify(desk, f"Bearer {secret}", None) == Nobody()


def test_tokens_are_listed_without_their_secret(desk: Desk) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    shown = token_changes.add_token(desk, begun.person, TOKEN)
    with desk.store.read() as connection:
        assert rows.tokens(connection) == [shown.token]
    assert shown.secret.rsplit("_", 1)[1] not in repr(shown.token) + repr(shown)


@pytest.mark.parametrize("field", ["label", "organisation", "network", "sensor"])
def test_a_token_says_whose_data_it_brings(desk: Desk, field: str) -> None:
    begun = in_with(desk, "admin", first(desk)[0].password)
    for value in ("", "x" * (limits.LABEL_CHARACTERS + 1)):
        with pytest.raises(UsageError):
            token_changes.add_token(desk, begun.person, replace(TOKEN, **{field: value}))


def test_what_shows_two_things_or_the_wrong_form_is_nobody(desk: Desk) -> None:
    admin, _ = first(desk)
    begun = in_with(desk, "admin", admin.password)
    cookie = log_in(desk, Attempt("admin", admin.password, "", HERE, Form.COOKIE))
    assert isinstance(identify(desk, f"bearer {begun.secret}", None), Person)
    assert isinstance(identify(desk, None, cookie.secret), Person)
    for authorization, shown in (
        (None, None), (f"Bearer {cookie.secret}", None), (None, begun.secret),
        (f"Bearer {begun.secret}", cookie.secret),
        (f"Basic {begun.secret}", None), ("Bearer", None), ("Bearer " + "x" * 10_000, None), (None, "x" * 10_000),
        (None, begun.secret + "x"), ("Bearer tocsin_session_\ud800", None),
    ):  # fmt: skip
        assert identify(desk, authorization, shown) == Nobody()


def test_every_login_failure_and_change_is_in_the_ledger_without_names(desk: Desk, wall: Wall) -> None:
    admin, _ = first(desk)
    actor, _ = ready(desk, wall, admin)
    with pytest.raises(Denied):
        in_with(desk, "very-particular-name", "wrong")
    account_changes.add_account(desk, actor.person, NewAccount("very-particular-name", Role.ANALYST))
    token_changes.add_token(desk, actor.person, TOKEN)
    found = entries(desk)
    changes = [entry.detail["change"] for entry in found if entry.kind == Kind.ACCOUNT_CHANGE]
    assert changes == ["added", "added", "password changed", "second factor set", "added"]
    kinds = [entry.kind for entry in found]
    assert kinds.count(Kind.LOGIN) == 2
    assert kinds[-3:] == [Kind.LOGIN_FAILED, Kind.ACCOUNT_CHANGE, Kind.TOKEN_CHANGE]
    written = repr(found)
    for personal in ("very-particular-name", HERE, PASSWORD, TOKEN.label):
        assert personal not in written


def test_no_secret_is_in_the_database_or_in_a_text_form(desk: Desk, wall: Wall) -> None:
    begun, secret = ready(desk, wall, first(desk)[0])
    shown = token_changes.add_token(desk, begun.person, TOKEN)
    with desk.store.write() as connection:
        held = "".join(
            repr(row)
            for table in ("accounts", "sessions", "tokens", "login_counters")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        )
        kept = repr(rows.secrets_of(connection, begun.person.account.id))
    for hidden in (PASSWORD, secret, begun.secret, shown.secret):
        assert hidden not in held + kept + repr(begun) + repr(shown)


def test_ended_sessions_are_removed_at_the_next_login(desk: Desk, wall: Wall) -> None:
    admin, _ = first(desk)
    in_with(desk, "admin", admin.password)
    wall.turn(seconds=limits.SESSION_IDLE_SECONDS + 1)
    in_with(desk, "admin", admin.password)
    with desk.store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM sessions")).scalar_one() == 1
        assert rows.session(connection, "none") is None
        assert [account.name for account in rows.accounts(connection)] == ["admin", "lead"]
        assert rows.account_outside(connection, "none") is None
    assert desk.cost == CHEAP
    assert now_us() > 0

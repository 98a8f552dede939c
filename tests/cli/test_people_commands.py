"""`tocsin user …`, `tocsin stop`, `tocsin start` against a real node."""

import json
import re
from datetime import timedelta

import pytest
from nodes import Node, code, command
from people_desk import Wall

from tocsin.cli.user_token import read_span
from tocsin.errors import UsageError
from tocsin.node.people import tokens
from tocsin.node.people.accounts import Role
from tocsin.node.store import people as rows


def test_an_account_is_added_listed_and_changed(node: Node) -> None:
    node.log_in(Role.ADMIN)
    added = command("user", "add", "anna", "analyst", "--organisation", "examplia")
    password = re.search(r"^password (\S+)$", added.out, re.MULTILINE)
    assert added.code == 0 and password and "shown once" in added.err
    assert password[1] not in command("user", "list").out
    assert command("user", "role", "anna", "lead").code == 0
    assert command("user", "disable", "anna").code == 0
    table = command("user", "list").out
    assert re.search(r"anna +lead +closed +examplia", table)
    assert command("user", "enable", "anna").code == 0
    told = {each["name"]: each for each in json.loads(command("user", "list", "--json").out)}
    assert told["anna"]["active"] and told["anna"]["stage"] == "password"


def test_a_reset_shows_a_new_password(node: Node) -> None:
    node.log_in(Role.ADMIN)
    person = node.api.account(Role.ANALYST)
    done = command("user", "reset", person.name)
    assert done.code == 0 and "password " in done.out
    with node.api.desk.store.read() as connection:
        assert not rows.account(connection, person.id).has_totp


def test_sessions_are_listed_and_ended(node: Node) -> None:
    person = node.log_in(Role.ANALYST)
    other = node.api.session(person)
    assert command("user", "sessions").out.count("command line") == 2
    told = json.loads(command("user", "sessions", "--json").out)
    assert [each["this"] for each in told].count(True) == 1 and other not in json.dumps(told)
    done = command("user", "sessions", "--end", "--code", code())
    assert (done.code, done.out) == (0, "1 other sessions are ended.\n")
    node.log_in(Role.ADMIN)
    assert command("user", "logout", person.name).code == 0
    with node.api.desk.store.read() as connection:
        assert rows.sessions_of(connection, person.id) == []


def test_what_is_wrong_about_an_account_is_told(node: Node) -> None:
    node.log_in(Role.ADMIN)
    assert "user list" in command("user", "disable", "nobody").err
    assert "Roles are" in command("user", "add", "anna", "boss").err
    assert command("user", "add", "Anna!", "analyst").code == 2
    node.log_in(Role.ANALYST)
    assert command("user", "list").code == 3


def test_a_token_is_made_listed_and_revoked(node: Node) -> None:
    node.log_in(Role.ADMIN)
    place = ("--organisation", "examplia", "--network", "office", "--sensor", "s1")
    made = command("user", "token", "add", "s1", "--scope", "push", *place, "--for", "12h")
    secret = made.out.strip()
    assert made.code == 0 and secret.startswith(tokens.PREFIX) and "shown once" in made.err
    listed = json.loads(command("user", "token", "list", "--json").out)
    assert listed[0]["scopes"] == ["push"] and secret not in json.dumps(listed)
    assert command("user", "token", "revoke", listed[0]["id"]).code == 0
    assert "revoked" in command("user", "token", "list").out
    assert "Scopes are" in command("user", "token", "add", "s2", "--scope", "all", *place).err
    assert command("user", "token", "revoke", "../users").code == 3


def test_a_life_of_a_token_is_days_or_hours() -> None:
    assert (read_span("1d"), read_span("12h")) == (86_400, 43_200)
    for text in ("", "0d", "-1d", "1.5d", "90", "9999999d", "1d "):
        with pytest.raises(UsageError):
            read_span(text)


def test_own_codes_are_set_up_anew_by_showing_an_old_one(node: Node, wall: Wall) -> None:
    node.log_in(Role.ANALYST)
    refused = command("user", "totp", "--code", "000000")
    assert refused.code == 3 and "otpauth" not in refused.out
    offered = command("user", "totp", "--code", code(), typed="000000\n000000\n000000\n")
    assert offered.code == 3 and "otpauth://totp/" in offered.out and "shown once" in offered.out


def test_a_switch_is_stopped_by_one_and_started_by_two_people(node: Node) -> None:
    first, second = node.api.account(Role.LEAD), node.api.account(Role.ADMIN)
    node.be(first)
    assert command("stop", "ai", "--why", "it errs").code == 0
    asked = command("start", "ai", "--why", "it is mended")
    assert asked.code == 0 and "second person" in asked.out
    again = command("start", "ai", "--why", "really")
    assert again.code == 3 and "has asked" in again.err
    node.be(second)
    done = command("start", "ai", "--why", "seen")
    assert done.code == 0 and "started again" in done.out and "it is mended" in done.err
    assert "not stopped" in command("start", "ai", "--why", "once more").err


def test_a_request_that_is_too_old_is_asked_anew(node: Node, wall: Wall) -> None:
    first, second = node.api.account(Role.LEAD), node.api.account(Role.ADMIN)
    node.be(first)
    command("stop", "sharing", "--why", "a key is lost")
    command("start", "sharing", "--why", "found")
    wall.time += timedelta(hours=25)
    node.be(second)
    assert "You asked" in command("start", "sharing", "--why", "found, says the lead").out


def test_a_switch_is_moved_with_a_reason_by_who_may(node: Node) -> None:
    node.log_in(Role.ANALYST)
    assert command("stop", "ai").code == 2
    assert command("stop", "all", "--why", "x").code == 2
    assert command("stop", "ai", "--why", "").code == 2
    assert command("stop", "ai", "--why", "x").code == 0
    assert command("start", "ai", "--why", "x").code == 3

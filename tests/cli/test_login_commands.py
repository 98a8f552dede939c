"""`tocsin login`, `logout`, `whoami` and what they keep, against a real node."""

import json
import re
import subprocess
from pathlib import Path
from subprocess import PIPE

from command import COMMAND
from nodes import Node, code, command
from people_desk import Wall

from tocsin.cli.node_sessions import Kept, keep, session_at, sessions_file
from tocsin.node.people.account_changes import first_accounts
from tocsin.node.people.accounts import Role
from tocsin.node.people.passwords import hashed
from tocsin.node.store import people as rows

OWN = "Tq7#mevala-orkis-22"


def first_login(node: Node, name: str, given: str, *codes: str) -> tuple[int, str]:
    """A first login in a process of its own, as the code needs the secret that it shows. Exit code and stderr.

    It has no terminal, so what is typed hidden comes by its input. `codes` are typed before the right one.
    """
    process = subprocess.Popen(
        [*COMMAND, "login", name], stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, start_new_session=True
    )
    assert process.stdin and process.stdout
    process.stdin.write(f"{given}\n\n{OWN}\n{OWN}\n")
    process.stdin.flush()
    shown = ""
    for line in process.stdout:
        shown += line
        if "secret" in line and "by hand" in line:
            break
    assert f"otpauth://totp/Tocsin:{name}" in shown, process.communicate()
    secret = re.findall("secret ([A-Z2-7]{32})", shown)[0]
    _, err = process.communicate("".join(f"{each}\n" for each in (*codes, code(secret))), timeout=30)
    return process.returncode, err


def test_a_first_login_changes_the_given_password_and_sets_up_codes(node: Node, wall: Wall) -> None:
    given = next(each for each in first_accounts(node.api.desk) if each.account.role is Role.LEAD)
    done, err = first_login(node, "lead", given.password, "000000")
    assert done == 0, err
    assert "choose your own" in err and "one-time code is wrong" in err.lower()
    with node.api.desk.store.read() as connection:
        account = rows.account_named(connection, "lead")
    assert account and account.stage == "ready"
    assert "(lead)" in command("whoami").out
    assert OWN not in err and given.password not in err


def test_an_account_that_stopped_half_way_goes_on_at_the_next_login(node: Node, wall: Wall) -> None:
    given = next(each for each in first_accounts(node.api.desk) if each.account.role is Role.LEAD)
    done, err = first_login(node, "lead", given.password, "000000", "000000", "000000")
    assert done == 3 and "one-time code is wrong" in err.lower()
    left = command("whoami")
    assert left.code == 0 and "Still to set up: second factor" in left.out
    again = command("login", "lead", typed=f"{OWN}\n\n000000\n000000\n000000\n")
    assert again.code == 3 and "otpauth://" in again.out and "New password" not in again.err


def test_a_weak_password_is_asked_for_again(node: Node, wall: Wall) -> None:
    given = next(each for each in first_accounts(node.api.desk) if each.account.role is Role.LEAD)
    weak = "short\nshort\n"
    done = command("login", "lead", typed=f"{given.password}\n\n{weak * 2}{OWN}\n{OWN}\n000000\n000000\n000000\n")
    assert done.err.count("at least 12 characters") == 2 and "otpauth://" in done.out


def test_a_login_without_prompts_takes_password_and_code_from_options(node: Node, home: Path, wall: Wall) -> None:
    account = node.api.account(Role.ANALYST)
    _give_password(node, account.id)
    (home / "password").write_text(OWN + "\n")
    done = command("login", account.name, "--password-file", home / "password", "--code", code())
    assert done.code == 0 and f"as {account.name} (analyst)" in done.out
    told = json.loads(command("whoami", "--json").out)
    assert told["user"]["name"] == account.name and told["node"] == node.url


def test_a_wrong_password_is_refused_with_advice_and_keeps_nothing(node: Node, wall: Wall) -> None:
    done = command("login", "nobody", typed="wrong\n123456\n")
    assert done.code == 3 and "is wrong" in done.err and "Check all three" in done.err
    assert not sessions_file().exists()
    assert "wrong\n" not in done.out


def test_a_second_login_ends_the_first_session(node: Node, wall: Wall) -> None:
    account = node.log_in(Role.ANALYST)
    _give_password(node, account.id)
    first = session_at(node.url)
    assert command("login", account.name, typed=f"{OWN}\n{code()}\n").code == 0
    assert first and session_at(node.url) != first
    with node.api.desk.store.read() as connection:
        assert len(rows.sessions_of(connection, account.id)) == 1


def test_sessions_are_kept_where_nobody_else_reads_them(node: Node) -> None:
    node.log_in(Role.ANALYST)
    path = sessions_file()
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o640)
    done = command("whoami")
    assert done.code == 2 and "can be read by other users" in done.err
    path.chmod(0o600)
    path.write_text("{")
    assert "log in again" in command("whoami").err


def test_a_session_is_no_part_of_what_is_printed(node: Node) -> None:
    node.log_in(Role.ANALYST)
    kept = session_at(node.url)
    assert kept and kept.token not in repr(kept)
    assert kept.token not in command("whoami", "--json").out


def test_a_logout_ends_the_session_here_and_there(node: Node) -> None:
    account = node.log_in(Role.ANALYST)
    assert command("logout").code == 0
    with node.api.desk.store.read() as connection:
        assert rows.sessions_of(connection, account.id) == []
    done = command("whoami")
    assert done.code == 3 and "tocsin login" in done.err


def test_a_session_that_ended_is_told_as_such(node: Node, wall: Wall) -> None:
    node.log_in(Role.ANALYST)
    wall.turn(hours=13)
    done = command("whoami")
    assert done.code == 3 and "session has ended" in done.err and "tocsin login" in done.err
    assert command("logout").code == 0 and session_at(node.url) is None


def test_a_lost_node_does_not_keep_a_session_here(node: Node, home: Path) -> None:
    keep("http://127.0.0.1:9", Kept("anna", "x"))
    done = command("logout", "--node", "http://127.0.0.1:9")
    assert done.code == 3 and "no node answers" in done.err
    assert session_at("http://127.0.0.1:9") is None


def _give_password(node: Node, account: str) -> None:
    with node.api.desk.store.write() as connection:
        rows.set_account(connection, account, {"password": hashed(OWN, node.api.desk.cost)})

"""`tocsin notify …` against a real node: the list, a rota from a file, what waits, and a test that arrives or not."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_clients import api_of
from mail_simulator import mail_server
from node_folders import make_folder
from nodes import Node, command, serving
from people_desk import Wall, desk_over

from tocsin import clock
from tocsin.cli.notify_oncall import read_duties
from tocsin.errors import LimitExceeded, UsageError
from tocsin.node.people.accounts import Role
from tocsin.node.store import outbox
from tocsin.node.store.database import open_store
from tocsin.node.upkeep.mailing import send_due_mail
from tocsin.node.upkeep.notify_settings import MailSettings, Security
from tocsin.node.upkeep.shell import OpenNode

MAIL = '[notify.mail]\nhost = "localhost"\nsecurity = "none"\nsender = "tocsin@cert.example"\n'
ROTA = """\
name,mail,step,days,begins,ends,zone,first,last
Ana Kola,ana@cert.example,1,mon-fri,08:00,18:00,Europe/Tirane,2026-11-30,2026-12-06
Ben Dule,ben@cert.example,1,,18:00,08:00,Europe/Tirane,,
Eva Hox,eva@cert.example,2,,,,,,
"""


@pytest.fixture
def teller(home: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """A node that tells by mail."""
    folder, config, _ = make_folder(home / "node", MAIL)
    store = open_store(f"sqlite:///{home}/state.sqlite", create=True)
    api = api_of(desk_over(store), node=OpenNode(folder, config, store))
    with serving(api.app) as port:
        url = f"http://127.0.0.1:{port}"
        monkeypatch.setenv("TOCSIN_NODE_URL", url)
        yield Node(api, url)
    store.close()


def test_a_person_is_put_on_call_and_taken_off(teller: Node) -> None:
    teller.log_in(Role.LEAD)
    assert "Nobody is on the list" in command("notify", "oncall", "list").out
    done = command("notify", "oncall", "set", "Ana Kola", "--mail", "ana@cert.example", "--zone", "Europe/Tirane")
    assert done.code == 0 and "On call now, step 1: Ana Kola" in done.out
    told = json.loads(command("notify", "oncall", "list", "--json").out)
    assert told["duties"][0]["mail"] == "ana@cert.example" and told["now"] == {"1": ["Ana Kola"]}
    assert "Nobody is on the list" in command("notify", "oncall", "set", "Ana Kola", "--remove").out
    wrong = command("notify", "oncall", "set", "Ana Kola")
    assert wrong.code == 2 and "--mail" in wrong.err
    assert command("notify", "oncall", "set", "Ana", "--mail", "ana@@x").code == 3


def test_a_rota_comes_from_a_file_and_says_who_is_on_call(teller: Node, tmp_path: Path) -> None:
    file = tmp_path / "rota.csv"
    file.write_text("\ufeff" + ROTA, "utf-8")
    teller.log_in(Role.ADMIN)
    done = command("notify", "oncall", "import", file)
    assert done.code == 0, done.err
    assert "On call now, step 1: Ben Dule" in done.out and "On call now, step 2: Eva Hox" in done.out
    assert "2026-11-30 to 2026-12-06" in done.out
    teller.log_in(Role.ANALYST)
    assert command("notify", "oncall", "list").code == 0
    refused = command("notify", "oncall", "import", file)
    assert refused.code == 3 and "not allowed" in refused.err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("who,mail\n", r":1: the header is not"),
        ("name,step\nAna,1\n", r":1: the header is not"),
        ("", r":0: the header is not"),
        ("name,mail\nAna,ana@cert.example\nBen,ben\n", r":3: 'ben' is no mail address"),
        ("name,mail\nAna,ana@cert.example,x\n", r":2: the line has more or fewer"),
        ("name,mail\nAna\n", r":2: the line has more or fewer"),
        ("name,mail,step\nAna,a@b.example,0x1\n", r":2: '0x1' is no step"),
        ("name,mail,days\nAna,a@b.example,someday\n", r":2: the duty of 'Ana': there is no day 'someday'"),
        ('name,mail\n"Ana,a@b.example\n', r":1: unexpected end of data"),
    ],
)
def test_a_wrong_line_is_told_with_its_place(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "rota.csv"
    file.write_text(text)
    with pytest.raises(UsageError, match=why) as refused:
        read_duties(file)
    assert refused.value.advice()


def test_a_file_that_is_no_list_is_refused(tmp_path: Path) -> None:
    for name, content in (("long", b"x" * (1 << 20) + b"x"), ("latin", b"name,mail\n\xe9\n")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises((UsageError, LimitExceeded)):
            read_duties(tmp_path / name)
    with pytest.raises(UsageError, match="cannot be read"):
        read_duties(tmp_path / "absent")


def test_a_test_says_what_arrived_and_what_did_not(teller: Node) -> None:
    teller.log_in(Role.LEAD)
    command("notify", "oncall", "set", "Ana Kola", "--mail", "ana@cert.example")
    with mail_server() as server, sending(teller, server.port):
        done = command("notify", "test")
    assert done.code == 0 and done.out == "mail, test (Ana Kola): arrived\n", done.err
    assert "Nothing waits" in command("notify", "list").out
    with sending(teller, server.port):  # nobody listens there any more
        failed = command("notify", "test", "--to", "Ana Kola")
    assert failed.code == 3 and "cannot be reached: ConnectionRefusedError" in failed.out
    listed = command("notify", "list").out
    assert "mail, test (Ana Kola), tried 1 times, next try 2026-11-30T03:00:" in listed
    told = json.loads(command("notify", "list", "--json").out)
    assert told["counts"]["waiting"] == 1 and told["messages"][0]["person"] == "Ana Kola"


def test_what_a_server_said_is_harmless_on_a_terminal(teller: Node) -> None:
    teller.log_in(Role.LEAD)
    with teller.api.desk.store.write() as connection:
        number = outbox.put(connection, "mail", "test", '{"person":"Ana\\u001b[2J"}', clock.now())
        outbox.failed(connection, number, "\x1b]0;owned\x07", clock.now())
    out = command("notify", "list").out
    assert "\x1b" not in out and "Ana<ESC>[2J" in out and "<ESC>]0;owned<BEL>" in out


class sending:
    """The node's timer for mail, while the command waits."""

    def __init__(self, node: Node, port: int) -> None:
        self._store, self._end = node.api.desk.store, threading.Event()
        self._server = MailSettings("127.0.0.1", port, Security.NONE, "tocsin@cert.example")
        self._thread = threading.Thread(target=self._send)

    def _send(self) -> None:
        while not self._end.wait(0.1):
            send_due_mail(self._store, self._server, clock.now())

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()

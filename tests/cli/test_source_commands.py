"""`tocsin source add` and `list`."""

import json
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from api_clients import api_of
from nodes import Node, command, serving

from tocsin import limits
from tocsin.ledger.entry import Kind
from tocsin.node.people.accounts import Role
from tocsin.node.service.config import NodeFolder, load_config
from tocsin.node.store import ledger
from tocsin.node.store.database import open_store
from tocsin.node.upkeep.shell import open_node, shell_actor

LINE = json.dumps({"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "C:\\\\a.exe"}) + "\n"


@pytest.fixture
def folder(home: Path) -> NodeFolder:
    """A node's folder with a commented configuration and a ledger, and a log beside it."""
    (home / "node").mkdir()
    open_store(f"sqlite:///{home / 'node' / 'state.sqlite'}", create=True).close()
    (home / "node" / "tocsin.toml").write_text("# kept\n[node]\norganisation = 'Examplia'  # kept too\n")
    (home / "events.json").write_text(LINE * 3)
    return NodeFolder(home / "node")


def add(folder: NodeFolder, *arguments: str | Path) -> tuple[int, str, str]:
    done = command("source", "add", *arguments, "--dir", folder.path)
    return done.code, done.out, done.err


def entries(folder: NodeFolder) -> list[tuple[str, str, str, dict[str, object]]]:
    with open_node(folder.path) as node, node.store.read() as connection:
        found = ledger.newest(connection, 10)
    return [(each.kind, each.actor, each.subject, dict(each.detail)) for each in found]


ADDED = {"change": "source added", "table": "watch"}


def test_a_path_is_looked_at_and_added_and_comments_stay(folder: NodeFolder, home: Path) -> None:
    folder.config.chmod(0o640)
    code, out, _ = add(folder, home / "events.json", "--sensor", 'a "quoted" one', "--network", "büro", "--tz", "CET")
    assert code == 0 and "3 of 3 records" in out and "analytics" in out and "A running node takes it over" in out
    text = folder.config.read_text("utf-8")
    assert "# kept\n" in text and "# kept too" in text
    (watch,) = load_config(folder.config).watch
    assert (watch.path, watch.sensor, watch.network) == (str(home / "events.json"), 'a "quoted" one', "büro")
    assert watch.timezone == "CET" and watch.reader == ""
    assert folder.config.stat().st_mode & 0o777 == 0o640
    assert entries(folder) == [(Kind.CONFIGURATION_CHANGE, shell_actor(), "node", ADDED)]


def test_a_source_is_not_added_where_the_ledger_cannot_be_written(
    folder: NodeFolder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "STATE_LOCK_SECONDS", 0.05)
    before = folder.config.read_bytes()
    with closing(sqlite3.connect(folder.path / "state.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        code, _, err = add(folder, home / "events.json")
    assert code == 3 and "locked" in err and folder.config.read_bytes() == before
    (folder.path / "state.sqlite").unlink()
    code, _, err = add(folder, home / "events.json")
    assert code == 3 and "no state database" in err and folder.config.read_bytes() == before


def test_a_change_that_cannot_be_written_is_entered_as_failed_too(
    folder: NodeFolder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tocsin.node.service.config_edit.os.fsync", full)
    before = folder.config.read_bytes()
    code, _, err = add(folder, home / "events.json")
    assert code == 2 and "No space left" in err and folder.config.read_bytes() == before
    assert [detail for *_, detail in entries(folder)] == [{**ADDED, "failed": True}, ADDED]


def test_what_cannot_be_read_is_added_on_demand_only(folder: NodeFolder, home: Path) -> None:
    before = folder.config.read_bytes()
    code, _, err = add(folder, home / "later.log")
    assert code == 1 and "--anyway" in err and folder.config.read_bytes() == before
    assert add(folder, home / "later.log", "--anyway")[0] == 0
    code, _, err = add(folder, home / "later.log", "--anyway")
    assert code == 2 and "followed already" in err


def test_syslog_listeners_and_their_senders_are_added(folder: NodeFolder) -> None:
    udp = ("--syslog", "0.0.0.0:5514", "--protocol", "udp")
    assert add(folder, *udp, "--sender", "192.0.2.0/24", "--sensor", "firewall")[0] == 0
    assert add(folder, *udp, "--sender", "198.51.100.7", "--sensor", "router")[0] == 0
    assert add(folder, "--syslog", "127.0.0.1:5515", "--sender", "127.0.0.1")[0] == 0
    first, second = load_config(folder.config).syslog
    assert [each.sensor for each in first.senders] == ["firewall", "router"]
    assert (second.listen, second.protocol, len(second.senders)) == ("127.0.0.1:5515", "tcp", 1)
    assert [detail["table"] for *_, detail in entries(folder)] == ["syslog"] * 3
    code, _, err = add(folder, *udp, "--sender", "203.0.113.1")
    assert code == 2 and "by hand" in err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("x.log", "--syslog", "127.0.0.1:1"),
        ("--syslog", "127.0.0.1:1"),
        ("--syslog", "127.0.0.1", "--sender", "192.0.2.1"),
        ("--syslog", "127.0.0.1:99999", "--sender", "192.0.2.1"),
        ("--syslog", "here:1", "--sender", "192.0.2.1"),
        ("--syslog", "127.0.0.1:1", "--sender", "192.0.2.1/24"),
        ("--syslog", "127.0.0.1:1", "--sender", "192.0.2.1", "--protocol", "tls"),
        ("--syslog", "127.0.0.1:1", "--sender", "192.0.2.1", "--reader", "no-such"),
        ("x.log", "--anyway", "--reader", "no-such"),
        ("x.log", "--anyway", "--tz", "Mars/Olympus"),
        ("x\udcff.log", "--anyway"),
    ],
)
def test_a_wrong_source_is_refused_and_the_file_stays(folder: NodeFolder, arguments: tuple[str, ...]) -> None:
    before = folder.config.read_bytes()
    code, _, err = add(folder, *arguments)
    assert code == 2 and err.strip()
    assert folder.config.read_bytes() == before
    assert {path.name for path in folder.path.iterdir()} == {"tocsin.toml", "state.sqlite"}
    assert entries(folder) == []


def test_a_folder_without_a_node_is_told(home: Path) -> None:
    assert "node init" in command("source", "add", "x.log", "--dir", home).err
    assert "TOCSIN_NODE" in command("source", "add", "x.log").err


def test_a_table_is_not_put_behind_a_broken_file(folder: NodeFolder, home: Path) -> None:
    folder.config.write_text("watch = []\n")
    code, _, err = add(folder, home / "events.json")
    assert code == 2 and "not TOML" in err
    assert tomllib.loads(folder.config.read_text()) == {"watch": []}


def test_sources_are_listed_by_configuration_while_no_node_answers(folder: NodeFolder, home: Path) -> None:
    add(folder, home / "events.json", "--sensor", "pc-7")
    add(folder, "--syslog", "127.0.0.1:5515", "--sender", "192.0.2.0/24")
    done = command("source", "list", "--dir", folder.path, "--node", "http://127.0.0.1:9")
    assert done.code == 0 and "this is the configuration" in done.err
    assert "followed" in done.out and "pc-7" in done.out and "192.0.2.0/24" in done.out
    told = json.loads(command("source", "list", "--dir", folder.path, "--json").out)
    assert told["inputs"] is None and told["watch"][0]["sensor"] == "pc-7"
    assert command("source", "list", "--node", "http://127.0.0.1:9").code == 3


def test_sources_are_listed_by_the_nodes_own_word(node: Node) -> None:
    inputs = [
        {"input": "push", "sender": "s1", "name": "office/\x1b[2Jsuricata", "received": 5, "accepted": 4,
         "rejected": {"bad framing": 1}, "last_received": "2026-11-30T03:00:00Z"},
        {"input": "syslog-udp", "sender": "", "name": "", "dropped_by_kernel": 7, "future": 1,
         "addresses": {"192.0.2.66": 3}},
    ]  # fmt: skip
    api = api_of(node.api.desk, status=lambda: {"inputs": inputs})
    with serving(api.app) as port:
        there = Node(api, f"http://127.0.0.1:{port}")
        there.log_in(Role.AUDITOR)
        done = command("source", "list", "--node", there.url)
        assert done.code == 0 and "\x1b" not in done.out
        assert "192.0.2.66" in done.out
        assert done.out.index("syslog-udp") < done.out.index("push")
        assert json.loads(command("source", "list", "--node", there.url, "--json").out)["inputs"] == inputs

"""What an action is about is judged by all lists of a node, and the lake says who talked to it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from node_folders import make_folder
from scans import run

from tocsin import limits
from tocsin.errors import ConfigError
from tocsin.lake.catalog import Catalog
from tocsin.lake.facts.store import import_facts
from tocsin.node.service.config import ActTable, load_config, state_url
from tocsin.node.store.database import open_store
from tocsin.node.targets import Looked, look
from tocsin.node.upkeep.shell import OpenNode
from tocsin.triage.actions import ActionKind

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONN = (
    b'{"ts":%d.5,"uid":"C%d","id.orig_h":"10.0.0.%d","id.orig_p":5,"id.resp_h":"%s","id.resp_p":443,"proto":"tcp",'
    b'"duration":1.0,"orig_bytes":1,"resp_bytes":1,"conn_state":"SF"}\n'
)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[OpenNode]:
    """A node with nothing configured, and no lake."""
    folder, config, _ = make_folder(tmp_path / "node")
    store = open_store(state_url(folder, config), create=True)
    yield OpenNode(folder, config, store)
    store.close()


def judged(node: OpenNode, *values: str, kind: ActionKind = ActionKind.BLOCK) -> Looked:
    return look(node, kind, values, NOW, seek=False)


def test_what_may_be_blocked_is_handed_on_once_in_one_spelling(node: OpenNode) -> None:
    found = judged(node, "Evil.Example.", "evil.example", "::ffff:203.0.113.7")
    assert found.values == ("evil.example", "203.0.113.7") and found.refused == ()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("0.0.0.0/0", "wider than"),
        ("10.0.0.5", "not out on the internet"),
        ("198.41.0.4", "DNS root server"),
        ("::ffff:8.8.8.8", "public resolver"),
        ("co.uk", "public suffix"),
        ("198.51.100.9", "never-block.txt:1 partner CERT"),
        ("203.0.113.9", "a sender of syslog"),
        ("mail.ministry.example", "[act] of tocsin.toml"),
        ("192.0.2.77", "your own"),
        ("tocsin.example", "this node"),
        ("192.0.3.8", "an asset"),
        ("portal.example", "an asset"),
        ("kawasaki.jp", "public suffix"),
    ],
)
def test_every_list_of_the_node_counts(node: OpenNode, tmp_path: Path, value: str, told: str) -> None:
    (node.folder.path / "never-block.txt").write_text("198.51.100.0/24 # partner CERT\n")
    (tmp_path / "assets.csv").write_text("key,role\n192.0.3.8,server\nportal.example,web\nfleet of boats,ship\n")
    (tmp_path / "psl.dat").write_text("// ===BEGIN ICANN DOMAINS===\njp\nkawasaki.jp\n")
    Catalog(node.folder.lake, create=True).close()
    import_facts(node.folder.lake, [tmp_path / "assets.csv", tmp_path / "psl.dat"])
    (node.folder.config).write_text(
        '[api]\nnames = ["tocsin.example"]\n[act]\nown_networks = ["192.0.2.0/24"]\n'
        'own_domains = ["ministry.example"]\n'
        '[[syslog]]\nlisten = "127.0.0.1:5514"\n[[syslog.senders]]\naddress = "203.0.113.0/28"\n'
    )
    configured = replace(node, config=load_config(node.folder.config))
    (why,) = judged(configured, value, "evil.example").refused
    assert told in why


def test_a_list_or_a_setting_that_cannot_be_read_stops_everything(node: OpenNode, tmp_path: Path) -> None:
    wrong = msgspec.structs.replace(node.config, act=ActTable(own_networks=["192.0.2.0/33"]))
    with pytest.raises(ConfigError, match="act"):
        judged(replace(node, config=wrong), "evil.example")
    own = node.folder.path / "never-block.txt"
    own.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"never-block\.txt"):
        judged(node, "evil.example")
    own.unlink()
    own.symlink_to(tmp_path / "nothing")
    with pytest.raises(ConfigError, match="no plain file"):
        judged(node, "evil.example")


def test_this_node_is_never_isolated(node: OpenNode) -> None:
    for spelled in ("127.0.0.1", "::ffff:127.0.0.1", "127.0.0.1/32", " ::FFFF:7f00:1"):
        assert judged(node, spelled, kind=ActionKind.ISOLATE).refused == (f"{spelled} is this node",)
    assert judged(node, " WS 01 ", kind=ActionKind.ISOLATE) == Looked(("WS 01",), (), judged(node, "a.example").seen)
    Catalog(node.folder.lake, create=True).close()
    seen = look(node, ActionKind.ISOLATE, ["WS01"], NOW, seek=True).seen
    assert seen.hosts is None and "ask its owner" in seen.told
    assert "used on 0 hosts" in look(node, ActionKind.DISABLE_ACCOUNT, ["12345"], NOW, seek=True).seen.told
    assert judged(node, "anna", kind=ActionKind.DISABLE_ACCOUNT).values == ("anna",)


def test_where_nobody_can_say_who_talked_to_it_that_is_said(node: OpenNode) -> None:
    seen = look(node, ActionKind.BLOCK, ["203.0.113.7"], NOW, seek=True).seen
    assert seen.hosts is None and "no lake yet" in seen.told
    Catalog(node.folder.lake, create=True).close()
    seen = look(node, ActionKind.BLOCK, ["2001:db8::/48"], NOW, seek=True).seen
    assert seen.hosts is None and "IPv6 network" in seen.told


def test_the_lake_says_who_talked_to_it(node: OpenNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = int(datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp())
    rows = [(1, b"203.0.113.7"), (2, b"203.0.113.7"), (3, b"203.0.113.9"), (4, b"198.51.100.1")]
    log = tmp_path / "conn.log"
    log.write_bytes(b"".join(CONN % (start + at, at, at, far) for at, far in rows))
    run(node.folder.path, log, only="rules")
    one = look(node, ActionKind.BLOCK, ["203.0.113.7"], NOW, seek=True).seen
    assert one.hosts == 2 and {row.who for row in one.rows} == {"10.0.0.1", "10.0.0.2"} and "2 own hosts" in one.told
    wide = look(node, ActionKind.BLOCK, ["203.0.113.0/24"], NOW, seek=True).seen
    assert wide.hosts == 3 and {row.value for row in wide.rows} == {"203.0.113.7", "203.0.113.9"}
    monkeypatch.setattr(limits, "ACTION_SEEN_ROWS", 1)
    dropped = look(node, ActionKind.BLOCK, ["203.0.113.7", "10.0.0.1"], NOW, seek=True, drop=True)
    assert dropped.values == ("203.0.113.7",) and len(dropped.refused) == 1
    assert len(dropped.seen.rows) == 1 and dropped.seen.left_out == len(one.rows) - 1 and dropped.seen.hosts == 2
    later = look(node, ActionKind.BLOCK, ["203.0.113.7"], NOW + timedelta(days=60), seek=True).seen
    assert later.hosts == 0

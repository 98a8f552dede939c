"""The configuration of a running node: taken over when it is good, left alone when not, a restart where needed."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import clock
from tocsin.errors import ConfigError
from tocsin.node.service import reconfiguring
from tocsin.node.service.config import ApiTable, Config, NodeFolder, NodeTable, WatchTable, load_config
from tocsin.node.service.reconfiguring import Reconfiguring, differing

WATCH = '[[watch]]\npath = "/var/log/a"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NodeFolder]:
    monkeypatch.setattr(reconfiguring, "LOOK_SECONDS", -1.0)
    folder = NodeFolder(tmp_path)
    folder.config.write_text('[api]\nport = 1\n[node]\norganisation = "Ministry"\n', "utf-8")
    return folder


def begun(folder: NodeFolder) -> Reconfiguring:
    return Reconfiguring(folder, load_config(folder.config))


def write(folder: NodeFolder, text: str) -> None:
    folder.config.write_text(text, "utf-8")


def test_what_stays_is_not_told_as_changed(folder: NodeFolder) -> None:
    found = begun(folder)
    assert not found.changed()
    write(folder, folder.config.read_text("utf-8") + "# a comment\n")
    assert not found.changed() and not found.problem and found.restart == ()


def test_watched_paths_are_taken_and_the_rest_waits_for_a_restart(folder: NodeFolder) -> None:
    found = begun(folder)
    write(folder, f'[api]\nport = 2\n[state]\nurl = "sqlite:///x"\n[node]\norganisation = "Port"\n{WATCH}')
    assert found.changed()
    assert [each.path for each in found.config.watch] == ["/var/log/a"]
    assert (found.config.api.port, found.config.node.organisation) == (1, "Ministry")
    assert found.restart == ("node.organisation", "api.port", "state.url")
    write(folder, f'[api]\nport = 1\n[node]\norganisation = "Ministry"\n{WATCH}')
    assert not found.changed() and found.restart == ()


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("[[watch]\n", "not TOML"),
        ("[[watch]]\npaht = 1\n", "paht"),
        ('[[watch]]\npath = "x"\nreader = "nobody"\n', "no reader is called 'nobody'"),
        ('[[watch]]\npath = "x"\ntimezone = "Mars/Olympus"\n', "no time zone"),
        ('[[syslog]]\nlisten = "127.0.0.1:1"\nprotocol = "pigeon"\n', "pigeon"),
    ],
)
def test_a_broken_file_leaves_the_old_settings_and_says_what_is_wrong(
    folder: NodeFolder, broken: str, told: str
) -> None:
    found = begun(folder)
    write(folder, WATCH)
    assert found.changed()
    write(folder, broken)
    assert not found.changed()
    assert told in found.problem and "the old settings stay in use" in found.problem
    assert [each.path for each in found.config.watch] == ["/var/log/a"]
    write(folder, WATCH + WATCH.replace("log/a", "log/b"))
    assert found.changed() and not found.problem


def test_a_file_that_is_gone_is_told_and_settings_that_cannot_be_used_are_given_back(folder: NodeFolder) -> None:
    found = begun(folder)
    write(folder, WATCH)
    assert found.changed()
    found.refuse(ConfigError("the port is taken", "Choose another."))
    assert found.config.watch == [] and "the port is taken Choose another." in found.problem
    folder.config.unlink()
    assert not found.changed() and "cannot be read" in found.problem


def test_it_is_looked_at_now_and_then_only(folder: NodeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    found = begun(folder)
    monkeypatch.setattr(reconfiguring, "LOOK_SECONDS", 3_600.0)
    write(folder, WATCH)
    assert not found.changed()
    later = clock.monotonic() + 3_601
    monkeypatch.setattr(clock, "monotonic", lambda: later)
    assert found.changed()


@given(st.builds(Config, node=st.builds(NodeTable), api=st.builds(ApiTable), watch=st.lists(st.builds(WatchTable))))
def test_only_what_differs_is_named(read: Config) -> None:
    named = differing(Config(), read)
    assert all(not name.startswith(reconfiguring.TAKEN) for name in named)
    back = read
    for name in named:
        table, _, key = name.partition(".")
        own = msgspec.structs.replace(getattr(back, table), **{key: getattr(getattr(Config(), table), key)})
        back = msgspec.structs.replace(back, **{table: own})
    assert differing(Config(), back) == ()

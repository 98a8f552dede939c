"""Checkpoints reach every witness, and what reaches none is told again."""

import socket
import threading
from pathlib import Path

import pytest
from node_folders import NOW, Maker, enter

from tocsin import limits
from tocsin.errors import ConfigError
from tocsin.ledger.checkpoint import Checkpoint, Trust, why_not
from tocsin.ledger.verify import verify
from tocsin.ledger.witness import read_witness
from tocsin.node.store import ledger
from tocsin.node.upkeep.checkpoints import Told, add_checkpoint, check_in
from tocsin.node.upkeep.keys import load_trust
from tocsin.node.upkeep.shell import OpenNode
from tocsin.node.upkeep.syslog_target import SyslogTarget, syslog_target


def witnessed(path: Path) -> list[Checkpoint]:
    with path.open("rb") as file:
        return [each for each in read_witness(file) if isinstance(each, Checkpoint)]


def waiting(node: OpenNode) -> int:
    with node.store.read() as connection:
        return len(ledger.unwitnessed(connection, 100))


def test_an_empty_ledger_and_a_signed_end_need_no_checkpoint(node: OpenNode) -> None:
    assert add_checkpoint(node.folder, node.store, NOW) is None
    enter(node.store)
    assert add_checkpoint(node.folder, node.store, NOW) is not None
    assert add_checkpoint(node.folder, node.store, NOW) is None


def test_a_file_on_other_media_witnesses_what_root_could_rewrite(make_node: Maker, tmp_path: Path) -> None:
    file = tmp_path / "witness.log"
    node = make_node(f'[witness]\nfile = "{file}"\n')
    for _ in range(3):
        enter(node.store)
        assert check_in(node.folder, node.config, node.store, NOW) == Told(1)
    assert check_in(node.folder, node.config, node.store, NOW) == Told(0)
    assert file.stat().st_mode & 0o777 == 0o600
    kept = witnessed(file)
    assert [each.sequence for each in kept] == [1, 2, 3]
    with node.store.read() as connection:
        cut = list(ledger.entries(connection))[:2]
        found = verify(cut, [], load_trust(node.folder), kept)
    assert found.fault is not None and found.fault.sequence == 3


def test_a_witness_whose_disk_is_away_is_told_later(make_node: Maker, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    node = make_node(f'[witness]\nfile = "{disk}/witness.log"\n')
    enter(node.store)
    told = check_in(node.folder, node.config, node.store, NOW)
    assert told.sent == 0 and "cannot be told" in told.failures[0]
    assert waiting(node) == 1 and not disk.exists()
    disk.mkdir()
    assert check_in(node.folder, node.config, node.store, NOW).sent == 1
    assert waiting(node) == 0


def received_by_tcp(listener: socket.socket, into: list[bytes]) -> None:
    connection, _ = listener.accept()
    with connection:
        while part := connection.recv(65_536):
            into.append(part)


def test_a_syslog_server_gets_octet_counted_messages(make_node: Maker) -> None:
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=received_by_tcp, args=(listener, got))
        thread.start()
        node = make_node(f'[witness]\nsyslog = "127.0.0.1:{listener.getsockname()[1]}"\n')
        enter(node.store)
        assert check_in(node.folder, node.config, node.store, NOW).sent == 1
        thread.join(10)
    count, _, message = b"".join(got).partition(b" ")
    assert int(count) == len(message)
    assert message.startswith(b"<109>1 2026-11-30T03:00:00.000000Z - tocsin ")
    assert proves(message + b"\n", load_trust(node.folder))


def proves(line: bytes, trusted: Trust) -> bool:
    import io

    (checkpoint,) = read_witness(io.BytesIO(line))
    return isinstance(checkpoint, Checkpoint) and not why_not(checkpoint, trusted)


def test_a_syslog_server_gets_datagrams(make_node: Maker) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        node = make_node(f'[witness]\nsyslog = "udp://127.0.0.1:{receiver.getsockname()[1]}"\n')
        enter(node.store)
        assert check_in(node.folder, node.config, node.store, NOW).sent == 1
        assert proves(receiver.recv(65_536) + b"\n", load_trust(node.folder))


def test_one_witness_that_is_away_keeps_the_checkpoint_waiting(make_node: Maker, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    file = tmp_path / "w.log"
    node = make_node(f'[witness]\nfile = "{file}"\nsyslog = "127.0.0.1:{port}"\n')
    enter(node.store)
    told = check_in(node.folder, node.config, node.store, NOW)
    assert len(told.failures) == 1 and waiting(node) == 1
    check_in(node.folder, node.config, node.store, NOW)
    assert len(witnessed(file)) == 2  # told again: one line too many harms nobody


def test_only_so_many_are_told_in_one_go(make_node: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WITNESS_AT_ONCE", 2)
    node = make_node(f'[witness]\nfile = "{tmp_path}/w.log"\n')
    for _ in range(3):
        enter(node.store)
        add_checkpoint(node.folder, node.store, NOW)
    assert check_in(node.folder, node.config, node.store, NOW).sent == 2
    assert check_in(node.folder, node.config, node.store, NOW).sent == 1


def test_targets_of_syslog_are_read_strictly() -> None:
    assert syslog_target("log.example:514") == SyslogTarget("log.example", 514)
    assert syslog_target("udp://[::1]:514") == SyslogTarget("::1", 514, udp=True)
    for wrong in ("", "log.example", "http://log.example:1", "log.example:99999", "u@log:5", "tcp://log:5/x"):
        with pytest.raises(ConfigError):
            syslog_target(wrong)

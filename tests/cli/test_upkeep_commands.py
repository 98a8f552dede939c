"""Looking after a node past its API: every command as a rescue on its folder."""

import json
import os
from pathlib import Path

import pytest
from nodes import command

from tocsin.node.service.config import NodeFolder, load_config, state_url
from tocsin.node.store import ledger
from tocsin.node.store.database import open_store
from tocsin.node.upkeep.keys import make_keys


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "node"
    path.mkdir(mode=0o700)
    node = NodeFolder(path)
    node.config.write_text(f'[witness]\nfile = "{tmp_path}/witness.log"\n')
    make_keys(node, "examplia")
    open_store(state_url(node, load_config(node.config)), create=True).close()
    return path


def rescue(folder: Path) -> tuple[str | Path, ...]:
    return ("--rescue", "--reason", "the API is down", "--dir", folder)


def test_keys_are_listed_rotated_and_revoked(folder: Path) -> None:
    before = json.loads(command("key", "list", *rescue(folder), "--json").out)["keys"]
    assert [key["signs"] for key in before] == ["ledger", "documents"]
    assert command("key", "rotate", "documents", *rescue(folder)).code == 0
    done = command("key", "revoke", before[0]["id"], *rescue(folder))
    assert done.code == 0 and "is revoked" in done.out
    told = command("key", "list", *rescue(folder)).out.splitlines()
    assert len(told) == 4
    assert sorted(line.split()[2] for line in told) == ["in", "in", "replaced", "revoked"]
    assert command("key", "rotate", "everything", *rescue(folder)).code == 2


def test_an_export_is_verified_without_its_node(folder: Path, tmp_path: Path) -> None:
    file, keys = tmp_path / "ledger.ndjson", tmp_path / "trust.json"
    assert command("ledger", "export", file, "--keys", keys, *rescue(folder)).code == 0
    assert command("ledger", "export", file, *rescue(folder)).code == 2
    assert keys.read_bytes() == (folder / "keys" / "trust.json").read_bytes()
    done = command("ledger", "verify", file, "--keys", keys)
    assert done.code == 0 and "The ledger holds: 2 entries" in done.out, done.err
    entries = [json.loads(line) for line in file.read_text().splitlines()][:2]
    assert [entry["kind"] for entry in entries] == ["shell rescue", "export"]
    assert {entry["actor"] for entry in entries} == {f"shell:{os.getuid()}"}
    file.write_text(file.read_text().replace('"what":"ledger"', '"what":"lodger"'))
    done = command("ledger", "verify", file, "--keys", keys, "--json")
    assert done.code == 1
    assert json.loads(done.out)["verdict"]["fault"]["sequence"] == 2
    assert command("ledger", "verify", file).code == 2


def test_a_ledger_that_lost_its_end_is_told_by_the_witness(folder: Path, tmp_path: Path) -> None:
    from sqlalchemy import delete, select, update

    from tocsin import clock
    from tocsin.node.upkeep.checkpoints import check_in

    command("ledger", "export", tmp_path / "a", *rescue(folder))
    command("ledger", "export", tmp_path / "b", *rescue(folder))
    node = NodeFolder(folder)
    config = load_config(node.config)
    store = open_store(state_url(node, config))
    assert check_in(node, config, store, clock.now()).sent == 2
    witness = tmp_path / "witness.log"
    assert command("ledger", "verify", "--witness", witness, *rescue(folder)).code == 0
    with store.write() as connection:  # whoever is root is thorough
        last = connection.execute(select(ledger.ENTRIES.c.digest).where(ledger.ENTRIES.c.sequence == 2)).scalar_one()
        connection.execute(delete(ledger.ENTRIES).where(ledger.ENTRIES.c.sequence > 2))
        connection.execute(delete(ledger.CHECKPOINTS).where(ledger.CHECKPOINTS.c.sequence > 2))
        connection.execute(update(ledger.HEAD).values(sequence=2, digest=last))
    store.close()
    assert command("ledger", "verify", *rescue(folder)).code == 0
    done = command("ledger", "verify", "--witness", witness, *rescue(folder))
    assert done.code == 1 and "entry 4" in done.out, done.out


def test_a_command_says_which_node_it_needs(tmp_path: Path) -> None:
    assert "TOCSIN_NODE" in command("key", "list", "--rescue", "--reason", "x").err
    done = command("key", "list", *rescue(tmp_path))
    assert done.code == 2 and "there is no node" in done.err


def test_a_rescue_needs_its_name_and_a_reason(folder: Path) -> None:
    done = command("key", "list", "--rescue", "--dir", folder)
    assert done.code == 2 and "a rescue needs a reason" in done.err
    done = command("key", "list", "--reason", "x", "--dir", folder)
    assert done.code == 2 and "are for --rescue" in done.err
    node = NodeFolder(folder)
    store = open_store(state_url(node, load_config(node.config)))
    with store.read() as connection:
        assert ledger.head(connection).sequence == 0
    store.close()


def test_a_rescue_is_in_the_ledger_and_its_reason_beside_it(folder: Path) -> None:
    from tocsin.node.store.reasons import rescues

    assert command("key", "list", *rescue(folder)).code == 0
    assert command("node", "check", folder, "--rescue", "--reason", "anna.k asked").code == 1
    node = NodeFolder(folder)
    store = open_store(state_url(node, load_config(node.config)))
    with store.read() as connection:
        told = [(each.actor, each.what, each.why) for each in rescues(connection, 10)]
        kept = "".join(ledger.export(connection))
    store.close()
    shell = f"shell:{os.getuid()}"
    assert told == [(shell, "node check", "anna.k asked"), (shell, "key list", "the API is down")]
    assert "anna" not in kept and "reason:" in kept
    assert command("privacy", "erase", "anna.k", "--why", "r", "--yes", *rescue(folder)).code == 0
    store = open_store(state_url(node, load_config(node.config)))
    with store.read() as connection:
        assert "anna.k" not in "".join(each.why for each in rescues(connection, 10))
    store.close()


def test_a_node_is_checked_in_words_and_signed(folder: Path) -> None:
    from tocsin.node.upkeep.documents import read_document
    from tocsin.node.upkeep.keys import Purpose, load_trust

    why = ("--rescue", "--reason", "it does not start")
    done = command("node", "check", folder, *why)
    assert done.code == 1
    assert "FAIL  backup: There was never a backup." in done.out and "→ Run `tocsin node backup" in done.out
    signed = command("node", "check", folder, "--format", "json", *why).out.encode()
    document = read_document(signed, load_trust(NodeFolder(folder), Purpose.DOCUMENTS), "check")
    assert document["in_order"] is False


def test_a_node_without_keys_and_state_is_checked_all_the_same(folder: Path) -> None:
    for path in [*(folder / "keys").glob("*.pem"), folder / "keys" / "secret", *folder.glob("state.sqlite*")]:
        path.unlink()
    done = command("node", "check", folder, "--rescue", "--reason", "the disk broke")
    assert done.code == 1 and "the ledger does not have this rescue" in done.err
    assert "FAIL  keys" in done.out


def test_a_node_is_backed_up_and_restored_elsewhere(tmp_path: Path) -> None:
    made = command("node", "init", tmp_path / "node")
    key = next(line.split()[-1] for line in made.out.splitlines() if "recovery key" in line)
    (tmp_path / "key.txt").write_text(key + "\n")
    file = tmp_path / "b.tar"
    done = command("node", "backup", file, "--node", tmp_path / "node", "--lake")
    assert done.code == 0 and "Not in it:" in done.out, done.err
    done = command("node", "restore", file, "--to", tmp_path / "new", "--recovery-key-file", tmp_path / "key.txt")
    assert done.code == 0, done.err
    told = [command("key", "list", *rescue(tmp_path / name)).out for name in ("node", "new")]
    assert told[0] == told[1] != ""
    assert "PASS  roles" not in command("node", "check", tmp_path / "new", "--rescue", "--reason", "x").out
    assert command("node", "restore", file, "--to", tmp_path / "newer").code == 2


def test_erasing_asks_first_and_says_what_it_did(folder: Path) -> None:
    done = command("privacy", "erase", "anna.k", "--why", "request 17", *rescue(folder))
    assert done.code == 2 and "cannot be brought back" in done.err
    done = command("privacy", "erase", "anna.k", "--why", "request 17", "--yes", *rescue(folder))
    assert done.code == 0 and "Nothing that can be erased holds it." in done.out, done.err
    done = command("privacy", "find", "anna.k", *rescue(folder), "--json")
    assert json.loads(done.out)["found"] == 0
    lines = command("ledger", "export", folder.parent / "l", *rescue(folder))
    assert lines.code == 0
    kinds = [json.loads(line).get("kind") for line in (folder.parent / "l").read_text().splitlines()]
    assert kinds[:4] == ["shell rescue", "privacy", "shell rescue", "privacy"]


def test_evidence_of_an_unknown_incident_is_refused(folder: Path, tmp_path: Path) -> None:
    assert command("evidence", "hold", "I-1", "--why", "x", *rescue(folder)).code == 3
    assert command("evidence", "export", "I-1", "--to", tmp_path / "case", *rescue(folder)).code == 3
    assert command("evidence", "list", *rescue(folder)).out == ""

"""The node's keys: whose they are, how they change, what a change means for what they signed."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from node_folders import NOW, enter, make_folder

from tocsin.errors import ConfigError, Conflict, UsageError
from tocsin.ledger.entry import Entry, Kind
from tocsin.ledger.verify import Verdict, verify
from tocsin.node.people.keys import Keys
from tocsin.node.service.config import NodeFolder
from tocsin.node.store import ledger
from tocsin.node.upkeep import key_changes
from tocsin.node.upkeep.checkpoints import add_checkpoint
from tocsin.node.upkeep.key_changes import Acting, revoke, rotate
from tocsin.node.upkeep.keys import (
    SECRET,
    TRUST,
    Purpose,
    load_secret,
    load_signer,
    load_trust,
    make_keys,
    private_files,
    read_recovery_key,
    read_trust,
)
from tocsin.node.upkeep.shell import OpenNode


def acting(node: OpenNode) -> Acting:
    return Acting(node.folder, node.store, "shell:1000", NOW)


def verdict(node: OpenNode) -> Verdict:
    with node.store.read() as connection:
        return verify(ledger.entries(connection), ledger.checkpoints(connection), load_trust(node.folder))


def last_entry(node: OpenNode) -> Entry:
    with node.store.read() as connection:
        return ledger.newest(connection, 1)[0]


def test_keys_are_the_owners_alone_and_each_has_one_purpose(tmp_path: Path) -> None:
    folder, _, recovery = make_folder(tmp_path / "node")
    assert folder.keys.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.keys.iterdir()} == {0o600}
    assert len(private_files(folder)) == 3
    ids = {load_signer(folder, purpose).key.id for purpose in Purpose}
    assert len(ids) == 2
    assert Keys.derived(load_secret(folder)).sealing
    public = read_trust(folder.keys / TRUST).recovery_key.public_bytes_raw()
    assert read_recovery_key(recovery + "\n").public_key().public_bytes_raw() == public


def test_no_private_key_is_in_what_is_public_or_shown(tmp_path: Path) -> None:
    folder, _, recovery = make_folder(tmp_path / "node")
    written = b"".join(path.read_bytes() for path in folder.keys.iterdir())
    assert recovery.rpartition("-")[2].encode() not in written
    signer = load_signer(folder, Purpose.LEDGER)
    secret = signer.private.private_bytes_raw().hex()
    assert secret not in (folder.keys / TRUST).read_text() + repr(signer)


def test_keys_are_never_made_over_others(tmp_path: Path) -> None:
    folder, _, _ = make_folder(tmp_path / "node")
    before = load_secret(folder)
    with pytest.raises(ConfigError):
        make_keys(folder, "examplia")
    assert load_secret(folder) == before


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    folder, _, _ = make_folder(tmp_path / "node")
    (folder.keys / SECRET).chmod(0o640)
    with pytest.raises(ConfigError, match="other users") as told:
        load_secret(folder)
    assert "chmod 600" in told.value.advice()


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b'{"node":"n","recovery":"00","keys":[]}'])
def test_damaged_public_keys_are_told(tmp_path: Path, damage: bytes) -> None:
    folder, _, _ = make_folder(tmp_path / "node")
    (folder.keys / TRUST).write_bytes(damage)
    with pytest.raises(ConfigError) as told:
        load_trust(folder)
    assert told.value.advice()


def test_a_private_key_that_was_exchanged_does_not_sign(tmp_path: Path) -> None:
    folder, _, _ = make_folder(tmp_path / "node")
    other, _, _ = make_folder(tmp_path / "other")
    (mine,), (theirs,) = (list(each.keys.glob("ledger-*.pem")) for each in (folder, other))
    mine.write_bytes(theirs.read_bytes())
    with pytest.raises(ConfigError, match="does not belong"):
        load_signer(folder, Purpose.LEDGER)


def test_after_a_rotation_all_that_both_keys_signed_holds(node: OpenNode) -> None:
    enter(node.store, 3)
    add_checkpoint(node.folder, node.store, NOW)
    old = load_signer(node.folder, Purpose.LEDGER).key
    new = rotate(acting(node), Purpose.LEDGER)
    enter(node.store, 2)
    add_checkpoint(node.folder, node.store, NOW + timedelta(hours=1))
    found = verdict(node)
    assert (found.holds, found.checkpoints, found.proved) == (True, 3, 6)
    assert load_trust(node.folder).keys[old.id].last == 4 == new.first
    assert load_signer(node.folder, Purpose.LEDGER).key.id == new.id
    assert len(list(node.folder.keys.glob("ledger-*.pem"))) == 1


def test_a_rotation_is_in_the_ledger_with_both_keys(node: OpenNode) -> None:
    old = load_signer(node.folder, Purpose.DOCUMENTS).key
    new = rotate(acting(node), Purpose.DOCUMENTS)
    entry = last_entry(node)
    assert (entry.kind, entry.actor, entry.subject) == (Kind.KEY_CHANGE, "shell:1000", f"key:{new.id}")
    assert entry.detail == {"change": "rotated", "purpose": "documents", "before": old.id}


def test_a_rotation_that_cannot_be_entered_changes_nothing(node: OpenNode) -> None:
    before = sorted((path.name, path.read_bytes()) for path in node.folder.keys.iterdir())
    wrong = Acting(node.folder, node.store, "no id", NOW)
    with pytest.raises(Exception, match="no actor"):
        rotate(wrong, Purpose.LEDGER)
    assert sorted((path.name, path.read_bytes()) for path in node.folder.keys.iterdir()) == before


@pytest.mark.parametrize("purpose", Purpose)
def test_of_two_rotations_at_once_the_second_is_told_and_the_ledger_holds(
    node: OpenNode, purpose: Purpose, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(node.store, 3)
    made = key_changes.new_private

    def while_another_rotates(folder: NodeFolder, of: Purpose) -> Ed25519PrivateKey:
        monkeypatch.setattr(key_changes, "new_private", made)
        rotate(acting(node), of)
        return made(folder, of)

    monkeypatch.setattr(key_changes, "new_private", while_another_rotates)
    with pytest.raises(Conflict, match="somebody else"):
        rotate(acting(node), purpose)
    enter(node.store, 2)
    add_checkpoint(node.folder, node.store, NOW)
    assert verdict(node).holds
    assert len(read_trust(node.folder.keys / TRUST).keys) == 3
    assert len(list(node.folder.keys.glob(f"{purpose}-*.pem"))) == 1
    assert load_signer(node.folder, purpose)


def test_what_a_revoked_key_signed_proves_nothing_without_a_witness(node: OpenNode) -> None:
    enter(node.store)
    made = add_checkpoint(node.folder, node.store, NOW)
    assert made is not None
    gone = revoke(acting(node), made.key_id)
    assert gone.revoked
    assert verdict(node).proved == 0
    with node.store.read() as connection:
        witnessed = verify(ledger.entries(connection), ledger.checkpoints(connection), load_trust(node.folder), [made])
    assert (witnessed.holds, witnessed.witnessed) == (True, 1)
    add_checkpoint(node.folder, node.store, NOW)
    assert verdict(node).proved == 3
    with pytest.raises(UsageError):
        revoke(acting(node), made.key_id)
    with pytest.raises(UsageError):
        revoke(acting(node), "0" * 16)

"""Keys change while the node runs: another takes over, or one is no longer believed.

Rules:
1. A change and its ledger entry are one: `trust.json` is written while the ledger's head is locked, so that no
   checkpoint is signed meanwhile. Where the entry fails, the older file is put back. Of two rotations at once the
   second is told (Conflict), and changes nothing.
2. The key that goes signs the entry that tells of it: the new key is vouched for by the old one.
3. To revoke the key that signs now, another takes over first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from tocsin.errors import Conflict, UsageError
from tocsin.ledger.chain import head_of
from tocsin.ledger.checkpoint import Key, public_bytes, sign
from tocsin.ledger.entry import Draft, Entry, Kind, spelled
from tocsin.node.service.config import NodeFolder
from tocsin.node.store import ledger
from tocsin.node.store.database import Store
from tocsin.node.upkeep.keys import (
    TRUST,
    KeyRecord,
    Purpose,
    TrustRecord,
    load_signer,
    new_private,
    private_file,
    read_trust,
    write_trust,
)


@dataclass(frozen=True, slots=True)
class Acting:
    """Who changes what, and when; `actor` is an account or the shell (`shell:1000`)."""

    folder: NodeFolder
    store: Store
    actor: str
    time: datetime


def rotate(acting: Acting, purpose: Purpose) -> Key:
    """Let a new key take over; returns it. The private half of the old one is removed.

    Conflict where another took over meanwhile: what the old one signed after that would never verify.
    """
    signer = load_signer(acting.folder, purpose)
    private = new_private(acting.folder, purpose)
    new = Key(public_bytes(private))
    draft = _draft(acting, new.id, "rotated", purpose, before=signer.key.id)

    def changed(connection: Connection, entry: Entry, before: TrustRecord) -> TrustRecord:
        if before.active(purpose).key.id != signer.key.id:
            raise Conflict(f"somebody else changed the {purpose} key first", "Look at it with `tocsin key list`.")
        if purpose is Purpose.LEDGER:
            last = sign(signer.private, signer.node, head_of(entry), acting.time)
            ledger.add_checkpoint(connection, last)
        return rotated(before, new, purpose, entry)

    try:
        _change(acting, draft, changed)
    except BaseException:
        private_file(acting.folder, purpose, new).unlink(missing_ok=True)
        raise
    private_file(acting.folder, purpose, signer.key).unlink(missing_ok=True)
    return read_trust(acting.folder.keys / TRUST).active(purpose).key


def revoke(acting: Acting, key_id: str) -> Key:
    """No longer believe a key without a witness; returns the key as it is now. UsageError where there is none."""
    record = _named(read_trust(acting.folder.keys / TRUST), key_id)
    if record.revoked:
        raise UsageError(f"key {key_id} was revoked before", "`tocsin key list` shows the keys.")
    if record.last is None:
        rotate(acting, record.purpose)
    _change(acting, _draft(acting, key_id, "revoked", record.purpose), lambda _c, _e, before: revoked(before, key_id))
    return _named(read_trust(acting.folder.keys / TRUST), key_id).key


def rotated(before: TrustRecord, new: Key, purpose: Purpose, entry: Entry) -> TrustRecord:
    """The public keys after another took over at an entry, which both may sign."""
    old = before.active(purpose)
    ended = msgspec.structs.replace(old, last=entry.sequence)
    kept = [ended if record is old else record for record in before.keys]
    begun = KeyRecord(purpose, new.public.hex(), spelled(entry.time), entry.sequence)
    return msgspec.structs.replace(before, keys=(*kept, begun))


def revoked(before: TrustRecord, key_id: str) -> TrustRecord:
    """The public keys after one was revoked."""
    old = _named(before, key_id)
    ended = msgspec.structs.replace(old, revoked=True)
    return msgspec.structs.replace(before, keys=tuple(ended if record is old else record for record in before.keys))


def _change(acting: Acting, draft: Draft, changed: Callable[[Connection, Entry, TrustRecord], TrustRecord]) -> None:
    path, before, after = acting.folder.keys / TRUST, None, None
    try:
        with acting.store.write() as connection:
            entry = ledger.record(connection, draft, acting.time)
            before = read_trust(path)
            after = changed(connection, entry, before)
            write_trust(acting.folder, after)
    except BaseException:
        if before is not None and after == read_trust(path):  # and not what somebody else wrote since
            write_trust(acting.folder, before)
        raise


def _draft(acting: Acting, key_id: str, change: str, purpose: Purpose, **more: str) -> Draft:
    detail = {"change": change, "purpose": str(purpose), **more}
    return Draft(Kind.KEY_CHANGE, acting.actor, f"key:{key_id}", detail)


def _named(record: TrustRecord, key_id: str) -> KeyRecord:
    found = next((each for each in record.keys if each.key.id == key_id), None)
    if found is None:
        raise UsageError(f"there is no key {key_id[:80]!r}", "`tocsin key list` shows the keys.")
    return found

"""A checkpoint: the node's signature (Ed25519, RFC 8032) under the digest of one entry, and so under all before it.

Rules:
1. What is signed is the canonical JSON of all fields but the signature; `type` keeps it apart from anything else.
2. A key is good for a range of entries, not of time: a clock can be wrong, the number of an entry cannot.
3. A key that was revoked may be in strange hands, and who has it can sign an older number. So its signatures count
   only where a witness has them too.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.ledger.chain import Head
from tocsin.ledger.entry import canonical, spelled

TYPE = "checkpoint"
KEY_ID_CHARACTERS = 16  # hexadecimal digits: 64 bits of the public key's SHA-256


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the node signed. `digest` is that of entry `sequence`, `signature` is hexadecimal."""

    node: str
    sequence: int
    digest: str
    time: datetime
    key_id: str
    signature: str


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of a node, and the first and last entry that it may sign; `last` is None while it is in use."""

    public: bytes  # 32 bytes, RFC 8032 §5.1.5
    first: int = 1
    last: int | None = None
    revoked: bool = False

    @property
    def id(self) -> str:
        """The beginning of the public key's SHA-256."""
        return hashlib.sha256(self.public).hexdigest()[:KEY_ID_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose ledger it is, and the keys that may have signed it, by their ids."""

    node: str
    keys: Mapping[str, Key]


def trust(node: str, *keys: Key) -> Trust:
    """The trust in a node with these keys."""
    return Trust(node, {key.id: key for key in keys})


def public_bytes(private: Ed25519PrivateKey) -> bytes:
    """The public half of a key, as `Key` holds it."""
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def sign(private: Ed25519PrivateKey, node: str, head: Head, time: datetime) -> Checkpoint:
    """A checkpoint under the end of a chain."""
    unsigned = Checkpoint(node, head.sequence, head.digest, time, Key(public_bytes(private)).id, "")
    return replace(unsigned, signature=private.sign(canonical(_signed(unsigned))).hex())


def why_not(checkpoint: Checkpoint, trusted: Trust) -> str:
    """Why a checkpoint proves nothing, as the end of a sentence; empty where it does prove."""
    key = trusted.keys.get(checkpoint.key_id)
    if checkpoint.node != trusted.node:
        return f"is of another node, {checkpoint.node}"
    if key is None:
        return f"is signed with the unknown key {checkpoint.key_id}"
    if checkpoint.sequence < key.first or (key.last is not None and checkpoint.sequence > key.last):
        return f"is signed with key {checkpoint.key_id}, which was not in use at that entry"
    if not _is_signed(checkpoint, key):
        return f"does not carry a signature of key {checkpoint.key_id}: somebody wrote or changed it"
    return ""


def fields(checkpoint: Checkpoint) -> dict[str, object]:
    """All fields, as they are exported."""
    return {**_signed(checkpoint), "signature": checkpoint.signature}


def _signed(checkpoint: Checkpoint) -> dict[str, object]:
    return {
        "type": TYPE,
        "node": checkpoint.node,
        "sequence": checkpoint.sequence,
        "digest": checkpoint.digest,
        "time": spelled(checkpoint.time),
        "key_id": checkpoint.key_id,
    }


def _is_signed(checkpoint: Checkpoint, key: Key) -> bool:
    try:
        signature = bytes.fromhex(checkpoint.signature)
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, canonical(_signed(checkpoint)))
    except (InvalidSignature, ValueError):
        return False
    return True

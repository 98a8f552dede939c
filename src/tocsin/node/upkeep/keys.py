"""The node's keys, in files below its folder `keys`.

Rules:
1. `secret` (256 random bits) is what the keys of people's secrets derive from (people.Keys).
2. Two Ed25519 keys (RFC 8032) sign: one the ledger's checkpoints, one documents (evidence, backups, checks), so that a
   signature for one purpose says nothing in the other.
3. `trust.json` has all public keys, also of keys that no longer sign, each with the ledger's entries that it is good
   for. It holds no secret.
4. The recovery key (X25519, RFC 7748) opens sealed backups. The node keeps its public half only; the private half is
   shown once, when the keys are made, because a backup is for the day on which the node's disk is gone.
5. A private key that no longer signs is removed.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from tocsin import clock, limits
from tocsin.errors import ConfigError
from tocsin.ledger.checkpoint import Key, Trust, public_bytes, trust
from tocsin.ledger.entry import moment, spelled
from tocsin.node.service.config import NodeFolder
from tocsin.node.upkeep.private_files import make_private_folder, read_private, write_private

SECRET, TRUST = "secret", "trust.json"
RECOVERY_PREFIX = "tocsin-recovery-"
_LOST = "Restore the node's keys from a backup."


class Purpose(StrEnum):
    """What a key signs."""

    LEDGER = "ledger"
    DOCUMENTS = "documents"


class KeyRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One public key of `trust.json`; `first` and `last` are numbers of ledger entries."""

    purpose: Purpose
    public: str  # hexadecimal
    made: str  # when, by the node's clock (ledger/entry.spelled): for people; what it may sign is `first` to `last`
    first: int
    last: int | None = None
    revoked: bool = False

    @property
    def key(self) -> Key:
        """The key as the ledger knows it; ConfigError where it is none."""
        return Key(_bytes(self.public), self.first, self.last, self.revoked)

    @property
    def since(self) -> datetime:
        """When it was made; ConfigError where that is no time."""
        try:
            return moment(self.made)
        except ValueError as error:
            raise ConfigError(f"a key was made at {self.made[:40]!r}, which is no time", _LOST) from error


class TrustRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`trust.json`: whose keys they are, and all of them, the newest last."""

    node: str
    recovery: str  # hexadecimal, the public half
    keys: tuple[KeyRecord, ...]

    def active(self, purpose: Purpose) -> KeyRecord:
        """The key that signs now; ConfigError where there is none."""
        found = [record for record in self.keys if record.purpose is purpose and record.last is None]
        if len(found) != 1:
            raise ConfigError(f"the node has {len(found)} keys that sign its {purpose} now, and needs one", _LOST)
        return found[0]

    def trusted(self, purpose: Purpose) -> Trust:
        """The keys of one purpose."""
        return trust(self.node, *(record.key for record in self.keys if record.purpose is purpose))

    @property
    def recovery_key(self) -> X25519PublicKey:
        """The key that backups are sealed to."""
        return X25519PublicKey.from_public_bytes(_bytes(self.recovery))


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """A key that can sign, and whose it is. Its text form does not show it."""

    node: str
    key: Key
    private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"Signer({self.node}, {self.key.id})"


def make_keys(folder: NodeFolder, node: str) -> str:
    """Make all keys of a new node; returns the recovery key, which is to be shown once and kept elsewhere.

    ConfigError where there are keys already.
    """
    if (folder.keys / TRUST).exists() or (folder.keys / SECRET).exists():
        raise ConfigError(f"there are keys in {folder.keys} already", "Name another folder, or move the old one away.")
    make_private_folder(folder.keys)
    recovery = X25519PrivateKey.generate()
    records = [_made(folder, purpose) for purpose in Purpose]
    write_private(folder.keys / SECRET, os.urandom(limits.SECRET_BYTES))
    write_trust(folder, TrustRecord(node, recovery.public_key().public_bytes_raw().hex(), tuple(records)))
    return RECOVERY_PREFIX + recovery.private_bytes_raw().hex()


def read_recovery_key(text: str) -> X25519PrivateKey:
    """The recovery key as `make_keys` told it; ConfigError for anything else."""
    told = text.strip()
    if not told.startswith(RECOVERY_PREFIX):
        raise ConfigError("this is no recovery key", f"It begins with {RECOVERY_PREFIX}; `node init` showed it.")
    return X25519PrivateKey.from_private_bytes(_bytes(told.removeprefix(RECOVERY_PREFIX)))


def load_secret(folder: NodeFolder) -> bytes:
    """The node's secret, for people.Keys."""
    secret = read_private(folder.keys / SECRET)
    if len(secret) != limits.SECRET_BYTES:
        raise ConfigError(f"{folder.keys / SECRET} does not hold {limits.SECRET_BYTES} bytes", _LOST)
    return secret


def load_trust(folder: NodeFolder, purpose: Purpose = Purpose.LEDGER) -> Trust:
    """The public keys of one purpose, for whoever verifies."""
    return read_trust(folder.keys / TRUST).trusted(purpose)


def load_signer(folder: NodeFolder, purpose: Purpose) -> Signer:
    """The key that signs now."""
    known = read_trust(folder.keys / TRUST)
    key = known.active(purpose).key
    private = _private(private_file(folder, purpose, key))
    if public_bytes(private) != key.public:
        raise ConfigError(f"the private key of {key.id} does not belong to its public key", _LOST)
    return Signer(known.node, key, private)


def read_trust(path: Path) -> TrustRecord:
    """The content of a `trust.json`; ConfigError where it is none."""
    try:
        return decode_trust(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(f"{path}: no public keys can be read: {error.strerror}", _LOST) from error


def decode_trust(data: bytes, name: str) -> TrustRecord:
    """The same from its bytes."""
    try:
        record = msgspec.json.decode(data, type=TrustRecord)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{name}: no public keys can be read: {error}", _LOST) from error
    _ = [(each.key, each.since) for each in record.keys], record.recovery_key  # all must be keys
    return record


def write_trust(folder: NodeFolder, record: TrustRecord) -> None:
    """Put the public keys in the place of the older ones."""
    write_private(folder.keys / TRUST, msgspec.json.format(msgspec.json.encode(record)) + b"\n")


def new_private(folder: NodeFolder, purpose: Purpose) -> Ed25519PrivateKey:
    """Make a private key and keep it in its file; it signs once `trust.json` says so."""
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(private_file(folder, purpose, Key(public_bytes(private))), pem)
    return private


def private_file(folder: NodeFolder, purpose: Purpose, key: Key) -> Path:
    """Where the private half of a key is."""
    return folder.keys / f"{purpose}-{key.id}.pem"


def private_files(folder: NodeFolder) -> Sequence[Path]:
    """All files that hold a secret."""
    return [folder.keys / SECRET, *sorted(folder.keys.glob("*.pem"))]


def _made(folder: NodeFolder, purpose: Purpose) -> KeyRecord:
    return KeyRecord(purpose, public_bytes(new_private(folder, purpose)).hex(), spelled(clock.now()), 1)


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        private = serialization.load_pem_private_key(read_private(path), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"{path} holds no private key", _LOST) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigError(f"{path} holds another kind of key than Ed25519", _LOST)
    return private


def _bytes(text: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != limits.SECRET_BYTES:
        raise ConfigError(f"a key is not {limits.SECRET_BYTES} bytes in hexadecimal", _LOST)
    return found

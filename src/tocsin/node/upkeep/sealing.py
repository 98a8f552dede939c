"""Sealing a backup: one content key, wrapped for the recovery key or for a passphrase; files in authenticated chunks.

Rules:
1. Every file is encrypted with a key of its own, HKDF-SHA-256 (RFC 5869) of the content key and the file's name, with
   AES-256-GCM in chunks. A chunk's nonce is its number and whether it is the last one, so that no chunk can be moved,
   left out or cut off (the STREAM construction of Hoang, Reyhanitabar, Rogaway, Vizár, 2015).
2. For the recovery key: X25519 (RFC 7748) with a key made for this backup, then HKDF over both public keys.
3. For a passphrase: argon2id (RFC 9106); its parameters stand with the backup, and are bounded when they are read.
"""

import os
from typing import IO

import msgspec
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin import limits
from tocsin.errors import StateError, TocsinError, UsageError
from tocsin.node.people.seal import seal, unseal

CHUNK_BYTES = 1 * limits.MIB
TAG_BYTES = 16
_SALT_BYTES = 16
_PASSES, _MEMORY_KIB, _LANES = 3, 64 * limits.KIB, 4  # RFC 9106 §4, the second recommended option
_MOST_PASSES, _MOST_MEMORY_KIB, _MOST_LANES = 10, 1 * limits.MIB, 16


class Unopened(TocsinError):
    """A sealed backup does not open with what was given, or was changed."""


class RecoverySeal(msgspec.Struct, frozen=True, tag="recovery", forbid_unknown_fields=True):
    """The content key for the recovery key; all in hexadecimal."""

    recipient: str
    ephemeral: str
    sealed: str


class PassphraseSeal(msgspec.Struct, frozen=True, tag="passphrase", forbid_unknown_fields=True):
    """The content key for a passphrase."""

    salt: str
    passes: int
    memory_kib: int
    lanes: int
    sealed: str


Seal = RecoverySeal | PassphraseSeal


def new_content_key() -> bytes:
    """A key for one backup."""
    return os.urandom(limits.SECRET_BYTES)


def seal_for_recovery(content_key: bytes, recipient: X25519PublicKey, context: str) -> RecoverySeal:
    """Wrap a content key for whoever has the recovery key."""
    ephemeral = X25519PrivateKey.generate()
    public, own = recipient.public_bytes_raw(), ephemeral.public_key().public_bytes_raw()
    wrapping = _shared(ephemeral.exchange(recipient), own + public)
    return RecoverySeal(public.hex(), own.hex(), seal(wrapping, context, content_key).hex())


def seal_for_passphrase(content_key: bytes, passphrase: str, context: str) -> PassphraseSeal:
    """Wrap a content key for whoever knows a passphrase; UsageError where that is too short."""
    if len(passphrase) < limits.PASSWORD_LEAST_CHARACTERS:
        raise UsageError(
            f"the passphrase has fewer than {limits.PASSWORD_LEAST_CHARACTERS} characters", "Use several words."
        )
    salt = os.urandom(_SALT_BYTES)
    wrapping = _stretched(passphrase, salt, _PASSES, _MEMORY_KIB, _LANES)
    return PassphraseSeal(salt.hex(), _PASSES, _MEMORY_KIB, _LANES, seal(wrapping, context, content_key).hex())


def open_with_recovery(sealed: RecoverySeal, private: X25519PrivateKey, context: str) -> bytes:
    """The content key; Unopened where it is another recovery key's."""
    own = private.public_key().public_bytes_raw()
    try:
        ephemeral = bytes.fromhex(sealed.ephemeral)
        wrapping = _shared(private.exchange(X25519PublicKey.from_public_bytes(ephemeral)), ephemeral + own)
        return unseal(wrapping, context, bytes.fromhex(sealed.sealed))
    except (StateError, ValueError) as error:
        raise Unopened(
            f"the recovery key does not open this backup: it was sealed to {sealed.recipient[:16]}…",
            "`tocsin node init` showed the right one when the node was made.",
        ) from error


def open_with_passphrase(sealed: PassphraseSeal, passphrase: str, context: str) -> bytes:
    """The content key; Unopened where it is another passphrase."""
    within = (
        0 < sealed.passes <= _MOST_PASSES
        and 0 < sealed.lanes <= _MOST_LANES
        and 8 * sealed.lanes <= sealed.memory_kib <= _MOST_MEMORY_KIB  # RFC 9106 §3.1
    )
    if not within:
        raise Unopened("the backup asks for an impossible amount of work", "It was changed: take another one.")
    try:
        salt = bytes.fromhex(sealed.salt)
        wrapping = _stretched(passphrase, salt, sealed.passes, sealed.memory_kib, sealed.lanes)
        return unseal(wrapping, context, bytes.fromhex(sealed.sealed))
    except (StateError, ValueError) as error:
        raise Unopened("the passphrase does not open this backup", "Try again: blanks and case count.") from error


def sealed_size(size: int) -> int:
    """How many bytes a file of that size has when it is sealed."""
    return size + TAG_BYTES * max(1, -(-size // CHUNK_BYTES))


class SealingReader:
    """Reads a file of known size sealed: what `tarfile` copies from. StateError where the file became shorter."""

    def __init__(self, file: IO[bytes], size: int, content_key: bytes, name: str) -> None:
        self._file, self._left = file, size
        self._cipher = AESGCM(_file_key(content_key, name))
        self._number, self._ready, self._ended = 0, b"", False

    def read(self, size: int) -> bytes:
        """The next bytes, empty at the end."""
        while len(self._ready) < size and not self._ended:
            self._ready += self._next()
        given, self._ready = self._ready[:size], self._ready[size:]
        return given

    def _next(self) -> bytes:
        wanted = min(CHUNK_BYTES, self._left)
        chunk = self._file.read(wanted)
        if len(chunk) != wanted:
            raise StateError("a file became shorter while it was backed up", "Take the backup again.")
        self._left -= wanted
        self._ended = not self._left
        nonce = _nonce(self._number, self._ended)
        self._number += 1
        return self._cipher.encrypt(nonce, chunk, None)


def unseal_file(source: IO[bytes], target: IO[bytes], content_key: bytes, name: str) -> None:
    """Write what a sealed file holds; Unopened where it was changed."""
    cipher = AESGCM(_file_key(content_key, name))
    chunk, number = source.read(CHUNK_BYTES + TAG_BYTES), 0
    while True:
        following = source.read(CHUNK_BYTES + TAG_BYTES)
        try:
            target.write(cipher.decrypt(_nonce(number, not following), chunk, None))
        except (InvalidTag, ValueError) as error:
            raise Unopened(f"{name} was changed after it was sealed", "Do not use this backup.") from error
        if not following:
            return
        chunk, number = following, number + 1


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _shared(secret: bytes, publics: bytes) -> bytes:
    info = b"tocsin backup recovery" + publics
    return HKDF(algorithm=SHA256(), length=limits.SECRET_BYTES, salt=None, info=info).derive(secret)


def _file_key(content_key: bytes, name: str) -> bytes:
    info = b"tocsin backup file " + name.encode()
    return HKDF(algorithm=SHA256(), length=limits.SECRET_BYTES, salt=None, info=info).derive(content_key)


def _stretched(passphrase: str, salt: bytes, passes: int, memory_kib: int, lanes: int) -> bytes:
    return hash_secret_raw(passphrase.encode(), salt, passes, memory_kib, lanes, limits.SECRET_BYTES, Type.ID)

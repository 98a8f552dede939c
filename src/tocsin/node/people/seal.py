"""Secrets at rest: AES-256-GCM with a random nonce, bound to what they belong to.

The context (an account id, for one) is authenticated with the secret, so a sealed value that somebody moves to
another row does not open there.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tocsin.errors import StateError

_NONCE_BYTES = 12  # NIST SP 800-38D §8.2.2


def seal(key: bytes, context: str, secret: bytes) -> bytes:
    """The secret, readable only with the key and the same context."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, context.encode())


def unseal(key: bytes, context: str, sealed: bytes) -> bytes:
    """What was sealed; raises StateError when the key, the context or the bytes are not the same."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError) as error:
        raise StateError(
            "a sealed secret in the state database does not open",
            "The node's key is not the one it was sealed with, or the row was changed. Restore both from one backup.",
        ) from error

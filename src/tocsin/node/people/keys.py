"""The keys that protect people's secrets, all derived from one secret of the node.

HKDF-SHA-256 (RFC 5869), one label a purpose, so that no key is used for two things (NIST SP 800-108 §4, ASVS 5 V11).
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tocsin import limits
from tocsin.errors import ConfigError
from tocsin.ledger.entry import keyed_digest


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """One key a purpose. Its text form shows none of them."""

    sealing: bytes
    tokens: bytes
    names: bytes
    csrf: bytes

    def __repr__(self) -> str:
        return "Keys(…)"

    @classmethod
    def derived(cls, secret: bytes) -> "Keys":
        """The keys of a node's secret; raises ConfigError when it is shorter than 256 bits."""
        if len(secret) < limits.SECRET_BYTES:
            raise ConfigError(
                f"the node's secret has fewer than {limits.SECRET_BYTES} bytes",
                "Restore the node's keys from a backup, or make the node anew with `tocsin node init`.",
            )
        return cls(*(_derive(secret, purpose) for purpose in ("sealing", "tokens", "names", "csrf")))

    def name_digest(self, kind: str, text: str) -> str:
        """`kind:` and a keyed digest of something a person could be known by."""
        return keyed_digest(self.names, kind, text)


def _derive(secret: bytes, purpose: str) -> bytes:
    info = b"tocsin people " + purpose.encode()
    return HKDF(algorithm=SHA256(), length=limits.SECRET_BYTES, salt=None, info=info).derive(secret)

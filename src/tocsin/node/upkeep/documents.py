"""Documents that the node signs: a JSON object, the id of the key, and an Ed25519 signature (RFC 8032).

Rules:
1. What is signed is the canonical JSON (ledger/entry, rule 2) of `document`, whose `type` and `node` are part of it, so
   that no document passes for one of another type or node. Numbers are whole, and nothing is null.
2. A document is believed when a key that the reader trusts signed it, and that key was not revoked.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tocsin.errors import TocsinError
from tocsin.ledger.checkpoint import Trust
from tocsin.ledger.entry import canonical
from tocsin.node.upkeep.keys import Signer


class DocumentError(TocsinError):
    """A signed document is damaged, or not signed by who should have signed it."""


class _Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    document: dict[str, Any]
    key_id: str
    signature: str


def signed_document(signer: Signer, kind: str, fields: Mapping[str, object]) -> bytes:
    """A document with its signature, as JSON with a line end."""
    document = {**fields, "type": kind, "node": signer.node}
    signature = signer.private.sign(canonical(document)).hex()
    told = {"document": document, "key_id": signer.key.id, "signature": signature}
    return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"


def read_document(data: bytes, trusted: Trust, kind: str) -> Mapping[str, Any]:
    """The fields of a document; DocumentError where it is damaged, of another type or node, or not to be believed."""
    try:
        signed = msgspec.json.decode(data, type=_Signed)
        signature = bytes.fromhex(signed.signature)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise DocumentError(f"this is no signed document: {error}", "Ask for it again.") from error
    key = trusted.keys.get(signed.key_id)
    if key is None or key.revoked:
        why = "is unknown" if key is None else "was revoked"
        raise DocumentError(f"the key {signed.key_id[:40]!r} of this document {why}", "Do not rely on it.")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, canonical(signed.document))
    except (InvalidSignature, ValueError) as error:
        raise DocumentError("this document was changed after it was signed", "Do not rely on it.") from error
    if (signed.document.get("type"), signed.document.get("node")) != (kind, trusted.node):
        raise DocumentError(f"this is no {kind} of the node {trusted.node}", "Name another file.")
    return signed.document

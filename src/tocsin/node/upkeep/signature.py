"""Signed requests of webhooks: HMAC-SHA-256 (RFC 2104) under a secret that both sides hold.

Rules:
1. What is signed is the time in whole seconds since 1970, a dot, and the body byte for byte. The time travels as
   `X-Tocsin-Timestamp`, the result as `X-Tocsin-Signature: sha256=…` in small hexadecimal digits.
2. A request whose time differs by more than limits.SIGNATURE_SECONDS from ours is not believed: who recorded it cannot
   play it again later. Within that time the receiver remembers the message's id.
3. Comparing takes as long for a wrong signature as for a right one. What is wrong is not told apart.
4. A secret has at least limits.SIGNATURE_SECRET_CHARACTERS characters.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from tocsin import limits
from tocsin.errors import ConfigError, Denied

TIMESTAMP, SIGNATURE = "X-Tocsin-Timestamp", "X-Tocsin-Signature"
_FORM = "sha256="
_SECONDS = re.compile(r"[0-9]{1,12}")


def signed(secret: str, time: datetime, body: bytes) -> dict[str, str]:
    """The headers of a request."""
    seconds = str(int(time.timestamp()))
    return {TIMESTAMP: seconds, SIGNATURE: _FORM + _mac(secret, seconds, body)}


def check_signature(secret: str, headers: Mapping[str, str], body: bytes, time: datetime) -> None:
    """Raise Denied where a request was not signed with the secret, or not in these minutes."""
    seconds, shown = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    right = hmac.compare_digest(shown.encode(errors="surrogateescape"), (_FORM + _mac(secret, seconds, body)).encode())
    near = bool(_SECONDS.fullmatch(seconds)) and abs(int(seconds) - time.timestamp()) <= limits.SIGNATURE_SECONDS
    if not (right and near):
        raise Denied(
            "this request is not signed as it should be",
            f"Sign `time.body` with the shared secret; clocks differ by at most {limits.SIGNATURE_SECONDS} seconds.",
        )


def check_secret(secret: str, key: str) -> str:
    """The same secret, if it is long enough. Raises ConfigError."""
    if len(secret) < limits.SIGNATURE_SECRET_CHARACTERS:
        raise ConfigError(
            f"{key}: the secret has less than {limits.SIGNATURE_SECRET_CHARACTERS} characters",
            "Make one with: openssl rand -hex 32",
        )
    return secret


def _mac(secret: str, seconds: str, body: bytes) -> str:
    content = seconds.encode(errors="surrogateescape") + b"." + body
    return hmac.digest(secret.encode(), content, "sha256").hex()

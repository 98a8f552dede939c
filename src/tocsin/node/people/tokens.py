"""Machine tokens: what a sensor, a collector or a partner's node shows.

Rules:
1. A token is an id and a random 256-bit secret; the node keeps an HMAC-SHA-256 of it, made with a key that is not in
   the database, so a copy of the database neither opens nor forges a token.
2. It has scopes and an end, and says whose data it brings: organisation, network, sensor. A payload cannot say
   otherwise.
3. It is shown once, when it is made. Revoked is for ever.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

from tocsin import limits
from tocsin.errors import UsageError

PREFIX = "tocsin_token_"
_ID_BYTES = 8
_SHOWN = re.compile(rf"{PREFIX}([0-9a-f]{{{2 * _ID_BYTES}}})_([A-Za-z0-9_-]+)")
_US = 1_000_000
_DAY_SECONDS = 86_400


class Scope(StrEnum):
    """What a machine may do."""

    PUSH = "push"
    OTLP = "otlp"
    READ_INCIDENTS = "read:incidents"
    READ_STATUS = "read:status"
    PARTNER = "partner"
    TICKETS = "tickets"


@dataclass(frozen=True, slots=True)
class Token:
    """A machine token as the node keeps it, without its secret."""

    id: str
    label: str
    scopes: frozenset[Scope]
    organisation: str
    network: str
    sensor: str
    created_us: int
    created_by: str
    expires_us: int
    revoked_us: int = 0

    def alive(self, now_us: int) -> bool:
        """Whether it still counts."""
        return not self.revoked_us and now_us < self.expires_us


def new_id() -> str:
    """A random id of a token."""
    return secrets.token_hex(_ID_BYTES)


def new_secret(token_id: str) -> str:
    """The text of a token, to be shown once."""
    return f"{PREFIX}{token_id}_{secrets.token_urlsafe(limits.SECRET_BYTES)}"


def id_of(shown: str) -> str | None:
    """The id inside a shown token; None when it is none."""
    found = _SHOWN.fullmatch(shown) if len(shown) <= limits.CREDENTIAL_CHARACTERS else None
    return found[1] if found else None


def mac_of(key: bytes, shown: str) -> bytes:
    """What the node keeps of a token."""
    return hmac.digest(key, shown.encode(errors="surrogatepass"), "sha256")


def matches(key: bytes, shown: str, kept: bytes) -> bool:
    """Whether the shown token is the kept one, in constant time."""
    return hmac.compare_digest(mac_of(key, shown), kept)


def end_us(seconds: int, now_us: int) -> int:
    """When a token of that life ends; raises UsageError when it is over the bound."""
    if not 0 < seconds <= limits.TOKEN_SECONDS:
        raise UsageError(
            "a token cannot live so long",
            f"Give it at most {limits.TOKEN_SECONDS // _DAY_SECONDS} days and renew it.",
        )
    return now_us + seconds * _US


def scopes_named(names: tuple[str, ...]) -> frozenset[Scope]:
    """The scopes of those names; raises UsageError."""
    try:
        scopes = frozenset(map(Scope, names))
    except ValueError as error:
        raise UsageError("there is no such scope", f"Scopes are: {', '.join(Scope)}.") from error
    if not scopes:
        raise UsageError("a token needs a scope", f"Scopes are: {', '.join(Scope)}.")
    return scopes

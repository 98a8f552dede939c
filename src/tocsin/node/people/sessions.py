"""A person's login, until it ends.

Rules (OWASP ASVS 5 V7):
1. A session is a random 256-bit secret. The node keeps its SHA-256 only, so the database opens no session.
2. It ends when unused for `limits.SESSION_IDLE_SECONDS`, and `limits.SESSION_SECONDS` after login in any case.
3. It is shown as a bearer value (command line) or as a cookie (browser); one begun as a cookie counts only as a
   cookie, and there every change needs the CSRF token that belongs to it.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from tocsin import limits

PREFIX = "tocsin_session_"
COOKIE = "__Host-tocsin"
_US = 1_000_000


class Form(StrEnum):
    """How a session is shown."""

    BEARER = "bearer"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class Session:
    """A session as the node keeps it."""

    digest: str
    account: str
    form: Form
    created_us: int
    seen_us: int


def new_secret() -> str:
    """A random session secret; its prefix lets scanners recognise one that leaked."""
    return PREFIX + secrets.token_urlsafe(limits.SECRET_BYTES)


def digest_of(secret: str) -> str:
    """What the node keeps of a session secret."""
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def alive(session: Session, now_us: int) -> bool:
    """Rule 2. A clock that went back ends nothing."""
    idle = now_us - session.seen_us > limits.SESSION_IDLE_SECONDS * _US
    over = now_us - session.created_us > limits.SESSION_SECONDS * _US
    return not idle and not over


def needs_touch(session: Session, now_us: int) -> bool:
    """Whether this use is worth writing down."""
    return now_us - session.seen_us > limits.SESSION_TOUCH_SECONDS * _US


def csrf_token(key: bytes, digest: str) -> str:
    """The token that a page sends with every change; it follows from the session and the node's key."""
    return urlsafe_b64encode(hmac.digest(key, digest.encode(), "sha256")).decode().rstrip("=")


def csrf_matches(key: bytes, digest: str, shown: str) -> bool:
    """Whether the shown CSRF token belongs to the session."""
    return hmac.compare_digest(csrf_token(key, digest).encode(), shown.encode(errors="surrogatepass"))


def cookie_value(secret: str) -> str:
    """The Set-Cookie value of a session (RFC 6265bis §4.1.3: `__Host-` needs Secure, Path=/ and no Domain)."""
    return f"{COOKIE}={secret}; Path=/; Max-Age={limits.SESSION_SECONDS}; Secure; HttpOnly; SameSite=Strict"


def ended_cookie_value() -> str:
    """The Set-Cookie value that makes a browser forget its session."""
    return f"{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict"

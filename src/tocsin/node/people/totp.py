"""One-time codes as the second factor (RFC 6238 over RFC 4226).

Rules:
1. A code of the present step counts, and of `limits.TOTP_DRIFT_STEPS` before and after it (RFC 6238 §5.2, §6).
2. A code counts once: only steps later than the last accepted one are compared (RFC 6238 §5.2).
3. All steps are compared, in constant time each, so the answer's time does not say which one was near.
"""

import re
from datetime import datetime
from hmac import compare_digest

import pyotp

from tocsin import limits

ISSUER = "Tocsin"
_CODE = re.compile(rf"[0-9]{{{limits.TOTP_DIGITS}}}")


def new_secret() -> str:
    """A random secret in base 32, as authenticator apps take it."""
    return pyotp.random_base32(limits.TOTP_SECRET_CHARACTERS)


def enrolment_uri(secret: str, account: str) -> str:
    """The `otpauth:` address that an authenticator app reads from a QR code."""
    return _totp(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def accepted_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step whose code this is, to be kept as the last one; None when the code does not count."""
    if not _CODE.fullmatch(code):
        return None
    present = int(now.timestamp()) // limits.TOTP_STEP_SECONDS
    drift = range(present - limits.TOTP_DRIFT_STEPS, present + limits.TOTP_DRIFT_STEPS + 1)
    matching = [step for step in drift if compare_digest(_code(secret, step), code) and step > last_step]
    return matching[-1] if matching else None


def _code(secret: str, step: int) -> str:
    return _totp(secret).generate_otp(step)


def _totp(secret: str) -> pyotp.TOTP:
    return pyotp.TOTP(secret, digits=limits.TOTP_DIGITS, interval=limits.TOTP_STEP_SECONDS)

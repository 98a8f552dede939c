"""OpenID Connect: what is configured, what is sent, and when an answer counts. Pure; `issuer` talks.

Rules (OpenID Connect Core 1.0 §3.1, RFC 9700 §2.1, OWASP ASVS 5 V10):
1. Authorization code flow with PKCE (RFC 7636, S256), a state bound to the browser by a cookie, and a nonce.
2. The ID token counts when its signature is of the issuer's keys with an asymmetric algorithm, and issuer, audience,
   times and nonce fit (§3.1.3.7).
3. Where the configuration asks for methods (`amr`, RFC 8176), the token has to name one of them: the issuer has to see
   to the second factor, because the node sees no password of these people.
4. The claim that the configuration names says who it is, and an admin has written that value at an account. No account
   is made by logging in.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from tocsin import limits
from tocsin.errors import Denied
from tocsin.node.people.openid_settings import OpenIdSettings

ALGORITHMS = ("RS256", "PS256", "ES256", "ES384")
COOKIE = "__Host-tocsin-openid"
_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class Pending:
    """A login that was begun and not yet answered."""

    state: str
    nonce: str
    verifier: str
    begun_us: int

    @property
    def challenge(self) -> str:
        """The PKCE challenge of the verifier."""
        return str(create_s256_code_challenge(self.verifier))


def new_pending(now_us: int) -> Pending:
    """A fresh login with random state, nonce and PKCE verifier."""
    state, nonce, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3))
    return Pending(state, nonce, verifier, now_us)


def subject_of(
    id_token: str, keys: KeySet, settings: OpenIdSettings, nonce: str, access_token: str, now: datetime
) -> str:
    """Who an ID token says it is; Denied with the reason when it does not count. Rules 2 to 4."""
    try:
        token = jwt.decode(id_token, keys, registry=JWSRegistry(algorithms=[*ALGORITHMS], strict_check_header=False))
        claims = CodeIDToken(
            token.claims,
            token.header,
            {"iss": {"values": [settings.issuer]}, "aud": {"values": [settings.client_id]}},
            {"nonce": nonce, "client_id": settings.client_id, "access_token": access_token},
        )
        claims.validate(now=int(now.timestamp()), leeway=limits.OPENID_LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise refused(f"the ID token does not count: {type(error).__name__}") from error
    _check_methods(token.claims, settings)
    subject = token.claims.get(settings.claim)
    if not isinstance(subject, str) or not 0 < len(subject) <= limits.LABEL_CHARACTERS:
        raise refused(f"the ID token has no claim {settings.claim}")
    return subject


def refused(reason: str) -> Denied:
    """The error of a login through the issuer."""
    return Denied(f"the login through the issuer failed: {reason}", "Begin again, or ask an admin.")


def _check_methods(claims: Mapping[str, Any], settings: OpenIdSettings) -> None:
    named = claims.get("amr", [])
    if settings.methods and not (isinstance(named, list) and set(settings.methods) & {*map(str, named)}):
        raise refused("the issuer did not ask for a second factor")

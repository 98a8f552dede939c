"""Talking to the configured OpenID Connect issuer: discovery, keys, and the code for a token.

Metadata and keys are fetched when first needed and believed for `limits.OPENID_KEYS_SECONDS`; keys once more when a
token names one that is not among them. Nothing is fetched before somebody logs in this way.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tocsin import clock, limits
from tocsin.errors import Denied, LimitExceeded
from tocsin.node.people.desk import SECOND_US, now_us
from tocsin.node.people.openid import Pending, new_pending, refused, subject_of
from tocsin.node.people.openid_settings import OpenIdSettings
from tocsin.node.people.outward import client_for

_DISCOVERY = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0 §4
_SCOPE = "openid"
_OK = 200


@dataclass(frozen=True, slots=True)
class _Known:
    """What the issuer said about itself, and when it was asked."""

    authorization: str
    token: str
    keys: KeySet
    asked_us: int


class Issuer:
    """The configured issuer, and the logins that were begun there. Threads may share it."""

    def __init__(self, settings: OpenIdSettings) -> None:
        self.settings = settings
        self._client = client_for(settings.issuer)
        self._pending: OrderedDict[str, Pending] = OrderedDict()
        self._known: _Known | None = None
        self._lock = threading.Lock()

    def begin(self) -> tuple[str, str]:
        """The address to send the browser to, and the state to bind it by; Denied when the issuer does not answer."""
        known = self._ask()
        pending = new_pending(now_us())
        with self._lock:
            self._pending[pending.state] = pending
            while len(self._pending) > limits.OPENID_PENDING:
                self._pending.popitem(last=False)
        address, _ = self._oauth().create_authorization_url(
            known.authorization, state=pending.state, code_verifier=pending.verifier, nonce=pending.nonce
        )
        return str(address), pending.state

    def finish(self, state: str, code: str) -> str:
        """Who logged in; Denied when the state was not begun here or the issuer's answer does not count."""
        with self._lock:
            pending = self._pending.pop(state, None)
        if pending is None or now_us() - pending.begun_us > limits.OPENID_PENDING_SECONDS * SECOND_US:
            raise refused("it was not begun here, or too long ago")
        known = self._ask()
        token = self._token(known, pending, code)
        id_token, access_token = str(token.get("id_token", "")), str(token.get("access_token", ""))
        try:
            return self._subject(id_token, access_token, known, pending)
        except Denied:
            with self._lock:
                self._known = None  # its keys may be new ones
            return self._subject(id_token, access_token, self._ask(), pending)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _subject(self, id_token: str, access_token: str, known: _Known, pending: Pending) -> str:
        return subject_of(id_token, known.keys, self.settings, pending.nonce, access_token, clock.now())

    def _token(self, known: _Known, pending: Pending, code: str) -> dict[str, Any]:
        settings = self.settings
        auth = httpx.BasicAuth(quote(settings.client_id, safe=""), quote(settings.client_secret, safe=""))
        try:
            return dict(
                self._oauth().fetch_token(
                    known.token, grant_type="authorization_code", code=code, code_verifier=pending.verifier, auth=auth
                )
            )
        except (AuthlibBaseError, httpx.HTTPError, LimitExceeded, ValueError) as error:
            raise refused(f"the issuer gave no token ({type(error).__name__})") from error

    def _oauth(self) -> OAuth2Client:
        settings = self.settings
        return OAuth2Client(
            self._client, settings.client_id, settings.client_secret, scope=_SCOPE, redirect_uri=settings.redirect_uri,
            code_challenge_method="S256",
        )  # fmt: skip

    def _ask(self) -> _Known:
        with self._lock:
            if self._known is None or now_us() - self._known.asked_us > limits.OPENID_KEYS_SECONDS * SECOND_US:
                self._known = self._discovered()
            return self._known

    def _discovered(self) -> _Known:
        metadata = self._get(self.settings.issuer.rstrip("/") + _DISCOVERY)
        if metadata.get("issuer") != self.settings.issuer:  # Discovery 1.0 §4.3
            raise refused("the issuer calls itself otherwise than the configuration does")
        try:
            keys = KeySet.import_key_set(self._get(str(metadata["jwks_uri"])))  # type: ignore[arg-type]
            return _Known(str(metadata["authorization_endpoint"]), str(metadata["token_endpoint"]), keys, now_us())
        except (KeyError, ValueError, TypeError, JoseError) as error:
            raise refused("the issuer's metadata or keys cannot be read") from error

    def _get(self, address: str) -> dict[str, Any]:
        try:
            answer = self._client.get(address)
            found = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, LimitExceeded, ValueError) as error:
            raise refused(f"the issuer does not answer ({type(error).__name__})") from error
        if answer.status_code != _OK or not isinstance(found, dict):
            raise refused(f"the issuer answered {answer.status_code}")
        return found

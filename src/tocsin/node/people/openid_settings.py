"""One OpenID Connect issuer as it is configured: what can be wrong with it is told before anybody logs in.

Apart from `openid`, so that whoever only reads a configuration loads no library for tokens.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from tocsin.errors import ConfigError

CALLBACK = "/api/v1/openid/callback"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True, repr=False)
class OpenIdSettings:
    """One configured issuer."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    claim: str = "sub"
    methods: tuple[str, ...] = ("mfa",)
    """Values of `amr` of which one has to be there; empty where any will do."""

    def __post_init__(self) -> None:
        for name, value in (("issuer", self.issuer), ("redirect_uri", self.redirect_uri)):
            if not _is_private(value):
                raise ConfigError(f"openid: {name} is no https address", "Write it as https://host/path.")
        if not self.redirect_uri.endswith(CALLBACK):
            raise ConfigError(f"openid: redirect_uri does not end in {CALLBACK}", "There the node takes the answer.")
        if not self.client_id or not self.client_secret:
            raise ConfigError("openid: client_id or client_secret is missing", "Both come from the issuer's operator.")
        if not self.claim:
            raise ConfigError("openid: claim is empty", "Name the claim that says who it is, such as sub.")


def _is_private(address: str) -> bool:
    """Whether it is an https address without anything beside host and path; http will do on this machine."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    private = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    return private and bool(host) and not (parts.query or parts.fragment or parts.username)

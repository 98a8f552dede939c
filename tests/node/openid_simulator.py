"""A small OpenID Connect issuer on loopback that speaks the real protocol."""

import json
import ssl
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

CLIENT, CLIENT_SECRET = "tocsin node", "s3cret/:"
REDIRECT = "https://node.example/api/v1/openid/callback"


class Simulator:
    """An OpenID Connect issuer: discovery, authorization, token, keys. Tests turn its members."""

    def __init__(self, now: Callable[[], datetime], tls: ssl.SSLContext | None = None) -> None:
        self.now = now
        self.key = ECKey.generate_key("P-256", {"kid": "1", "use": "sig"})
        self.person = {"sub": "ada@examplia", "amr": ["pwd", "mfa"]}
        self.changed: dict[str, Any] = {}  # claims that differ from what is right
        self.metadata: dict[str, Any] = {}
        self.sign_with: Any = None
        self.pad = 0
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        simulator = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                simulator.get(self)

            def do_POST(self) -> None:
                simulator.post(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        way = "http://127.0.0.1" if tls is None else "https://localhost"
        self.issuer = f"{way}:{self.server.server_port}/realm"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def get(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(request.path)
        if request.path == "/realm/.well-known/openid-configuration":
            base = {
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            }  # fmt: skip
            self.answer(request, {**base, **self.metadata, "pad": "x" * self.pad})
        elif request.path == "/realm/keys":
            self.answer(request, KeySet([self.key]).as_dict(private=False))
        else:
            self.answer(request, {}, 404)

    def post(self, request: BaseHTTPRequestHandler) -> None:
        """RFC 6749 §4.1.3 with client_secret_basic and RFC 7636 §4.6."""
        self.asked.append(request.path)
        said = {
            k: v[0] for k, v in parse_qs(request.rfile.read(int(request.headers["Content-Length"])).decode()).items()
        }
        begun = self.codes.pop(said.get("code", ""), None)
        user, _, password = b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
        challenge = urlsafe_b64encode(sha256(said.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        right = (
            begun is not None
            and (unquote(user), unquote(password)) == (CLIENT, CLIENT_SECRET)
            and said["grant_type"] == "authorization_code"
            and challenge == begun["code_challenge"]
            and said["redirect_uri"] == begun["redirect_uri"]
        )
        if not right or begun is None:
            self.answer(request, {"error": "invalid_grant"}, 400)
            return
        now = int(self.now().timestamp())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": begun["nonce"], **self.person,
            **self.changed,
        }  # fmt: skip
        key = self.sign_with or self.key
        header = {"alg": "HS256" if isinstance(key, OctKey) else "ES256", "kid": key.kid}
        algorithms = [header["alg"]]
        token = jwt.encode(header, {k: v for k, v in claims.items() if v is not None}, key, algorithms=algorithms)
        self.answer(request, {"access_token": "at", "token_type": "Bearer", "id_token": token})

    def answer(self, request: BaseHTTPRequestHandler, said: Any, status: int = 200) -> None:
        body = json.dumps(said).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def authorise(self, address: str) -> dict[str, str]:
        """What a browser brings back after its person logged in there."""
        parts = urlsplit(address)
        asked = {key: value[0] for key, value in parse_qs(parts.query).items()}
        assert parts.path == "/realm/auth"
        assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid")
        assert (asked["code_challenge_method"], asked["redirect_uri"]) == ("S256", REDIRECT)
        code = f"code{len(self.codes)}"
        self.codes[code] = asked
        return {"state": asked["state"], "code": code}

"""How the live benchmark gets into its node: a first login, a machine token, bodies over one connection or a file."""

import http.client
from pathlib import Path

import httpx
import pyotp

DAY_SECONDS = 86_400


def first_session(port: int, passwords: dict[str, str], name: str = "admin") -> httpx.Client:
    """Log in for the first time: another password, one-time codes, and the session that may do everything."""
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", trust_env=False, timeout=30)
    client.headers["Authorization"] = f"Bearer {_login(client, name, passwords[name])}"
    new = f"a long sentence for {port} that nobody else says"
    client.post("/password", json={"old": passwords[name], "new": new}).raise_for_status()
    client.headers["Authorization"] = f"Bearer {_login(client, name, new)}"
    offered = client.post("/totp/enrol", json={"code": ""})
    offered.raise_for_status()
    secret = offered.json()["secret"]
    client.post("/totp/confirm", json={"code": pyotp.TOTP(secret).now()}).raise_for_status()
    return client


def _login(client: httpx.Client, name: str, password: str, code: str = "") -> str:
    answer = client.post("/login", json={"name": name, "password": password, "code": code})
    answer.raise_for_status()
    return str(answer.json()["token"])


def push_token(client: httpx.Client, seconds: int = DAY_SECONDS) -> str:
    """A machine token that may push for so long."""
    told = {
        "label": "bench", "scopes": ["push"], "organisation": "Bench", "network": "lab", "sensor": "sensor-1",
        "seconds": seconds,
    }  # fmt: skip
    answer = client.post("/tokens", json=told)
    answer.raise_for_status()
    return str(answer.json()["secret"])


class Sender:
    """Sends bodies: pushed over one connection, or appended to a file."""

    def __init__(self, port: int, token: str, log: Path | None) -> None:
        self._port, self._token, self._log = port, token, log
        self._stream = log.open("ab", buffering=0) if log else None
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(self, body: bytes) -> bool:
        """True when it was taken, False when the sender has to wait."""
        if self._stream is not None:
            self._stream.write(body)
            return True
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/x-ndjson"}
        self._connection.request("POST", "/api/v1/push", body, headers)
        answer = self._connection.getresponse()
        answer.read()
        if answer.status in (429, 503):
            return False
        if answer.status != 202:
            raise SystemExit(f"push: {answer.status} {answer.reason}")
        return True


__all__ = ["Sender", "first_session", "push_token"]

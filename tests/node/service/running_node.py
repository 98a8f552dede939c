"""A whole node in a process group of its own, and a person who works with it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pyotp
import pytest
from scans import RULES, write_rules

TOCSIN = Path(sys.executable).with_name("tocsin")
SECONDS = 60.0


class Running:
    """A node in a process group of its own; `more` is added to its configuration."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder = folder
        self.clients: list[httpx.Client] = []
        made = subprocess.run(
            [TOCSIN, "node", "init", folder, "--organisation", "Ministry", "--port", "0"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        self.passwords = {
            line.split()[1]: line.rsplit(" ", 1)[1] for line in made.stdout.splitlines() if " account " in line
        }
        rules = write_rules(folder.parent / "rules", RULES)
        text = (folder / "tocsin.toml").read_text("utf-8").replace("rules = []", f'rules = ["{rules.parent}"]', 1)
        watched = f'\n[[watch]]\npath = "{folder.parent / "logs"}"\nnetwork = "plant"\nsensor = "files"\n'
        (folder / "tocsin.toml").write_text(text + watched + more, "utf-8")
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [TOCSIN, "node", "run", self.folder], start_new_session=True, stderr=subprocess.PIPE
        )

    def state(self, part: str) -> dict[str, object]:
        path = self.folder / "run" / f"{part}.json"
        return dict(json.loads(path.read_bytes())) if path.exists() else {}

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < end, {part: self.state(part) for part in ("server", "engine", "analyst")}
            assert self.process.poll() is None
            time.sleep(0.1)

    def client(self, name: str = "admin") -> httpx.Client:
        """Logged in as the admin, or the lead, for the first time."""
        self.until(lambda: all(self.state(part) for part in ("server", "engine", "analyst")))
        client = httpx.Client(base_url=f"http://127.0.0.1:{self.state('server')['port']}", trust_env=False, timeout=30)
        self.clients.append(client)
        new = "nobody guesses this sentence about geese"
        for old, password in ((self.passwords[name], new), (new, "")):
            answer = client.post("/api/v1/login", json={"name": name, "password": old}).raise_for_status()
            client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
            if password:
                client.post("/api/v1/password", json={"old": old, "new": password}).raise_for_status()
        secret = client.post("/api/v1/totp/enrol", json={"code": ""}).raise_for_status().json()["secret"]
        client.post("/api/v1/totp/confirm", json={"code": pyotp.TOTP(secret).now()}).raise_for_status()
        return client

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(SECONDS)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def kill(self) -> None:
        """All its processes at once."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "node")
    yield running
    for client in running.clients:
        client.close()
    running.kill()


def push_token(client: httpx.Client) -> str:
    told = {
        "label": "s",
        "scopes": ["push"],
        "organisation": "Port",
        "network": "cranes",
        "sensor": "s1",
        "seconds": 3600,
    }
    return str(client.post("/api/v1/tokens", json=told).raise_for_status().json()["secret"])


def pid_of(node: Running, part: str) -> int:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if part.encode() in words and str(node.folder).encode() in words:
                return int(entry.name)
    raise AssertionError(f"no {part} runs")


__all__ = ["Running", "node", "pid_of", "push_token"]

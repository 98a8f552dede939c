"""What the node's processes write to their log, as the server process does it."""

import json
import logging
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path

import httpx
import pytest
from node_folders import make_folder

from tocsin import limits
from tocsin.node.api.log import LOGGER, log
from tocsin.node.service.config import state_url
from tocsin.node.service.log_lines import log_to
from tocsin.node.service.part import SERVER, read_state
from tocsin.node.store.database import open_store

SECONDS = 60.0
LOGIN = {"name": "hidden-name", "password": "hidden-password"}


@pytest.fixture(autouse=True)
def levels() -> Iterator[None]:
    """Put back what the log set."""
    root = logging.getLogger()
    before = root.level, LOGGER.level
    yield
    root.setLevel(before[0])
    LOGGER.setLevel(before[1])


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    """A state database that cannot be read for a while."""
    with closing(sqlite3.connect(path, isolation_level=None)) as state:
        (sql,) = state.execute("SELECT sql FROM sqlite_schema WHERE name = 'login_counters'").fetchone()
        for version, text in enumerate(("broken", sql), 1_000):
            state.execute("PRAGMA writable_schema = ON")
            state.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'login_counters'", (text,))
            state.execute(f"PRAGMA schema_version = {version}")
            if text != sql:
                yield


def test_the_server_process_writes_refusals_and_failures_under_their_request_ids(tmp_path: Path) -> None:
    folder, config, _ = make_folder(tmp_path / "node", "[api]\nport = 0\n")
    folder.run.mkdir(mode=0o700, exist_ok=True)
    open_store(state_url(folder, config), create=True).close()
    command = [sys.executable, "-m", "tocsin.node.service", SERVER, str(folder.path), str(os.getpid())]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        end = time.monotonic() + SECONDS
        while not (port := read_state(folder, SERVER).get("port")):
            assert time.monotonic() < end and server.poll() is None
            time.sleep(0.05)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            while True:
                try:
                    client.get("/healthz?hidden-query")
                    break
                except httpx.ConnectError:
                    time.sleep(0.05)
            refused = client.post("/api/v1/login", json=LOGIN)
            with damaged(folder.path / "state.sqlite"):
                failed = client.post("/api/v1/login", json=LOGIN)
        server.terminate()
        _, text = server.communicate(timeout=SECONDS)
    assert (refused.status_code, failed.status_code) == (401, 503)
    assert "look into the node's log" in failed.json()["advice"].lower()
    told = [(line["event"], line["request"], line.get("status", 0)) for line in lines(text) if "request" in line]
    assert told == [
        ("request", refused.headers["X-Request-Id"], 401),
        ("refused", failed.json()["request"], 0),
        ("request", failed.json()["request"], 503),
    ]
    assert "hidden" not in text


def test_of_one_level_so_many_lines_a_minute_are_written_and_the_rest_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "LOG_LINES_A_MINUTE", 3)
    stream = StringIO()
    with log_to(stream):
        for number in range(10):
            log("turned away", number=number)
        log("refused", logging.WARNING)
    events = [line["event"] for line in lines(stream.getvalue())]
    assert events == [*["turned away"] * 3, "refused", "left out"]
    assert lines(stream.getvalue())[-1]["lines"] == 7


def test_who_does_not_read_the_log_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOG_LINES_WAITING", 5)
    monkeypatch.setattr("tocsin.node.service.log_lines.END_SECONDS", 0.05)
    free = threading.Event()

    class Stuck(StringIO):
        def write(self, text: str) -> int:
            free.wait(SECONDS)
            return super().write(text)

    begun = time.monotonic()
    with log_to(Stuck()):
        for _ in range(100):
            log("turned away")
    assert time.monotonic() - begun < 10
    free.set()


def test_what_others_log_is_told_without_values() -> None:
    stream = StringIO()
    with log_to(stream):
        try:
            raise KeyError("a secret")
        except KeyError:
            logging.getLogger("library").exception("failed with %s\nand %s", "a secret", "more")
        logging.getLogger("library").info("https://hooks.example/secret")
        logging.getLogger("tocsin.detect").warning("%s is not written", "rules.bin")
    library, own = lines(stream.getvalue())
    assert (library["level"], library["told"]) == ("ERROR", "failed with %s")
    assert own["told"] == "rules.bin is not written"
    assert "secret" not in stream.getvalue()
    assert library["trace"][0] == "KeyError"  # type: ignore[index]

"""A whole node: made, run, fed over HTTP and by a file, hurt, looked at, ended."""

import json
import os
import signal
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import httpx
from running_node import SECONDS, TOCSIN, Running, node, pid_of, push_token
from scans import RULES, event, write_events

from tocsin.ledger.entry import Entry
from tocsin.node.store import ledger
from tocsin.node.store.database import open_store
from tocsin.node.upkeep.rule_update import SUBJECT, files_digest

__all__ = ["node"]


def test_a_node_takes_finds_survives_and_ends(node: Running, tmp_path: Path) -> None:
    """All of it with AI and sharing stopped, which outlives the end."""
    client = node.client()
    for switch in ("ai", "sharing"):
        client.post(f"/api/v1/switches/{switch}/stop", json={"why": "a drill"}).raise_for_status()
        assert switch in _stopped(client.get("/api/v1/status").raise_for_status().json())
    body = "".join(json.dumps(event(number, minute=number)) + "\n" for number in range(10))
    headers = {
        "Authorization": f"Bearer {push_token(client)}",
        "Content-Type": "application/x-ndjson",
        "Idempotency-Key": "1",
    }
    for _ in range(2):  # the second adds nothing
        assert client.post("/api/v1/push", content=body, headers=headers).status_code == 202
    os.kill(pid_of(node, "engine"), signal.SIGKILL)
    write_events(tmp_path / "logs" / "sysmon.json", [event(number, minute=number) for number in range(5)])
    node.until(lambda: len(_incidents(client)) == 2)
    shown = {tuple(row["hosts"]): row for row in _incidents(client)}
    assert list(shown) == [("WS01",)]
    found = [client.get(f"/api/v1/incidents/{row['id']}").json() for row in _incidents(client)]
    places = {(each["organisation"], each["network"]) for one in found for each in one["found"]}
    assert places == {("Port", "cranes"), ("Ministry", "plant")}
    counts = sorted(each["count"] for one in found for each in one["found"])
    assert max(counts) == 10
    again = subprocess.run([TOCSIN, "node", "run", node.folder], capture_output=True, text=True, check=False)
    assert again.returncode == 2 and "runs in" in again.stderr
    names = {("Ministry", "plant", "files"), ("Port", "cranes", "s1")}
    node.until(lambda: {_named(each) for each in _sensors(client) if each["events"]} == names)
    node.until(lambda: {_named(each) for each in _told_sensors(node) if each["events"]} == names)
    told = subprocess.run([TOCSIN, "node", "status", node.folder], capture_output=True, text=True, check=True).stdout
    assert told.startswith("The node runs.\n! AI is stopped since 20") and ", by admin: a drill\n" in told
    assert "Port/cranes/s1: last event 2026-01-02 03:09:09 UTC; by push" in told
    assert node.stop() == 0
    ended = subprocess.run([TOCSIN, "node", "status", node.folder], capture_output=True, text=True, check=False)
    assert ended.returncode == 3 and "does not run" in ended.stdout
    node.start()
    node.until(lambda: _stopped(node.state("server")) == ["ai", "sharing"])


def test_rules_are_read_again_and_a_broken_file_leaves_the_old_ones(node: Running, tmp_path: Path) -> None:
    node.until(lambda: node.state("engine").get("rules") == 2)
    (tmp_path / "rules" / "broken.yml").write_text("title: [", "utf-8")
    node.until(lambda: bool(node.state("engine").get("rules_problem")))
    assert node.state("engine")["rules"] == 2
    more = RULES.partition("---")[0].replace(
        "11111111-1111-4111-8111-111111111111", "33333333-3333-4333-8333-333333333333"
    )
    (tmp_path / "rules" / "broken.yml").write_text(more, "utf-8")
    node.until(lambda: node.state("engine").get("rules") == 3)
    assert not node.state("engine")["rules_problem"]
    node.until(lambda: len(_rule_changes(node)) == 2)
    begun, changed = reversed(_rule_changes(node))
    assert changed.detail == {
        "before": begun.detail["after"], "after": files_digest([tmp_path / "rules"]), "rules": 3, "refused": 0
    }  # fmt: skip
    assert node.stop() == 0
    (node.folder / "run" / "analyst.json").unlink()
    node.start()
    node.until(lambda: bool(node.state("analyst")))
    assert len(_rule_changes(node)) == 2


def _rule_changes(node: Running) -> list[Entry]:
    store = open_store(f"sqlite:///{node.folder / 'state.sqlite'}")
    try:
        with store.read() as connection:
            return ledger.newest(connection, 10, SUBJECT)
    finally:
        store.close()


def test_watched_paths_and_syslog_are_taken_over_and_a_broken_file_leaves_them(node: Running, tmp_path: Path) -> None:
    config = node.folder / "tocsin.toml"
    begun = config.read_text("utf-8")
    write_events(tmp_path / "more.json", [event(number) for number in range(3)])
    node.until(lambda: node.state("engine").get("rules") == 2 and bool(node.state("server")))
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    listener = f'[[syslog]]\nlisten = "127.0.0.1:{port}"\n[[syslog.senders]]\naddress = "127.0.0.1"\nsensor = "fw"\n'
    config.write_text(f'{begun}\n[[watch]]\npath = "{tmp_path}/more.json"\nsensor = "more"\n{listener}', "utf-8")
    node.until(lambda: node.state("engine").get("events") == 3)
    node.until(lambda: _says(port, b"<34>Jan  2 03:04:05 fw sshd[1]: Failed password\n"))
    node.until(lambda: node.state("engine").get("events") == 4)
    config.write_text(begun.replace("keep_days = 0", "keep_days = 7") + "[[watch]]\npath = 1\n", "utf-8")
    node.until(lambda: all(node.state(part).get("config_problem") for part in ("server", "engine", "analyst")))
    assert _says(port, b"<34>Jan  2 03:04:06 fw sshd[1]: Failed password\n")
    node.until(lambda: node.state("engine").get("events") == 5)
    told = subprocess.run([TOCSIN, "node", "status", node.folder], capture_output=True, text=True, check=True).stdout
    assert told.count("! configuration: the old settings stay in use") == 1
    config.write_text(begun.replace("keep_days = 0", "keep_days = 7"), "utf-8")
    node.until(lambda: node.state("server").get("needs_restart") == ["lake.keep_days"])
    node.until(lambda: not any(node.state(part).get("config_problem") for part in ("server", "engine", "analyst")))
    assert not _says(port, b"<34>nobody hears this\n")
    told = subprocess.run([TOCSIN, "node", "status", node.folder], capture_output=True, text=True, check=True).stdout
    assert "! needs a restart: lake.keep_days" in told and "! configuration" not in told


def _says(port: int, line: bytes) -> bool:
    """Whether somebody listens; what is said ends in the journal."""
    try:
        with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
            connection.sendall(line)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)
    except ConnectionError:
        return False
    return True


def _incidents(client: httpx.Client) -> list[dict[str, object]]:
    answer = client.get("/api/v1/incidents").raise_for_status()
    return list(answer.json()["incidents"])


def _stopped(state: dict[str, object]) -> list[object]:
    return [each["switch"] for each in state.get("switches", ()) if each["stopped"]]  # type: ignore[attr-defined]


def _sensors(client: httpx.Client) -> list[dict[str, object]]:
    return list(client.get("/api/v1/sensors").raise_for_status().json()["sensors"])


def _told_sensors(node: Running) -> list[dict[str, object]]:
    return list(node.state("server").get("sensors", ()))  # type: ignore[call-overload]


def _named(sensor: dict[str, object]) -> tuple[object, ...]:
    return sensor["organisation"], sensor["network"], sensor["sensor"]

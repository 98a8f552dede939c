"""Zero outbound connections (DESIGN §5): every command works without a network and does not try to use one."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import namespace
import pytest
from namespace import Watched

from tocsin.detect.sigma import load_rules, parsing
from tocsin.errors import RuleError
from tocsin.rules import PACK

RULE = """\
title: Tagged with everything that pySigma looks up
id: 33333333-3333-4333-8333-333333333333
status: test
level: medium
tags: [attack.t1059.001, attack.execution, attack.g0016, attack.s0002, attack.ds0009, attack.m1036, attack.t9999,
       d3fend.d3-pa, d3fend.nothing]
logsource: {category: process_creation, product: windows}
detection:
  selection: {Image|endswith: '\\\\whoami.exe'}
  condition: selection
"""
REACHES_OUT = """\
import socket, urllib.request
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), 1),
    lambda: socket.getaddrinfo("tocsin.example", 80),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    lambda: urllib.request.urlopen("http://192.0.2.1/", timeout=1),
):
    try:
        attempt()
    except OSError:
        pass
"""
REACHES_OUT_IN_A_FORK = """\
import json
import os
if os.fork() == 0:
    import socket
    socket.getaddrinfo("tocsin.example", 80)
os.wait()
"""


def watched(commands: Sequence[Sequence[str]], folder: Path) -> Watched:
    """The commands in a namespace. Where none can be made, as in some containers, they are skipped, but not in CI."""
    if reason := namespace.refusal():
        if not os.environ.get("CI"):
            pytest.skip(f"{reason}; run the tests as root of a machine to see that Tocsin works without a network")
        pytest.fail(f"{reason}; this test needs a network namespace")
    return namespace.run(commands, folder)


def tocsin(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "tocsin", *map(str, arguments)]


def test_every_command_works_without_a_route_and_tries_no_connection(tmp_path: Path) -> None:
    logs, lake, report = tmp_path / "logs", tmp_path / "lake", tmp_path / "report.html"
    rule = tmp_path / "rule.yml"
    rule.write_text(RULE, "utf-8")
    query = "SELECT process_name, count(*) AS n FROM process_activity GROUP BY 1"
    seen = watched(
        [
            tocsin("exercise", "windows-intrusion", "--out", logs, "--events", "2500"),
            tocsin("exercise", "network-intrusion", "--out", tmp_path / "more", "--events", "4000"),
            tocsin("rules", "check", rule),
            tocsin("scan", logs, tmp_path / "more", "--lake", lake, "--report", report),
            tocsin("scan", logs, "--lake", lake, "--rescan", "--rules", rule),
            tocsin("source", "test", logs / "windows"),
            tocsin("hunt", query, "--lake", lake, "--format", "csv"),
            tocsin("lake", "publish", "--lake", lake),
            tocsin("lake", "compact", "--lake", lake),
            tocsin("lake", "status", "--lake", lake),
        ],
        tmp_path,
    )
    assert seen.codes == [0] * 10, seen.said
    assert "incidents" in seen.answers[3] and report.stat().st_size > 10_000
    assert seen.answers[6].startswith("process_name,n\n") and len(seen.answers[6].splitlines()) > 5
    assert seen.attempts == []
    assert set(seen.kernel.values()) == {0}, seen.kernel
    assert seen.processes >= 10 + 2 * 2, "the forked workers of the two scans are watched too"
    assert not (tmp_path / ".cache" / "pysigma").exists(), "pySigma keeps there what it downloads"


def test_both_witnesses_notice_an_attempt(tmp_path: Path) -> None:
    seen = watched([[sys.executable, "-c", REACHES_OUT], [sys.executable, "-c", REACHES_OUT_IN_A_FORK]], tmp_path)
    events = {line.split()[2] for line in seen.attempts}
    assert events >= {"socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"}
    assert len({line.split()[1] for line in seen.attempts}) == 2, "the fork's attempt is seen as well"
    assert seen.kernel["Ip OutNoRoutes"] >= 3


@pytest.mark.parametrize("module", [parsing.mitre_attack, parsing.mitre_d3fend], ids=lambda module: module.__name__)
def test_pysigma_cannot_download_its_data(module: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_custom_cache_dir", tmp_path)
    monkeypatch.setattr(module, "_cache", None)
    load = next(getattr(module, name) for name in dir(module) if name.startswith("_load_mitre_"))
    with pytest.raises(RuleError, match="tried to download"):
        load()


def test_loading_rules_asks_pysigma_for_none_of_its_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for module in (parsing.mitre_attack, parsing.mitre_d3fend):
        for name in (each for each in dir(module) if each.startswith("_load_mitre_") or each == "_get_cache"):
            monkeypatch.setattr(module, name, lambda name=name: asked.append(name) or {})
    (tmp_path / "rule.yml").write_text(RULE, "utf-8")
    rules = load_rules([PACK, tmp_path / "rule.yml"], cache_dir=None)
    assert len(rules) > 150 and not rules.refused
    assert asked == []


LOOPBACK_UP = """\
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    fcntl.ioctl(control, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING
os.execvp(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.slow
def test_a_node_is_made_and_runs_without_a_route_and_tries_no_connection(tmp_path: Path) -> None:
    node, logs = tmp_path / "node", tmp_path / "logs"
    config, table = str(node / "tocsin.toml"), f'[[watch]]\npath = "{logs}"\n'
    watch = f"open({config!r}, 'a').write({table!r})"
    seen = watched(
        [
            tocsin("exercise", "windows-intrusion", "--out", logs, "--events", "2500"),
            tocsin("node", "init", node, "--port", "18999"),
            [sys.executable, "-c", watch],
            [sys.executable, "-c", LOOPBACK_UP, *tocsin("node", "run", node, "--minutes", "0.5")],
            tocsin("node", "status", node, "--json"),
        ],
        tmp_path,
    )
    assert seen.codes == [0, 0, 0, 0, 3], seen.said
    state = json.loads(seen.answers[4])["parts"]
    assert state["engine"]["events"] >= 2_400 and state["analyst"]["findings"] > 5
    listening = [line for line in seen.attempts if " socket.bind " in line and "('127.0.0.1', 18999)" in line]
    assert seen.attempts == listening and len(listening) == 1
    assert set(seen.kernel.values()) == {0}, seen.kernel

"""No way out, as the kernel sees it: init, scan and run under a system-call trace, in a namespace without a route."""

import json
import os
import sys
from pathlib import Path

import calls
import namespace
import pytest
from test_offline import LOOPBACK_UP, tocsin

LINES = """\
socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3
connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.1")}, 16) = -1 ENETUNREACH
connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0
connect(4, {sa_family=AF_INET6, sin6_port=htons(80), inet_pton(AF_INET6, "::1", &sin6_addr)}, 28) = 0
connect(4, {sa_family=AF_INET6, inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28 <unfinished ...>
connect(5, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT
sendto(3, "x", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.0.0.53")}, 16) = 1
sendto(3, "x", 1, MSG_NOSIGNAL, NULL, 0) = 1
sendmsg(6, {msg_name={sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, msg_namelen=12, msg_iov=[]}, 0) = 20
bind(7, {sa_family=AF_INET, sin_port=htons(8765), sin_addr=inet_addr("0.0.0.0")}, 16) = 0
accept4(7, {sa_family=AF_INET, sin_port=htons(5000), sin_addr=inet_addr("192.0.2.9")}, [16], SOCK_CLOEXEC) = 8
io_uring_setup(128, {flags=0}) = 9
+++ exited with 0 +++
"""
BESIDE_PYTHON = """\
import ctypes, struct
libc = ctypes.CDLL(None)
address = struct.pack("=HH4s8x", 2, 0x5000, bytes((192, 0, 2, 1)))
libc.connect(libc.socket(2, 1, 0), address, len(address))
"""
PORT = "18997"
ALLOWED = f'bind(N, {{sa_family=AF_INET, sin_port=htons({PORT}), sin_addr=inet_addr("127.0.0.1")}}, 16) = 0'


def test_a_trace_tells_loopback_files_and_the_way_out_apart() -> None:
    seen = calls.judge(LINES.splitlines())
    assert [line.split(",")[0] for line in seen.loopback] == ["connect(3", "connect(4"]
    assert seen.files == ('"/var/run/nscd/socket"',)
    assert [line[:9] for line in seen.outward] == [
        "connect(3",
        "connect(4",
        "sendto(3,",
        "sendmsg(6",
        "bind(7, {",
        "io_uring_",
    ]


def needs_both() -> None:
    """Skip where no namespace or trace is permitted; in CI that is a failure."""
    if reason := namespace.refusal() or calls.refusal():
        assert not os.environ.get("CI"), f"{reason}; this test needs a network namespace and strace"
        pytest.skip(reason)


@pytest.mark.slow
def test_the_trace_sees_what_passes_python_by(tmp_path: Path) -> None:
    needs_both()
    notes = tmp_path / "calls"
    done = namespace.run([calls.traced([sys.executable, "-c", BESIDE_PYTHON], notes)], tmp_path)
    assert done.attempts == [], "the audit hook does not see it"
    assert [line.partition("(")[0] for line in calls.read(notes).outward] == ["connect"]


@pytest.mark.slow
def test_under_a_trace_init_scan_and_run_reach_nothing_but_loopback(tmp_path: Path) -> None:
    needs_both()
    node, logs = tmp_path / "node", tmp_path / "logs"
    notes: dict[str, Path] = {}
    config, table = str(node / "tocsin.toml"), f'[[watch]]\npath = "{logs}"\n'

    def under(name: str, command: list[str]) -> list[str]:
        notes[name] = tmp_path / f"calls-{name}"
        return calls.traced(command, notes[name])

    commands = [
        tocsin("exercise", "windows-intrusion", "--out", logs, "--events", "2500"),
        under("init", tocsin("node", "init", node, "--port", PORT)),
        under("scan", tocsin("scan", logs, "--lake", tmp_path / "lake")),
        [sys.executable, "-c", f"open({config!r}, 'a').write({table!r})"],
        [sys.executable, "-c", LOOPBACK_UP, *under("run", tocsin("node", "run", node, "--minutes", "0.5"))],
        tocsin("node", "status", node, "--json"),
    ]
    done = namespace.run(commands, tmp_path)
    assert done.codes == [0, 0, 0, 0, 0, 3], done.said
    seen = {name: calls.read(path) for name, path in notes.items()}
    assert {name: each.outward for name, each in seen.items()} == {"init": (), "scan": (), "run": ()}
    assert {name: each.files for name, each in seen.items()} == {"init": (), "scan": (), "run": ()}
    assert seen["init"].loopback == seen["scan"].loopback == ()
    assert [line.replace(line[5 : line.index(",")], "N", 1) for line in seen["run"].loopback] == [ALLOWED]
    assert seen["scan"].processes > 2 and seen["run"].processes > 4, "children and threads are traced too"
    assert json.loads(done.answers[5])["parts"]["engine"]["events"] >= 2_400

"""Commands in a network namespace of their own, without interface and route: what they said, what they tried.

`run` starts this file again inside the namespace (`unshare`). Two witnesses look on:
1. an audit hook in every Python process (`hook/sitecustomize.py`) names each attempt to connect or to resolve;
2. the kernel counts for the namespace what any process in it sent or could not route, whatever it is written in.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS = 120  # for one command, where no other bound is named
HERE = Path(__file__).parent
COUNTED = {"Ip": ("OutRequests", "OutNoRoutes"), "Tcp": ("ActiveOpens",), "Udp": ("OutDatagrams",)}
COUNTED_6 = ("Ip6OutRequests", "Ip6OutNoRoutes", "Udp6OutDatagrams")


@dataclass(frozen=True)
class Watched:
    """What came of some commands."""

    codes: list[int]
    said: list[str]  # standard error
    answers: list[str]  # standard output
    kernel: dict[str, int]  # packets and attempts by counter
    attempts: list[str]  # as the audit hook saw them
    processes: int  # that the hook saw


def unshare() -> list[str]:
    """The command that makes the namespace: as root plainly, else with a user namespace around it."""
    return ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]


def refusal() -> str:
    """Why no namespace can be made here; empty when one can."""
    try:
        done = subprocess.run([*unshare(), "true"], capture_output=True, text=True, timeout=SECONDS, check=False)
    except OSError as error:
        return f"`unshare` cannot be started: {error}"
    return "" if done.returncode == 0 else f"`{' '.join(unshare())}` is not permitted: {done.stderr.strip()}"


def run(commands: Sequence[Sequence[str]], folder: Path, seconds: int = SECONDS) -> Watched:
    """Run commands one after another in one namespace. `folder` becomes their home, and the place of the notes."""
    notes = folder / "notes"
    notes.touch()
    environment = os.environ | {
        "TOCSIN_WATCH": str(notes),
        "PYTHONPATH": os.pathsep.join([str(HERE / "hook"), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "HOME": str(folder),
    }
    inside = [*unshare(), sys.executable, "-S", str(HERE / "namespace.py"), json.dumps(commands), str(seconds)]
    done = subprocess.run(inside, env=environment, capture_output=True, text=True, check=True)
    lines = notes.read_text("utf-8").splitlines()
    attempts = [line for line in lines if line.startswith("attempt ")]
    processes = len({line for line in lines if line.startswith("watching ")})
    return Watched(**json.loads(done.stdout), attempts=attempts, processes=processes)


def counters() -> dict[str, int]:
    """The namespace's counters of what left or should have left."""
    found: dict[str, int] = {}
    lines = [line.split() for line in Path("/proc/self/net/snmp").read_text("ascii").splitlines()]
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        kind = names[0].rstrip(":")
        seen = dict(zip(names, values, strict=True))
        found |= {f"{kind} {name}": int(seen[name]) for name in COUNTED.get(kind, ())}
    six = Path("/proc/self/net/snmp6")
    for line in six.read_text("ascii").splitlines() if six.exists() else ():
        name, value = line.split()
        found |= {name: int(value)} if name in COUNTED_6 else {}
    return found


def main() -> None:
    """Inside the namespace: run the commands, print what came of them as JSON."""
    results = [
        subprocess.run(command, capture_output=True, text=True, timeout=int(sys.argv[2]), check=False)
        for command in json.loads(sys.argv[1])
    ]
    answer = {
        "codes": [done.returncode for done in results],
        "said": [done.stderr for done in results],
        "answers": [done.stdout for done in results],
        "kernel": counters(),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()

"""`make demo`: a node on an exercise that it generates, fed live; ends by printing the queue and where to look.

Steps: 1. write a week of an intrusion at a ministry; 2. make a node and run it for half an hour; 3. log in as its first
admin; 4. feed it: the collector pushes over HTTP, other logs grow in a watched folder; 5. wait until it has looked at
everything; 6. print the queue, and its first incident explained.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.live_sending import Sender, first_session, push_token

EVENTS = 20_000
MINUTES = 30
ROUNDS = 12
WAIT_SECONDS = 70.0
PUSHED = "collector"
TOCSIN = Path(sys.executable).with_name("tocsin")


def main(folder: Path) -> int:
    """Run the demo in a folder that is new."""
    exercise, node = folder / "exercise", folder / "node"
    _tocsin("exercise", "windows-intrusion", "--out", str(exercise), "--seed", "1", "--events", str(EVENTS), "--quiet")
    told = _tocsin("node", "init", str(node), "--organisation", "Velmora Energy", "--port", "0")
    feed = folder / "feed"
    feed.mkdir()
    with (node / "tocsin.toml").open("a") as config:
        config.write(f'\n[[watch]]\npath = "{feed.resolve()}"\nnetwork = "plant"\nsensor = "files"\n')
    with (folder / "node.log").open("wb") as log:
        running = subprocess.Popen(
            [TOCSIN, "node", "run", str(node), "--minutes", str(MINUTES)],
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    (folder / "node.pid").write_text(f"{running.pid}\n")
    port = _port(node)
    print(f"The node listens on http://127.0.0.1:{port}. It is fed now, as sensors would.", flush=True)
    passwords = {line.split()[1]: line.rsplit(" ", 1)[1] for line in told.splitlines() if " account " in line}
    client = first_session(port, passwords)
    _feed(exercise, feed, Sender(port, push_token(client), None))
    _wait(node)
    _queue(folder, port, client.headers["Authorization"].removeprefix("Bearer "))
    return 0


def _tocsin(*words: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [TOCSIN, *words], check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
    )
    return done.stdout


def _port(node: Path) -> int:
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        states = [_state(node, part) for part in ("server", "engine", "analyst")]
        if all(states):
            return int(str(states[0]["port"]))
        time.sleep(0.2)
    raise SystemExit(f"the node did not start: {(node.parent / 'node.log').read_text()}")


def _state(node: Path, part: str) -> dict[str, object]:
    path = node / "run" / f"{part}.json"
    return dict(json.loads(path.read_bytes())) if path.exists() else {}


def _feed(exercise: Path, feed: Path, sender: Sender) -> None:
    """Everything in portions, in the order of the records of each log."""
    logs = {path: path.read_bytes().splitlines(keepends=True) for path in sorted((exercise / "windows").rglob("*.*"))}
    for number in range(ROUNDS):
        for path, lines in logs.items():
            part = b"".join(lines[len(lines) * number // ROUNDS : len(lines) * (number + 1) // ROUNDS])
            if not part:
                continue
            if path.parent.name == PUSHED:
                while not sender.send(part):
                    time.sleep(0.2)
            else:
                target = feed / path.relative_to(exercise)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("ab") as stream:
                    stream.write(part)
        print(f"\rfed {number + 1} of {ROUNDS} portions", end="", file=sys.stderr, flush=True)
        time.sleep(0.5)
    print(file=sys.stderr)


def _wait(node: Path) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        engine, analyst = _state(node, "engine"), _state(node, "analyst")
        if int(str(engine.get("events", 0))) >= EVENTS and not analyst.get("behind") and analyst.get("incidents"):
            return
        time.sleep(1)
    print("The node is still looking; `tocsin node status` shows how far it is.")


def _queue(folder: Path, port: int, token: str) -> None:
    home = folder / "login"
    node = (folder / "node").resolve()
    environment = {"XDG_CONFIG_HOME": str(home.resolve()), "TOCSIN_NODE": str(node)}
    sessions = home / "tocsin" / "sessions.json"
    sessions.parent.mkdir(parents=True, mode=0o700)
    sessions.write_text(json.dumps({f"http://127.0.0.1:{port}": {"name": "admin", "token": token}}))
    sessions.chmod(0o600)
    print()
    print(_tocsin("incident", "list", environment=environment))
    first = json.loads(_tocsin("incident", "list", "--json", environment=environment))[0]["id"]
    print(f"The first of them, explained (tocsin incident show {first}):\n")
    print(_tocsin("incident", "show", first, environment=environment))
    print("You are logged in as its admin in a shell with these two settings:")
    print(f"  export TOCSIN_NODE={node} XDG_CONFIG_HOME={home.resolve()}")
    print("Then look further:")
    print("  .venv/bin/tocsin explain ID           why each finding fired, test by test, and why they belong together")
    print("  .venv/bin/tocsin handover             what the next shift has to know; docs/duty.md leads through a day")
    print("  .venv/bin/tocsin node status          what it reads, refuses, drops")
    print(f"The answer key is {folder / 'exercise' / 'ground-truth.json'}; docs/node.md tells the rest on one page.")
    print("The node ends by itself, or by: make demo-stop")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

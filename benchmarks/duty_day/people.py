"""A node as its owner starts it, and people who type `tocsin …` at it: each with a folder and a session of their own.

What a person types is counted by kind of command. Everything is a process of its own, as a shell starts it.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE

import pyotp

TOCSIN = Path(sys.executable).with_name("tocsin")
OWN = "Tq7#mevala-orkis-22"
WAIT_SECONDS = 600.0
QUIET_SECONDS = 8.0  # nothing new for so long: it has looked at everything
COMMAND_SECONDS = 180
_GROUPS = {"incident", "playbook", "clock", "action", "constituent", "asset", "notify", "user", "ledger", "node"}


class CommandFailed(Exception):
    """A command ended with an exit code that was not expected."""


@dataclass
class Person:
    """Somebody at a machine of their own. `typed` counts their commands, `seconds` how long they waited."""

    name: str
    home: Path
    url: str
    typed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    secret: str = ""

    def types(self, *words: str | Path, codes: tuple[int, ...] = (0,)) -> str:
        """Run one command to its end and read what it prints on stdout."""
        told = [str(word) for word in words]
        self.typed[kind(told)] += 1
        begun = time.monotonic()
        done = subprocess.run(
            [TOCSIN, *told], env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=COMMAND_SECONDS, check=False,
        )  # fmt: skip
        self.seconds += time.monotonic() - begun
        if done.returncode not in codes:
            raise CommandFailed(
                f"tocsin {' '.join(told)}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return done.stdout

    def reads(self, *words: str | Path) -> dict[str, object]:
        """The same with --json, decoded."""
        told = json.loads(self.types(*words, "--json"))
        return dict(told) if isinstance(told, dict) else {"rows": told}

    @property
    def environment(self) -> dict[str, str]:
        """Their own sessions, and which node they mean."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("TOCSIN_NODE")}
        return {**kept, "XDG_CONFIG_HOME": str(self.home), "TOCSIN_NODE_URL": self.url, "COLUMNS": "120"}

    def logs_in(self, given: str) -> None:
        """The first login: a password of their own, then one-time codes."""
        self.home.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            [TOCSIN, "login", self.name], env=self.environment, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        assert process.stdin and process.stdout
        process.stdin.write(f"{given}\n\n{OWN}-{self.name}\n{OWN}-{self.name}\n")
        process.stdin.flush()
        shown = ""
        for line in process.stdout:
            shown += line
            if "by hand" in line:
                break
        secret = re.findall("secret ([A-Z2-7]{32})", shown)
        self.secret = secret[0] if secret else ""
        code = pyotp.TOTP(self.secret).now() if secret else ""
        out, err = process.communicate(f"{code}\n", timeout=60)
        if process.returncode:
            raise CommandFailed(f"login of {self.name}: {shown}{out}{err}")

    def logs_in_again(self) -> None:
        """A later login, which a change of the role asks for. A code counts once, so it waits for the next."""
        period = pyotp.TOTP(self.secret)
        used = period.now()
        while period.now() == used:
            time.sleep(0.5)
        (self.home / "password").write_text(f"{OWN}-{self.name}\n", "utf-8")
        self.types("login", self.name, "--password-file", self.home / "password", "--code", period.now())
        self.typed.clear()


def kind(words: list[str]) -> str:
    """Which command it is, without its arguments: `incident close`."""
    return " ".join(words[:2]) if words[0] in _GROUPS else words[0]


class Node:
    """A node in a folder, in a process group of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        told = subprocess.run(
            [TOCSIN, "node", "init", str(folder), "--organisation", "National CERT", "--port", "0"],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        self.passwords = {line.split()[1]: line.rsplit(" ", 1)[1] for line in told.splitlines() if " account " in line}
        self._log = (folder.parent / "node.log").open("wb")
        self.process = subprocess.Popen(
            [TOCSIN, "node", "run", str(folder)], stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True
        )

    def follow(self, watched: Mapping[str, Path]) -> None:
        """Let it follow the logs of each organisation from now on."""
        with (self.folder / "tocsin.toml").open("a", encoding="utf-8") as config:
            for organisation, path in watched.items():
                config.write(f'\n[[watch]]\npath = "{path}"\norganisation = "{organisation}"\n')
                config.write('network = "office"\nsensor = "collector"\n')

    def state(self, part: str) -> dict[str, object]:
        """What a process told of itself last."""
        path = self.folder / "run" / f"{part}.json"
        return dict(json.loads(path.read_bytes())) if path.exists() else {}

    def url(self) -> str:
        """Where it answers, once all of it runs."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if all(self.state(part) for part in ("server", "engine", "analyst")):
                return f"http://127.0.0.1:{self.state('server')['port']}"
            time.sleep(0.2)
        raise SystemExit(f"the node did not start; its log is {self._log.name}")

    def wait_until_it_has_looked(self, records: int) -> None:
        """Until so many records are taken and nothing has changed for a while."""
        end, since, last = time.monotonic() + WAIT_SECONDS, time.monotonic(), ("", "")
        while time.monotonic() < end:
            engine, analyst = self.state("engine"), self.state("analyst")
            told = (str(engine.get("events", 0)), str(analyst.get("incidents", "")))
            if told != last or analyst.get("behind") or int(told[0]) < records:
                since, last = time.monotonic(), told
            elif time.monotonic() - since > QUIET_SECONDS:
                return
            time.sleep(0.5)
        raise SystemExit(f"the node is still looking: {self.state('engine')} {self.state('analyst')}")

    def stop(self) -> None:
        """End it in good order."""
        self.process.terminate()
        self.process.wait(120)
        self._log.close()

"""A node's API on loopback in a thread, and the command line against it, in this process."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyotp
from api_clients import TOTP_SECRET, Api
from starlette.types import ASGIApp
from typer.testing import CliRunner

from tocsin import clock
from tocsin.cli.app import app
from tocsin.cli.node_sessions import Kept, keep
from tocsin.errors import TocsinError
from tocsin.model import Evidence, Finding, Incident, RuleInfo, ScorePart, Step
from tocsin.node.api.server import ApiServer, ServerSettings
from tocsin.node.people.accounts import Account, Role
from tocsin.node.store import findings, incidents
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_state import Opened

NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Done:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


@contextmanager
def serving(application: ASGIApp, settings: ServerSettings | None = None) -> Iterator[int]:
    """The port at which an application answers meanwhile."""
    server = ApiServer(application, settings or ServerSettings())
    port = server.bind()
    ready, loops = threading.Event(), []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve(ready.set)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(10)
    try:
        yield port
    finally:
        loops[0].call_soon_threadsafe(server.stop)
        thread.join(20)
        assert not thread.is_alive()


def command(*arguments: str | Path, typed: str = "") -> Done:
    """Run one command; `typed` are the answers to its prompts."""
    result = CliRunner().invoke(app, [str(each) for each in arguments], input=typed, catch_exceptions=True)
    error = result.exception
    if isinstance(error, TocsinError):
        return Done(error.exit_code, result.stdout, f"{result.stderr}{error}\n{error.advice()}\n")
    if error is not None and not isinstance(error, SystemExit):
        raise error
    return Done(result.exit_code, result.stdout, result.stderr)


@dataclass
class Node:
    """A node that answers at `url`."""

    api: Api
    url: str

    def log_in(self, role: Role, **state: object) -> Account:
        """Be a person of that role from now on."""
        account = self.api.account(role, **state)  # type: ignore[arg-type]
        self.be(account)
        return account

    def be(self, account: Account) -> None:
        """Be that person from now on."""
        keep(self.url, Kept(account.name, self.api.session(account)))

    def begin(self, incident: str, points: int = 50, level: str = "high", title: str = "Odd logins") -> None:
        """An incident with one finding."""
        event = Evidence("e-1", NOW, "logs/a.evtx", 7, {"Image": "http://bad.example/x\x1b[2J", "User": "anna\ud800"})
        rule = RuleInfo("rule-1", "Odd login at night", level, attack=("T1078",))
        found = Finding(rule, "PC-1", "anna", 1, NOW, NOW, ("e-1",), (event,), organisation="examplia")
        told = Incident(
            incident, title, level, ("PC-1",), ("anna",), NOW, NOW, (), (ScorePart("level", points, "it is high"),),
            ("T1078",), ("initial-access",), ("They share one account.",), ("A late shift.",), ("Call anna.",),
            stages=(Step("initial-access", "Odd login at night", level, NOW, NOW, ("PC-1",), 1),),
        )  # fmt: skip
        with self.api.desk.store.write() as connection:
            findings.put(connection, [StoredFinding(f"f-{incident}", found, NOW)])
            incidents.open_incident(connection, incident, Opened(told, (f"f-{incident}",)), NOW)


def code(secret: str = TOTP_SECRET) -> str:
    """The one-time code of this moment."""
    return str(pyotp.TOTP(secret).at(clock.now()))

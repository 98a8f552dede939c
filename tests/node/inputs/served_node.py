"""A node's API with its inputs on a port of loopback, and machines that may send."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from api_clients import Api, api_of
from people_desk import desk_over

from tocsin import limits
from tocsin.node.api.server import ApiServer, ServerSettings
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.routes import endpoints
from tocsin.node.inputs.shares import Shares
from tocsin.node.journal.writer import Journal
from tocsin.node.people.tokens import Scope
from tocsin.node.store.database import open_store


@dataclass
class Served:
    """The node that is called, its journal's folder and its headers for a machine."""

    api: Api
    intake: Intake
    journal: Path
    port: int
    headers: dict[str, str]
    client: httpx.Client

    def post(self, path: str, body: object = b"", **headers: str) -> httpx.Response:
        """Send a body; names of headers with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"http://127.0.0.1:{self.port}{path}"
        return self.client.post(url, content=body, headers={**self.headers, **named})  # type: ignore[arg-type]


@contextmanager
def served(folder: Path, most_bytes: int = limits.JOURNAL_BYTES, shares: Shares | None = None) -> Iterator[Served]:
    """A node in a folder."""
    store = open_store(f"sqlite:///{folder}/state.sqlite", create=True)
    journal = Journal(folder / "journal", most_bytes)
    intake = Intake(journal, shares=shares)
    api = api_of(desk_over(store), endpoints(intake))
    server = ApiServer(api.app, ServerSettings())
    port = server.bind()
    ready, loops = threading.Event(), []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve(ready.set)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(10)
    try:
        headers = api.machine(Scope.PUSH, Scope.OTLP)
        with httpx.Client(timeout=30) as client:
            yield Served(api, intake, folder / "journal", port, headers, client)
    finally:
        loops[0].call_soon_threadsafe(server.stop)
        thread.join(20)
        assert not thread.is_alive()
        journal.close()
        store.close()

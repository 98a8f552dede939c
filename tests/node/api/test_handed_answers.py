"""The folder of an answer goes whatever becomes of the client, and never on the event loop."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.types import Message

from tocsin.node.api.handing import TAR, handed
from tocsin.node.service.config import NodeFolder


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The threads in which folders were removed."""
    threads: list[int] = []
    remove = shutil.rmtree

    def seen(*named: Any, **more: Any) -> None:
        threads.append(threading.get_ident())
        remove(*named, **more)

    monkeypatch.setattr(shutil, "rmtree", seen)
    return threads


@pytest.mark.parametrize("stuck", [False, True])
def test_the_folder_goes_in_a_thread_also_when_the_answer_is_cancelled(
    stuck: bool, tmp_path: Path, removed: list[int]
) -> None:
    def made(folder: Path) -> Iterator[bytes]:
        (folder / "part").write_bytes(b"x")
        yield b"x"

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        if stuck:
            await anyio.sleep_forever()

    async def answered() -> int:
        answer = handed(NodeFolder(tmp_path), TAR, made)
        with anyio.move_on_after(0.1 if stuck else 60):
            await answer({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)
        return threading.get_ident()

    loop = anyio.run(answered)
    assert list((tmp_path / "spool").iterdir()) == []
    assert removed and loop not in removed

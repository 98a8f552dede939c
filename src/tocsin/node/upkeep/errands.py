"""Errands: what takes long or much memory, done for the API in a process of its own beside the server.

Rules:
1. A fresh interpreter does one errand with the node's folder. It refuses connections like every process of the node.
2. It ends when its time is over: by its own alarm, and killed by the server; and when the server ends, or is killed.
3. What it cannot do comes back as the error that it is, with its advice.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import datetime
from typing import Annotated

import msgspec

from tocsin import limits
from tocsin.errors import (
    ConfigError,
    Conflict,
    Denied,
    FactsError,
    HuntError,
    LakeError,
    LimitExceeded,
    NotFound,
    RuleError,
    StateError,
    TocsinError,
    UsageError,
)
from tocsin.node.indicator_asked import Import, Wanted
from tocsin.node.service.config import NodeFolder
from tocsin.triage.actions import ActionKind

_COMMAND = (sys.executable, "-P", "-X", "utf8", "-m", "tocsin.node.upkeep.errand_child")
_ERRORS = {
    kind.__name__: kind
    for kind in (
        ConfigError, Conflict, Denied, FactsError, HuntError, LakeError, LimitExceeded, NotFound, RuleError, StateError,
        UsageError,
    )
}  # fmt: skip


class ErrandEnded(StateError):
    """An errand ended before it was done: it took too long, met a limit of its process, or the node ends."""


Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class FindValue(msgspec.Struct, frozen=True, tag="find"):
    """Say where a person's value is."""

    value: str
    actor: str


class EraseValue(msgspec.Struct, frozen=True, tag="erase"):
    """Remove a person's value. The node pauses meanwhile."""

    value: str
    why: str
    actor: str


class ExportEvidence(msgspec.Struct, frozen=True, tag="evidence"):
    """Write what an incident rests on into a folder."""

    incident: str
    actor: str
    to: str


class HuntLake(msgspec.Struct, frozen=True, tag="hunt"):
    """Ask the lake one thing: `sql`, `indicators` or `rules` (name of the file → text); the rows go into a file."""

    to: str
    rows: int
    seconds: int
    sql: str = ""
    indicators: tuple[str, ...] = ()
    rules: dict[str, str] = {}
    since: Moment | None = None
    until: Moment | None = None


class ExplainEvents(msgspec.Struct, frozen=True, tag="explain"):
    """Say of every test of a rule (id or title) what it says of events; `strict`: an event that is gone is an error."""

    rule: str
    events: tuple[str, ...]
    strict: bool = False


class ReviewRules(msgspec.Struct, frozen=True, tag="review rules"):
    """Say what a set of rules (name → text) would have raised; the answer goes into a file of an own folder."""

    to: str
    files: dict[str, str]
    days: int
    without_refused: bool
    examples: bool


class PlaceRules(msgspec.Struct, frozen=True, tag="place rules"):
    """Put a reviewed set of rules, by its digest, in the place of the one with the digest `before`."""

    before: str
    after: str
    actor: str


class LookAtTargets(msgspec.Struct, frozen=True, tag="targets"):
    """Say whether values may be acted on and, with `seek`, who talked to them; `drop` leaves out those that may not."""

    kind: ActionKind
    values: tuple[str, ...]
    seek: bool
    drop: bool = False


class ImportAssets(msgspec.Struct, frozen=True, tag="import assets"):
    """Take a list of assets into the lake, or only say what that would change."""

    name: str
    text: str
    dry_run: bool
    actor: str


class ImportIndicators(msgspec.Struct, frozen=True, tag="import indicators"):
    """Take the indicators of a file into the lake, and look for those that are new in all that it remembers."""

    path: str
    asked: Import
    actor: str


class ListIndicators(msgspec.Struct, frozen=True, tag="list indicators"):
    """Tell what indicators the lake keeps."""

    wanted: Wanted


class RemoveIndicators(msgspec.Struct, frozen=True, tag="remove indicators"):
    """Remove a source's indicators, or a value."""

    what: str
    actor: str


Errand = (
    FindValue | EraseValue | ExportEvidence | HuntLake | ExplainEvents | ReviewRules | PlaceRules
    | LookAtTargets | ImportAssets | ImportIndicators | ListIndicators | RemoveIndicators
)  # fmt: skip


class Sent(msgspec.Struct, frozen=True):
    """What the child is told."""

    folder: str
    seconds: int
    server: int  # its process
    errand: Errand


class Said(msgspec.Struct, frozen=True):
    """The child's last word: what it did, or the error."""

    done: dict[str, object] = {}
    error: str = ""
    advice: str = ""
    kind: str = ""


class Errands:
    """The errands that a server runs."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._ended = False

    def run(self, folder: NodeFolder, errand: Errand, seconds: int = limits.ERRAND_SECONDS) -> dict[str, object]:
        """Do one errand; returns what it says. Raises the error that it met. Rule 3."""
        sent = msgspec.json.encode(Sent(str(folder.path.absolute()), seconds, os.getpid(), errand))
        process = self._start()
        try:
            output, _ = process.communicate(sent, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise ErrandEnded(f"this did not end within {seconds} seconds", "Ask for less at once.") from error
        finally:
            self._end(process)
        said = _said(output, process.returncode)
        if said.kind:
            raise _ERRORS.get(said.kind, TocsinError)(said.error, said.advice)
        return said.done

    def end(self) -> None:
        """Kill what runs and start nothing more."""
        with self._lock:
            self._ended = True
            running = list(self._running)
        for process in running:
            _kill(process)

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._ended:
                raise ErrandEnded("the node ends", "Ask again when it runs.")
            process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
            self._running.add(process)
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        _kill(process)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):  # what it was told and did not read is of no use any more
                if pipe is not None:
                    pipe.close()
        with self._lock:
            self._running.discard(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole process group. Its leader is not reaped yet, so the number is still its own."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _said(output: bytes, code: int) -> Said:
    try:
        return msgspec.json.decode(output[: limits.ERRAND_ANSWER_BYTES], type=Said)
    except msgspec.DecodeError as error:
        raise ErrandEnded(
            f"the process that did this ended with code {code}", "It most likely met a limit: ask for less at once."
        ) from error

"""Checkpoints: the node signs the end of its ledger and tells it to the witnesses that its configuration names.

Rules:
1. An end that is signed already is not signed again. Who signs holds the head of the ledger, so that no key changes
   meanwhile.
2. A checkpoint counts as witnessed when every configured witness has it. Until then it is told again.
3. A witness that cannot be reached is a warning for people (`Told.failures`), never the end of the node.
4. A file witness is appended and synced; its folder is never made, because a disk that is not mounted is no witness.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from tocsin import limits
from tocsin.lake.durable import sync
from tocsin.ledger.chain import EMPTY
from tocsin.ledger.checkpoint import Checkpoint, sign
from tocsin.ledger.witness import witness_line
from tocsin.node.service.config import Config, NodeFolder, below
from tocsin.node.store import ledger
from tocsin.node.store.database import Store
from tocsin.node.upkeep.keys import Purpose, load_signer
from tocsin.node.upkeep.private_files import FILE_MODE
from tocsin.node.upkeep.syslog_target import send_lines, syslog_target


@dataclass(frozen=True, slots=True)
class Told:
    """What was sent: how many checkpoints every witness has now, and why some do not, each a sentence."""

    sent: int
    failures: tuple[str, ...] = ()


def check_in(folder: NodeFolder, config: Config, store: Store, time: datetime) -> Told:
    """Sign the end of the ledger and tell the witnesses: what a node does every `witness.every_minutes`."""
    add_checkpoint(folder, store, time)
    return tell_witnesses(folder, config, store, time)


def add_checkpoint(folder: NodeFolder, store: Store, time: datetime) -> Checkpoint | None:
    """Sign the end of the ledger; None where there is nothing new to sign."""

    def work(connection: Connection) -> Checkpoint | None:
        head = ledger.locked_head(connection)
        if head == EMPTY or ledger.last_checkpoint(connection) == head.sequence:
            return None
        signer = load_signer(folder, Purpose.LEDGER)
        made = sign(signer.private, signer.node, head, time)
        ledger.add_checkpoint(connection, made)
        return made

    return store.transact(work)


def tell_witnesses(folder: NodeFolder, config: Config, store: Store, time: datetime) -> Told:
    """Tell the witnesses all checkpoints that they do not have yet."""
    tellers = _tellers(folder, config, time)
    with store.read() as connection:
        waiting = ledger.unwitnessed(connection, limits.WITNESS_AT_ONCE)
    if not tellers or not waiting:
        return Told(0)
    lines = [witness_line(each) for each in waiting]
    failures = tuple(why for name, tell in tellers if (why := _failure(name, tell, lines)))
    if failures:
        return Told(0, failures)
    store.transact(lambda connection: _mark(connection, waiting, time))
    return Told(len(waiting))


def append_lines(path: Path, lines: Sequence[str]) -> None:
    """Append lines to a witness file, durably. OSError where its folder is not there."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    with os.fdopen(handle, "ab") as file:
        file.write("".join(line + "\n" for line in lines).encode())
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)


def _tellers(folder: NodeFolder, config: Config, time: datetime) -> list[tuple[str, Callable[[list[str]], None]]]:
    found: list[tuple[str, Callable[[list[str]], None]]] = []
    if config.witness.file:
        path = below(folder, config.witness.file)
        found.append((f"the witness file {path}", lambda lines: append_lines(path, lines)))
    if config.witness.syslog:
        target = syslog_target(config.witness.syslog)
        found.append((f"the witness {config.witness.syslog}", lambda lines: send_lines(target, lines, time)))
    return found


def _failure(name: str, tell: Callable[[list[str]], None], lines: list[str]) -> str:
    """Why a witness was not told; empty where it was."""
    try:
        tell(lines)
    except OSError as error:
        return f"{name} cannot be told: {error.strerror or error}"
    return ""


def _mark(connection: Connection, told: Sequence[Checkpoint], time: datetime) -> None:
    for checkpoint in told:
        ledger.mark_witnessed(connection, checkpoint, time)

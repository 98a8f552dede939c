"""A state database on a server, set aside in a file before a migration, and put back from it.

Rules:
1. Both are done by the old version's program as the owner of the node's folder: it knows its own tables, and the server
   may know that owner only.
2. The file is its owner's alone. Its first line says of which version the tables are, how the ledger ends, and which
   tables of others are in the same schema; the rest are the lines of a copy (`store.copying`), of one moment.
3. Putting back is one transaction: tables go, but for those of others; tables of that version are made and filled; the
   ledger must end as it did, and has an entry of it. It may be done again. Sessions are not put back.
"""

import os
from pathlib import Path

import msgspec

from tocsin import clock
from tocsin.errors import StateError
from tocsin.lake.durable import sync
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.service.config import load_config, state_url
from tocsin.node.service.supervisor import is_running
from tocsin.node.store import ledger, migration
from tocsin.node.store.copying import copied, put_back, remove_tables, tables_of_others
from tocsin.node.store.database import fill_store
from tocsin.node.upkeep.private_files import FILE_MODE
from tocsin.node.upkeep.shell import node_folder, open_node, shell_actor

_BROKEN = "Restore the node's backup into an empty database: tocsin node restore --state URL."


class Aside(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of the file."""

    version: str
    entries: int
    head: str
    others: tuple[str, ...]


def set_state_aside(node: Path, file: Path) -> int:
    """Write the state of a node to a new file, durably; how many lines. StateError where that cannot be done."""
    lines = 0
    with open_node(node) as opened, opened.store.read() as connection:
        end = ledger.head(connection)
        version = str(migration.version(connection))
        first = Aside(version, end.sequence, end.digest, tuple(sorted(tables_of_others(connection))))
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
            with os.fdopen(handle, "wb") as out:
                out.write(msgspec.json.encode(first) + b"\n")
                for line in copied(connection):
                    out.write(line.encode())
                    lines += 1
                out.flush()
                os.fsync(handle)
            sync(file.parent)
        except OSError as error:
            raise StateError(f"{file}: cannot be written: {error.strerror}", "Make room there.") from error
    return lines


def put_state_back(node: Path, file: Path) -> int:
    """Rule 3; how many rows. StateError, and the database as it was, where the file is not whole or the node runs."""
    folder = node_folder(node)
    if is_running(folder):
        raise StateError("the node is running", "Stop it first.")
    try:
        with file.open("rb") as lines, fill_store(state_url(folder, load_config(folder.config))) as connection:
            before = msgspec.json.decode(lines.readline(), type=Aside)
            remove_tables(connection, but=before.others)
            rows = put_back(connection, before.version, lines)
            end = ledger.head(connection)
            if (end.sequence, end.digest) != (before.entries, before.head):
                raise StateError(f"{file}: the ledger does not end as its first line says", _BROKEN)
            draft = Draft(Kind.RESTORE, shell_actor(), "node", {"what": "state set aside", "entries": before.entries})
            ledger.record(connection, draft, clock.now())
            return rows
    except OSError as error:
        raise StateError(f"{file}: cannot be read: {error.strerror}", _BROKEN) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise StateError(f"{file}: its first line is none of a state that was set aside", _BROKEN) from error

"""The index of a backup: what is in it, what is not, and the SHA-256 of each file. It is a signed document.

A backup is one tar file: `trust.json` (the node's public keys), the sealed files, and last `index.json`. The index
shows names, sizes and counts, and nothing that was seen or said.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import msgspec

from tocsin import limits
from tocsin.ledger.checkpoint import Trust
from tocsin.node.upkeep.documents import DocumentError, read_document
from tocsin.node.upkeep.sealing import PassphraseSeal, RecoverySeal

BACKUP = "backup"  # the type of the document
INDEX, TRUST_MEMBER = "index.json", "trust.json"
STATE = "state.ndjson"


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sealed file: its path below the node's folder, its size as it lies in the backup, and its SHA-256."""

    name: str
    size: int
    sha256: str


class Index(msgspec.Struct, frozen=True):
    """What a backup says of itself."""

    id: str
    time: str
    tocsin: str
    schema: str  # version of the state's tables
    database: str  # `sqlite` or `postgresql`
    entries: int  # of the ledger
    head: str  # digest of the last of them
    lake: bool
    members: tuple[Member, ...]
    seals: tuple[RecoverySeal | PassphraseSeal, ...]
    missing: tuple[str, ...]  # what is not in it, for people

    @property
    def context(self) -> str:
        """What the seals are bound to."""
        return context_of(self.id)


def context_of(backup: str) -> str:
    """What the seals of a backup are bound to."""
    return f"backup {backup}"


def fields_of(index: Index) -> Mapping[str, object]:
    """The fields of the signed document."""
    found: Mapping[str, object] = msgspec.to_builtins(index)
    return found


def read_index(data: bytes, trusted: Trust) -> Index:
    """The index of a backup of a trusted node; DocumentError where it is none or where a name leads astray."""
    document: Mapping[str, Any] = read_document(data, trusted, BACKUP)
    told = {name: value for name, value in document.items() if name not in ("type", "node")}
    try:
        index = msgspec.convert(told, Index)
    except msgspec.ValidationError as error:
        raise DocumentError(
            f"the backup's index cannot be read: {error}", "A newer Tocsin made it: use that."
        ) from error
    names = [member.name for member in index.members]
    if len(names) > limits.BACKUP_FILES or len(set(names)) != len(names) or not all(map(is_safe, names)):
        raise DocumentError("the backup's index names files that cannot be", "Do not use this backup.")
    return index


def is_safe(name: str) -> bool:
    """Whether a name is a plain path that stays below the folder it is restored to."""
    path = PurePosixPath(name)
    parts = name.split("/")
    return bool(name) and not path.is_absolute() and not {"", ".", ".."} & set(parts) and "\x00" not in name

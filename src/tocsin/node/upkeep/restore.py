"""Restoring a backup into an empty folder: everything is verified before anything is written.

Steps: 1. the index is read and its signature checked against the keys that are given, else those in the backup;
2. the SHA-256 of every file is compared; 3. the seal is opened; 4. files are unsealed into the new folder, then the
state is put into its database; 5. it is entered in the restored ledger.

Where the signature is checked against the keys in the backup itself, it shows damage and not forgery: whoever forged
the backup could have put in his own keys. `Restored.key_id` is for people to compare.
"""

import hashlib
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from tocsin import limits
from tocsin.errors import StateError, UsageError
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.service.config import NodeFolder, load_config, state_url
from tocsin.node.store import ledger
from tocsin.node.store.copying import put_back
from tocsin.node.store.database import fill_store
from tocsin.node.upkeep.backup_index import INDEX, STATE, TRUST_MEMBER, Index, is_safe, read_index
from tocsin.node.upkeep.documents import DocumentError
from tocsin.node.upkeep.keys import Purpose, TrustRecord, decode_trust
from tocsin.node.upkeep.private_files import FILE_MODE, make_private_folder
from tocsin.node.upkeep.sealing import unseal_file

Opener = Callable[[Index], bytes]
"""Finds the content key of a backup: by the recovery key or by a passphrase."""

_BROKEN = "Do not use this backup: take another one."


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored; `rows` of the state, `key_id` of the key that signed the index."""

    index: Index
    rows: int
    key_id: str


def verify_backup(file: Path, trusted: TrustRecord | None = None) -> Index:
    """Steps 1 and 2: the index of a backup that is whole. DocumentError where it is not."""
    with _opened(file) as tar:
        return _verified(tar, trusted)


def restore(file: Path, to: Path, opener: Opener, actor: str, time: datetime, *, trusted: TrustRecord | None = None,
            url: str = "") -> Restored:  # fmt: skip
    """Restore a backup into a folder that is empty or not there; `url` is another state database than it names."""
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError(f"{to} is not empty", "Name an empty folder, or one that is not there yet.")
    with _opened(file) as tar:
        index = _verified(tar, trusted)
        content_key = opener(index)
        make_private_folder(to)
        try:
            _unseal_all(tar, index, content_key, to)
            rows = _fill(NodeFolder(to), index, url, actor, time)
        except BaseException:
            _empty(to)
            raise
        return Restored(index, rows, _trust(tar).active(Purpose.DOCUMENTS).key.id)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(file, "r:") as tar:
            yield tar
    except tarfile.TarError as error:
        raise DocumentError(f"{file} is no backup: {error}", "Name a file that `tocsin node backup` wrote.") from error
    except EOFError as error:
        raise DocumentError(f"{file} is cut off", _BROKEN) from error


def _verified(tar: tarfile.TarFile, trusted: TrustRecord | None) -> Index:
    index = read_index(_small(tar, INDEX), (trusted or _trust(tar)).trusted(Purpose.DOCUMENTS))
    expected = {member.name: member for member in index.members}
    seen = []
    for member in _members(tar):
        if member.name in (INDEX, TRUST_MEMBER):
            continue
        told = expected.get(member.name)
        if told is None or not member.isreg() or member.size != told.size or _digest(tar, member) != told.sha256:
            raise DocumentError(f"{member.name[:80]!r} of the backup is not what its index says", _BROKEN)
        seen.append(member.name)
    if len(seen) != len(expected) or set(seen) != set(expected):
        raise DocumentError("files of the backup are missing, or are in it twice", _BROKEN)
    return index


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for number, member in enumerate(tar):
        if number > limits.BACKUP_FILES or not is_safe(member.name):
            raise DocumentError("the backup holds files that cannot be", _BROKEN)
        yield member


def _trust(tar: tarfile.TarFile) -> TrustRecord:
    return decode_trust(_small(tar, TRUST_MEMBER), "the backup's trust.json")


def _small(tar: tarfile.TarFile, name: str) -> bytes:
    found = [member for member in _members(tar) if member.name == name]
    if len(found) != 1 or not found[0].isreg() or found[0].size > limits.BACKUP_INDEX_BYTES:
        raise DocumentError(f"the backup has no {name}, or one that cannot be", _BROKEN)
    return _file(tar, found[0]).read()


def _file(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = tar.extractfile(member)
    if file is None:
        raise DocumentError(f"{member.name[:80]!r} of the backup is no file", _BROKEN)
    return file


def _digest(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    with _file(tar, member) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it is a binary file


def _unseal_all(tar: tarfile.TarFile, index: Index, content_key: bytes, to: Path) -> None:
    for told in index.members:
        target = to / told.name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with target.open("xb") as file:
            target.chmod(FILE_MODE)
            unseal_file(_file(tar, tar.getmember(told.name)), file, content_key, told.name)


def _fill(folder: NodeFolder, index: Index, url: str, actor: str, time: datetime) -> int:
    lines = folder.path / STATE
    draft = Draft(Kind.RESTORE, actor, f"backup:{index.id}", {"entries": index.entries, "files": len(index.members)})
    with lines.open("rb") as file, fill_store(url or state_url(folder, load_config(folder.config))) as connection:
        rows = put_back(connection, index.schema, file)
        head = ledger.head(connection)
        if (head.sequence, head.digest) != (index.entries, index.head):
            raise StateError("the restored ledger does not end as the backup says", _BROKEN)
        ledger.record(connection, draft, time)
    lines.unlink()
    return rows


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()

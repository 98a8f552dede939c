"""Taking a backup while the node runs: state, configuration, keys, and the lake where it is asked for.

Steps: 1. sign the end of the ledger; 2. copy the state from one moment; 3. with the lake: copy the journal's records,
then the catalog, and link every file that they name, so that none disappears meanwhile (the journal first: what it no
longer has is in the catalog then); 4. seal all of it into a new file; 5. sign the index; 6. enter it in the ledger.
"""

import hashlib
import io
import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from tocsin import __version__
from tocsin.errors import UsageError
from tocsin.lake.durable import hidden, sync
from tocsin.ledger.chain import Head
from tocsin.ledger.entry import Draft, Kind, spelled
from tocsin.node.service.config import Config, NodeFolder, below
from tocsin.node.store import ledger, migration
from tocsin.node.store.copying import copied
from tocsin.node.upkeep.backup_index import BACKUP, INDEX, STATE, TRUST_MEMBER, Index, Member, context_of, fields_of
from tocsin.node.upkeep.backup_lake import gather_lake
from tocsin.node.upkeep.checkpoints import add_checkpoint
from tocsin.node.upkeep.documents import signed_document
from tocsin.node.upkeep.keys import TRUST, Purpose, load_signer, read_trust
from tocsin.node.upkeep.private_files import FILE_MODE
from tocsin.node.upkeep.sealing import (
    Seal,
    SealingReader,
    new_content_key,
    seal_for_passphrase,
    seal_for_recovery,
    sealed_size,
)
from tocsin.node.upkeep.shell import OpenNode
from tocsin.node.upkeep.spool import new_workshop
from tocsin.words.messages import say

_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a backup shall hold. Without a passphrase it opens with the recovery key only."""

    lake: bool = False
    passphrase: str = ""


@dataclass(frozen=True, slots=True)
class _Taken:
    """What was read of the state in one moment."""

    head: Head
    schema: str


def back_up(node: OpenNode, file: Path, wanted: Wanted, actor: str, time: datetime) -> Index:
    """Write a backup to a new file; returns its index. UsageError where the file is there already."""
    if file.exists():
        raise UsageError(f"{file} is there already", "Name a file that is not there yet.")
    add_checkpoint(node.folder, node.store, time)
    with _workshop(node) as workshop:
        taken = _copy_state(node, workshop / STATE)
        files = {STATE: workshop / STATE, **_own_files(node)}
        if wanted.lake:
            files |= gather_lake(node.folder, workshop)
        index = _index(node, wanted, taken, time)
        with _new_file(file) as target:
            index = _write(node, target, index, wanted, files)
    _enter(node, index, actor, time)
    return index


@contextmanager
def _workshop(node: OpenNode) -> Iterator[Path]:
    """A private folder on the lake's disk, removed at the end."""
    path = new_workshop(node.folder)
    try:
        yield path
    finally:
        shutil.rmtree(path)


def _copy_state(node: OpenNode, path: Path) -> _Taken:
    with node.store.read() as connection, path.open("w", encoding="ascii") as file:
        head, schema = ledger.head(connection), migration.version(connection)
        file.writelines(copied(connection))
    return _Taken(head, str(schema))


def _own_files(node: OpenNode) -> dict[str, Path]:
    """Configuration, keys, what the configuration names below the folder, and the files that people put there."""
    folder = node.folder
    paths = [folder.config, *sorted(folder.keys.glob("[!.]*")), *_named(node), *_put_there(folder)]
    return {path.relative_to(folder.path).as_posix(): path for path in paths if _inside(node, path)}


def _put_there(folder: NodeFolder) -> list[Path]:
    """Playbooks, legal clocks and the never-block list."""
    found = [*folder.playbooks.glob("[!.]*.json"), *folder.clocks.glob("[!.]*.toml"), folder.never_block]
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def _named(node: OpenNode) -> list[Path]:
    """Certificates, keys and secrets that the configuration names."""
    return [path for text in named_files(node.config) if (path := below(node.folder, text)).is_file()]


def named_files(config: Config) -> list[str]:
    """The files that a configuration names and a node needs to start."""
    texts = [config.api.certificate, config.api.key, config.api.client_authority]
    notify = config.notify
    texts += [notify.webhook_file, notify.webhook_secret_file]
    if notify.mail is not None:
        texts += [notify.mail.password_file, notify.mail.authority]
    if notify.tickets is not None:
        texts += [notify.tickets.secret_file, notify.tickets.url_file]
    for each in config.syslog:
        texts += [each.certificate, each.key, each.client_authority]
    if config.openid is not None:
        texts.append(config.openid.secret_file)
    return [text for text in texts if text]


def _inside(node: OpenNode, path: Path) -> bool:
    return path.is_relative_to(node.folder.path) and ".." not in path.parts


def _index(node: OpenNode, wanted: Wanted, taken: _Taken, time: datetime) -> Index:
    return Index(
        id=secrets.token_hex(_ID_BYTES),
        time=spelled(time),
        tocsin=__version__,
        schema=taken.schema,
        database=node.store.kind,
        entries=taken.head.sequence,
        head=taken.head.digest,
        lake=wanted.lake,
        members=(),
        seals=(),
        missing=_missing(node, wanted),
    )


def _missing(node: OpenNode, wanted: Wanted) -> tuple[str, ...]:
    missing = [say("Sessions: everybody logs in again."), say("Compiled rules: they are made again.")]
    if not wanted.lake:
        missing.append(say("The lake, the journal and the original lines: take a backup with --lake."))
    outside = [text for text in named_files(node.config) if not _inside(node, below(node.folder, text))]
    missing += [say("{file}, which lies outside the node's folder.", file=text) for text in outside]
    if node.config.detect.rules or node.config.detect.analytics:
        missing.append(say("Rules and analytics of your own: keep them in a repository."))
    return tuple(missing)


@contextmanager
def _new_file(file: Path) -> Iterator[IO[bytes]]:
    """A file that is there whole or not at all."""
    new = hidden(file)
    try:
        handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
    except FileExistsError as error:
        raise UsageError(
            f"{new} is there already: another backup writes it, or one was killed",
            "Wait until that one has ended, or remove it.",
        ) from error
    try:
        with os.fdopen(handle, "w+b") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        os.link(new, file)  # unlike a rename it never takes the place of another file
        sync(file.parent)
    finally:
        new.unlink()


def _write(node: OpenNode, target: IO[bytes], index: Index, wanted: Wanted, files: dict[str, Path]) -> Index:
    content_key = new_content_key()
    with tarfile.open(fileobj=target, mode="w:", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, TRUST_MEMBER, (node.folder.keys / TRUST).read_bytes())
        members = tuple(_add_sealed(tar, name, path, content_key) for name, path in sorted(files.items()))
        seals = _seals(node, content_key, wanted, context_of(index.id))
        told = msgspec.structs.replace(index, members=members, seals=seals)
        _add(tar, INDEX, signed_document(load_signer(node.folder, Purpose.DOCUMENTS), BACKUP, fields_of(told)))
    return told


def _seals(node: OpenNode, content_key: bytes, wanted: Wanted, context: str) -> tuple[Seal, ...]:
    recovery = read_trust(node.folder.keys / TRUST).recovery_key
    seals: list[Seal] = [seal_for_recovery(content_key, recovery, context)]
    if wanted.passphrase:
        seals.append(seal_for_passphrase(content_key, wanted.passphrase, context))
    return tuple(seals)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    tar.addfile(_header(name, len(data)), io.BytesIO(data))


def _add_sealed(tar: tarfile.TarFile, name: str, path: Path, content_key: bytes) -> Member:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        reader = _Digesting(SealingReader(file, size, content_key, name))
        header = _header(name, sealed_size(size))
        tar.addfile(header, reader)  # type: ignore[arg-type]  # it only reads
    return Member(name, header.size, reader.digest.hexdigest())


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, FILE_MODE
    return header


class _Digesting:
    """Reads on, and takes the SHA-256 of what was read."""

    def __init__(self, reader: SealingReader) -> None:
        self._reader, self.digest = reader, hashlib.sha256()

    def read(self, size: int) -> bytes:
        """The next bytes."""
        data = self._reader.read(size)
        self.digest.update(data)
        return data


def _enter(node: OpenNode, index: Index, actor: str, time: datetime) -> None:
    detail = {"entries": index.entries, "files": len(index.members), "lake": index.lake}
    draft = Draft(Kind.BACKUP, actor, f"backup:{index.id}", detail)
    node.store.transact(lambda connection: ledger.record(connection, draft, time))

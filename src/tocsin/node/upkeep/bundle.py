"""A bundle: a directory with everything that installs one version of Tocsin, checked before anything of it runs.

Rules (steps of `take_bundle`):
1. The key that says whether a bundle is genuine never comes from the bundle.
2. The signature over the list of files is checked first, then the list's form (`bundle_list`).
3. Every entry of the directory is a folder or a listed regular file: no link, no device, nothing extra or missing.
4. Each file is copied to a folder of our own while its hash is computed. Only that copy is used later, so a medium
   that is changed after the check changes nothing.
"""

import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tocsin import limits
from tocsin.errors import BundleError, UsageError
from tocsin.node.upkeep.bundle_list import LIST, SIGNATURE, read_list
from tocsin.sinks.terminal import safe

DESCRIPTION = "bundle.json"
INSTALLER = "install.sh"
FORMAT = 1
SIGNATURE_BYTES = 64  # RFC 8032 §5.1.6
_CHUNK_BYTES = limits.MIB
_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")
_AGAIN = "Fetch the bundle again, from whoever made it. Nothing of it was run."


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `bundle.json` says: the version, and the Pythons and the platform that the wheels are for."""

    format: int
    version: str
    pythons: tuple[str, ...]
    platform: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked copy of a bundle."""

    folder: Path
    description: Description

    @property
    def version(self) -> str:
        """The version that it installs."""
        return self.description.version


def version_numbers(version: str) -> tuple[int, int, int]:
    """`1.2.3` as numbers that compare. Raises BundleError for anything else."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise BundleError(f"{safe(version[:40])!r} is not a version like 1.2.3", _AGAIN)
    return int(found[1]), int(found[2]), int(found[3])


def read_key(path: Path) -> Ed25519PublicKey:
    """The public key that bundles are checked with. Raises UsageError."""
    advice = "Name the PEM file of the Ed25519 public key with --key; docs/install.md says how it is made."
    try:
        with path.open("rb") as file:
            key = load_pem_public_key(file.read(limits.BUNDLE_KEY_BYTES))
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{path}: no public key can be read: {error}", advice) from error
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path}: not an Ed25519 key", advice)
    return key


def take_bundle(source: Path, key: Ed25519PublicKey, into: Path) -> Bundle:
    """Check a bundle and copy it to `into`, which must not exist. Raises BundleError and leaves no copy then."""
    sums = read_list(_signed_list(source, key))
    found = dict(_entries(source))
    if missing := sorted(sums.keys() - found.keys()):
        raise BundleError(f"{source}: {safe(missing[0])} is missing, and {len(missing) - 1} more", _AGAIN)
    if extra := sorted(found.keys() - sums.keys() - {LIST, SIGNATURE}):
        raise BundleError(f"{source}: {safe(extra[0])} is not in {LIST}", _AGAIN)
    if sum(found.values()) > limits.BUNDLE_BYTES:
        raise BundleError(f"{source}: more than {limits.BUNDLE_BYTES // limits.GIB} GiB", _AGAIN)
    into.mkdir(mode=0o700, parents=True)
    try:
        for path, expected in sums.items():
            _copy(source / path, into / path, path, expected, found[path])
        return Bundle(into, read_description(into / DESCRIPTION))
    except BaseException:
        shutil.rmtree(into)
        raise


def read_description(path: Path) -> Description:
    """Read a `bundle.json`. Raises BundleError."""
    try:
        with path.open("rb") as file:
            found = msgspec.json.decode(file.read(limits.BUNDLE_DESCRIPTION_BYTES), type=Description)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BundleError(f"{DESCRIPTION}: cannot be read: {error}", _AGAIN) from error
    if found.format != FORMAT:
        raise BundleError(f"{DESCRIPTION}: format {found.format}, this Tocsin reads {FORMAT}", "Install a newer one.")
    version_numbers(found.version)
    return found


def _signed_list(source: Path, key: Ed25519PublicKey) -> str:
    if not (source / LIST).is_file():
        raise BundleError(f"{source} is not a bundle: it has no {LIST}", "Name the directory that `make bundle` made.")
    if not os.path.lexists(source / SIGNATURE):
        raise BundleError(f"{source} is not signed", "Ask for a signed bundle, or sign it: make bundle KEY=FILE.")
    text = _read(source / LIST, limits.BUNDLE_LIST_BYTES)
    signature = _read(source / SIGNATURE, SIGNATURE_BYTES)
    try:
        key.verify(signature, text)
    except InvalidSignature as error:
        raise BundleError(f"{source} is not signed with this key, or its {LIST} was changed", _AGAIN) from error
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"{LIST}: not UTF-8: {error}", _AGAIN) from error


def _read(path: Path, most: int) -> bytes:
    with _opened(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise BundleError(f"{path.name}: longer than {most:,} bytes", _AGAIN)
    return content


def _entries(source: Path) -> Iterator[tuple[str, int]]:
    """Path and size of every file below a folder. Raises BundleError for what is neither file nor folder."""
    count, waiting = 0, [source]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                count += 1
                path = Path(entry.path).relative_to(source).as_posix()
                mode = entry.stat(follow_symlinks=False)
                if count > 2 * limits.BUNDLE_FILES:
                    raise BundleError(f"{source}: too many files", _AGAIN)
                if stat.S_ISDIR(mode.st_mode):
                    waiting.append(Path(entry.path))
                elif stat.S_ISREG(mode.st_mode):
                    yield path, mode.st_size
                else:
                    raise BundleError(f"{source}: {safe(path)} is a link or a device, not a file", _AGAIN)


def _copy(source: Path, target: Path, path: str, expected: str, size: int) -> None:
    """Copy one file, at most as many bytes as it had when it was counted."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), size
    with _opened(source) as read, target.open("xb") as write:
        while left and (chunk := read.read(min(left, _CHUNK_BYTES))):
            digest.update(chunk)
            write.write(chunk)
            left -= len(chunk)
    if digest.hexdigest() != expected:
        raise BundleError(f"{safe(path)} is not what {LIST} says: it was changed", _AGAIN)


def _opened(path: Path) -> BinaryIO:
    """A file for reading that is not reached through a link. Raises BundleError."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BundleError(f"{safe(path.name)}: cannot be read: {error.strerror}", _AGAIN) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise BundleError(f"{safe(path.name)}: not a file", _AGAIN)
    return os.fdopen(handle, "rb")

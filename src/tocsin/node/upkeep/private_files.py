"""Files that are their owner's alone (mode 0600 in a folder of mode 0700), whole or not there."""

import os
import stat
from pathlib import Path

from tocsin.errors import ConfigError
from tocsin.lake.durable import hidden, sync

FILE_MODE, FOLDER_MODE = 0o600, 0o700
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private_folder(path: Path) -> None:
    """Make a folder that nobody else may enter."""
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    path.chmod(FOLDER_MODE)


def write_private(path: Path, data: bytes) -> None:
    """Write a file, durably, in the place of an older one."""
    new = hidden(path)
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync(path.parent)


def read_private(path: Path) -> bytes:
    """A file's content; ConfigError where it is missing or where others than its owner may touch it."""
    try:
        if open_to_others(path):
            raise ConfigError(f"{path} can be read by other users", f"Run: chmod 600 {path}. Then rotate the keys.")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read: {error.strerror}", "Restore the node's keys from a backup, or run as its user."
        ) from error


def open_to_others(path: Path) -> bool:
    """Whether group or others have any right on a file or folder."""
    return bool(path.stat().st_mode & _OTHERS)

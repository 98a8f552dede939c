"""The sessions of the person at this machine: one file that nobody else may read, an entry a node.

A session opens the node like a password, so the file is made with mode 0600 and refused with any other.
"""

import os
from pathlib import Path

import msgspec

from tocsin import limits
from tocsin.errors import UsageError

FILE = "sessions.json"


class Kept(msgspec.Struct, frozen=True):
    """The session at one node, and whose it is."""

    name: str
    token: str

    def __repr__(self) -> str:
        return f"Kept({self.name!r})"


def sessions_file() -> Path:
    """`sessions.json` in the user's configuration folder (XDG Base Directory)."""
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "tocsin" / FILE


def session_at(url: str) -> Kept | None:
    """The session at a node; None where nobody logged in."""
    return _read(sessions_file()).get(url)


def keep(url: str, session: Kept) -> None:
    """Keep the session at a node in place of an older one."""
    path = sessions_file()
    _write(path, {**_read(path), url: session})


def forget(url: str) -> None:
    """Forget the session at a node."""
    path = sessions_file()
    kept = _read(path)
    if kept.pop(url, None) is not None:
        _write(path, kept)


def _read(path: Path) -> dict[str, Kept]:
    from tocsin.node.upkeep.private_files import open_to_others

    if not path.exists():
        return {}
    if open_to_others(path):
        raise UsageError(f"{path} can be read by other users", "Delete it and log in again with `tocsin login`.")
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(limits.CLIENT_FILE_BYTES), type=dict[str, Kept])
    except msgspec.DecodeError as error:
        raise UsageError(f"{path}: {error}", "Delete it and log in again with `tocsin login`.") from error


def _write(path: Path, kept: dict[str, Kept]) -> None:
    from tocsin.node.upkeep.private_files import make_private_folder, write_private

    make_private_folder(path.parent)
    write_private(path, msgspec.json.encode(kept))

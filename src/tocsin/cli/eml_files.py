"""Mails as files (RFC 5322) that a mail program opens and sends: one for each constituent.

The folder has to be there or can be made, before anything is released: a release is not done twice. Nothing is written
over; who is not the owner reads nothing.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.triage.telling import Mail

_MODE = 0o600


def check_folder(folder: Path) -> None:
    """Make the folder. UsageError where that cannot be, or where files stand in the way already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = next(folder.glob("*.eml"), None)
    except OSError as error:
        raise UsageError(f"--output: {folder}: {error.strerror}", "Name a folder that you may write to.") from error
    if taken is not None or not os.access(folder, os.W_OK):
        raise UsageError(f"--output: {folder} holds mails already, or cannot be written to", "Name a new folder.")


def write_mails(folder: Path, mails: "Sequence[Mail]") -> list[Path]:
    """Write them; returns their paths. They have no sender: whoever sends them is it."""
    from tocsin.node.told_mails import message

    paths = []
    for number, mail in enumerate(mails, 1):
        path = folder / f"{number:03d}-{mail.constituent}.eml"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as file:
            written = message(mail)
            written["X-Unsent"] = "1"  # mail programs open it as a draft
            file.write(written.as_bytes())
        paths.append(path)
    return paths

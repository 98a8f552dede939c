"""Places for what a process puts aside for a while, and what killed ones left. A name holds its process.

The lake has a folder of its own for them.
"""

import os
import shutil
import uuid
from pathlib import Path

from tocsin.lake.database import SPILL


def spill_place(lake: Path, kind: str) -> Path:
    """A new place in the lake's folder. What dead processes left is removed."""
    spill = lake / SPILL
    spill.mkdir(exist_ok=True)
    return place_in(spill, kind)


def place_in(folder: Path, kind: str) -> Path:
    """A new name in a folder: a file's or a folder's, with this process in it. What dead ones left is removed."""
    remove_left(folder, kind)
    return folder / f"{kind}-{os.getpid()}-{uuid.uuid4().hex[:12]}"


def remove_left(folder: Path, kind: str) -> None:
    """Remove what processes that are dead put aside in a folder."""
    for left in folder.glob(f"{kind}-*-*"):
        owner = left.name.split("-")[1]
        if owner.isdecimal() and not _lives(int(owner)):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

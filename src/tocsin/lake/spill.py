"""The lake's folder for what a run puts aside, and what killed runs left in it."""

import os
import shutil
import uuid
from pathlib import Path

from tocsin.lake.database import SPILL


def spill_place(lake: Path, kind: str) -> Path:
    """A new name in the folder: a file's or a folder's, with this process in it. What dead ones left is removed."""
    spill = lake / SPILL
    spill.mkdir(exist_ok=True)
    for left in spill.glob(f"{kind}-*-*"):
        owner = left.name.split("-")[1]
        if owner.isdecimal() and not _lives(int(owner)):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    return spill / f"{kind}-{os.getpid()}-{uuid.uuid4().hex[:12]}"


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

"""The record of an upgrade on its way: what a killed upgrade had begun.

Rules:
1. A step is written down, durably, before it begins. So whatever a step may have changed is known afterwards.
2. While the record is there, the node must not start: its data may be half-way between two versions.
"""

import enum
from pathlib import Path

import msgspec

from tocsin import limits
from tocsin.errors import UpgradeError
from tocsin.lake.durable import hidden, settle, sync


class Step(enum.Enum):
    """The steps in their order. RESTORE is the way back."""

    BACKUP = "backup"
    INSTALL = "install"
    MIGRATE = "migrate"
    SWITCH = "switch"
    HEALTH = "health"
    RESTORE = "restore"


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far an upgrade is."""

    old: str
    new: str
    step: Step
    node: str = ""  # the node's folder; empty where there is no node
    backup: str = ""  # the backup of its data
    check: int = 0  # what `node check` of the old version exited with, before


def write_progress(path: Path, progress: Progress) -> None:
    """Write the record for good."""
    hidden(path).write_bytes(msgspec.json.encode(progress))
    settle([path])


def read_progress(path: Path) -> Progress | None:
    """The upgrade on its way; None when there is none. Raises UpgradeError when the record is damaged."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(limits.UPGRADE_JOURNAL_BYTES), type=Progress)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        advice = "Look which version `current` leads to, restore the newest backup if in doubt, then remove the file."
        raise UpgradeError(f"{path}: cannot be read: {error}", advice) from error


def end_progress(path: Path) -> None:
    """Forget the record: the upgrade is over."""
    path.unlink(missing_ok=True)
    sync(path.parent)

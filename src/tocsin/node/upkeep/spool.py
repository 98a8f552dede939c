"""The node's spool: what its processes put aside there for a while, and what killed ones left.

Rules:
1. `content-…`: what the engine unpacks. It alone does, so all that is there when it starts is left over.
2. `backup-PROCESS-…`: the workshop of a backup, with the state as plain text and links to files of the lake: what is
   erased stays on the disk as long as one lies there. It goes with the next start, backup or erasure.
3. `handed-…`: the server's (`handing`). `rules-…`: reviewed sets of rules, which stay (`rule_offers`).
"""

from pathlib import Path

from tocsin.lake.spill import place_in, remove_left
from tocsin.node.service.config import NodeFolder
from tocsin.node.upkeep.private_files import make_private_folder
from tocsin.telemetry.content import SPOOLED

_WORKSHOP = "backup"


def new_workshop(folder: NodeFolder) -> Path:
    """A private folder for a backup that begins."""
    make_private_folder(folder.spool)
    path = place_in(folder.spool, _WORKSHOP)
    make_private_folder(path)
    return path


def remove_workshops(folder: NodeFolder) -> None:
    """Remove those of backups that were killed."""
    remove_left(folder.spool, _WORKSHOP)


def sweep_spool(folder: NodeFolder) -> None:
    """Remove what was left, for an engine that begins and has the lake."""
    remove_workshops(folder)
    for left in folder.spool.glob(f"{SPOOLED}*"):
        left.unlink(missing_ok=True)

"""Taking Tocsin off a machine: the versions, the command and the unit. Never data, unless that is asked for by name.

Rules:
1. Data is removed only with the folder's own name typed, and only from a folder that holds a node's configuration.
2. What stays is said.
3. A link is removed only where it leads into the installation; a folder only where it is ours.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import UpgradeError, UsageError
from tocsin.lake.catalog import being_written
from tocsin.node.service.config import NodeFolder, load_config, state_url
from tocsin.node.service.supervisor import is_running
from tocsin.node.upkeep.installation import Installation


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes and what stays; `elsewhere` is data that no folder holds: a PostgreSQL database."""

    removed: tuple[Path, ...]
    kept: tuple[Path, ...]
    elsewhere: bool


def plan_removal(place: Installation, node: Path | None, typed: str | None) -> Plan:
    """Decide what goes. `typed` is the name of the node's folder when its data goes too, else None.

    Raises UsageError when the name is another one, UpgradeError while the node runs or an upgrade is on its way.
    """
    if place.journal.exists():
        raise UpgradeError("an upgrade is on its way", "Run it again until it has ended, then uninstall.")
    links = tuple(link for link in (place.unit, place.command) if link.is_symlink() and _leads_into(link, place.root))
    program = (*links, *((place.root,) if place.root.exists() else ()))
    if node is None:
        if typed is not None:
            raise UsageError("no node's data is named", "Say which with --node DIR.")
        return Plan(program, (), elsewhere=False)
    folder = NodeFolder(node.resolve())
    _check_apart(folder.path, place.root.resolve())
    if is_running(folder) or being_written(folder.lake):
        raise UpgradeError("the node is running", "Stop it first: systemctl disable --now tocsin.")
    elsewhere = not state_url(folder, load_config(folder.config)).startswith("sqlite:")
    if typed is None:
        return Plan(program, (folder.path,), elsewhere)
    _check_name(folder, typed)
    return Plan((*program, folder.path), (), elsewhere)


def remove(plan: Plan) -> None:
    """Carry a plan out: links first, so that nothing starts what is half gone."""
    for path in plan.removed:
        if path.is_symlink():
            path.unlink()
        elif path.exists():
            shutil.rmtree(path)


def _leads_into(link: Path, root: Path) -> bool:
    target = (link.parent / link.readlink()).absolute()
    return root.resolve() in (target.parent.resolve() / target.name).parents


def _check_apart(folder: Path, root: Path) -> None:
    if folder == root or root in folder.parents or folder in root.parents:
        raise UsageError(
            f"{folder} and {root} lie within each other", "Move the node's folder first, or remove by hand."
        )


def _check_name(place: NodeFolder, typed: str) -> None:
    folder = place.path
    if typed != folder.name:
        advice = f"Type {folder.name} to remove everything in {folder}, or leave --data out to keep it."
        raise UsageError("the name of the node's folder was not typed", advice)
    if not place.config.is_file() or folder == Path.home() or len(folder.parts) < 3:
        raise UsageError(f"{folder} is not a folder of a node alone", "Remove the data by hand.")

"""The lake that a command works on; one that a node owns only as a rescue.

Rules:
1. A lake without a node needs no login and no reason.
2. A lake that a node owns is reached through the node. `--rescue --reason TEXT` lets a command go on that only reads;
   one that changes the lake only while the node is stopped. The node's ledger keeps who, what and why.
3. Nothing is scanned into a node's lake: what is in it came through the node.
"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.places import default_lake
from tocsin.cli.rescue import is_rescue, rescued
from tocsin.errors import Denied, UsageError

if TYPE_CHECKING:
    from tocsin.node.service.config import NodeFolder

LakeOption = Annotated[Path | None, typer.Option("--lake", help="The lake. Default: $TOCSIN_HOME or user data folder.")]
LakeRescue = Annotated[
    bool, typer.Option("--rescue", help="Use a lake that a node owns, past the node. Its ledger keeps who, what, why.")
]
LakeReason = Annotated[str, typer.Option("--reason", help="With --rescue: why. The node keeps it.")]


class Use(StrEnum):
    """What a command does with the lake."""

    READ = "read"
    CHANGE = "change"
    FILL = "fill"


def reach(lake: Path | None, what: str, use: Use, rescue: bool = False, reason: str = "") -> Path:
    """The lake, given or by default, once it may be used. Denied where a node owns it and no rescue is asked for."""
    from tocsin.node.lake_owner import owner_of

    path = lake or default_lake()
    wanted = is_rescue(rescue, reason)
    owner = owner_of(path)
    if owner is None:
        if wanted:
            raise UsageError(f"no node owns the lake {path}", "Leave --rescue and --reason out.")
        return path
    _refuse(path, owner, use, wanted)
    with rescued(owner.path, what, reason):
        return path


def _refuse(path: Path, owner: "NodeFolder", use: Use, rescue: bool) -> None:
    """Rules 2 and 3."""
    from tocsin.node.service.supervisor import is_running

    told = f"the node in {owner.path} owns the lake {path}"
    if use is Use.FILL:
        raise Denied(told, "Let the node follow the logs (`tocsin source add`), or scan into another --lake.")
    if not rescue:
        through = (
            "`tocsin hunt` and `tocsin explain` with --node URL ask it under your login."
            if use is Use.READ
            else "The node looks after it."
        )
        raise Denied(told, f"{through} Past the node: --rescue --reason TEXT; its ledger keeps who, what and why.")
    if use is Use.CHANGE and is_running(owner):
        raise Denied(f"{told} and runs", "Stop it first: it writes to the lake as long as it runs.")

"""Through the node's API under a personal login; or, as a rescue, on the node's folder past it.

Rules:
1. A rescue is asked for by name (`--rescue`) with a reason, and leaves a ledger entry before anything else is done.
2. Where no login or no node stands in the way, the error says both ways on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin import limits
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.cli.node_client import NodeClient
    from tocsin.node.upkeep.shell import OpenNode

RescueOption = Annotated[
    bool,
    typer.Option("--rescue", help="Act on the node's folder, past its API. The ledger keeps who did what, and why."),
]
ReasonOption = Annotated[str, typer.Option("--reason", help="With --rescue: why. The node keeps it.")]
DirOption = Annotated[
    Path | None,
    typer.Option("--dir", metavar="DIR", help="With --rescue: the node's folder. Default: $TOCSIN_NODE."),
]
ANOTHER_WAY = "On the node's machine, --rescue --reason TEXT acts without a login; the ledger keeps who, what and why."


def is_rescue(rescue: bool, reason: str, folder: Path | None = None) -> bool:
    """Whether a rescue is asked for. UsageError where only its options are given."""
    if not rescue and (reason or folder):
        raise UsageError("--reason and --dir are for --rescue", "Add --rescue, or leave them out.")
    return rescue


@contextmanager
def rescued(folder: Path | None, what: str, reason: str) -> Iterator["OpenNode"]:
    """The node in a folder, after the ledger has that somebody at the shell does this, and why."""
    from tocsin.cli.places import node_folder
    from tocsin.node.upkeep.shell import open_node, rescue

    if not reason.strip():
        raise UsageError("a rescue needs a reason", "Say why with --reason TEXT; the node keeps it.")
    with open_node(node_folder(folder).path) as node:
        rescue(node, what, reason)
        yield node


@contextmanager
def through_api(
    node: str | None, authority: Path | None, seconds: float = limits.CLIENT_SECONDS
) -> Iterator["NodeClient"]:
    """The node's API under the login that is kept here. Rule 2."""
    from tocsin.cli.node_client import NoNode, NotLoggedIn, connect

    try:
        with connect(node, authority, seconds) as client:
            yield client
    except (NotLoggedIn, NoNode) as error:
        raise type(error)(str(error), f"{error.advice()} {ANOTHER_WAY}") from error

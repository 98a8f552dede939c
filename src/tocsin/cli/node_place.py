"""Where a node's folder is, for the commands that work on it directly."""

import os
from pathlib import Path
from typing import Annotated

import typer

from tocsin.errors import UsageError

NodeOption = Annotated[
    Path | None, typer.Option("--node", help="The node's folder. Default: $TOCSIN_NODE.", show_default=False)
]
_VARIABLE = "TOCSIN_NODE"


def node_path(given: Path | None) -> Path:
    """The given folder, else `$TOCSIN_NODE`. Raises UsageError where neither is said."""
    named = os.environ.get(_VARIABLE)
    if given is None and not named:
        raise UsageError("which node?", f"Name its folder with --node, or set {_VARIABLE}.")
    return given or Path(str(named))

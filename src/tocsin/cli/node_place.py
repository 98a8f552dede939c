"""The option that names a node's folder, for commands that work on it directly."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.places import node_folder

NodeOption = Annotated[
    Path | None, typer.Option("--node", help="The node's folder; default $TOCSIN_NODE.", show_default=False)
]


def node_path(given: Path | None) -> Path:
    """The given folder, else `$TOCSIN_NODE`. Raises where there is no node in it."""
    return node_folder(given).path

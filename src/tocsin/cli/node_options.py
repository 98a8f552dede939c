"""Options that every command has which speaks to a node."""

from pathlib import Path
from typing import Annotated

import typer

Node = Annotated[
    str | None,
    typer.Option(
        "--node",
        metavar="URL",
        help="The node's address. Default: $TOCSIN_NODE_URL, the node in the folder $TOCSIN_NODE, "
        "or http://127.0.0.1:8765.",
    ),
]
Authority = Annotated[
    Path | None,
    typer.Option(
        "--ca",
        metavar="FILE",
        envvar="TOCSIN_NODE_CA",
        help="PEM file of the certificate or authority that the node's certificate must be of. "
        "Default: $TOCSIN_NODE_CA, or what this machine trusts.",
        show_envvar=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")]
Why = Annotated[str, typer.Option("--why", help="The reason; the node keeps it.")]

"""`tocsin source list`: what comes in to a node, by its own word or, where it does not answer, its configuration."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.node_options import AsJson, Authority, Node

if TYPE_CHECKING:
    from tocsin.cli.node_inputs import Input
    from tocsin.node.service.config import Config


def list_(
    folder: Annotated[
        Path | None, typer.Option("--dir", help="The node's folder. Default: $TOCSIN_NODE.", show_default=False)
    ] = None,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """Name the sources of a node: what each sent, what was refused or lost, when it was heard, and who is not listed.

    Where the node does not answer or nobody is logged in, its configuration is read instead.

    Example: [bold]tocsin source list[/bold]
    """
    from tocsin.cli.node_client import connect
    from tocsin.cli.node_inputs import Input
    from tocsin.errors import Denied, NodeUnreachable

    known = folder is not None or bool(os.environ.get("TOCSIN_NODE"))
    try:
        with connect(node, ca) as client:
            status = client.get("/status")
        inputs, told = status.part("inputs", list[Input]), status.content["inputs"]
    except (NodeUnreachable, Denied) as error:
        if not known:
            raise
        typer.echo(f"tocsin: {error}; this is the configuration.", err=True)
        inputs, told = None, None
    config = _config(folder) if known else None
    if as_json:
        _write_json(told, config)
    else:
        _write_tables(inputs, config)


def _config(folder: Path | None) -> "Config":
    from tocsin.cli.places import node_folder
    from tocsin.node.service.config import load_config

    return load_config(node_folder(folder).config)


def _write_json(told: object, config: "Config | None") -> None:
    import msgspec

    from tocsin.sinks import json

    watch, syslog = (config.watch, config.syslog) if config else ([], [])
    typer.echo(json.dumps({"inputs": told, **msgspec.to_builtins({"watch": watch, "syslog": syslog})}))


def _write_tables(inputs: "list[Input] | None", config: "Config | None") -> None:
    from rich.console import Console

    from tocsin.cli.source_tables import configured, received

    out = Console(highlight=False)
    if config is not None and (config.watch or config.syslog):
        out.print(configured(config))
    elif config is not None:
        typer.echo("The configuration names no source. Sensors may send with a token: tocsin user token add.")
    if inputs:
        out.print(received(inputs))
    elif inputs is not None:
        typer.echo("Nothing was sent to the node since it started.")

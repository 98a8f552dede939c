"""`tocsin source add`: one more source in a node's configuration."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.node.service.config import Config

UNREADABLE = 1
_LOOKED_AT = 5  # sources of a folder that are looked at before it is added
_BY_HAND = "Write it into tocsin.toml by hand: docs/inputs.md."


def add(
    path: Annotated[
        Path | None, typer.Argument(help="A file or folder whose logs the node follows.", show_default=False)
    ] = None,
    syslog: Annotated[
        str | None, typer.Option("--syslog", metavar="HOST:PORT", help="Listen here for syslog instead.")
    ] = None,
    protocol: Annotated[str, typer.Option("--protocol", help="Of --syslog: tcp or udp.")] = "tcp",
    sender: Annotated[
        str, typer.Option("--sender", help="Of --syslog: the address or range that is heard, such as 192.0.2.0/24.")
    ] = "",
    organisation: Annotated[str, typer.Option("--organisation", help="Whose logs. Default: the node's.")] = "",
    network: Annotated[str, typer.Option("--network", help="Of which network. Default: the node's.")] = "",
    sensor: Annotated[str, typer.Option("--sensor", help="What saw it.")] = "",
    reader: Annotated[str, typer.Option("--reader", help="Its reader. Default: recognised by content.")] = "",
    tz: Annotated[str, typer.Option("--tz", help="Zone of times that carry none; for a path.")] = "UTC",
    anyway: Annotated[bool, typer.Option("--anyway", help="Add a path where nothing can be read yet.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="The node's folder. Default: $TOCSIN_NODE.", show_default=False)
    ] = None,
) -> None:
    """Tell what a source gives, like `source test`, and add it to a node's configuration. The comments stay.

    It is done at the shell, on the node's folder; the ledger has it first. Exit 1, and nothing added, when nothing can
    be read.

    Example: [bold]tocsin source add /var/log/suricata/eve.json --sensor suricata-1 --network office[/bold]
    """
    from tocsin.cli.places import node_folder
    from tocsin.node.service.config import load_config
    from tocsin.node.upkeep.new_source import add_source

    if (path is None) == (syslog is None):
        raise UsageError("name a path, or --syslog", "One call adds one source.")
    place = node_folder(folder)
    config = load_config(place.config)
    origin = {"organisation": organisation, "network": network, "sensor": sensor, "reader": reader}
    if path is not None:
        tables = _watch(config, path.expanduser().absolute(), origin, tz)
        if not _told(path, tz, reader) and not anyway:
            typer.echo("tocsin: nothing can be read there, so it is not added; --anyway adds it.", err=True)
            raise typer.Exit(UNREADABLE)
    else:
        tables = _syslog(config, syslog or "", protocol, {"address": sender, **origin})
    add_source(place, "syslog" if path is None else "watch", tables)
    typer.echo(f"Added to {place.config}. A running node takes it over within seconds.")


def _told(path: Path, tz: str, reader: str) -> bool:
    """Say what the first sources give; whether any record could be read."""
    from itertools import islice

    from rich.console import Console

    from tocsin.cli.source_look import looks, show_look

    out, read = Console(highlight=False), 0
    if not path.exists():
        return False
    for seen in islice(looks([str(path)], None, tz, reader or None), _LOOKED_AT):
        read += seen.records
        show_look(seen, out)
    return read > 0


def _watch(config: "Config", path: Path, origin: dict[str, str], tz: str) -> str:
    from tocsin.node.service.config_edit import table_text

    if any(each.path == str(path) for each in config.watch):
        raise UsageError(f"{path} is followed already", "Change its table in tocsin.toml.")
    _check_reader(origin["reader"])
    return table_text("watch", {"path": str(path), **origin, "timezone": tz})


def _syslog(config: "Config", listen: str, protocol: str, sender: dict[str, str]) -> str:
    """A listener with its first sender, or one more sender of the last listener in the file."""
    from tocsin.node.service.config_edit import table_text

    _check_listener(listen, protocol, sender["address"])
    _check_reader(sender["reader"])
    same = [number for number, each in enumerate(config.syslog) if (each.listen, each.protocol) == (listen, protocol)]
    if same and same[-1] != len(config.syslog) - 1:
        raise UsageError(f"{listen} stands in the configuration, and other listeners after it", _BY_HAND)
    senders = table_text("syslog.senders", sender)
    return senders if same else table_text("syslog", {"listen": listen, "protocol": protocol}) + "\n" + senders


def _check_listener(listen: str, protocol: str, sender: str) -> None:
    """UsageError for what the node could not listen to, or would hear nobody at."""
    import ipaddress

    if protocol not in ("tcp", "udp"):
        raise UsageError(f"--protocol: {protocol!r} is not tcp or udp", f"TLS needs certificates. {_BY_HAND}")
    host, _, port = listen.rpartition(":")
    try:
        ipaddress.ip_address(host.strip("[]"))
        ipaddress.ip_network(sender)
    except ValueError as error:
        raise UsageError(
            f"--syslog, --sender: {error}", "Write 0.0.0.0:5514 and a range such as 192.0.2.0/24."
        ) from error
    if not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise UsageError(f"--syslog: {listen!r} names no port", "Write it like 0.0.0.0:5514.")


def _check_reader(name: str) -> None:
    """UsageError, with the known names, for a reader that does not exist."""
    from tocsin.telemetry.registry import reader_by_name

    if name:
        reader_by_name(name)

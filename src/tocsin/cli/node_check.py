"""`tocsin node check`: whether a node is in order, line by line."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tocsin.cli.node_options import Authority, Node
from tocsin.cli.rescue import ReasonOption, RescueOption, is_rescue, through_api
from tocsin.errors import TocsinError, UsageError

if TYPE_CHECKING:
    from tocsin.node.service.config import NodeFolder

FAILED = 1


class CheckFormat(StrEnum):
    """What is written to stdout."""

    text = "text"
    json = "json"


def check(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="The node's folder; default $TOCSIN_NODE.", show_default=False),
    ] = None,
    output: Annotated[CheckFormat, typer.Option("--format", help="`json` is signed by the node.")] = CheckFormat.text,
    node: Node = None,
    ca: Authority = None,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
) -> None:
    """Say whether a node is in order: each line with what was seen and what to do. Exit 1 when a line fails.

    Clock, TLS, keys, retention, roles, versions, disk, inputs, rejects, sensors and their clocks, switches, backup,
    witness, permissions, and whom the node may connect to. The node says so itself; one that does not run is looked at
    with --rescue.
    Example: [bold]tocsin node check --format json[/bold]
    """
    signed = output is CheckFormat.json
    if is_rescue(rescue, reason):
        in_order = _look(folder, reason, signed)
    else:
        answer = _asked(folder, node, ca)
        document = _read(answer)
        in_order = document.in_order
        _write(answer) if signed else _tell(document.lines)
    if not in_order:
        raise typer.Exit(FAILED)


class _Line(msgspec.Struct, frozen=True):
    name: str
    result: str
    seen: str
    advice: str


class _Check(msgspec.Struct, frozen=True):
    in_order: bool
    lines: list[_Line]


class _Signed(msgspec.Struct, frozen=True):
    document: _Check


def _asked(folder: Path | None, node: str | None, ca: Path | None) -> bytes:
    """What the node says of itself."""
    from tocsin.cli.node_address import of_folder
    from tocsin.cli.places import node_folder

    if folder is not None and node is not None:
        raise UsageError("a folder and an address are two nodes", "Name DIR or --node URL.")
    url = node if folder is None else of_folder(node_folder(folder).path)
    with through_api(url, ca) as client:
        return client.raw("/check")


def _look(folder: Path | None, reason: str, signed: bool) -> bool:
    """Tell what the node's folder says, also where it has no key to sign with; returns whether all is in order."""
    from tocsin import clock
    from tocsin.cli.places import node_folder
    from tocsin.node.upkeep.check import fails, judged
    from tocsin.node.upkeep.check_gather import gather
    from tocsin.node.upkeep.check_signed import signed_lines

    place, now = node_folder(folder), clock.now()
    _enter(place, reason)
    lines = judged(gather(place, now))
    if signed:
        _write(signed_lines(place, lines, now))
    else:
        _tell([_Line(line.name, str(line.result), line.seen, line.advice) for line in lines])
    return not fails(lines)


def _write(document: bytes) -> None:
    typer.echo(document.decode(), nl=False)


def _enter(place: "NodeFolder", reason: str) -> None:
    """Enter the rescue. What cannot be entered is told: a check is for a node that is damaged, too."""
    from tocsin.node.store.reasons import check_reason
    from tocsin.node.upkeep.shell import open_node, rescue
    from tocsin.sinks.terminal import safe

    check_reason(reason)
    try:
        with open_node(place.path) as opened:
            rescue(opened, "node check", reason)
    except TocsinError as error:
        typer.echo(safe(f"tocsin: the ledger does not have this rescue: {error}"), err=True)


def _read(told: bytes) -> _Check:
    from tocsin.errors import NodeUnreachable

    try:
        return msgspec.json.decode(told, type=_Signed).document
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise NodeUnreachable("the node's answer is no check", "Compare the versions here and at the node.") from error


def _tell(lines: list[_Line]) -> None:
    from tocsin.sinks.terminal import safe

    for line in lines:
        typer.echo(safe(f"{line.result.upper():<4}  {line.name}: {line.seen}"))
        if line.advice:
            typer.echo(safe(f"      → {line.advice}"))

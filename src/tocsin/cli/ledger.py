"""`tocsin ledger …`: whether a ledger is the one that was written, and a copy of it for others to check."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from tocsin.cli.node_place import NodeOption, node_path
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.ledger.checkpoint import Checkpoint, Trust
    from tocsin.ledger.verify import Verdict

app = typer.Typer(help="Verify and export a node's ledger.", no_args_is_help=True)

DAMAGED = 1


@app.command()
def verify(
    export: Annotated[
        Path | None, typer.Argument(help="An export, to verify it without its node.", show_default=False)
    ] = None,
    witness: Annotated[
        Path | None, typer.Option(help="File with what the witness kept, such as the syslog of that machine.")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="The node's public keys (trust.json), for an export.", show_default=False)
    ] = None,
    node: NodeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of sentences.")] = False,
) -> None:
    """Say whether a ledger is the one that was written, and which entry is the first that is not; exit 1 then.

    Only a witness shows that somebody with the node's keys wrote the ledger anew or cut its end off.

    Example: [bold]tocsin ledger verify --node /srv/tocsin --witness /mnt/other/witness.log[/bold]
    """
    kept, rejects = _witnessed(witness)
    found = _of_node(node_path(node), kept) if export is None else _of_export(export, keys, kept)
    if as_json:
        typer.echo(json.dumps({"holds": found.holds, "witness_rejects": rejects, "verdict": asdict(found)}, indent=2))
    else:
        _tell(found, rejects, witness is not None)
    if not found.holds:
        raise typer.Exit(DAMAGED)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write it; a file that is not there yet.")],
    node: NodeOption = None,
) -> None:
    """Write the whole ledger to a file that anybody can verify; that this was done is the ledger's last entry.

    Example: [bold]tocsin ledger export ledger.ndjson --node /srv/tocsin[/bold]
    """
    from tocsin import clock
    from tocsin.ledger.entry import Draft, Kind
    from tocsin.node.store import ledger
    from tocsin.node.upkeep.checkpoints import add_checkpoint
    from tocsin.node.upkeep.shell import open_node, shell_actor

    with open_node(node_path(node)) as opened, _new(file) as target:
        draft = Draft(Kind.EXPORT, shell_actor(), "node", {"what": "ledger"})
        opened.store.transact(lambda connection: ledger.record(connection, draft))
        add_checkpoint(opened.folder, opened.store, clock.now())
        with opened.store.read() as connection:
            target.writelines(ledger.export(connection))
    typer.echo(f"{file} is written. Give {opened.folder.keys / 'trust.json'} to whoever verifies it.")


def _new(file: Path) -> TextIO:
    try:
        return file.open("x", encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{file} cannot be made: {error.strerror}", "Name a file that is not there yet.") from error


def _of_node(path: Path, kept: "Sequence[Checkpoint]") -> "Verdict":
    from tocsin.ledger.verify import verify as run
    from tocsin.node.store import ledger
    from tocsin.node.upkeep.keys import load_trust
    from tocsin.node.upkeep.shell import open_node

    with open_node(path) as opened, opened.store.read() as connection:
        return run(ledger.entries(connection), ledger.checkpoints(connection), load_trust(opened.folder), kept)


def _of_export(path: Path, keys: Path | None, kept: "Sequence[Checkpoint]") -> "Verdict":
    from tocsin.ledger.lines import read_export
    from tocsin.ledger.verify import verify_stream

    try:
        with path.open("rb") as file:
            return verify_stream(read_export(file), _trusted(keys), kept)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "Name a file that `tocsin ledger export` wrote.") from error


def _trusted(keys: Path | None) -> "Trust":
    from tocsin.node.upkeep.keys import Purpose, read_trust

    if keys is None:
        raise UsageError("an export is verified with the node's public keys", "Name them: --keys trust.json.")
    return read_trust(keys).trusted(Purpose.LEDGER)


def _witnessed(path: Path | None) -> "tuple[list[Checkpoint], int]":
    from tocsin.ledger.checkpoint import Checkpoint
    from tocsin.ledger.witness import read_witness

    if path is None:
        return [], 0
    try:
        with path.open("rb") as file:
            items = list(read_witness(file))
    except OSError as error:
        raise UsageError(f"--witness: {path}: {error.strerror}", "Name a file that you may read.") from error
    kept = [item for item in items if isinstance(item, Checkpoint)]
    return kept, len(items) - len(kept)


def _tell(found: "Verdict", rejects: int, with_witness: bool) -> None:
    from tocsin.sinks.terminal import safe

    if found.fault is not None:
        typer.echo(safe(f"The ledger does not hold: {found.fault.why}."))
        typer.echo(f"Nothing from entry {found.fault.since} on is proved.")
    else:
        typer.echo(f"The ledger holds: {found.head.sequence:,} entries, signed up to entry {found.proved:,}.")
    if with_witness:
        typer.echo(f"The witness proves it up to entry {found.witnessed:,}.")
    else:
        typer.echo("Without a witness, nobody can say whether who is root on the node wrote it anew.")
    if found.unproven:
        typer.echo(f"{found.unproven:,} checkpoints of revoked keys prove nothing without a witness.")
    if found.foreign or rejects:
        typer.echo(f"The witness has {found.foreign:,} checkpoints of others and {rejects:,} damaged lines.")

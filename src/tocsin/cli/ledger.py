"""`tocsin ledger …`: whether a ledger is the one that was written, and a copy of it for others to check."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import msgspec
import typer

from tocsin import limits
from tocsin.cli.node_options import Authority, Node
from tocsin.cli.rescue import DirOption, ReasonOption, RescueOption, is_rescue, rescued, through_api
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.ledger.verify import Verdict
    from tocsin.node.upkeep.shell import OpenNode

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
    node: Node = None,
    ca: Authority = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of sentences.")] = False,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
    folder: DirOption = None,
) -> None:
    """Say whether a ledger is the one that was written, and which entry is the first that is not; exit 1 then.

    The node verifies its own; an export needs no node. Only a witness shows that somebody with the node's keys wrote
    the ledger anew or cut its end off.

    Example: [bold]tocsin ledger verify --witness /mnt/other/witness.log[/bold]
    """
    from tocsin.cli import ledger_reading

    kept, rejects = ledger_reading.witnessed(witness)
    if is_rescue(rescue, reason, folder):
        with rescued(folder, "ledger verify", reason) as opened:
            found = ledger_reading.of_folder(opened, kept)
    elif export is not None:
        found = ledger_reading.of_export(export, keys, kept)
    else:
        with through_api(node, ca, limits.CLIENT_ERRAND_SECONDS) as client:
            found = ledger_reading.of_api(client, keys, kept)
    if as_json:
        typer.echo(json.dumps({"holds": found.holds, "witness_rejects": rejects, "verdict": asdict(found)}, indent=2))
    else:
        _tell(found, rejects, witness is not None)
    if not found.holds:
        raise typer.Exit(DAMAGED)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write it; a file that is not there yet.")],
    keys: Annotated[
        Path | None, typer.Option("--keys", help="Write the node's public keys too, for whoever verifies.")
    ] = None,
    node: Node = None,
    ca: Authority = None,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
    folder: DirOption = None,
) -> None:
    """Write the whole ledger to a file that anybody can verify; that this was done is the ledger's last entry.

    Example: [bold]tocsin ledger export ledger.ndjson --keys trust.json[/bold]
    """
    from tocsin.node.upkeep.keys import TRUST, TrustRecord, read_trust

    if is_rescue(rescue, reason, folder):
        with rescued(folder, "ledger export", reason) as opened, _new(file) as target:
            target.writelines(_exported(opened))
            known = read_trust(opened.folder.keys / TRUST)
    else:
        with through_api(node, ca, limits.CLIENT_ERRAND_SECONDS) as client:
            known = client.get("/keys").part("trust", TrustRecord)
            with client.receive("GET", "/ledger/export", limits.CLIENT_LEDGER_BYTES) as parts, _new(file) as target:
                target.writelines(parts)
    typer.echo(f"{file} is written.")
    if keys is not None:
        with _new(keys) as target:
            target.write(msgspec.json.format(msgspec.json.encode(known)) + b"\n")
        typer.echo(f"Give {keys} to whoever verifies it.")


@app.command()
def rescues(
    node: Node = None,
    ca: Authority = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")] = False,
) -> None:
    """List what was done at the node's shell past its API: when, by which user of the machine, what and why.

    Example: [bold]tocsin ledger rescues[/bold]
    """
    from tocsin.node.store.reasons import Rescue
    from tocsin.sinks.terminal import safe
    from tocsin.words.dates import utc

    with through_api(node, ca) as client:
        answer = client.get("/ledger/rescues")
    if as_json:
        typer.echo(json.dumps(answer.content["rescues"]))
        return
    for each in answer.part("rescues", list[Rescue]):
        typer.echo(safe(f"{each.sequence:>8}  {utc(each.time)}  {each.actor}  {each.what}: {each.why}"))


def _exported(opened: "OpenNode") -> "Iterator[bytes]":
    from tocsin import clock
    from tocsin.ledger.entry import Draft, Kind
    from tocsin.node.store import ledger
    from tocsin.node.upkeep.checkpoints import add_checkpoint
    from tocsin.node.upkeep.shell import shell_actor

    draft = Draft(Kind.EXPORT, shell_actor(), "node", {"what": "ledger"})
    opened.store.transact(lambda connection: ledger.record(connection, draft))
    add_checkpoint(opened.folder, opened.store, clock.now())
    with opened.store.read() as connection:
        for line in ledger.export(connection):
            yield line.encode()


def _new(file: Path) -> BinaryIO:
    try:
        return file.open("xb")
    except OSError as error:
        raise UsageError(f"{file} cannot be made: {error.strerror}", "Name a file that is not there yet.") from error


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

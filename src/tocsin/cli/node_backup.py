"""`tocsin node backup` and `tocsin node restore`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.interrupts import ends_in_order
from tocsin.cli.node_place import NodeOption, node_path
from tocsin.cli.rescue import rescued
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.node.upkeep.backup_index import Index

PassphraseOption = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File whose first line is a passphrase.", show_default=False)
]


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; a file that is not there yet.")],
    node: NodeOption = None,
    lake: Annotated[bool, typer.Option("--lake", help="With the lake, the journal and the original lines.")] = False,
    passphrase_file: PassphraseOption = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; the node keeps it.")] = "a backup",
) -> None:
    """Back up a node while it runs: state, configuration, keys, all sealed. The recovery key opens it.

    It needs the node's folder, so it is a rescue: the ledger keeps which user of the machine did it, and why.

    Example: [bold]tocsin node backup /mnt/other/tocsin.tar --node /srv/tocsin --lake[/bold]
    """
    from tocsin import clock
    from tocsin.node.upkeep.backup import Wanted, back_up
    from tocsin.node.upkeep.shell import shell_actor

    wanted = Wanted(lake, _first_line(passphrase_file) if passphrase_file else "")
    with ends_in_order(), rescued(node_path(node), "node backup", reason) as opened:
        index = back_up(opened, file, wanted, shell_actor(), clock.now())
    typer.echo(f"{file} holds backup {index.id}: {len(index.members):,} files, {index.entries:,} ledger entries.")
    _tell_missing(index)
    typer.echo("Keep it on another machine, and the recovery key apart from both.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `tocsin node backup` wrote.")],
    to: Annotated[Path, typer.Option("--to", help="The folder of the restored node: empty, or not there yet.")],
    recovery_key_file: Annotated[
        Path | None, typer.Option(help="File whose first line is the recovery key.", show_default=False)
    ] = None,
    passphrase_file: PassphraseOption = None,
    keys: Annotated[
        Path | None, typer.Option(help="The node's trust.json from elsewhere: shows a forged backup.")
    ] = None,
    state: Annotated[str, typer.Option(help="URL of another state database than the configuration names.")] = "",
) -> None:
    """Restore a backup into an empty folder; everything is verified before anything is written.

    Example: [bold]tocsin node restore tocsin.tar --to /srv/tocsin --recovery-key-file key.txt[/bold]
    """
    from tocsin import clock
    from tocsin.node.upkeep.keys import read_trust
    from tocsin.node.upkeep.restore import restore as run
    from tocsin.node.upkeep.shell import shell_actor

    opener = _opener(recovery_key_file, passphrase_file)
    trusted = None if keys is None else read_trust(keys)
    done = run(file, to, opener, shell_actor(), clock.now(), trusted=trusted, url=state)
    typer.echo(f"{to} holds the node of {done.index.time}: {done.rows:,} rows of state, signed by key {done.key_id}.")
    if trusted is None:
        typer.echo("Compare that key with one you wrote down, or name --keys: the backup vouches only for itself.")
    if state:
        typer.echo("Put the state database's URL into state.url of tocsin.toml.")
    _tell_missing(done.index)


def _tell_missing(index: "Index") -> None:
    from tocsin.sinks.terminal import safe

    typer.echo("Not in it:")
    for each in index.missing:
        typer.echo(safe(f"  {each}"))


def _opener(recovery: Path | None, passphrase: Path | None) -> "Callable[[Index], bytes]":
    """How the content key of a backup is found."""
    from tocsin.node.upkeep.backup_index import Index
    from tocsin.node.upkeep.keys import read_recovery_key
    from tocsin.node.upkeep.sealing import PassphraseSeal, RecoverySeal, open_with_passphrase, open_with_recovery

    if (recovery is None) == (passphrase is None):
        raise UsageError("what opens the backup?", "Name --recovery-key-file or --passphrase-file.")
    private = None if recovery is None else read_recovery_key(_first_line(recovery))

    def opened(index: Index) -> bytes:
        for seal in index.seals:
            if private is not None and isinstance(seal, RecoverySeal):
                return open_with_recovery(seal, private, index.context)
            if passphrase is not None and isinstance(seal, PassphraseSeal):
                return open_with_passphrase(seal, _first_line(passphrase), index.context)
        raise UsageError("the backup was not sealed to a passphrase", "Name --recovery-key-file.")

    return opened


def _first_line(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read", "Name a text file that you may read.") from error
    return text.partition("\n")[0].rstrip("\r")

"""`tocsin key …`: the keys that sign a node's ledger and documents."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.node_place import NodeOption, node_path

if TYPE_CHECKING:
    from tocsin.node.upkeep.key_changes import Acting
    from tocsin.node.upkeep.shell import OpenNode

app = typer.Typer(help="Look at the keys that sign for a node, and change them.", no_args_is_help=True)


@app.command("list")
def listed(
    node: NodeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")] = False,
) -> None:
    """List the public keys: what each signs, for which entries of the ledger, and whether it was revoked.

    Example: [bold]tocsin key list --node /srv/tocsin[/bold]
    """
    from tocsin.node.upkeep.keys import TRUST, read_trust
    from tocsin.node.upkeep.shell import node_folder

    known = read_trust(node_folder(node_path(node)).keys / TRUST)
    rows = [
        {
            "id": record.key.id,
            "signs": str(record.purpose),
            "made": record.made,
            "first": record.first,
            "last": record.last,
            "revoked": record.revoked,
            "public": record.public,
        }
        for record in known.keys
    ]
    if as_json:
        typer.echo(json.dumps({"node": known.node, "keys": rows}, indent=2))
        return
    for row in rows:
        state = "revoked" if row["revoked"] else "in use" if row["last"] is None else "replaced"
        entries = f"entries {row['first']} to {'now' if row['last'] is None else row['last']}"
        typer.echo(f"{row['id']}  {row['signs']:<9}  {state:<8}  {entries}  made {row['made']}")


@app.command()
def rotate(
    purpose: Annotated[str, typer.Argument(help="`ledger` or `documents`.")],
    node: NodeOption = None,
) -> None:
    """Let a new key sign from now on; the old one vouches for it and its private half is removed.

    Example: [bold]tocsin key rotate ledger --node /srv/tocsin[/bold]
    """
    from tocsin.errors import UsageError
    from tocsin.node.upkeep.key_changes import rotate as run
    from tocsin.node.upkeep.keys import Purpose
    from tocsin.node.upkeep.shell import open_node

    if purpose not in tuple(Purpose):
        raise UsageError(f"no key signs {purpose!r}", "Name `ledger` or `documents`.")
    with open_node(node_path(node)) as opened:
        new = run(_acting(opened), Purpose(purpose))
    typer.echo(f"Key {new.id} signs the {purpose} from now on. Public: {new.public.hex()}")


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="Id of the key, from `tocsin key list`.")], node: NodeOption = None
) -> None:
    """No longer believe what a key signed, unless a witness has it too: for a key that may be in strange hands.

    Example: [bold]tocsin key revoke 3f1c0a9b7d5e2244 --node /srv/tocsin[/bold]
    """
    from tocsin.node.upkeep.key_changes import revoke as run
    from tocsin.node.upkeep.shell import open_node

    with open_node(node_path(node)) as opened:
        gone = run(_acting(opened), key)
    typer.echo(f"Key {gone.id} is revoked. What it signed counts only where a witness has it too.")


def _acting(opened: "OpenNode") -> "Acting":
    from tocsin import clock
    from tocsin.node.upkeep.key_changes import Acting
    from tocsin.node.upkeep.shell import shell_actor

    return Acting(opened.folder, opened.store, shell_actor(), clock.now())

"""`tocsin key …`: the keys that sign a node's ledger and documents."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.node_options import AsJson, Authority, Node
from tocsin.cli.rescue import DirOption, ReasonOption, RescueOption, is_rescue, rescued, through_api
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.node.upkeep.key_changes import Acting
    from tocsin.node.upkeep.keys import TrustRecord
    from tocsin.node.upkeep.shell import OpenNode

app = typer.Typer(help="Look at the keys that sign for a node, and change them.", no_args_is_help=True)


@app.command("list")
def listed(
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
    folder: DirOption = None,
) -> None:
    """List the public keys: what each signs, for which entries of the ledger, and whether it was revoked.

    Example: [bold]tocsin key list[/bold]
    """
    from tocsin.node.upkeep.keys import TRUST, TrustRecord, read_trust

    if is_rescue(rescue, reason, folder):
        with rescued(folder, "key list", reason) as opened:
            known = read_trust(opened.folder.keys / TRUST)
    else:
        with through_api(node, ca) as client:
            known = client.get("/keys").part("trust", TrustRecord)
    _tell(known, as_json)


def _tell(known: "TrustRecord", as_json: bool) -> None:
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
    node: Node = None,
    ca: Authority = None,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
    folder: DirOption = None,
) -> None:
    """Let a new key sign from now on; the old one vouches for it and its private half is removed.

    Example: [bold]tocsin key rotate ledger[/bold]
    """
    from tocsin.node.upkeep.key_changes import rotate as run
    from tocsin.node.upkeep.keys import Purpose

    if purpose not in tuple(Purpose):
        raise UsageError(f"no key signs {purpose!r}", "Name `ledger` or `documents`.")
    if is_rescue(rescue, reason, folder):
        with rescued(folder, "key rotate", reason) as opened:
            new = run(_acting(opened), Purpose(purpose))
        key, public = new.id, new.public.hex()
    else:
        with through_api(node, ca) as client:
            answer = client.post("/keys/rotate", {"purpose": purpose})
        key, public = answer.part("key", str), answer.part("public", str)
    typer.echo(f"Key {key} signs the {purpose} from now on. Public: {public}")


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="Id of the key, from `tocsin key list`.")],
    node: Node = None,
    ca: Authority = None,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
    folder: DirOption = None,
) -> None:
    """No longer believe what a key signed, unless a witness has it too: for a key that may be in strange hands.

    Example: [bold]tocsin key revoke 3f1c0a9b7d5e2244[/bold]
    """
    from tocsin.cli.node_client import segment
    from tocsin.node.upkeep.key_changes import revoke as run

    if is_rescue(rescue, reason, folder):
        with rescued(folder, "key revoke", reason) as opened:
            gone = run(_acting(opened), key).id
    else:
        with through_api(node, ca) as client:
            gone = client.post(f"/keys/{segment(key)}/revoke").part("key", str)
    typer.echo(f"Key {gone} is revoked. What it signed counts only where a witness has it too.")


def _acting(opened: "OpenNode") -> "Acting":
    from tocsin import clock
    from tocsin.node.upkeep.key_changes import Acting
    from tocsin.node.upkeep.shell import shell_actor

    return Acting(opened.folder, opened.store, shell_actor(), clock.now())

"""Where `tocsin ledger verify` takes a ledger from: a node through its API, its folder, an export; and the witness.

Through the API the node verifies itself. With a witness its export is verified here as well, line by line as it comes,
against what the witness kept.
"""

from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from tocsin import limits
from tocsin.cli.node_client import NodeClient
from tocsin.cli.receiving import Arriving
from tocsin.errors import UsageError
from tocsin.ledger.checkpoint import Checkpoint, Trust
from tocsin.ledger.lines import read_export
from tocsin.ledger.verify import Verdict, verify, verify_stream
from tocsin.ledger.witness import read_witness
from tocsin.node.store import ledger
from tocsin.node.upkeep.keys import Purpose, TrustRecord, load_trust, read_trust
from tocsin.node.upkeep.shell import OpenNode


def of_api(client: NodeClient, keys: Path | None, kept: Sequence[Checkpoint]) -> Verdict:
    """What the node says of its own ledger, and where a witness kept something, what that says of it."""
    own = client.get("/ledger/verify").part("verdict", Verdict)
    if not kept or not own.holds:
        return own
    known = client.get("/keys").part("trust", TrustRecord) if keys is None else read_trust(keys)
    with client.receive("GET", "/ledger/export", limits.CLIENT_LEDGER_BYTES) as parts:
        lines = cast(BinaryIO, BufferedReader(Arriving(parts)))
        return verify_stream(read_export(lines), known.trusted(Purpose.LEDGER), kept)


def of_folder(node: OpenNode, kept: Sequence[Checkpoint]) -> Verdict:
    """What is in the state of a node whose folder is open."""
    with node.store.read() as connection:
        return verify(ledger.entries(connection), ledger.checkpoints(connection), load_trust(node.folder), kept)


def of_export(path: Path, keys: Path | None, kept: Sequence[Checkpoint]) -> Verdict:
    """What a file says that `tocsin ledger export` wrote."""
    try:
        with path.open("rb") as file:
            return verify_stream(read_export(file), _trusted(keys), kept)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "Name a file that `tocsin ledger export` wrote.") from error


def witnessed(path: Path | None) -> tuple[list[Checkpoint], int]:
    """The checkpoints of a witness's file, and how many of its lines are damaged."""
    if path is None:
        return [], 0
    try:
        with path.open("rb") as file:
            items = list(read_witness(file))
    except OSError as error:
        raise UsageError(f"--witness: {path}: {error.strerror}", "Name a file that you may read.") from error
    kept = [item for item in items if isinstance(item, Checkpoint)]
    return kept, len(items) - len(kept)


def _trusted(keys: Path | None) -> Trust:
    if keys is None:
        raise UsageError("an export is verified with the node's public keys", "Name them: --keys trust.json.")
    return read_trust(keys).trusted(Purpose.LEDGER)

"""Endpoints of the ledger, for auditors."""

from collections.abc import Iterator
from http import HTTPStatus

from starlette.responses import Response, StreamingResponse

from tocsin import clock, limits
from tocsin.ledger.entry import Draft, Kind
from tocsin.ledger.verify import verify
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.problems import Refused
from tocsin.node.store import ledger
from tocsin.node.store.database import Store
from tocsin.node.store.reasons import rescues
from tocsin.node.upkeep.checkpoints import add_checkpoint

_NDJSON = "application/x-ndjson"


def export(call: Call) -> Response:
    """GET /ledger/export: the whole ledger as lines of JSON; that it was exported is its last entry, and signed."""
    actor = call.person.actor
    call.desk.store.transact(lambda c: ledger.record(c, Draft(Kind.EXPORT, actor, "node", {"what": "ledger"})))
    if call.context.node is not None:
        add_checkpoint(call.context.node.folder, call.desk.store, clock.now())
    return StreamingResponse(_lines(call.desk.store), media_type=_NDJSON)


def verified(call: Call) -> Response:
    """GET /ledger/verify: whether the ledger holds together under the node's keys, and the first entry that does not.

    With the witness's lines: export the ledger and run `tocsin ledger verify --witness`.
    """
    if call.context.trust is None:
        raise Refused(HTTPStatus.NOT_FOUND, "the node has no keys for its ledger", "Run `tocsin key list`.")
    with call.desk.store.read() as connection:
        found = verify(ledger.entries(connection), ledger.checkpoints(connection), call.context.trust())
    return said({"holds": found.holds, "verdict": found})


def told_rescues(call: Call) -> Response:
    """GET /ledger/rescues: what was done at the shell past the API, the newest first, with the reasons."""
    with call.desk.store.read() as connection:
        return said({"rescues": rescues(connection, limits.RESCUES_SHOWN)})


def _lines(store: Store) -> Iterator[str]:
    with store.read() as connection:
        yield from ledger.export(connection)

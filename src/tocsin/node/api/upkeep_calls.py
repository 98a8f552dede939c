"""Endpoints for looking after the node: its keys, its check, and a person's data."""

from http import HTTPStatus

import msgspec
from starlette.responses import Response

from tocsin import clock
from tocsin.node.api.answers import JSON, said
from tocsin.node.api.context import Call
from tocsin.node.api.shapes import ErasedValue, KeyPurpose, SoughtValue
from tocsin.node.upkeep.check import judged
from tocsin.node.upkeep.check_gather import gather
from tocsin.node.upkeep.check_signed import signed_lines
from tocsin.node.upkeep.errands import EraseValue, FindValue
from tocsin.node.upkeep.key_changes import Acting, revoke, rotate
from tocsin.node.upkeep.keys import TRUST, read_trust
from tocsin.node.upkeep.privacy import wanted


def keys(call: Call) -> Response:
    """GET /keys: all public keys of the node, as `trust.json` has them."""
    return said({"trust": msgspec.to_builtins(read_trust(call.node.folder.keys / TRUST))})


def rotate_key(call: Call) -> Response:
    """POST /keys/rotate: let a new key sign; the old one vouches for it."""
    new = rotate(_acting(call), call.said(KeyPurpose).purpose)
    return said({"key": new.id, "public": new.public.hex()}, HTTPStatus.CREATED)


def revoke_key(call: Call) -> Response:
    """POST /keys/{id}/revoke: no longer believe what a key signed, unless a witness has it too."""
    return said({"key": revoke(_acting(call), call.parameters["id"]).id})


def find_value(call: Call) -> Response:
    """POST /privacy/find: where a person's value is; the ledger has a keyed digest of it."""
    return said({"sought": call.errand(FindValue(call.said(SoughtValue).value, call.person.actor))})


def erase_value(call: Call) -> Response:
    """POST /privacy/erase: remove a person's value; the node pauses meanwhile. The ledger has a keyed digest of it."""
    asked = call.said(ErasedValue)
    wanted(asked.value, asked.why)
    with call.paused("a person's data is erased"):
        return said({"sought": call.errand(EraseValue(asked.value, asked.why, call.person.actor))})


def check(call: Call) -> Response:
    """GET /check: whether the node is in order, line by line, signed."""
    folder, now = call.node.folder, clock.now()
    return Response(signed_lines(folder, judged(gather(folder, now)), now), media_type=JSON)


def _acting(call: Call) -> Acting:
    return Acting(call.node.folder, call.desk.store, call.person.actor, clock.now())

"""Endpoints of the list of constituents: whom the node serves, whose which addresses and names are, whom to tell."""

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.pages import page
from tocsin.node.api.shapes import ConstituentsNew
from tocsin.node.store import constituents
from tocsin.node.store.constituents import ListChanges
from tocsin.triage.constituent_list import parse_constituents
from tocsin.triage.constituents import Constituent


def listed(call: Call) -> Response:
    """GET /constituents?most=…&skip=…: all of them, by id."""
    most, skip = page(call.query)
    with call.desk.store.read() as connection:
        found = constituents.constituents(connection)
    return said({"constituents": [_shown(each) for each in found[skip : skip + most]], "count": len(found)})


def show(call: Call) -> Response:
    """GET /constituents/{id}: one of them."""
    with call.desk.store.read() as connection:
        return said({"constituent": _shown(constituents.constituent(connection, call.parameters["id"]))})


def take_in(call: Call) -> Response:
    """POST /constituents: put a list in the place of the present one, or only say what that would change."""
    asked = call.said(ConstituentsNew)
    new = parse_constituents(asked.text, asked.name)

    def work(connection: Connection) -> ListChanges:
        if asked.dry_run:
            return constituents.changes(connection, new)
        return constituents.put(connection, new, call.person.actor, clock.now(), remove=asked.remove)

    return said({"changes": call.desk.store.transact(work), "count": len(new)})


def _shown(each: Constituent) -> dict[str, object]:
    return {
        "id": each.id, "name": each.name, "organisations": each.organisations, "netblocks": each.netblocks,
        "domains": each.domains, "contacts": each.contacts, "language": each.language, "sector": each.sector,
        "limit": each.limit.label,
    }  # fmt: skip

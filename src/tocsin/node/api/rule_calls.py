"""Endpoints that give the node other rules: first what they would have raised, then the reviewed set in its place.

Who may: leads, who answer for what is detected and may look at the whole lake anyway, and admins, who manage the
node's configuration, of which the rules are a part. Only whoever may hunt is shown events as examples: an admin is told
numbers, as he never sees an incident that is restricted. The ledger has every review as the hunt that it is.
"""

from collections.abc import Iterator
from pathlib import Path

from starlette.responses import Response

from tocsin import clock
from tocsin.ledger.entry import Draft, Kind, Value
from tocsin.node.api.answers import JSON, said
from tocsin.node.api.context import Call
from tocsin.node.api.handing import file_parts, handed
from tocsin.node.api.shapes import RulesOffered, RulesReviewed
from tocsin.node.people.permissions import verdict
from tocsin.node.store import ledger
from tocsin.node.upkeep.errands import PlaceRules, ReviewRules
from tocsin.node.upkeep.rule_parcel import check_parcel


def review(call: Call) -> Response:
    """POST /rules/review: what a set of rules would have raised beside the present one. It is kept, to be placed."""
    asked = call.said(RulesOffered)
    check_parcel(asked.files)
    node, may_see = call.node, verdict("hunt", call.principal).allowed
    detail: dict[str, Value] = {"by": "review of rules", "files": len(asked.files), "days": asked.days}
    draft = Draft(Kind.HUNT, call.person.actor, "node", detail)
    call.desk.store.transact(lambda connection: ledger.record(connection, draft, clock.now()))

    def made(folder: Path) -> Iterator[bytes]:
        to = folder / "review.json"
        call.errand(ReviewRules(str(to), asked.files, asked.days, asked.without_refused, may_see))
        return file_parts(to)

    return handed(node.folder, JSON, made)


def place(call: Call) -> Response:
    """POST /rules: put a reviewed set in the place of the one that it was reviewed beside."""
    asked = call.said(RulesReviewed)
    return said({"placed": call.errand(PlaceRules(asked.before, asked.after, call.person.actor))})

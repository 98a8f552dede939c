"""Endpoints of the list of assets: what the node's hosts are, whose, and how much depends on them."""

from starlette.responses import Response

from tocsin import limits
from tocsin.lake.facts import Facts
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.pages import page
from tocsin.node.api.shapes import AssetsNew
from tocsin.node.upkeep.errands import ImportAssets


def listed(call: Call) -> Response:
    """GET /assets?most=…&skip=…: the assets by key."""
    most, skip = page(call.query)
    assets = Facts(call.node.folder.lake).assets()
    keys = sorted(assets)
    return said({"assets": [assets[key] for key in keys[skip : skip + most]], "count": len(keys)})


def take_in(call: Call) -> Response:
    """POST /assets: take a list in, or only say what that would change."""
    asked = call.said(AssetsNew)
    errand = ImportAssets(asked.name, asked.text, asked.dry_run, call.person.actor)
    return said({"assets": call.errand(errand, limits.ERRAND_SECONDS)})

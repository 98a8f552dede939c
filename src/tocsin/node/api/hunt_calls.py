"""The endpoint for hunts: one question to the lake, read-only, in a process of its own, bounded in time and rows.

The ledger has who hunted, how, and a keyed digest of what was asked for, which may name a person.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from starlette.responses import Response

from tocsin import clock, limits
from tocsin.errors import UsageError
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.api.context import Call
from tocsin.node.api.handing import ARROW, file_parts, handed
from tocsin.node.api.shapes import HuntAsked
from tocsin.node.store import ledger
from tocsin.node.upkeep.errands import HuntLake

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._ -]{0,99}\.ya?ml")


def hunt(call: Call) -> Response:
    """POST /hunt: ask the lake in SQL, for indicators, or with Sigma rules; the rows are an Arrow stream."""
    asked = call.said(HuntAsked)
    by = _asked_by(asked)
    digest = call.desk.keys.name_digest("hunt", call.body.decode("utf-8", "surrogateescape"))
    draft = Draft(Kind.HUNT, call.person.actor, "node", {"by": by, "asked": digest})
    node = call.node
    call.desk.store.transact(lambda connection: ledger.record(connection, draft, clock.now()))

    def made(folder: Path) -> Iterator[bytes]:
        rows = folder / "rows.arrow"
        wanted = HuntLake(
            str(rows), asked.rows, asked.seconds, asked.sql, asked.indicators, asked.rules, asked.since, asked.until
        )
        call.errand(wanted, asked.seconds + limits.ERRAND_SPARE_SECONDS)
        return file_parts(rows)

    return handed(node.folder, ARROW, made)


def _asked_by(asked: HuntAsked) -> str:
    given = {"sql": bool(asked.sql.strip()), "indicators": bool(asked.indicators), "rules": bool(asked.rules)}
    chosen = [name for name, is_given in given.items() if is_given]
    if len(chosen) != 1:
        raise UsageError("a hunt asks one thing", "Give either `sql`, or `indicators`, or `rules`.")
    if chosen == ["sql"] and (asked.since or asked.until):
        raise UsageError("`since` and `until` are not for SQL", "Write: WHERE time >= '2026-01-01'.")
    for name in asked.rules:
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name[:80]!r} is no name of a rule's file", "Name it like rule.yml, without a folder.")
    return chosen[0]

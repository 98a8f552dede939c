"""Whose incidents are: the organisations behind their findings."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from tocsin import limits
from tocsin.node.store.findings import FINDINGS


def organisations(connection: Connection, incidents: Sequence[str]) -> dict[str, frozenset[str]]:
    """The organisations of each incident; those without findings have none."""
    found: dict[str, set[str]] = {incident: set() for incident in incidents}
    c = FINDINGS.c
    for start in range(0, len(incidents), limits.STATE_ROWS):
        some = incidents[start : start + limits.STATE_ROWS]
        query = select(c.incident, c.organisation).where(c.incident.in_(some)).distinct()
        for row in connection.execute(query):
            found[row.incident].add(row.organisation)
    return {incident: frozenset(names) for incident, names in found.items()}

"""Whose incidents are: the organisations behind their findings; and what people made a part of them.

What is told of an incident tells of its parts too, so it is of their organisations as well.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from tocsin.node.store.findings import FINDINGS
from tocsin.node.store.incident_rows import INCIDENTS
from tocsin.node.store.rows import portions


def organisations(connection: Connection, incidents: Sequence[str]) -> dict[str, frozenset[str]]:
    """The organisations of each incident with its parts; those of nobody's have none."""
    whole = with_parts(connection, incidents)
    found: dict[str, set[str]] = {part: set() for parts in whole.values() for part in parts}
    for some in portions(sorted(found)):
        by_log = select(FINDINGS.c.incident, FINDINGS.c.organisation).where(FINDINGS.c.incident.in_(some)).distinct()
        by_hand = select(INCIDENTS.c.id, INCIDENTS.c.organisation).where(
            INCIDENTS.c.id.in_(some) & (INCIDENTS.c.organisation != "")
        )
        for incident, organisation in [*connection.execute(by_log), *connection.execute(by_hand)]:
            found[incident].add(organisation)
    return {incident: frozenset().union(*(found[part] for part in parts)) for incident, parts in whole.items()}


def with_parts(connection: Connection, incidents: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Each incident's id, then those of all that people made a part of it, also of parts of parts."""
    whole = {incident: [incident] for incident in incidents}
    belongs = {incident: {incident} for incident in whole}
    new = set(whole)
    while new:
        rows = [
            row
            for some in portions(sorted(new))
            for row in connection.execute(
                select(INCIDENTS.c.id, INCIDENTS.c.merged_into).where(INCIDENTS.c.merged_into.in_(some))
            )
        ]
        new = set()
        for row in rows:
            for top in belongs[row.merged_into]:
                whole[top].append(row.id)
            belongs.setdefault(row.id, set()).update(belongs[row.merged_into])
            new.add(row.id)
    return {incident: tuple(dict.fromkeys(parts)) for incident, parts in whole.items()}

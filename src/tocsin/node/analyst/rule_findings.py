"""Findings of rules and correlations, of the places where something new was hit."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from tocsin.detect.sigma import RuleSet
from tocsin.lake.catalog import Catalog, Origin
from tocsin.lake.database import Opening, for_queries
from tocsin.model import Finding
from tocsin.node.correlated import correlation_findings
from tocsin.node.found import findings, open_hits
from tocsin.node.indicator_hits import rules_of
from tocsin.node.machines import machines
from tocsin.node.store.findings import Place

_TOUCHED = 'SELECT DISTINCT rule, organisation, network, host, "user" FROM hits'
_WITHIN = 'hits SEMI JOIN touched USING (rule, organisation, network, host, "user")'
_KEYED = "SELECT count(*) FROM hits WHERE keys IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Sources:
    """The lake's sources: their names, origins, and the machine of those whose records name none."""

    names: Mapping[str, str]
    origins: Mapping[str, Origin]
    machines: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuleFindings:
    """What was found, the places that were looked at, and whether correlations were looked at."""

    findings: tuple[Finding, ...]
    places: tuple[Place, ...]
    correlated: bool


def sources_of(catalog: Catalog) -> Sources:
    """All sources, as they are now."""
    sources = catalog.sources()
    names = {source.id: source.name for source in sources}
    guessed = machines(names, catalog.source_tables(), "")
    named = {source.id: source.origin.sensor for source in sources if source.origin.sensor}
    mute = {id: named.get(id, machine) for id, machine in guessed.items()} | named
    return Sources(names, {source.id: source.origin for source in sources}, mute)


class KnownSources:
    """All sources, read anew when there are others: a lake of years has too many to read them every second."""

    def __init__(self) -> None:
        self._size = (0, 0)
        self._sources = Sources({}, {}, {})

    def now(self, catalog: Catalog) -> Sources:
        """As they are now: what is asked of a source does not change once it has its tables."""
        size = catalog.size_of_sources()
        if size != self._size:
            self._size, self._sources = size, sources_of(catalog)
        return self._sources


def rule_findings(
    lake: Path,
    sources: Sources,
    rules: RuleSet,
    new: Sequence[Path],
    hits: Sequence[Path],
    since: datetime,
    opening: Opening = for_queries,
) -> RuleFindings:
    """Findings since a time (UTC) of all places that the new hit files touch; correlations if they may have changed."""
    with closing(_open(lake, new, sources, since, opening)) as connection:
        touched = connection.sql(_TOUCHED).to_arrow_table()
        keyed = connection.sql(_KEYED).fetchall()[0][0]
    if not touched.num_rows:
        return RuleFindings((), (), correlated=False)
    infos = {info.id: info for index, info in enumerate(rules.rules) if index not in rules.silent} | rules_of(lake)
    places = tuple(Place(*row.values()) for row in touched.to_pylist() if row["rule"] in infos)
    with closing(_open(lake, hits, sources, since, opening)) as connection:
        correlated = correlation_findings(connection, rules, sources.names).findings if keyed else ()
        _narrow(connection, touched)
        found = tuple(findings(connection, infos, sources.names))
    return RuleFindings((*found, *correlated), places, bool(keyed))


def _open(
    lake: Path, files: Sequence[Path], sources: Sources, since: datetime, opening: Opening
) -> duckdb.DuckDBPyConnection:
    return open_hits(lake, files, sources.names, since, None, sources.machines, sources.origins, opening)


def _narrow(connection: duckdb.DuckDBPyConnection, touched: pa.Table) -> None:
    """Let the view of hits hold only the touched places."""
    connection.register("touched", touched)
    connection.execute("ALTER VIEW hits RENAME TO all_hits")
    connection.execute(f"CREATE TEMP VIEW hits AS SELECT * FROM {_WITHIN.replace('hits', 'all_hits', 1)}")

"""From stored hits to findings: all hits of one rule on one host and user on one occasion are one finding.

Rules for occasions:
1. A pause of OCCASION_HOURS without a hit ends an occasion: what happens on Monday and on Thursday is two stories.
2. What comes back on more than OCCASIONS occasions is a habit of that host, and stays one finding; of a strong rule the
   first occasion stands apart, for it tells how it began. Everything weaker than medium stays one finding: it only
   surrounds stronger ones.

A log that names no machine (auditd, web) gets the host that the caller found for its source.
Aggregated by DuckDB in bounded memory; nothing here looks at an event again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from tocsin import limits
from tocsin.lake.catalog import Origin
from tocsin.lake.database import Opening, for_queries
from tocsin.lake.hits import SCHEMA
from tocsin.model import LEVELS, Evidence, Finding, RuleInfo
from tocsin.node.indicator_hits import worded
from tocsin.node.machines import MACHINE_TABLES
from tocsin.triage.names import MERGE_PAUSE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

HITS_AT_ONCE = 100_000  # behind the findings that are gathered at a time
OCCASION_HOURS = MERGE_PAUSE // timedelta(hours=1)
OCCASIONS = 20
_HOUR_US = 3_600_000_000
_MACHINE_LOGS = f"table_name SIMILAR TO '{MACHINE_TABLES}'"

_WHOM = 'rule, organisation, network, host, "user"'

_OCCASIONS = f"""
WITH hours AS (
    SELECT {_WHOM}, time_us // {_HOUR_US} AS hour, min(time_us) AS low, max(time_us) AS high
    FROM share WHERE time_us <> 0 AND rule IN (SELECT rule FROM parted) GROUP BY ALL
), begun AS (
    SELECT *, low - lag(high, 1, low) OVER place > {OCCASION_HOURS * _HOUR_US} AS anew
    FROM hours WINDOW place AS (PARTITION BY {_WHOM} ORDER BY hour)
), counted AS (
    SELECT {_WHOM}, hour,
           count_if(anew) OVER (PARTITION BY {_WHOM} ORDER BY hour) AS occasion,
           count_if(anew) OVER (PARTITION BY {_WHOM}) AS occasions
    FROM begun
)
SELECT {_WHOM}, hour, CASE WHEN occasions < {OCCASIONS} THEN occasion ELSE 1 END AS occasion
FROM counted WHERE occasion > 0 AND (occasions < {OCCASIONS} OR rule IN (SELECT rule FROM strong))
"""
_FINDINGS = f"""
SELECT {_WHOM}, count(*) AS n,
       min(time_us) FILTER (time_us <> 0) AS first_us, max(time_us) FILTER (time_us <> 0) AS last_us,
       min(table_name) AS table_name,
       arg_min(event_id, (time_us, source, record), {limits.FINDING_EVENT_IDS}) AS event_ids,
       arg_min(struct_pack(event_id := event_id, source := source, record := record, time_us := time_us,
                           process := process, parent := parent, evidence := evidence),
               (time_us, source, record), {limits.EVIDENCE_EVENTS}) FILTER (evidence IS NOT NULL) AS evidence
FROM share LEFT JOIN occasions USING ({_WHOM}, hour)
GROUP BY {_WHOM}, coalesce(occasion, 0)
"""


def open_hits(
    lake: Path,
    files: Sequence[Path],
    sources: Collection[str],
    since: datetime | None = None,
    until: datetime | None = None,
    machines: Mapping[str, str] | None = None,
    origins: Mapping[str, Origin] | None = None,
    opening: Opening = for_queries,
) -> duckdb.DuckDBPyConnection:
    """A connection with the view `hits`: the hits of the given sources within the times (UTC, both inclusive).

    `machines` gives the host of a source whose log names none, `origins` the origin of a source.
    """
    connection = opening(lake)
    ordered = sorted(sources)
    known = [(machines or {}).get(source, "") for source in ordered]
    own = [(origins or {}).get(source, Origin()) for source in ordered]
    columns = {
        "source": ordered,
        "machine": known,
        "organisation": [each.organisation for each in own],
        "network": [each.network for each in own],
    }
    connection.register("wanted", pa.table({name: pa.array(each, pa.string()) for name, each in columns.items()}))
    if files:
        names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
        stored = f"read_parquet([{names}])"
    else:
        connection.register("no_hits", SCHEMA.empty_table())
        stored = "no_hits"
    low = microseconds(since) if since else None
    high = microseconds(until) if until else None
    bounds = "".join(f" AND time_us {sign} {value}" for sign, value in ((">=", low), ("<=", high)) if value is not None)
    connection.execute(
        f"CREATE TEMP VIEW hits AS SELECT stored.* REPLACE "
        f"(CASE WHEN host = '' AND {_MACHINE_LOGS} THEN machine ELSE host END AS host), "
        f"time_us // {_HOUR_US} AS hour, organisation, network "
        f"FROM {stored} AS stored JOIN wanted USING (source) WHERE true{bounds}"
    )
    return connection


def findings(
    hits: duckdb.DuckDBPyConnection, rules: Mapping[str, RuleInfo], names: Mapping[str, str]
) -> Iterator[Finding]:
    """Findings in no order. `names` gives the file name of a source id."""
    return (finding for _, finding in keyed_findings(hits, rules, names))


def keyed_findings(
    hits: duckdb.DuckDBPyConnection, rules: Mapping[str, RuleInfo], names: Mapping[str, str]
) -> Iterator[tuple[str, Finding]]:
    """Findings in no order, each with the rule's key in the hits.

    The ids that findings list are held while they are gathered, so a share of the findings is gathered at a time.
    """
    parted = [id for id, info in rules.items() if info.level in LEVELS[LEVELS.index("medium") :]]
    strong = [id for id, info in rules.items() if info.level in LEVELS[LEVELS.index("high") :]]
    hits.register("parted", pa.table({"rule": pa.array(parted, pa.string())}))
    hits.register("strong", pa.table({"rule": pa.array(strong, pa.string())}))
    shares = 1 + hits.sql("SELECT count(*) FROM hits").fetchall()[0][0] // HITS_AT_ONCE
    for number in range(shares):
        mine = f"hash({_WHOM}) % {shares} = {number}"
        hits.execute(f"CREATE OR REPLACE TEMP VIEW share AS SELECT * FROM hits WHERE {mine}")
        hits.execute(f"CREATE OR REPLACE TEMP TABLE occasions AS {_OCCASIONS}")
        for batch in hits.sql(_FINDINGS).to_arrow_reader(1_024):
            for row in batch.to_pylist():
                info = rules.get(row["rule"])
                if info is not None:
                    yield row["rule"], worded(_finding(row, info, names))


def _finding(row: Mapping[str, object], info: RuleInfo, names: Mapping[str, str]) -> Finding:
    stored = row["evidence"] or []
    assert isinstance(stored, list)
    event_ids = row["event_ids"]
    assert isinstance(event_ids, list)
    return Finding(
        rule=info,
        host=str(row["host"]),
        user=str(row["user"]),
        count=int(str(row["n"])),
        first=moment(row["first_us"]),
        last=moment(row["last_us"]),
        event_ids=tuple(event_ids),
        evidence=tuple(_evidence(entry, names) for entry in stored),
        organisation=str(row["organisation"]),
        network=str(row["network"]),
        table=str(row["table_name"]),
    )


def _evidence(entry: Mapping[str, object], names: Mapping[str, str]) -> Evidence:
    source = str(entry["source"])
    return Evidence(
        event_id=str(entry["event_id"]),
        time=moment(entry["time_us"]),
        file=names.get(source, source),
        record=int(str(entry["record"])),
        fields=msgspec.json.decode(str(entry["evidence"]), type=dict[str, str]),
        process=str(entry["process"] or ""),
        parent=str(entry["parent"] or ""),
    )


def moment(microseconds_utc: object) -> datetime | None:
    """A stored time as an aware datetime, None for a missing one."""
    return (
        EPOCH + timedelta(microseconds=microseconds_utc)
        if isinstance(microseconds_utc, int) and microseconds_utc
        else None
    )


def microseconds(time: datetime) -> int:
    """An aware datetime as microseconds since 1970 UTC."""
    return (time - EPOCH) // timedelta(microseconds=1)

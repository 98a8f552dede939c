"""From stored hits to findings: all hits of one rule on one host and user are one finding.

Aggregated by DuckDB in bounded memory; nothing here looks at an event again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from tocsin import limits
from tocsin.lake.append import Origin
from tocsin.lake.hits import SCHEMA
from tocsin.model import Evidence, Finding, RuleInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_FINDINGS = f"""
SELECT rule, host, "user", count(*) AS n,
       min(time_us) FILTER (time_us <> 0) AS first_us, max(time_us) FILTER (time_us <> 0) AS last_us,
       min(table_name) AS table_name,
       arg_min(event_id, (time_us, source, record), {limits.FINDING_EVENT_IDS}) AS event_ids,
       arg_min(struct_pack(event_id := event_id, source := source, record := record, time_us := time_us,
                           process := process, parent := parent, evidence := evidence),
               (time_us, source, record), {limits.EVIDENCE_EVENTS}) FILTER (evidence IS NOT NULL) AS evidence
FROM hits GROUP BY rule, host, "user" ORDER BY first_us NULLS LAST, rule, host, "user"
"""


def open_hits(
    files: Sequence[Path],
    sources: Collection[str],
    since: datetime | None = None,
    until: datetime | None = None,
) -> duckdb.DuckDBPyConnection:
    """A connection with the view `hits`: the hits of the given sources within the times (UTC, both inclusive)."""
    connection = duckdb.connect(
        config={
            "memory_limit": f"{limits.WORKER_DUCKDB_BYTES // limits.MIB}MiB",
            "threads": 2,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    connection.register("wanted", pa.table({"source": pa.array(sorted(sources), pa.string())}))
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
        f"CREATE TEMP VIEW hits AS SELECT * FROM {stored} WHERE source IN (SELECT source FROM wanted){bounds}"
    )
    return connection


def findings(
    hits: duckdb.DuckDBPyConnection, rules: Mapping[str, RuleInfo], names: Mapping[str, str], origin: Origin
) -> Iterator[Finding]:
    """Findings in order of their first event. `names` gives the file name of a source id."""
    for batch in hits.sql(_FINDINGS).to_arrow_reader(1_024):
        for row in batch.to_pylist():
            info = rules.get(row["rule"])
            if info is not None:
                yield _finding(row, info, names, origin)


def _finding(row: Mapping[str, object], info: RuleInfo, names: Mapping[str, str], origin: Origin) -> Finding:
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
        organisation=origin.organisation,
        network=origin.network,
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

"""Correlation rules over the stored hits of a scan: each episode becomes a finding."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb
import msgspec
import numpy as np
import pyarrow as pa

from tocsin import limits
from tocsin.detect.sigma import RuleSet
from tocsin.detect.sigma.correlation import CorrelationHit, correlate_all
from tocsin.detect.sigma.correlation_hits import MISSING, HitField, Hits
from tocsin.lake.append import Origin
from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.node.found import moment

_ROWS = """
SELECT rule, time_us, source, record, keys FROM hits
WHERE keys IS NOT NULL ORDER BY time_us, source, record LIMIT ?
"""
_EVIDENCE = f"""
SELECT event_id, source, record, time_us, host, "user", process, parent, evidence, table_name
FROM hits WHERE event_id IN (SELECT event_id FROM shown)
QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY evidence IS NULL) = 1
ORDER BY time_us, source, record LIMIT {limits.EVIDENCE_EVENTS}
"""
_DECODER = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class Correlations:
    """A finding for every episode of every correlation rule that is not silent, and what could not take part."""

    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def correlation_findings(
    hits: duckdb.DuckDBPyConnection, rules: RuleSet, names: Mapping[str, str], origin: Origin
) -> Correlations:
    """Run every correlation rule over the hits of a scan."""
    specs = rules.correlations
    if not specs:
        return Correlations()
    infos = {spec.id: spec.info for spec in specs if not spec.silent}
    results = correlate_all(specs, _hits(hits, rules))
    found = [
        _finding(hits, hit, infos[hit.correlation], names, origin)
        for correlated in results
        for hit in correlated.hits
        if hit.correlation in infos
    ]
    notes = [
        f"Correlation “{spec.info.title}”: {note}."
        for spec, correlated in zip(specs, results, strict=True)
        for note in correlated.notes
    ]
    total = hits.sql("SELECT count(*) FROM hits WHERE keys IS NOT NULL").fetchall()[0][0]
    if total > limits.CORRELATION_EVENTS:
        notes.append(f"Correlations looked at the first {limits.CORRELATION_EVENTS} of {total} hits.")
    return Correlations(tuple(found), tuple(notes))


def _hits(hits: duckdb.DuckDBPyConnection, rules: RuleSet) -> Hits:
    table = hits.sql(_ROWS, params=[limits.CORRELATION_EVENTS]).to_arrow_table()
    numbers = rules.by_id
    source = table.column("source").combine_chunks().dictionary_encode()
    keys = [_lowered(text) for text in table.column("keys").to_pylist()]
    return Hits(
        np.array([numbers.get(rule, MISSING) for rule in table.column("rule").to_pylist()], np.int32),
        table.column("time_us").to_numpy(),
        source.indices.to_numpy().astype(np.int32),
        table.column("record").to_numpy(),
        tuple(source.dictionary.to_pylist()),
        {name: _field(keys, name) for name in dict.fromkeys(name for row in keys for name in row)},
    )


def _lowered(keys: str) -> dict[str, str]:
    """Fields by lower-cased name: two correlation rules may spell one field in two ways."""
    return {name.lower(): text for name, text in _DECODER.decode(keys).items()}


def _field(keys: list[dict[str, str]], name: str) -> HitField:
    known: dict[str, int] = {}
    codes = [known.setdefault(row[name], len(known)) if name in row else MISSING for row in keys]
    return HitField(tuple(known), np.array(codes, np.int32))


def _finding(
    hits: duckdb.DuckDBPyConnection, hit: CorrelationHit, info: RuleInfo, names: Mapping[str, str], origin: Origin
) -> Finding:
    hits.register("shown", pa.table({"event_id": pa.array(hit.event_ids, pa.string())}))
    rows = hits.sql(_EVIDENCE).to_arrow_table().to_pylist()
    hits.unregister("shown")
    return Finding(
        rule=info,
        host=_common(str(row["host"] or "") for row in rows),
        user=_common(str(row["user"] or "") for row in rows),
        count=hit.count,
        first=moment(hit.first_us),
        last=moment(hit.last_us),
        event_ids=hit.event_ids,
        evidence=tuple(
            Evidence(
                row["event_id"],
                moment(row["time_us"]),
                names.get(row["source"], row["source"]),
                row["record"],
                {**hit.group, **_DECODER.decode(row["evidence"] or "{}")},
                row["process"] or "",
                row["parent"] or "",
            )
            for row in rows
        ),
        organisation=origin.organisation,
        network=origin.network,
        table=rows[0]["table_name"] if rows else "",
    )


def _common(texts: Iterator[str]) -> str:
    """The one value that all events share, '' when they differ."""
    distinct = set(texts)
    return distinct.pop() if len(distinct) == 1 else ""

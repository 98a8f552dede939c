"""Correlation rules over the stored hits of a scan: each episode becomes a finding."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tocsin import limits
from tocsin.detect.sigma import RuleSet
from tocsin.detect.sigma.correlation import CorrelationHit, correlate_all
from tocsin.detect.sigma.correlation_hits import MISSING, HitField, Hits
from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.node.found import moment

_ROWS = """
SELECT rule, time_us, source, record, keys FROM hits
WHERE keys IS NOT NULL AND organisation = ? AND network = ? ORDER BY time_us, source, record LIMIT ?
"""
_EVIDENCE = f"""
SELECT event_id, source, record, time_us, host, "user", process, parent, evidence, table_name
FROM hits WHERE event_id IN (SELECT event_id FROM shown)
QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY evidence IS NULL) = 1
ORDER BY time_us, source, record LIMIT {limits.EVIDENCE_EVENTS}
"""
_PLACES = "SELECT DISTINCT organisation, network FROM hits WHERE keys IS NOT NULL ORDER BY ALL"
_COLUMNS = ("rule", "time", "source", "record")
_SHARE_ROWS = 65_536  # hits that are Python objects at once
Place = tuple[str, str]  # organisation and network
_DECODER = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class Correlations:
    """A finding for every episode of every correlation rule that is not silent, and what could not take part."""

    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def correlation_findings(hits: duckdb.DuckDBPyConnection, rules: RuleSet, names: Mapping[str, str]) -> Correlations:
    """Run every correlation rule over the hits of a scan, those of each organisation and network by themselves."""
    specs = rules.correlations
    if not specs:
        return Correlations()
    infos = {spec.id: spec.info for spec in specs if not spec.silent}
    found: list[Finding] = []
    notes: list[str] = []
    for place in hits.sql(_PLACES).fetchall():
        results = correlate_all(specs, _hits(hits, rules, place))
        found += [
            _finding(hits, hit, infos[hit.correlation], names, place)
            for correlated in results
            for hit in correlated.hits
            if hit.correlation in infos
        ]
        notes += [
            f"Correlation “{spec.info.title}”: {note}."
            for spec, correlated in zip(specs, results, strict=True)
            for note in correlated.notes
        ]
    total = hits.sql("SELECT count(*) FROM hits WHERE keys IS NOT NULL").fetchall()[0][0]
    if total > limits.CORRELATION_EVENTS:
        notes.append(f"Correlations looked at the first {limits.CORRELATION_EVENTS} of {total} hits.")
    return Correlations(tuple(found), tuple(notes))


def _hits(hits: duckdb.DuckDBPyConnection, rules: RuleSet, place: Place) -> Hits:
    """All hits that correlations read, in columns; only a share of them is ever held as Python objects."""
    columns = _HitColumns(rules.by_id)
    for share in hits.sql(_ROWS, params=[*place, limits.CORRELATION_EVENTS]).to_arrow_reader(_SHARE_ROWS):
        columns.add(share)
    return columns.hits()


class _HitColumns:
    """Hits on their way into columns."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers
        self._rows = 0
        self._sources: dict[str, int] = {}
        self._parts: dict[str, list[npt.NDArray[np.int64]]] = {
            name: [] for name in ("rule", "time", "source", "record")
        }
        self._fields: dict[str, _FieldCodes] = {}

    def add(self, share: pa.RecordBatch) -> None:
        """Take the next hits."""
        taken = {
            "rule": [self._numbers.get(rule, MISSING) for rule in share.column("rule").to_pylist()],
            "time": share.column("time_us").to_numpy(),
            "source": [self._sources.setdefault(id, len(self._sources)) for id in share.column("source").to_pylist()],
            "record": share.column("record").to_numpy(),
        }
        for name, values in taken.items():
            self._parts[name].append(np.asarray(values, np.int64))
        keys = [_lowered(text) for text in share.column("keys").to_pylist()]
        for name in dict.fromkeys(name for row in keys for name in row):
            self._fields.setdefault(name, _FieldCodes()).add(keys, name, self._rows)
        self._rows += len(share)

    def hits(self) -> Hits:
        """Everything taken so far."""
        whole = {name: np.concatenate(parts or [np.empty(0, np.int64)]) for name, parts in self._parts.items()}
        fields = {name: field.whole(self._rows) for name, field in self._fields.items()}
        rule, source = whole["rule"].astype(np.int32), whole["source"].astype(np.int32)
        return Hits(rule, whole["time"], source, whole["record"], tuple(self._sources), fields)


class _FieldCodes:
    """One field of the hits: its values, and their codes where it is there at all."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._parts: list[tuple[int, npt.NDArray[np.int32]]] = []

    def add(self, keys: Sequence[Mapping[str, str]], name: str, start: int) -> None:
        known = self._known
        codes = [known.setdefault(row[name], len(known)) if name in row else MISSING for row in keys]
        self._parts.append((start, np.array(codes, np.int32)))

    def whole(self, rows: int) -> HitField:
        codes = np.full(rows, MISSING, np.int32)
        for start, part in self._parts:
            codes[start : start + len(part)] = part
        return HitField(tuple(self._known), codes)


def _lowered(keys: str) -> dict[str, str]:
    """Fields by lower-cased name: two correlation rules may spell one field in two ways."""
    return {name.lower(): text for name, text in _DECODER.decode(keys).items()}


def _finding(
    hits: duckdb.DuckDBPyConnection, hit: CorrelationHit, info: RuleInfo, names: Mapping[str, str], place: Place
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
        organisation=place[0],
        network=place[1],
        table=rows[0]["table_name"] if rows else "",
    )


def _common(texts: Iterator[str]) -> str:
    """The one value that all events share, '' when they differ."""
    distinct = set(texts)
    return distinct.pop() if len(distinct) == 1 else ""

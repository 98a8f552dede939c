"""Alerts of other products in a scan: rows of the view `detection_finding` become findings.

Rules:
1. One finding is all alerts of one product's rule and level, in one organisation and network, about one host and
   user, on one occasion; occasions are those of node.found.
2. The host is the computer that the alert is about. A network sensor names none: it is the inside end of the traffic.
   Where no account is named, an address outside that acted stands as the user.
3. A rule that names more than limits.ALERT_ACTORS users on one host is told for the host: the whole Internet knocks.
4. What Zeek notices and Microsoft Defender records is read by Sigma rules, and not told twice.
5. Rules beyond limits.ALERT_RULES and findings beyond limits.ALERT_FINDINGS, the weakest, are left out; that is said.
Nothing in an alert is trusted: every text is cut, and only ids of ATT&CK's form become techniques.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa

from tocsin import limits
from tocsin.lake.catalog import Catalog, FileRecord, Origin
from tocsin.lake.database import Opening, for_queries
from tocsin.lake.view_files import load_view
from tocsin.lake.views import open_views
from tocsin.model import LEVELS, Evidence, Finding, RuleInfo
from tocsin.node import alert_sql
from tocsin.node.alert_rules import alerted_of, rule_of
from tocsin.node.alert_surprise import Past, by_surprise
from tocsin.node.found import keyed_findings, microseconds
from tocsin.triage.keys import outside
from tocsin.words.messages import say_many

_NOT_A_PEER = frozenset({"53", "853", "25", "465", "587"})  # ports of resolvers and mail servers, which are everybody's
_WINDOWS, _OF_WAZUH = "windows", frozenset({"rule.id", "manager.name"})
_DIGEST = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\b")


@dataclass(frozen=True, slots=True)
class AlertsTold:
    """What the alerts of others gave: how many there were, findings, and notes on what was left out."""

    alerts: int = 0
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


def alert_findings(
    catalog: Catalog,
    names: Mapping[str, str],
    origins: Mapping[str, Origin],
    since: datetime | None = None,
    until: datetime | None = None,
    opening: Opening = for_queries,
    past: Past | None = None,
) -> AlertsTold:
    """Findings of the alerts in these sources (id → file name), within the times (UTC, both inclusive).

    `origins` says whose a source is, `past` what came before `since`. Steps: 1. the alerts of the view; 2. the rules
    behind them; 3. what is unusual; 4. findings; 5. bound.
    """
    tables = _tables(catalog, names)
    if not tables:
        return AlertsTold()
    with opening(catalog.lake) as connection:
        open_views(connection, tables, [alert_sql.VIEW])
        connection.register("wanted", _wanted(names, origins))
        connection.execute(alert_sql.alerts(_bounds(since, until)))
        rules = _rules(connection)
        connection.execute(alert_sql.TOLD)
        told_apart = by_surprise(connection, rules, past or Past(), since)
        found = [
            replace(each, keys=alert_keys(each.evidence), unusual=told_apart.unusual(key, each))
            for key, each in keyed_findings(connection, told_apart.rules, names)
        ]
        alerts, told = (_count(connection, table) for table in ("alerts", "hits"))
    kept = sorted(found, key=_strongest)[: limits.ALERT_FINDINGS]
    return AlertsTold(alerts, tuple(kept), tuple(_notes(alerts - told, len(found) - len(kept))))


def alert_keys(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    """`kind:value` texts of what these alerts name and what may be specific; triage.keys judges each value."""
    return tuple(dict.fromkeys(key for event in evidence for key in _keys(event.fields)))


def may_hold_alerts(file: FileRecord) -> bool:
    """Whether alerts may be in a file of the lake. Of Windows events only those that Wazuh sent on (rule 4)."""
    if file.table == _WINDOWS:
        return {name.lower() for name in file.columns} >= _OF_WAZUH
    return file.table in _alert_tables()


@cache
def _alert_tables() -> frozenset[str]:
    return frozenset(branch.table for branch in load_view(alert_sql.VIEW).branches)


def _tables(catalog: Catalog, names: Mapping[str, str]) -> dict[str, list[Path]]:
    """The files behind the view that hold rows of these sources, by table."""
    found: dict[str, list[Path]] = {}
    for file in catalog.files():
        if may_hold_alerts(file) and not names.keys().isdisjoint(file.sources):
            found.setdefault(file.table, []).append(catalog.lake / file.path)
    return found


def _wanted(names: Iterable[str], origins: Mapping[str, Origin]) -> pa.Table:
    """The sources, and whose they are."""
    ordered = sorted(names)
    own = [origins.get(source, Origin()) for source in ordered]
    columns = {
        "source": ordered,
        "whose": [each.organisation for each in own],
        "where_from": [each.network for each in own],
    }
    return pa.table({name: pa.array(each, pa.string()) for name, each in columns.items()})


def _bounds(since: datetime | None, until: datetime | None) -> str:
    bounds = ((">=", since), ("<=", until))
    return "".join(f" AND time_us {sign} {microseconds(time)}" for sign, time in bounds if time is not None)


def _rules(connection: duckdb.DuckDBPyConnection) -> dict[str, RuleInfo]:
    """Step 2: the rules by a key of their own, and the table `alert_rules` that gives each alert its rule's key."""
    rules: dict[str, RuleInfo] = {}
    rows = connection.sql(alert_sql.RULES).to_arrow_table()
    keys: list[str] = []
    for row in rows.to_pylist():
        info = rule_of(alerted_of(row))
        keys.append(f"{info.level} {info.id}")
        rules.setdefault(keys[-1], info)
    connection.register("alert_rules", rows.select(alert_sql.ALIKE).append_column("rule", pa.array(keys, pa.string())))
    return rules


def _keys(fields: Mapping[str, str]) -> Iterator[str]:
    """The keys of one alert."""
    source, target = fields.get("src_endpoint_ip", ""), fields.get("dst_endpoint_ip", "")
    everybodys = fields.get("dst_endpoint_port") in _NOT_A_PEER
    yield from (f"ip:{address}" for address in (source, "" if everybodys else target) if outside(address))
    if everybodys or not target or outside(target):  # a name inside belongs to the house
        yield from _names(fields)
    if path := fields.get("file_path"):
        yield f"file:{path}"
    digests = _DIGEST.findall(fields.get("file_hashes", "").casefold())
    yield from (f"hash:{digest}" for digest in sorted(digests, key=len)[-1:])


def _names(fields: Mapping[str, str]) -> Iterator[str]:
    for name in (fields.get("dst_endpoint_hostname", ""), _host_of(fields.get("url_text", ""))):
        if name and not outside(name):
            yield f"domain:{name}"


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _strongest(finding: Finding) -> tuple[int, float, str, str, str]:
    """Sorts strong before weak, then the earliest, then by name, so that no order is left to chance."""
    first = finding.first.timestamp() if finding.first else float("inf")
    return (-LEVELS.index(finding.rule.level), first, finding.rule.id, finding.host, finding.user)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.sql(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _notes(ruleless: int, findings_left: int) -> Iterator[str]:
    """Rule 5."""
    if ruleless:
        one = "{n} alert of another product is not told: there are more different rules than are looked at."
        many = "{n} alerts of other products are not told: there are more different rules than are looked at."
        yield say_many(one, many, ruleless)
    if findings_left:
        one = "{n} finding from alerts of other products is not told: it is among the weakest of too many."
        many = "{n} findings from alerts of other products are not told: they are the weakest of too many."
        yield say_many(one, many, findings_left)

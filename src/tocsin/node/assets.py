"""Findings inherit what their host is for, and what the acting machine is, from the imported assets (docs/enrich.md).

A host is an asset by its whole name or address, else by its first label: logs write `WS01` and `ws01.ministry.example`
for the same computer. Upper and lower case do not matter. An address that is none is who it was then (triage.who).

The acting machine is the one that the evidence names as the source; where it names none, the host. A source that is no
asset leaves the role open: the host is then the one that something was done to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from tocsin.lake.facts import Facts
from tocsin.model import Finding, NameRole
from tocsin.triage.who.naming import SOURCES

Asset = Mapping[str, str | None]


def with_assets(lake: Path, findings: Iterable[Finding]) -> list[Finding]:
    """The findings with mission, domain, criticality and owner of their host's asset, and the acting machine's role."""
    assets = Facts(lake).assets()
    return [_told(finding, assets) for finding in findings] if assets else list(findings)


def _asset(host: str, assets: Mapping[str, Asset]) -> Asset:
    host = host.lower()
    label = host if host.replace(".", "").isdigit() or ":" in host else host.partition(".")[0]
    return assets.get(host) or assets.get(label) or {}


def _told(finding: Finding, assets: Mapping[str, Asset]) -> Finding:
    asset = _asset(finding.host, assets) or _asset(finding.machine, assets)
    acting = _actor(finding)
    actor = _asset(acting, assets) or _asset(_who(finding, acting), assets)
    if not asset and not actor:
        return finding
    return replace(
        finding,
        mission=asset.get("mission") or "",
        domain=asset.get("domain") or "",
        criticality=asset.get("criticality") or "",
        owner=asset.get("owner") or "",
        role=actor.get("role") or "",
    )


def _who(finding: Finding, said: str) -> str:
    """Who a name of the finding was, where that is known."""
    return next((each.name for each in finding.namings if each.said == said and each.role != NameRole.ACCOUNT), "")


def _actor(finding: Finding) -> str:
    """The source in the first evidence that names one, else the host."""
    named = (each.fields.get(name, "") for each in finding.evidence for name in SOURCES)
    return next((source for source in named if source), finding.host)

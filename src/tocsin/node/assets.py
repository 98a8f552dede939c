"""Findings inherit what their host is for, from the assets that were imported (docs/enrich.md).

A host is an asset by its whole name or address, else by its first label: logs write `WS01` and `ws01.ministry.example`
for the same computer. Upper and lower case do not matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from tocsin.lake.facts import Facts
from tocsin.model import Finding

Asset = Mapping[str, str | None]


def with_assets(lake: Path, findings: Iterable[Finding]) -> list[Finding]:
    """The findings with mission and domain of their host's asset."""
    assets = Facts(lake).assets()
    return [_told(finding, _asset(finding.host.lower(), assets)) for finding in findings]


def _asset(host: str, assets: Mapping[str, Asset]) -> Asset:
    label = host if host.replace(".", "").isdigit() or ":" in host else host.partition(".")[0]
    return assets.get(host) or assets.get(label) or {}


def _told(finding: Finding, asset: Asset) -> Finding:
    if not asset:
        return finding
    return replace(finding, mission=asset.get("mission") or "", domain=asset.get("domain") or "")

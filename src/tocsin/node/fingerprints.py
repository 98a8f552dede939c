"""Fingerprints of the floods that an analytic found in the lake: one a target, whatever ways it was flooded in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from tocsin.detect.analytics import Analytic, Hit, open_window
from tocsin.detect.analytics.fingerprint import fingerprint
from tocsin.detect.analytics.fingerprint_rows import VECTORS
from tocsin.errors import UsageError
from tocsin.lake.catalog import Catalog


def write_fingerprints(catalog: Catalog, analytic: Analytic, hits: Sequence[Hit], folder: Path) -> list[Path]:
    """Write `<key>.json` for each flooded target. Raises UsageError for an analytic that finds no floods."""
    if analytic.id not in VECTORS:
        raise UsageError(
            f"{analytic.id} finds no floods, so there is no fingerprint", f"Use one of {', '.join(sorted(VECTORS))}."
        )
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for document in fingerprints(catalog, analytic, hits):
        path = folder / f"{document['key']}.json"
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        written.append(path)
    return written


def fingerprints(catalog: Catalog, analytic: Analytic, hits: Sequence[Hit]) -> Iterator[Mapping[str, object]]:
    """Floods of one target that overlap in time are one attack with several vectors."""
    flood_only = replace(analytic, lookback_us=0)  # what was before the flood is no part of it
    for attack in _attacks(hits):
        with open_window(catalog.lake, catalog.files(), [flood_only], None, attack.first_us, attack.last_us) as window:
            vectors = VECTORS[analytic.id](window, attack)
        if vectors:
            yield fingerprint(vectors)


def _attacks(hits: Sequence[Hit]) -> Iterator[Hit]:
    """One hit a target and time: hits that overlap are joined."""
    ordered = sorted(hits, key=lambda hit: (hit.organisation, hit.network, hit.host, hit.first_us))
    for _, of_target in groupby(ordered, key=lambda hit: (hit.organisation, hit.network, hit.host)):
        joined: Hit | None = None
        for hit in of_target:
            if joined is not None and hit.first_us <= joined.last_us:
                joined = _joined(joined, hit)
                continue
            if joined is not None:
                yield joined
            joined = hit
        if joined is not None:
            yield joined


def _joined(one: Hit, other: Hit) -> Hit:
    return replace(one, last_us=max(one.last_us, other.last_us), count=one.count + other.count)

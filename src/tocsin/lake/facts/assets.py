"""Import of a list of assets, with what it changes; nothing is written where only that is asked.

Rules:
1. A list is kept and replaced as any file of facts (`store`): a newer file of the same name takes the place of the
   older, so what is no longer in it is removed.
2. One faulty line refuses the file; all of them are told with file and line, up to limits.FACTS_FAULTS.
3. A change is told by the asset's key, its column, and what stood there before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.lake.facts.kinds import ASSET_COLUMNS, FactRecord
from tocsin.lake.facts.reading import read_facts
from tocsin.lake.facts.store import Facts, keep_facts

KIND = "assets"
Asset = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class AssetChange:
    """One column of one asset."""

    key: str
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AssetImport:
    """What an import does, or would do."""

    record: FactRecord
    added: tuple[str, ...]
    changed: tuple[AssetChange, ...]
    removed: tuple[str, ...]


def import_assets(lake: Path, path: Path, *, dry_run: bool = False) -> AssetImport:
    """Take a list of assets into a lake, or only say what that would change. Raises FactsError with file and line.

    The caller sees to it that nobody else writes facts at the same time.
    """
    facts, found = Facts(lake), read_facts(path, KIND)
    before, after = facts.assets(), facts.assets(found)
    if not dry_run:
        keep_facts(lake, found)
    both = sorted(before.keys() & after.keys())
    return AssetImport(
        found.record,
        tuple(sorted(after.keys() - before.keys())),
        tuple(change for key in both for change in _changes(key, before[key], after[key])),
        tuple(sorted(before.keys() - after.keys())),
    )


def _changes(key: str, before: Asset, after: Asset) -> list[AssetChange]:
    pairs = ((column, before.get(column) or "", after.get(column) or "") for column in ASSET_COLUMNS)
    return [AssetChange(key, column, old, new) for column, old, new in pairs if old != new]

"""The indicators of a lake for people: listed, by source, one shown, some removed."""

from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.detect.indicators import Collection, Matcher, changing, open_collection, store
from tocsin.detect.indicators.building import microseconds
from tocsin.detect.indicators.collection import CODES
from tocsin.errors import NotFound, UsageError
from tocsin.lake.indicators import KINDS, parse_indicator
from tocsin.lake.value import Value
from tocsin.node.found import moment
from tocsin.node.indicator_asked import Wanted

_Rows = npt.NDArray[np.int64]


class Listed(msgspec.Struct, frozen=True):
    """One indicator."""

    kind: str
    value: str
    source: str
    level: str
    valid_from: datetime | None
    valid_until: datetime | None
    confidence: int | None
    marking: str
    attack: tuple[str, ...]
    note: str
    reference: str
    by: str
    at: str
    file: str


class Source(msgspec.Struct, frozen=True):
    """What one source gave: how many indicators, and how many of them no longer count."""

    source: str
    count: int
    expired: int


class Listing(msgspec.Struct, frozen=True):
    """Some indicators; `total` are all that were asked for, `kept` all that there are."""

    rows: tuple[Listed, ...]
    total: int
    kept: int
    sources: tuple[Source, ...]


def listed(lake: Path, wanted: Wanted, now: datetime) -> Listing:
    """What a lake keeps. Raises UsageError for a kind or a value that there cannot be, LakeError."""
    collection = open_collection(lake)
    late = collection.rows.column("valid_until").to_numpy() < microseconds(now)
    chosen = _chosen(collection, wanted)
    if wanted.expired:
        chosen = chosen[late[chosen]]
    page = chosen[wanted.skip : wanted.skip + wanted.most]
    rows = collection.rows.take(pa.array(page)).to_pylist()
    found = tuple(_listed(collection, row) for row in rows)
    return Listing(found, len(chosen), collection.count, _sources(collection, late))


def removed(lake: Path, what: str) -> int:
    """Remove a source with all it gave, or a value of whatever source; returns how many went. Raises NotFound."""
    with changing(lake) as collection:
        is_source = any(rule.source == what for rule in collection.rules)
        wanted = Wanted(source=what) if is_source else Wanted(value=what)
        try:
            chosen = _chosen(collection, wanted, aliases=True)
        except UsageError:
            chosen = np.zeros(0, np.int64)
        if not len(chosen):
            raise NotFound(f"there is no source and no indicator {what!r}", "`tocsin indicator list` names them.")
        kept = np.ones(collection.rows.num_rows, np.bool_)
        kept[chosen] = False
        left = store(lake, collection.table().filter(pa.array(kept)), collection.rules, collection.origins)
    return collection.count - left.count


def holding(lake: Path, value: Value) -> int:
    """How many spellings of indicators hold a person's value."""
    return int(pc.sum(value.rows(open_collection(lake).table())).as_py() or 0)


def erased(lake: Path, value: Value) -> int:
    """Remove the spellings that hold a person's value; returns how many went."""
    if not holding(lake, value):
        return 0
    with changing(lake) as collection:
        rows = collection.table()
        left = rows.filter(pc.invert(value.rows(rows)))
        store(lake, left, collection.rules, collection.origins)
    return len(rows) - len(left)


def _chosen(collection: Collection, wanted: Wanted, *, aliases: bool = False) -> _Rows:
    """The rows that are asked for, in the order in which they were imported and then by number."""
    if wanted.kind and wanted.kind not in KINDS:
        raise UsageError(f"there is no kind {wanted.kind!r}", f"It is one of: {', '.join(KINDS)}.")
    mask = np.ones(collection.rows.num_rows, np.bool_)
    if not aliases:
        mask &= ~collection.rows.column("alias").to_numpy(zero_copy_only=False)
    if wanted.kind:
        mask &= collection.rows.column("kind").to_numpy() == CODES.index(wanted.kind)
    if wanted.source:
        ours = np.array([rule.source == wanted.source for rule in collection.rules], np.bool_)
        mask &= ours[collection.rows.column("rule").to_numpy()] if len(ours) else False
    if wanted.value:
        mask &= np.isin(np.arange(len(mask)), _with_value(collection, wanted.value))
    chosen = np.flatnonzero(mask)
    order: _Rows = chosen[np.argsort(collection.rows.column("origin").to_numpy()[chosen], kind="stable")]
    return order


def _with_value(collection: Collection, value: str) -> list[int]:
    indicator = parse_indicator(value)
    matcher = Matcher(collection)
    return [row for spelling in indicator.spellings for row in matcher.entries(indicator.kind, spelling)]


def _listed(collection: Collection, row: dict[str, object]) -> Listed:
    rule, origin = collection.rules[int(str(row["rule"]))], collection.origins[int(str(row["origin"]))]
    since, confidence = int(str(row["valid_from"])), int(str(row["confidence"]))
    return Listed(
        kind=CODES[int(str(row["kind"]))],
        value=str(row["value"] or row["spelling"]),
        source=rule.source,
        level=rule.level,
        valid_from=moment(since) if since > 0 else None,
        valid_until=moment(row["valid_until"]),
        confidence=confidence if confidence >= 0 else None,
        marking=str(row["marking"] or ""),
        attack=rule.attack,
        note=str(row["note"] or ""),
        reference=str(row["reference"] or ""),
        by=origin.by,
        at=origin.at,
        file=origin.file,
    )


def _sources(collection: Collection, late: npt.NDArray[np.bool_]) -> tuple[Source, ...]:
    own = ~collection.rows.column("alias").to_numpy(zero_copy_only=False)
    rules = collection.rows.column("rule").to_numpy()
    counts = np.bincount(rules[own], minlength=len(collection.rules))
    expired = np.bincount(rules[own & late], minlength=len(collection.rules))
    found: dict[str, list[int]] = {}
    for number, rule in enumerate(collection.rules):
        both = found.setdefault(rule.source, [0, 0])
        both[0] += int(counts[number])
        both[1] += int(expired[number])
    return tuple(Source(name, *both) for name, both in sorted(found.items()))

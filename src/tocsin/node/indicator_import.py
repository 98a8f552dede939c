"""An import of indicators: read, refused with reasons, kept, and looked for at once in all that the lake remembers.

Steps: 1. read the file and refuse what is no indicator here; 2. put the others into the lake's collection, from where
new events meet them; 3. wait until a running engine has them; 4. look back, for those that are new; 5. let findings of
the past wait for the analyst, or for the next scan.
With `dry_run` only step 1 is done.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from tocsin import clock, limits
from tocsin.detect.indicators import (
    Collection,
    Entry,
    Matcher,
    Origin,
    Rows,
    Unread,
    Warned,
    changing,
    merged,
    open_collection,
    store,
)
from tocsin.detect.indicators.entry import level_of
from tocsin.detect.indicators.given import Given
from tocsin.detect.indicators.reading import read_file
from tocsin.errors import LimitExceeded
from tocsin.lake.catalog import Catalog
from tocsin.lake.indicators import Indicator
from tocsin.model import Finding
from tocsin.node.indicator_asked import Import
from tocsin.node.indicator_past import keep, past_findings, summary
from tocsin.node.indicator_refusals import Refusals
from tocsin.words.messages import say


class Left(msgspec.Struct, frozen=True):
    """One reason why parts of the file were left out: how many, and some of them."""

    why: str
    count: int
    examples: tuple[str, ...]


class Imported(msgspec.Struct, frozen=True):
    """What an import did."""

    form: str
    taken: int
    new: int
    kinds: dict[str, int]
    sources: dict[str, int]
    left: tuple[Left, ...]
    kept: int = 0
    """Indicators that the lake has now."""
    seen: int = 0
    """Findings of the past."""
    past: tuple[dict[str, object], ...] = ()
    seconds_back: float = 0.0


@dataclass(slots=True)
class _Read:
    """What step 1 gathers."""

    rows: Rows
    kinds: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    wanted: dict[Warned, dict[str, Indicator]] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def leave(self, what: str, why: str) -> None:
        """Count what is left out, and keep some examples."""
        self.left[why] += 1
        examples = self.examples.setdefault(why, [])
        if len(examples) < limits.INDICATOR_REFUSALS:
            examples.append(what)

    def take(self, entry: Entry) -> None:
        """Keep an entry, each once. Raises LimitExceeded for too many."""
        indicator = entry.indicator
        warned = Warned(indicator.kind, level_of(entry.confidence), entry.source, entry.attack, entry.marking)
        known = self.wanted.setdefault(warned, {})
        if indicator.spellings[0] in known:
            self.leave(indicator.given, say("it stands in the file more than once"))
            return
        if self.rows.count >= limits.INDICATORS_IMPORTED:
            raise LimitExceeded(f"more than {limits.INDICATORS_IMPORTED:,} indicators in one file", "Split it.")
        known[indicator.spellings[0]] = indicator
        self.kinds[indicator.kind] += 1
        self.sources[entry.source] += 1
        self.rows.add(entry)


def import_indicators(
    catalog: Catalog,
    data: bytes,
    asked: Import,
    by: str,
    now: datetime,
    entered: Callable[[Imported], None] = lambda _: None,
    taken_up: Callable[[], None] = lambda: None,
) -> Imported:
    """Steps 1 to 5. `entered` is told before anything changes, `taken_up` is step 3.

    Raises UsageError, LimitExceeded, LakeError.
    """
    lake = catalog.lake
    given = Given(now, asked.source, asked.marking, asked.valid_until, asked.confidence, asked.file)
    content = read_file(data, given)
    refusals = Refusals(lake, asked.even_common)
    if asked.dry_run:
        old = open_collection(lake)
        read = _read(content.found, refusals, old)
        return _told(content.form, read, sum(map(len, _new(read, old).values())), old.count)
    with changing(lake) as old:
        read = _read(content.found, refusals, old)
        wanted = _new(read, old)
        new = sum(map(len, wanted.values()))
        entered(_told(content.form, read, new, old.count))
        kept = _kept(lake, read, old, Origin("", asked.file, content.form, by, now.isoformat()), asked.replace)
    if not new:
        return _told(content.form, read, new, kept.count)
    taken_up()
    start = clock.monotonic()
    found = past_findings(catalog, wanted, limits.INDICATOR_SIGHTING_ROWS)
    keep(lake, found)
    return _told(content.form, read, new, kept.count, found, clock.monotonic() - start)


def _kept(lake: Path, read: _Read, old: Collection, origin: Origin, replace: bool) -> Collection:
    """Step 2. A file without any indicator changes nothing."""
    if not read.rows.count:
        return old
    sources = ", ".join(sorted(read.sources))[: limits.INDICATOR_NOTE]
    origin = msgspec.structs.replace(origin, source=sources)
    before = without(old, set(read.sources)) if replace else old
    rows = merged(before, read.rows.table(), read.rows.rules, origin)
    return store(lake, rows, read.rows.rules, [*before.origins, origin])


def without(collection: Collection, sources: set[str]) -> Collection:
    """The collection without what some sources gave."""
    gone = np.array([rule.source in sources for rule in collection.rules], np.bool_)
    numbers = collection.rows.column("rule").to_numpy()
    wanted = ~gone[numbers] if len(gone) else np.zeros(0, np.bool_)
    return Collection(collection.rows.filter(pa.array(wanted)), collection.rules, collection.origins)


def _read(found: Iterable[Entry | Unread], refusals: Refusals, old: Collection) -> _Read:
    """Step 1."""
    read = _Read(Rows(old.rules))
    for each in found:
        why = refusals.reason(each.indicator) if isinstance(each, Entry) else ""
        if isinstance(each, Unread):
            read.leave(each.what, each.why)
        elif why:
            read.leave(each.indicator.given, why)
        else:
            read.take(each)
    return read


def _new(read: _Read, old: Collection) -> dict[Warned, list[Indicator]]:
    """What no source of that name gave before."""
    known = _Known(old)
    return {
        warned: [each for each in by_value.values() if not known.has(each, warned.source)]
        for warned, by_value in read.wanted.items()
    }


class _Known:
    """Whether a collection has an indicator of a source."""

    def __init__(self, collection: Collection) -> None:
        self._matcher = Matcher(collection)
        self._rules = collection.rules
        self._numbers = collection.rows.column("rule")

    def has(self, indicator: Indicator, source: str) -> bool:
        found = self._matcher.entries(indicator.kind, indicator.spellings[0])
        return any(self._rules[self._numbers[entry].as_py()].source == source for entry in found)


def _told(form: str, read: _Read, new: int, kept: int, found: Sequence[Finding] = (), seconds: float = 0.0) -> Imported:
    left = tuple(Left(why, count, tuple(read.examples[why])) for why, count in read.left.most_common())
    return Imported(
        form, read.rows.count, new, dict(read.kinds), dict(read.sources), left, kept, len(found),
        tuple(summary(found)), round(seconds, 2),
    )  # fmt: skip

"""A hunt: one SELECT, indicators, or Sigma rules, asked of a lake. The same at the shell and through a node's API.

Rules:
1. SQL runs in the sandbox (`lake.hunt`). Indicators and rules reach back as far as the rollups do.
2. Beside its rows a hunt says in sentences what it could speak of: days, rules that were refused, rows left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from tocsin import clock, limits
from tocsin.errors import UsageError
from tocsin.lake.catalog import Catalog
from tocsin.lake.hunt import hunt
from tocsin.lake.indicators import Indicator, parse_indicator, parse_list
from tocsin.lake.rollups import pending, rollup_files
from tocsin.lake.sightings import sightings
from tocsin.lake.status import lake_status
from tocsin.node.conductor import Observe
from tocsin.node.rule_hunt import Days, Period, RuleHunt, Unasked, hunt_rules

TOLD = b"tocsin"
"""In the metadata of rows that a node hands out: the sentences, as a JSON list."""
_NAMED = 5  # values named in a sentence; more are counted


@dataclass(frozen=True, slots=True)
class Hunted:
    """The rows of a hunt, and what is to be said beside them."""

    rows: pa.Table
    told: tuple[str, ...] = ()


def ask_sql(catalog: Catalog, query: str, most: int, seconds: float) -> Hunted:
    """The rows of one SELECT. Raises HuntError, LakeError."""
    found = hunt(catalog.tables(), query, rollups=rollup_files(catalog), seconds=seconds, rows=most)
    told = f"Only the first {found.rows.num_rows:,} rows; more were there (--limit)."
    return Hunted(found.rows, (told,) if found.truncated else ())


def ask_indicators(catalog: Catalog, wanted: Sequence[Indicator], period: Period, most: int) -> Hunted:
    """Where indicators were seen."""
    found = sightings(catalog, wanted, period.since, period.until, most)
    told = [_covered(catalog, period), *_pending(catalog)]
    told += _seen(wanted, set(found.rows.column("indicator").to_pylist()))
    if found.truncated:
        told.append(f"Only the first {most:,} rows; more were there (--limit).")
    return Hunted(found.rows, tuple(told))


def ask_rules(
    catalog: Catalog, paths: Sequence[Path], cache: Path | None, period: Period, most: int, observe: Observe
) -> Hunted:
    """What Sigma rules find in all that is there. Raises RuleError, UsageError, LakeError."""
    found = hunt_rules(catalog, paths, cache, period, observe)
    told = [*_asked(found), *_pending(catalog)]
    if found.rows.num_rows > most:
        told.append(f"Only the first {most:,} rows of {found.rows.num_rows:,} (--limit).")
    return Hunted(found.rows.slice(0, most), tuple(told))


def read_indicators(given: Sequence[str], lines: Iterable[str] = ()) -> tuple[list[Indicator], list[str]]:
    """The indicators that were given one by one and in a list, and the lines of the list that are none.

    UsageError for what is given and is no indicator, where there is none at all, and where there are too many.
    """
    wanted = [parse_indicator(text) for text in given]
    listed, refused = parse_list(lines)
    wanted += listed
    if not wanted:
        raise UsageError("there is no indicator", "Write one a line, for example domain:evil.example.")
    if len(wanted) > limits.INDICATORS:
        raise UsageError(f"{len(wanted):,} indicators are too many", f"Ask at most {limits.INDICATORS:,} at once.")
    return wanted, refused


def few(values: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(values) - _NAMED:,} more" if len(values) > _NAMED else ""
    return ", ".join(values[:_NAMED]) + more


def _seen(wanted: Sequence[Indicator], seen: set[str]) -> Iterator[str]:
    missing = [indicator.given for indicator in wanted if indicator.given not in seen]
    if not missing:
        yield "All of them were seen." if len(wanted) > 1 else "It was seen."
    elif len(missing) == len(wanted):
        yield "None of them was seen." if len(wanted) > 1 else f"{wanted[0].given} was not seen."
    else:
        yield f"Seen: {len(wanted) - len(missing):,} of {len(wanted):,}. Not seen: {few(missing)}."


def _covered(catalog: Catalog, period: Period) -> str:
    """What days the answer can speak of."""
    found = lake_status(catalog)
    events = _span("events", [(table.first_day, table.last_day) for table in found.tables])
    rollups = _span("rollups", [(each.first_day, each.last_day) for each in found.rollups])
    ends = (("from", period.since), ("to", period.until))
    asked = " ".join(f"{word} {_minute(end)}" for word, end in ends if end)
    return f"The lake has {events} and {rollups}." + (f" Asked was {asked} UTC." if asked else "")


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


def _span(what: str, days: Sequence[tuple[str, str]]) -> str:
    known = [(first, last) for first, last in days if first]
    if not known:
        return f"no {what}"
    return f"{what} of {min(first for first, _ in known)} to {max(last for _, last in known)}"


def _pending(catalog: Catalog) -> Iterator[str]:
    missing = pending(catalog, clock.now().date())
    if missing:
        yield f"The rollups are behind by {missing:,} days and weeks: `tocsin lake rollup` makes them."


def _asked(found: RuleHunt) -> Iterator[str]:
    """What was asked where, and what could not be asked."""
    for refused in found.refused[:_NAMED]:
        yield f"Refused: {refused}."
    if len(found.refused) > _NAMED:
        yield f"{len(found.refused) - _NAMED:,} more rules were refused: `tocsin rules check` says why."
    yield f"The events of {_days(found.events)} were asked." if found.events else "There are no events of that time."
    if found.remembered is None:
        return
    yield f"Of {_days(found.remembered)} some or all events have expired: there the rollups were asked."
    for rule in found.unasked[:_NAMED]:
        yield f"“{rule.title}” could not be asked of them: {_reason(rule)}."
    if len(found.unasked) > _NAMED:
        yield f"{len(found.unasked) - _NAMED:,} more rules could not be asked of them."


def _reason(rule: Unasked) -> str:
    if rule.correlates:
        return "it correlates single events"
    if rule.fields:
        return f"it reads {', '.join(rule.fields)}, which none keeps"
    return "none is made from its log source"


def _days(days: Days) -> str:
    return f"{days.first}" if days.first == days.last else f"{days.first} to {days.last}"

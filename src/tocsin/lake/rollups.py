"""The long memory of the lake: keeping the rollups up to date, and reading them.

Rules (LAKE.md, "Rollups"):
1. A rollup is derived: a period whose raw rows changed is made anew from all of them, so late data, and any order and
   splitting of what is scanned, give the same rows.
2. Periods are made in runs of bounded size; each run is one transaction. Killed before it, the old rows stand; after
   it, only what is left is made by the next update.
3. What lost its raw events stays, and late events are added to it once (`rollup_records`).
4. In a connection a rollup is a view by its name, with its columns and no rows on an empty lake.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from tocsin.lake.catalog import Catalog
from tocsin.lake.rollup_build import Stored, drop, lose, make, open_workshop
from tocsin.lake.rollup_files import Rollup, load_rollups
from tocsin.lake.rollup_plan import Plan, Work, chunks, definition, losses
from tocsin.lake.rollup_raw import Raw, read_from
from tocsin.lake.rollup_records import RollupChange, RollupFile, day_number
from tocsin.lake.rollup_sql import quoted
from tocsin.lake.rollup_store import stored_sql

Observe = Callable[[int, int], None]
"""Told of raw rows read so far and raw rows to read in all."""


@dataclass(frozen=True, slots=True)
class RollupUpdate:
    """What an update did. `kept` are periods that keep what older SQL made, since their raw events have expired."""

    periods: int
    rows_read: int
    kept: int


def update_rollups(
    catalog: Catalog,
    today: date,
    observe: Observe | None = None,
    *,
    rebuild: bool = False,
    rollups: Sequence[Rollup] | None = None,
) -> RollupUpdate:
    """Bring rollups (all by default) up to what the lake holds. Raises LakeError, duckdb.Error, OSError.

    Needs the write lock. `rebuild` makes every period anew whose raw rows are there.
    """
    mine = load_rollups() if rollups is None else rollups
    plan = _plan(catalog, today, rebuild)
    if plan.newest is not None:
        catalog.rollups.put_newest(plan.newest)
    known = catalog.rollups.periods()
    works = [(each, plan.works(each, [period for period in known if period.rollup == each.name])) for each in mine]
    done = _made(catalog, works, observe) if any(each for _, each in works) else 0
    now = {rollup.name: definition(rollup) for rollup in mine}
    kept = sum(1 for period in catalog.rollups.periods() if now.get(period.rollup, "") not in ("", period.definition))
    return RollupUpdate(sum(len(each) for _, each in works), done, kept)


def _made(catalog: Catalog, works: Sequence[tuple[Rollup, Sequence[Work]]], observe: Observe | None) -> int:
    """Make all works; returns the raw rows that were read."""
    total = sum(work.cost for _, each in works for work in each)
    files = catalog.files() if total else []
    done = 0
    if observe and total:
        observe(done, total)
    with closing(open_workshop(catalog.lake)) as database, read_from(catalog.lake, works, files) as raw:
        for rollup, each in works:
            for chunk in chunks(each):
                if observe:
                    observe(done, total)
                _make(catalog, database, rollup, chunk, raw)
                done += sum(work.cost for work in chunk)
    return done


def _plan(catalog: Catalog, today: date, rebuild: bool) -> Plan:
    records = catalog.rollups
    raw = records.raw_rows()
    past = [day for day in (*raw, records.newest) if day is not None and day <= day_number(today)]
    return Plan(raw, max(past, default=records.newest), records.floor, rebuild)


def pending(catalog: Catalog, today: date) -> int:
    """How many days and weeks an update would make."""
    known = catalog.rollups.periods()
    plan = _plan(catalog, today, rebuild=False)
    return sum(len(plan.works(each, [x for x in known if x.rollup == each.name])) for each in load_rollups())


def _make(
    catalog: Catalog, database: duckdb.DuckDBPyConnection, rollup: Rollup, works: Sequence[Work], raw: Raw
) -> None:
    behind = stored(catalog, database, rollup.name, raw)
    now = {period.key: period for period in behind.periods}  # the run before may have moved them to another file
    current = [replace(work, members=tuple(now[member.key] for member in work.members)) for work in works]
    change = make(rollup, behind, current, new_name())
    catalog.change_rollups([change])
    remove_files(catalog.lake, change)


def stored(catalog: Catalog, database: duckdb.DuckDBPyConnection, rollup: str, raw: Raw) -> Stored:
    """What the lake holds of a rollup, and behind it: the raw files. `database` is a workshop."""
    records = catalog.rollups
    return Stored(
        catalog.lake,
        database,
        [period for period in records.periods() if period.rollup == rollup],
        [file for file in records.files() if file.rollup == rollup],
        raw,
    )


def outlive(catalog: Catalog, days: Collection[int], rollups: Sequence[Rollup] | None = None) -> list[RollupChange]:
    """What rollups that are up to date keep when all raw rows of some days go; the caller commits both together."""
    raw, files = catalog.rollups.raw_rows(), Raw(catalog.files())
    changes = []
    with closing(open_workshop(catalog.lake)) as database:
        for rollup in load_rollups() if rollups is None else rollups:
            behind = stored(catalog, database, rollup.name, files)
            lost = losses(rollup, behind.periods, raw, days)
            if lost:
                changes.append(lose(rollup, behind, lost, new_name()))
    return changes


def expire_rollups(
    catalog: Catalog, before: date, rollups: Sequence[Rollup] | None = None, *, dry_run: bool = False
) -> int:
    """Remove what rollups know of the days before a date, for good; returns the rows that went. Needs the write lock.

    A week goes when all of its days are before the date. The days are not made again from raw rows that are left. A
    rollup that this Tocsin does not know goes as a whole.
    """
    records = catalog.rollups
    cutoff = day_number(before)
    old = [period for period in records.periods() if period.days[-1] < cutoff]
    if dry_run:
        return sum(period.rows for period in old)
    known = {rollup.name: rollup for rollup in (load_rollups() if rollups is None else rollups)}
    changes = []
    with closing(open_workshop(catalog.lake)) as database:
        for name in sorted({period.rollup for period in old}):
            behind = stored(catalog, database, name, Raw(()))
            mine = [period for period in behind.periods if period.days[-1] < cutoff]
            change = drop(known[name], behind, mine, new_name()) if name in known else _all_of(behind)
            changes.append(change)
    records.put_floor(max(cutoff, records.floor or cutoff))  # first: killed after it, nothing old is made again
    catalog.change_rollups(changes)
    for change in changes:
        remove_files(catalog.lake, change)
    return sum(period.rows for period in old)


def _all_of(behind: Stored) -> RollupChange:
    return RollupChange(gone=tuple(behind.periods), let_go=tuple(file.path for file in behind.files))


def remove_files(lake: Path, change: RollupChange) -> None:
    """Remove the files that a committed change let go."""
    for path in change.let_go:
        (lake / path).unlink(missing_ok=True)


def new_name() -> str:
    """A name that is unique in the lake."""
    return uuid.uuid4().hex[:12]


def rollup_files(catalog: Catalog) -> dict[str, list[RollupFile]]:
    """The files that hold the rows of each rollup, with absolute paths; base files are nobody's to read."""
    live = {period.path for period in catalog.rollups.periods()}
    found: dict[str, list[RollupFile]] = {}
    for file in catalog.rollups.files():
        if file.path in live:
            found.setdefault(file.rollup, []).append(replace(file, path=str(catalog.lake.resolve() / file.path)))
    return found


def open_rollups(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    only: Iterable[str] | None = None,
    rollups: Sequence[Rollup] | None = None,
) -> None:
    """Create a view a rollup (all by default) in a connection; `only` names those that the caller will read."""
    create_rollup_views(connection, rollup_files(catalog), only, rollups)


def create_rollup_views(
    connection: duckdb.DuckDBPyConnection,
    files: Mapping[str, Sequence[RollupFile]],
    only: Iterable[str] | None = None,
    rollups: Sequence[Rollup] | None = None,
) -> None:
    """The same for a caller who has the files (`rollup_files`) and no catalog."""
    wanted = None if only is None else {name.lower() for name in only}
    for rollup in load_rollups() if rollups is None else rollups:
        if wanted is None or rollup.name in wanted:
            sql = stored_sql(rollup, Path(), files.get(rollup.name, ()))
            connection.execute(f"CREATE TEMP VIEW {quoted(rollup.name)} AS {sql}")

"""Which periods of a rollup must be made anew, and from what: a pure decision.

Rules:
1. The newest limits.ROLLUP_DAILY_DAYS days up to the lake's newest day are periods of one day; a week that lies before
   them as a whole is one period. What is a week stays one.
2. A period with raw rows is made from them when its SQL or its raw rows are others than they were.
3. Days that became a week are merged from their rollups; raw rows are read only where rule 2 asks for it.
4. A period without raw rows is never touched: its events have expired and it is all that is left.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from blake3 import blake3

from tocsin import limits
from tocsin.lake.rollup_files import Rollup
from tocsin.lake.rollup_records import ALL, NONE, PART, Period, RawRows
from tocsin.lake.rollup_sql import WEEK, week_of
from tocsin.lake.view_files import load_view
from tocsin.lake.view_fragments import fragments_text

DAY = 1
DIGEST_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Work:
    """One period to be made."""

    period: Period  # as it will be recorded, without its rows and paths
    members: tuple[Period, ...]  # the recorded periods that it takes the place of
    raw_days: tuple[int, ...]  # days whose raw rows are read; none where the members are merged
    cost: int  # rows to read

    @property
    def merges(self) -> bool:
        """Whether it is made of its members alone."""
        return not self.raw_days

    @property
    def keeps_base(self) -> bool:
        """Whether the base file of its one member goes on being its own."""
        return self.period.base == PART and [(m.span, m.base) for m in self.members] == [(self.period.span, PART)]


@dataclass(frozen=True, slots=True)
class Loss:
    """A period some or all of whose raw rows expire, and how it is recorded after that."""

    period: Period
    days: tuple[int, ...]
    after: Period


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known when an update begins. `newest` and `floor` are days since 1970."""

    raw: RawRows
    newest: int | None
    floor: int | None
    rebuild: bool = False

    def works(self, rollup: Rollup, known: Sequence[Period]) -> list[Work]:
        """The periods to make, by day."""
        mine = {day: _mine(rollup, rows) for day, rows in self.raw.items() if self.floor is None or day >= self.floor}
        raw = {day: rows for day, rows in mine.items() if rows}
        weeks = {period.day for period in known if period.span == WEEK}
        grouped: dict[tuple[int, int], list[Period]] = {}
        for day in sorted({period.day for period in known} | set(raw)):
            grouped.setdefault(self._place(day, weeks), [])
        for period in known:
            grouped[self._place(period.day, weeks)].append(period)
        found = (self._work(rollup, *place, members, raw) for place, members in sorted(grouped.items()))
        return [work for work in found if work]

    def _place(self, day: int, weeks: set[int]) -> tuple[int, int]:
        """First day and span of the period that a day belongs to."""
        monday = week_of(day)
        old = self.newest is not None and monday + WEEK - 1 <= self.newest - limits.ROLLUP_DAILY_DAYS
        return (monday, WEEK) if old or monday in weeks else (day, DAY)

    def _work(self, rollup: Rollup, day: int, span: int, members: Sequence[Period], raw: RawRows) -> Work | None:
        days = [each for each in range(day, day + span) if each in raw]
        now, sql = raw_digest(days, raw), definition(rollup)
        regrained = [member for member in members if member.span != span]
        fresh = bool(days) and (self.rebuild or not _covered(days, members, raw, sql))
        if not fresh and not regrained:
            return None
        period = Period(rollup.name, day, span, definition=sql, raw=now, base=_base(members, days))
        if fresh:
            return Work(period, tuple(members), tuple(days), sum(sum(raw[each].values()) for each in days))
        if not days:
            period = Period(rollup.name, day, span, definition=members[0].definition, raw=now, base=period.base)
        return Work(period, tuple(members), (), sum(member.rows for member in members))


def losses(rollup: Rollup, known: Iterable[Period], raw: RawRows, expiring: Collection[int]) -> list[Loss]:
    """What the expiry of all raw rows of some days takes from the periods of a rollup that is up to date."""
    mine = rows_of(rollup, raw)
    found = []
    for period in known:
        here = [day for day in period.days if day in mine]
        lost = tuple(day for day in here if day in expiring)
        if lost:
            left = [day for day in here if day not in expiring]
            base_path = period.base_path if left else ""
            after = replace(period, raw=raw_digest(left, mine), base=PART if left else ALL, base_path=base_path)
            found.append(Loss(period, lost, after))
    return found


def chunks(works: Iterable[Work]) -> Iterator[list[Work]]:
    """Runs of periods that are made together, so that each raw file is read once and memory stays bounded."""
    chunk: list[Work] = []
    for work in works:
        if chunk and sum(each.cost for each in chunk) + work.cost > limits.ROLLUP_CHUNK_ROWS:
            yield chunk
            chunk = []
        chunk.append(work)
    if chunk:
        yield chunk


@cache
def definition(rollup: Rollup) -> str:
    """A digest of everything that decides a rollup's rows: its columns, SQL and bounds, the views and their parts."""
    columns = [f"{column.name} {column.type} {column.rule}" for column in rollup.columns]
    bounds = (rollup.entity, rollup.shared, limits.ROLLUP_ENTITY_ROWS, limits.ROLLUP_SHARED_ROWS)
    most = (limits.ROLLUP_DAY_ROWS, limits.ROLLUP_WEEK_ROWS)
    views = [branch.sql for view in rollup.views for branch in load_view(view).branches]
    text = "\n".join((*columns, *map(str, bounds), *map(str, most), rollup.sql, *views, fragments_text()))
    return blake3(text.encode()).hexdigest()[:DIGEST_CHARACTERS]


def raw_digest(days: Iterable[int], raw: Mapping[int, Mapping[str, int]]) -> str:
    """What the raw rows of some days are; tables only grow, so their row counts tell every change."""
    lines = [f"{day} {table} {rows}" for day in sorted(days) for table, rows in sorted(raw[day].items())]
    return blake3("\n".join(lines).encode()).hexdigest()[:DIGEST_CHARACTERS] if lines else ""


def rows_of(rollup: Rollup, raw: RawRows) -> RawRows:
    """The raw rows that a rollup looks at."""
    return {day: mine for day, rows in raw.items() if (mine := _mine(rollup, rows))}


def _mine(rollup: Rollup, rows: Mapping[str, int]) -> dict[str, int]:
    return {table: count for table, count in rows.items() if table in rollup.tables}


def _covered(days: Sequence[int], members: Sequence[Period], raw: RawRows, sql: str) -> bool:
    """Whether the members were made from just these raw rows by this SQL."""
    made = {day for member in members for day in member.days}
    return set(days) <= made and all(
        (member.definition, member.raw) == (sql, raw_digest(mine, raw))
        for member in members
        if (mine := [day for day in days if day in member.days])
    )


def _base(members: Sequence[Period], raw_days: Sequence[int]) -> str:
    """What of a period cannot be made anew."""
    if not raw_days:
        return ALL
    return NONE if all(member.base == NONE for member in members) else PART

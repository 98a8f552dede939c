"""The statements of a rollup: from views to the rows of days, from rows to rows of weeks.

Rules:
1. `daily_sql` gives the rows of days, `merged_sql` merges rows of one key and period by each column's rule,
   `folded_sql` folds what is over a bound. `rollup_sql` is the first and the last as one SELECT, for other engines.
2. Everything stays within the SQL profile (`profile`). Sums stop at the largest BIGINT instead of failing.
3. Which rows are folded is decided by count, first time and key, never by the order in which rows come. What was folded
   before comes last, so folding twice changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from tocsin import limits
from tocsin.lake.rollup_files import COMMON_KEYS, FOLDED, FOLDED_NUMBER, Rollup, RollupColumn
from tocsin.lake.view_files import DIALECT

_MOST = 9_223_372_036_854_775_807  # BIGINT
_MONDAY = 3  # days from a Monday to 1970-01-01, a Thursday
WEEK = 7  # days
_FOLDED_TO = {"VARCHAR": f"'{FOLDED}'", "BIGINT": f"CAST({FOLDED_NUMBER} AS BIGINT)"}
_EMPTY = {"VARCHAR": "''", "BIGINT": "CAST(0 AS BIGINT)"}


def rollup_sql(rollup: Rollup) -> str:
    """The rows of days as one SELECT over the views."""
    return f"WITH daily AS (\n{daily_sql(rollup)}\n)\n{folded_sql(rollup, 'daily')}"


@cache
def daily_sql(rollup: Rollup) -> str:
    """The rows of days, keys never NULL, before anything is folded."""
    written = f"SELECT {', '.join(map(_with_made, rollup.columns))}\nFROM (\n{rollup.select.sql(DIALECT)}\n) AS written"
    return merged_sql(rollup, f"(\n{written}\n) AS keyed")


def merged_sql(rollup: Rollup, source: str) -> str:
    """Rows of one key as one row. `source` is a table or a subquery with the rollup's columns."""
    keys = ", ".join(quoted(column.name) for column in rollup.keys)
    measures = ", ".join(f"{_merged(column)} AS {quoted(column.name)}" for column in rollup.measures)
    return f"SELECT {keys}, {measures}\nFROM {source}\nGROUP BY {keys}"


def crowded_sql(rollup: Rollup, source: str, weeks: Sequence[int] = ()) -> str:
    """A query that gives a row if anything is over a bound. `weeks` are the days that stand for a week."""
    queries = [
        f"(SELECT 1 AS crowded FROM {source} GROUP BY {_scope(name)} HAVING count(*) > {most} LIMIT 1)"
        for name, most in _bounds(rollup, weeks)
    ]
    return "\nUNION ALL\n".join(queries)


def folded_sql(rollup: Rollup, source: str, weeks: Sequence[int] = ()) -> str:
    """The rows with everything over a bound folded into one row of its entity (or of its network).

    Each entity's rows are ranked, those first whose shared key few have; then the first of every entity, the second
    of every entity, and so on, until the network's bound is met.
    """
    names = ", ".join(quoted(column.name) for column in rollup.columns)
    measures = ", ".join(quoted(column.name) for column in rollup.measures)
    texts = [column for column in rollup.keys[len(COMMON_KEYS) :] if column.type == "VARCHAR"]
    was_folded = _any(f"{quoted(column.name)} = '{FOLDED}'" for column in texts)
    last = f"CASE WHEN {was_folded} THEN 1 ELSE 0 END"
    by_count = ", ".join(("n DESC", "first_us", *(quoted(column.name) for column in rollup.keys)))
    rank = "row_number() OVER (PARTITION BY"
    shared = f"{rank} {_scope(rollup.shared)} ORDER BY {last}, {by_count})" if rollup.shared else "1"
    mine = f"{rank} {_scope(rollup.entity)} ORDER BY {last}, place_shared, {by_count})" if rollup.entity else "1"
    of_shared = f"SELECT {names}, {shared} AS place_shared FROM {source}"
    of_entity = f"SELECT {names}, place_shared, {mine} AS place_entity FROM (\n{of_shared}\n) AS of_shared"
    place = f"{rank} {_scope('')} ORDER BY {last}, place_entity, place_shared, {by_count})"
    ranked = f"SELECT {names}, place_shared, place_entity, {place} AS place FROM (\n{of_entity}\n) AS of_entity"
    best = f"min(place) OVER (PARTITION BY {_scope(rollup.entity)})" if rollup.entity else "place"
    rated = f"SELECT {names}, place_shared, place_entity, place, {best} AS best FROM (\n{ranked}\n) AS ranked"
    keys = ", ".join(f"{_folded(rollup, column, weeks)} AS {quoted(column.name)}" for column in rollup.keys)
    return merged_sql(rollup, f"(\nSELECT {keys}, {measures}\nFROM (\n{rated}\n) AS rated\n) AS folded")


def week_of(day: int) -> int:
    """The Monday of a day's week, both as days since 1970.

    >>> [week_of(day) for day in (-3, 3, 4, 10, 11)]
    [-3, -3, 4, 4, 11]
    """
    return day - (day + _MONDAY) % WEEK


def quoted(name: str) -> str:
    """A name for SQL: some are words of the language."""
    return f'"{name}"'


def empty(column: RollupColumn) -> str:
    """What a column holds where nothing is known."""
    return _EMPTY[column.type] if column.rule in ("key", "sum", "bits") else f"CAST(NULL AS {column.type})"


def _with_made(column: RollupColumn) -> str:
    if column.name == "days":
        return "CAST(1 AS BIGINT) AS days"
    if column.name == "weekdays":
        return f"CAST(power(2, (day + {_MONDAY}) % {WEEK}) AS BIGINT) AS weekdays"
    name = quoted(column.name)
    return f"COALESCE({name}, {_EMPTY[column.type]}) AS {name}" if column.rule == "key" else name


def _merged(column: RollupColumn) -> str:
    name = quoted(column.name)
    if column.name == "days":
        return "CAST(bit_count(bit_or(weekdays)) AS BIGINT)"
    if column.rule == "sum":
        return f"CAST(least(COALESCE(sum({name}), 0), {_MOST}) AS BIGINT)"
    return f"CAST({'bit_or' if column.rule == 'bits' else column.rule}({name}) AS {column.type})"


def _bounds(rollup: Rollup, weeks: Sequence[int]) -> Iterator[tuple[str, str]]:
    """(key column or '' for the whole network, rows that are kept) of each bound."""
    if rollup.entity:
        yield rollup.entity, str(limits.ROLLUP_ENTITY_ROWS)
    if rollup.shared:
        yield rollup.shared, str(limits.ROLLUP_SHARED_ROWS)
    yield "", _network_rows(weeks)


def _network_rows(weeks: Sequence[int]) -> str:
    if not weeks:
        return str(limits.ROLLUP_DAY_ROWS)
    days = ", ".join(map(str, weeks))
    return f"CASE WHEN day IN ({days}) THEN {limits.ROLLUP_WEEK_ROWS} ELSE {limits.ROLLUP_DAY_ROWS} END"


def _scope(name: str) -> str:
    return ", ".join(quoted(each) for each in ("organisation", "network", "day", name) if each)


def _folded(rollup: Rollup, column: RollupColumn, weeks: Sequence[int]) -> str:
    """The key as it is, or as what was folded, where another key's bound (or the network's) was met."""
    name, network = quoted(column.name), _network_rows(weeks)
    if column.name in ("organisation", "network", "day"):
        return name
    over = [
        f"{place} > {most}"
        for key, place, most in (
            (rollup.entity, "place_entity", limits.ROLLUP_ENTITY_ROWS),
            (rollup.shared, "place_shared", limits.ROLLUP_SHARED_ROWS),
        )
        if key and key != column.name
    ]
    over.append(f"{'best' if column.name == rollup.entity else 'place'} > {network}")
    return f"CASE WHEN {_any(over)} THEN {_FOLDED_TO[column.type]} ELSE {name} END"


def _any(conditions: Iterable[str]) -> str:
    return " OR ".join(conditions)


__all__ = [
    "WEEK", "crowded_sql", "daily_sql", "empty", "folded_sql", "merged_sql", "quoted", "rollup_sql", "week_of",
]  # fmt: skip

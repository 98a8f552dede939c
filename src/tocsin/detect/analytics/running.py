"""One analytic over an open window: rows in the contract's form, or why it could not be assessed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from tocsin import clock, limits
from tocsin.detect.analytics.analytic import REQUIRED_COLUMNS, Analytic, graded
from tocsin.detect.analytics.pack import AnalyticSet
from tocsin.detect.analytics.window import Window
from tocsin.lake.view_files import view_names


@dataclass(frozen=True, slots=True)
class Hit:
    """One row of an analytic: a finding before it has its evidence. Times are microseconds UTC."""

    organisation: str
    network: str
    host: str
    user: str
    first_us: int
    last_us: int
    opened_us: int
    count: int
    event_ids: tuple[str, ...]
    level: str
    message: str
    keys: tuple[str, ...]  # `kind:value`
    columns: Mapping[str, object]  # everything else that the row says


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one analytic gave. `reason` says why it was not assessed, or failed; empty when it ran."""

    analytic: Analytic
    hits: tuple[Hit, ...] = ()
    seconds: float = 0.0
    reason: str = ""
    failed: bool = False
    left_out: int = 0  # rows beyond limits.ANALYTIC_ROWS


def run_analytic(window: Window, chosen: AnalyticSet, analytic: Analytic) -> Outcome:
    """Run it. An analytic whose SQL fails says so in the outcome; it never stops the others."""
    lacking = unreadable(window.present, analytic)
    if lacking:
        return Outcome(analytic, reason=lacking)
    start = clock.monotonic()
    try:
        found = window.connection.sql(chosen.statement(analytic))
        missing = [name for name in REQUIRED_COLUMNS if name not in found.columns]
        if missing:
            return Outcome(analytic, reason=f"its SELECT has no column {', '.join(missing)}", failed=True)
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    except duckdb.Error as error:
        return Outcome(analytic, reason=f"{analytic.path}: {_first_line(error)}", failed=True)
    return outcome_of(analytic, rows, clock.monotonic() - start)


def outcome_of(analytic: Analytic, rows: Sequence[Mapping[str, object]], seconds: float) -> Outcome:
    """The rows of an analytic's SELECT, by column name, as hits in the order of time."""
    kept = sorted(rows, key=_order)[: limits.ANALYTIC_ROWS]
    return Outcome(analytic, tuple(_hit(analytic, row) for row in kept), seconds, left_out=len(rows) - len(kept))


def unreadable(present: Collection[str], analytic: Analytic) -> str:
    """Why the analytic cannot be assessed here, '' when it can: a view that it needs has no row."""
    needed = analytic.needs or tuple(name for name in view_names() if name in analytic.words)
    absent = [name for name in needed if name not in present]
    if not needed or not absent or (not analytic.needs and len(absent) < len(needed)):
        return ""
    return f"nothing in {', '.join(absent)}"


def _hit(analytic: Analytic, row: Mapping[str, object]) -> Hit:
    own = {name: value for name, value in row.items() if name not in REQUIRED_COLUMNS}
    level = row.get("level")
    return Hit(
        organisation=str(row["organisation"] or ""),
        network=str(row["network"] or ""),
        host=str(row["host"] or ""),
        user=str(row["user"] or ""),
        first_us=_number(row["first_us"]),
        last_us=_number(row["last_us"]),
        opened_us=_number(row["opened_us"]),
        count=_number(row["count"]),
        event_ids=tuple(str(row["event_ids"] or "").split())[: limits.FINDING_EVENT_IDS],
        level=graded(str(level), analytic.info.status) if level else analytic.info.level,
        message=analytic.sentence(row),
        keys=tuple(_keys(analytic, row)),
        columns=own,
    )


def _keys(analytic: Analytic, row: Mapping[str, object]) -> Iterator[str]:
    for key in analytic.keys:
        value = row.get(key.column)
        if value:
            yield f"{key.kind}:{str(value).lower()}"


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _order(row: Mapping[str, object]) -> tuple[int, str]:
    return _number(row["first_us"]), repr(sorted(row.items(), key=lambda item: item[0]))


def _first_line(error: duckdb.Error) -> str:
    return str(error).partition("\n")[0]

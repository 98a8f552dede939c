"""What `tocsin hunt` asks of the long memory: indicators and Sigma rules. Rows to stdout, what they cover to stderr."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin import clock, limits
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.lake.catalog import Catalog
    from tocsin.lake.indicators import Indicator
    from tocsin.node.rule_hunt import Days, RuleHunt, Unasked

_NAMED = 5  # values named in a sentence; more are counted


@dataclass(frozen=True, slots=True)
class Answer:
    """How the rows are wanted: form, file (None is stdout), rows at most, from when to when."""

    form: str
    out: Path | None
    limit: int
    since: str | None
    until: str | None


def ask_indicators(catalog: "Catalog", given: Sequence[str], file: Path | None, answer: Answer) -> None:
    """Where indicators were seen. Raises UsageError for what is no indicator."""
    from tocsin.cli.hunt_output import write_rows
    from tocsin.cli.values import read_period
    from tocsin.lake.sightings import sightings

    wanted = _indicators(given, file)
    since, until = read_period(answer.since, answer.until)
    found = sightings(catalog, wanted, since, until, answer.limit)
    _tell(_covered(catalog, since, until))
    _tell_pending(catalog)
    for sentence in _sentences(wanted, set(found.rows.column("indicator").to_pylist())):
        _tell(sentence)
    write_rows(found.rows, answer.form, answer.out)
    if found.truncated:
        _tell(f"Only the first {answer.limit:,} rows; more were there (--limit).")


def _indicators(given: Sequence[str], file: Path | None) -> "list[Indicator]":
    from tocsin.lake.indicators import parse_indicator, parse_list

    wanted = [parse_indicator(text) for text in given]
    if file is not None:
        listed, refused = parse_list(_lines(file))
        wanted += listed
        if refused:
            _tell(f"{len(refused):,} lines of {file} are no indicators and were left out: {_few(refused)}.")
    if not wanted:
        raise UsageError(f"{file} holds no indicator", "Write one a line, for example domain:evil.example.")
    if len(wanted) > limits.INDICATORS:
        raise UsageError(f"{len(wanted):,} indicators are too many", f"Ask at most {limits.INDICATORS:,} at once.")
    return wanted


def _lines(file: Path) -> list[str]:
    try:
        if file.stat().st_size > limits.INDICATOR_FILE_BYTES:
            raise UsageError(
                f"{file} is larger than {limits.INDICATOR_FILE_BYTES // limits.MIB} MiB", "Split it into several files."
            )
        return file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}", "Name a text file in UTF-8.") from error


def _sentences(wanted: "Sequence[Indicator]", seen: set[str]) -> Iterable[str]:
    missing = [indicator.given for indicator in wanted if indicator.given not in seen]
    if not missing:
        yield "All of them were seen." if len(wanted) > 1 else "It was seen."
    elif len(missing) == len(wanted):
        yield "None of them was seen." if len(wanted) > 1 else f"{wanted[0].given} was not seen."
    else:
        yield f"Seen: {len(wanted) - len(missing):,} of {len(wanted):,}. Not seen: {_few(missing)}."


def _covered(catalog: "Catalog", since: "datetime | None", until: "datetime | None") -> str:
    """What days the answer can speak of."""
    from tocsin.lake.status import lake_status

    found = lake_status(catalog)
    events = _span("events", [(table.first_day, table.last_day) for table in found.tables])
    rollups = _span("rollups", [(each.first_day, each.last_day) for each in found.rollups])
    asked = ""
    if since or until:
        asked = f" Asked was {f'from {since:%Y-%m-%d %H:%M}' if since else ''}{' ' if since and until else ''}"
        asked += f"{f'to {until:%Y-%m-%d %H:%M}' if until else ''} UTC."
    return f"The lake has {events} and {rollups}.{asked}"


def _tell_pending(catalog: "Catalog") -> None:
    from tocsin.lake.rollups import pending

    missing = pending(catalog, clock.now().date())
    if missing:
        _tell(f"The rollups are behind by {missing:,} days and weeks: `tocsin lake rollup` makes them.")


def _span(what: str, days: Sequence[tuple[str, str]]) -> str:
    known = [(first, last) for first, last in days if first]
    if not known:
        return f"no {what}"
    return f"{what} of {min(first for first, _ in known)} to {max(last for _, last in known)}"


def ask_rules(catalog: "Catalog", paths: Sequence[Path], answer: Answer) -> None:
    """What Sigma rules find in all that is there. Raises RuleError, UsageError."""
    from tocsin.cli.hunt_output import write_rows
    from tocsin.cli.places import cache_folder
    from tocsin.cli.progress import progress
    from tocsin.cli.values import read_period
    from tocsin.node.pipeline import Stage
    from tocsin.node.rule_hunt import Period, hunt_rules

    period = Period(*read_period(answer.since, answer.until))
    with progress(quiet=False) as observe:
        found = hunt_rules(
            catalog, paths, cache_folder(), period, lambda tally: observe(Stage("evaluating", tally, "events"))
        )
    for sentence in _told(found):
        _tell(sentence)
    _tell_pending(catalog)
    write_rows(found.rows.slice(0, answer.limit), answer.form, answer.out)
    if found.rows.num_rows > answer.limit:
        _tell(f"Only the first {answer.limit:,} rows of {found.rows.num_rows:,} (--limit).")


def _told(found: "RuleHunt") -> Iterable[str]:
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


def _reason(rule: "Unasked") -> str:
    if rule.correlates:
        return "it correlates single events"
    if rule.fields:
        return f"it reads {', '.join(rule.fields)}, which none keeps"
    return "none is made from its log source"


def _days(days: "Days") -> str:
    return f"{days.first}" if days.first == days.last else f"{days.first} to {days.last}"


def _few(values: Sequence[str]) -> str:
    more = f" and {len(values) - _NAMED:,} more" if len(values) > _NAMED else ""
    return ", ".join(values[:_NAMED]) + more


def _tell(sentence: str) -> None:
    from tocsin.sinks.terminal import safe

    print(f"tocsin: {safe(sentence)}", file=sys.stderr)

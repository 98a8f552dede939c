"""The node's incidents on a terminal: the queue as a table, the most urgent first.

Rules are those of `terminal`: foreign text is harmless and defanged, 80 columns are enough, a level is told in words.
Each row has three lines: what the node says stands above, then where, when and whose it is, then since when it is here
and who acknowledged it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tocsin.console.terminal import HOSTS, foreign, level_word
from tocsin.words.dates import duration, utc
from tocsin.words.messages import first_few, say, say_many

_DAY, _MINUTE = len("2022-07-15"), len("2022-07-15 09:31")


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One incident of the list, as the API tells it."""

    id: str
    version: int
    title: str
    level: str
    score: int
    status: str
    owner: str
    queued: bool
    hosts: tuple[str, ...]
    first: datetime | None
    ruling: str | None = None
    restricted: bool = False
    reported: bool = False
    opened: datetime | None = None
    acknowledged: datetime | None = None
    acknowledged_by: str = ""
    parts: int = 0


def print_queue(
    rows: Sequence[QueueRow], people: dict[str, str], left_out: int, console: Console, now: datetime
) -> None:
    """The table as of now; `people` names owners, `left_out` incidents are only counted."""
    if rows:
        console.print(queue_table(rows, people, now))
    else:
        console.print(say("No incident waits for anybody."))
    if left_out:
        one = "{n} more: weak, routine, told once or closed. --all lists it."
        many = "{n} more: weak, routine, told once or closed. --all lists them."
        console.print(Text(say_many(one, many, left_out), style="dim"))


def queue_table(rows: Sequence[QueueRow], people: dict[str, str], now: datetime) -> Table:
    """Three lines an incident. Title and hosts share what the other columns leave."""
    table = Table(box=None, pad_edge=False, expand=True, header_style="dim")
    table.add_column(say("Incident"), no_wrap=True)
    table.add_column(say("Level"), no_wrap=True)
    table.add_column(say("What and where"), ratio=1, overflow="fold")
    table.add_column(say("First (UTC)"), no_wrap=True)
    table.add_column(say("Status"), overflow="fold")
    for row in rows:
        table.add_row(
            _lines(
                foreign(row.id),
                Text(say("version {version}", version=row.version), style="dim"),
                Text(_age(row, now), style="dim"),
            ),
            _lines(level_word(row.level), Text(say("{points} points", points=row.score), style="dim")),
            _lines(foreign(row.title), foreign(_where(row), "dim")),
            _moment(row.first),
            _lines(_status(row), foreign(owner_name(row.owner, people), "dim"), _seen(row, people)),
        )
    return table


def owner_name(owner: str, people: dict[str, str]) -> str:
    """What an owner is called; the account where the node does not say."""
    return people.get(owner, owner) if owner else say("no owner")


def _status(row: QueueRow) -> Text:
    told = f"{row.status}: {row.ruling}" if row.ruling else row.status
    return foreign(say("{status}, restricted", status=told) if row.restricted else told)


def _where(row: QueueRow) -> str:
    hosts = first_few(row.hosts, HOSTS)
    told = [hosts, say("opened by hand") if row.reported else ""]
    told += [say_many("with {n} part", "with {n} parts", row.parts)] if row.parts else []
    return ", ".join(each for each in told if each)


def _age(row: QueueRow, now: datetime) -> str:
    """Since when it is here."""
    return say("for {time}", time=duration((now - row.opened).total_seconds())) if row.opened else ""


def _seen(row: QueueRow, people: dict[str, str]) -> Text:
    """Who acknowledged it."""
    if row.acknowledged is None:
        return Text(say("not seen"), style="yellow")
    who = people.get(row.acknowledged_by, row.acknowledged_by)
    return foreign(say("seen by {who}", who=who), "dim")


def _moment(first: datetime | None) -> Text:
    told = utc(first) if first else "–"
    return _lines(Text(told[:_DAY]), Text(told[_DAY:_MINUTE].strip(), style="dim"))


def _lines(*lines: Text) -> Text:
    return Text("\n").join(lines)

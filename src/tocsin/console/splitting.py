"""What a split would move, on a terminal: what goes, what stays, and what had joined them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.console.terminal import foreign, level_word
from tocsin.triage.explain import reason
from tocsin.triage.groups import Kind
from tocsin.words.dates import utc
from tocsin.words.messages import say, say_many

ROWS = 40  # of each side
_MINUTE = len("2022-07-15 09:31")


@dataclass(frozen=True, slots=True)
class Moved:
    """One finding of a side."""

    id: str
    title: str
    level: str
    host: str
    user: str
    first: datetime | None
    count: int


@dataclass(frozen=True, slots=True)
class Parting:
    """Both sides, and the kinds of joins between them with what they share."""

    going: Sequence[Moved]
    staying: Sequence[Moved]
    reasons: Sequence[Mapping[str, str]]


def print_parting(parting: Parting, console: Console) -> None:
    """Write it."""
    for part in _parts(parting):
        console.print(part)


def _parts(parting: Parting) -> Iterator[RenderableType]:
    yield from _side(say_many("{n} finding would go:", "{n} findings would go:", len(parting.going)), parting.going)
    yield from _side(say_many("{n} would stay:", "{n} would stay:", len(parting.staying)), parting.staying)
    for told in parting.reasons:
        kind = Kind(told.get("kind", Kind.PEOPLE))
        yield foreign(say("Joined by: {why}", why=reason(kind, [told.get("shared", "")])))
    yield Text(say("Nothing was changed."), style="dim")


def _side(heading: str, findings: Sequence[Moved]) -> Iterator[RenderableType]:
    yield Text(heading, style="bold")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in findings[:ROWS]:
        at = utc(each.first)[:_MINUTE] if each.first else "–"
        above = Text.assemble(foreign(each.title), "\n", foreign(say("{host}, {time}", host=each.host, time=at), "dim"))
        table.add_row(foreign(each.id), level_word(each.level), above)
    yield table
    if len(findings) > ROWS:
        yield Text(say_many("{n} more", "{n} more", len(findings) - ROWS), style="dim")
    yield Text()

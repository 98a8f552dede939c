"""What joins the findings of an incident, on a terminal: each join with its reason and its two sides."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tocsin.console.terminal import INDENT, foreign
from tocsin.model import Finding
from tocsin.triage.joins import ToldJoin, joins_of
from tocsin.words.dates import utc
from tocsin.words.messages import say, say_many

JOINS = 60
_MINUTE = len("2022-07-15 09:31")


def print_joins(findings: Sequence[Finding], console: Console) -> None:
    """Write it; at most JOINS."""
    joins = joins_of(findings)
    console.print(Text())
    console.print(Text(say("Joins"), style="dim"))
    if not joins:
        console.print(Padding(Text(say("It is one finding, or none.")), (0, 0, 0, INDENT)))
    for join in joins[:JOINS]:
        for line in _lines(join):
            console.print(Padding(line, (0, 0, 0, INDENT)))
    if len(joins) > JOINS:
        console.print(Text(say_many("{n} more", "{n} more", len(joins) - JOINS), style="dim"))


def _lines(join: ToldJoin) -> list[Text]:
    sides = say("{one} – {other}", one=_side(join.one), other=_side(join.other))
    return [foreign(sides), foreign(join.sentence, "dim")]


def _side(finding: Finding) -> str:
    at = utc(finding.first)[:_MINUTE] if finding.first else say("time unknown")
    return say("“{rule}” on {host}, {time}", rule=finding.rule.title, host=finding.host or "?", time=at)

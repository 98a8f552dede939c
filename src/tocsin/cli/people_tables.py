"""Accounts and machine tokens as tables on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tocsin.cli.node_answers import Person, Session, Token
from tocsin.sinks.terminal import plain
from tocsin.words.dates import utc

_DAY = len("2026-11-30")


def print_people(people: Sequence[Person]) -> None:
    """One row an account."""
    table = _table("Account", "Role", "State", "Organisation", "Id")
    for each in people:
        state = each.stage if each.active else "closed"
        table.add_row(*map(plain, (each.name, each.role, state, each.organisation or "all", each.id)))
    Console(highlight=False).print(table)


def print_tokens(tokens: Sequence[Token]) -> None:
    """One row a token."""
    table = _table("Token", "Id", "May", "Brings", "Ends")
    for each in tokens:
        brings = " / ".join(part for part in (each.organisation, each.network, each.sensor) if part)
        ends = "revoked" if each.revoked else utc(each.expires)[:_DAY]
        table.add_row(*map(plain, (each.label, each.id, ", ".join(each.scopes), brings, ends)))
    Console(highlight=False).print(table)


def print_sessions(sessions: Sequence[Session]) -> None:
    """One row a session, the newest first."""
    table = _table("Session", "Begun", "Last used", "")
    for each in sorted(sessions, key=lambda one: one.begun, reverse=True):
        form = "browser" if each.form == "cookie" else "command line"
        table.add_row(form, utc(each.begun), utc(each.seen), "this one" if each.this else "")
    Console(highlight=False).print(table)


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table

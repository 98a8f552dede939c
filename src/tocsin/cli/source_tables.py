"""The sources of a node as tables on a terminal: what is configured, and what came."""

from collections.abc import Sequence

from rich.table import Table

from tocsin.cli.node_inputs import Input, addresses_told, worst_first
from tocsin.node.service.config import Config, SenderTable, WatchTable, watch_origin
from tocsin.sinks.terminal import plain
from tocsin.words.dates import utc
from tocsin.words.messages import grouped


def configured(config: Config) -> Table:
    """One row a watched path or listed sender."""
    table = _table("Source", "Kind", "Whose", "Reader")
    for watch in config.watch:
        table.add_row(plain(watch.path), "followed", plain(_whose(config, watch)), plain(watch.reader or "by content"))
    for syslog in config.syslog:
        for sender in syslog.senders:
            name = sender.address or f"certificate {sender.fingerprint}"
            kind = f"syslog {syslog.protocol} {syslog.listen}"
            row = (name, kind, _whose(config, sender), sender.reader or "by content")
            table.add_row(*map(plain, row))
    return table


def received(inputs: Sequence[Input]) -> Table:
    """One row a sender and input, with losses; those that lost most first."""
    table = _table("Sender", "Input", "Kept", "Refused", "Lost", "Told to wait", "Last heard")
    for each in worst_first(inputs):
        reasons = ", ".join(f"{reason} ({grouped(number)})" for reason, number in each.rejected.items())
        unlisted = addresses_told(each)
        whose = f"{each.whose}: {unlisted}" if unlisted else each.whose
        last = utc(each.last_received) if each.last_received else "–"
        row = (whose, each.input, grouped(each.accepted), reasons or "0", grouped(each.lost), grouped(each.deferred))
        table.add_row(*map(plain, (*row, last)))
    return table


def _whose(config: Config, watch: WatchTable | SenderTable) -> str:
    origin = watch_origin(config, watch)
    return " / ".join(part for part in (origin.organisation, origin.network, origin.sensor) if part) or "–"


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table

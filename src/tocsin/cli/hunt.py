"""`tocsin hunt`: SQL over the lake in the sandbox; indicators and Sigma rules over all that the lake remembers."""

import sys
from collections.abc import Sequence
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin import limits
from tocsin.cli.lakes import LakeReason, LakeRescue, Use, reach
from tocsin.cli.node_address import asks_node
from tocsin.cli.node_options import Authority, Node
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.cli.hunt_asking import Question
    from tocsin.lake.catalog import FileRecord

STANDARD_INPUT = "-"


class HuntFormat(StrEnum):
    """How the rows are written."""

    table = "table"
    csv = "csv"
    json = "json"
    ndjson = "ndjson"
    parquet = "parquet"


def hunt(
    sql: Annotated[str | None, typer.Argument(help="One SELECT; - reads it from standard input.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Read the SELECT from this file.")] = None,
    lake: Annotated[
        Path | None,
        typer.Option("--lake", help="The lake. Default: the named node's, else $TOCSIN_HOME or user data folder."),
    ] = None,
    form: Annotated[HuntFormat, typer.Option("--format", help="How the rows are written.")] = HuntFormat.table,
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file and not to stdout.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows at most.")] = limits.HUNT_ROWS,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds at most.")] = limits.HUNT_SECONDS,
    views: Annotated[
        bool, typer.Option("--views", help="List the views, rollups and tables with their columns.")
    ] = False,
    indicator: Annotated[
        list[str] | None,
        typer.Option(
            "--indicator",
            help="Where was this seen: an address, domain, URL, hash, file, account (or kind:value). May be repeated.",
        ),
    ] = None,
    indicators: Annotated[Path | None, typer.Option("--indicators", help="A file of indicators, one a line.")] = None,
    rule: Annotated[
        list[Path] | None, typer.Option("--rule", help="Run a Sigma rule (file or folder) over all that is there.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="With --indicator or --rule: from this time on (ISO 8601, UTC).")
    ] = None,
    until: Annotated[str | None, typer.Option(help="The same: up to this time; a day means all of it.")] = None,
    node: Node = None,
    ca: Authority = None,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Ask the lake: in SQL, for indicators, or with a Sigma rule. Nothing but the lake can be read.

    Indicators and rules reach back as far as the rollups do, further than the events. With --node, or where
    $TOCSIN_NODE_URL or $TOCSIN_NODE names one and --lake none, the node is asked under your login.

    Example: tocsin hunt "SELECT time, process_cmd_line FROM process_activity WHERE process_name = 'certutil.exe'"

    Example: tocsin hunt --indicator 203.0.113.66 --indicators feed.txt --since 2026-01-01
    """
    from tocsin.cli import hunt_asking, hunt_output

    through_node = asks_node(node, lake, rescue)
    if views:
        hunt_output.write_views(None if through_node else _files(reach(lake, "hunt", Use.READ, rescue, reason)))
        return
    if form is HuntFormat.parquet and out is None:
        raise UsageError("Parquet is not for a terminal", "Name a file with --out.")
    _check_one_thing(sql is not None or file is not None, bool(indicator or indicators), bool(rule))
    question = _question(sql, file, indicator, indicators, rule, since, until, limit, timeout)
    if through_node:
        found = hunt_asking.ask_node(question, node, ca)
    else:
        found = hunt_asking.ask_lake(question, reach(lake, "hunt", Use.READ, rescue, reason))
    hunt_asking.tell(found.told)
    hunt_output.write_rows(found.rows, form.value, out)


def _files(lake: Path) -> "Sequence[FileRecord]":
    from tocsin.lake.catalog import Catalog

    with closing(Catalog(lake)) as catalog:
        return catalog.files()


def _question(
    sql: str | None,
    file: Path | None,
    indicator: list[str] | None,
    indicators: Path | None,
    rules: list[Path] | None,
    since: str | None,
    until: str | None,
    limit: int,
    timeout: float,
) -> "Question":
    """What is asked. UsageError where it is nothing."""
    from tocsin.cli.hunt_asking import Question, indicators_in
    from tocsin.cli.values import read_period
    from tocsin.node.rule_hunt import Period

    period = Period(*read_period(since, until))
    if indicator or indicators:
        return Question(limit, timeout, period, indicators=indicators_in(indicator or [], indicators))
    if rules:
        return Question(limit, timeout, period, rules=tuple(rules))
    if since or until:
        raise UsageError(
            "--since and --until are for --indicator and --rule", "In SQL write: WHERE time >= '2026-01-01'."
        )
    return Question(limit, timeout, period, sql=_query(sql, file))


def _check_one_thing(*asked: bool) -> None:
    if sum(asked) > 1:
        raise UsageError("a hunt asks one thing", "Give either a SELECT, or indicators, or rules.")


def _query(sql: str | None, file: Path | None) -> str:
    """The SELECT, from wherever it was given."""
    if (sql is None) == (file is None):
        raise UsageError(
            "a hunt needs one SELECT",
            'Give it as an argument, with --file, or as "-" on standard input; or use --indicator or --rule.',
        )
    if file is not None:
        try:
            return file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{file} cannot be read: {error}", "Name a text file in UTF-8.") from error
    return sys.stdin.read() if sql == STANDARD_INPUT else str(sql)

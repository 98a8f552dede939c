"""`tocsin hunt`: SQL over the lake in the sandbox; indicators and Sigma rules over all that the lake remembers."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin import limits
from tocsin.cli.places import default_lake
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.cli.hunt_memory import Answer
    from tocsin.lake.catalog import Catalog

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
        Path | None, typer.Option("--lake", help="The lake. Default: $TOCSIN_HOME or user data folder.")
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
) -> None:
    """Ask the lake: in SQL, for indicators, or with a Sigma rule. Nothing but the lake can be read.

    Indicators and rules reach back as far as the rollups do, further than the events.

    Example: tocsin hunt "SELECT time, process_cmd_line FROM process_activity WHERE process_name = 'certutil.exe'"

    Example: tocsin hunt --indicator 203.0.113.66 --indicators feed.txt --since 2026-01-01
    """
    from tocsin.cli import hunt_memory, hunt_output
    from tocsin.lake.catalog import Catalog

    catalog = Catalog(lake or default_lake())
    if views:
        hunt_output.write_views(catalog.files())
        return
    if form is HuntFormat.parquet and out is None:
        raise UsageError("Parquet is not for a terminal", "Name a file with --out.")
    _check_one_thing(sql is not None or file is not None, bool(indicator or indicators), bool(rule))
    answer = hunt_memory.Answer(form.value, out, limit, since, until)
    if indicator or indicators:
        hunt_memory.ask_indicators(catalog, indicator or [], indicators, answer)
    elif rule:
        hunt_memory.ask_rules(catalog, rule, answer)
    elif since or until:
        raise UsageError(
            "--since and --until are for --indicator and --rule", "In SQL write: WHERE time >= '2026-01-01'."
        )
    else:
        _ask_sql(catalog, _query(sql, file), answer, timeout)


def _check_one_thing(*asked: bool) -> None:
    if sum(asked) > 1:
        raise UsageError("a hunt asks one thing", "Give either a SELECT, or indicators, or rules.")


def _ask_sql(catalog: "Catalog", query: str, answer: "Answer", seconds: float) -> None:
    from tocsin.cli.hunt_output import write_rows
    from tocsin.lake.hunt import hunt as run_hunt
    from tocsin.lake.rollups import rollup_files

    result = run_hunt(catalog.tables(), query, rollups=rollup_files(catalog), seconds=seconds, rows=answer.limit)
    write_rows(result.rows, answer.form, answer.out)
    if result.truncated:
        print(f"tocsin: only the first {result.rows.num_rows:,} rows; more were there (--limit).", file=sys.stderr)


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

"""`tocsin hunt`: SQL over the lake's tables and views, in the sandbox."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tocsin import limits
from tocsin.cli.places import default_lake
from tocsin.errors import UsageError

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
    views: Annotated[bool, typer.Option("--views", help="List the views and tables with their columns.")] = False,
) -> None:
    """Ask the lake in SQL. The query can read the lake and nothing else.

    Example: tocsin hunt "SELECT time, process_cmd_line FROM process_activity WHERE process_name = 'certutil.exe'"
    """
    from tocsin.cli import hunt_output
    from tocsin.lake.catalog import Catalog

    catalog = Catalog(lake or default_lake())
    if views:
        hunt_output.write_views(catalog.files())
        return
    if form is HuntFormat.parquet and out is None:
        raise UsageError("Parquet is not for a terminal", "Name a file with --out.")
    from tocsin.lake.hunt import hunt as run_hunt

    result = run_hunt(catalog.tables(), _query(sql, file), seconds=timeout, rows=limit)
    hunt_output.write_rows(result.rows, form.value, out)
    if result.truncated:
        print(f"tocsin: only the first {result.rows.num_rows:,} rows; more were there (--limit).", file=sys.stderr)


def _query(sql: str | None, file: Path | None) -> str:
    """The SELECT, from wherever it was given."""
    if (sql is None) == (file is None):
        raise UsageError("a hunt needs one SELECT", 'Give it as an argument, with --file, or as "-" on standard input.')
    if file is not None:
        try:
            return file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{file} cannot be read: {error}", "Name a text file in UTF-8.") from error
    return sys.stdin.read() if sql == STANDARD_INPUT else str(sql)

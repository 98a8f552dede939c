"""`tocsin lake …`: what the lake holds, and its upkeep."""

from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin import clock
from tocsin.cli.lakes import LakeOption, LakeReason, LakeRescue, Use, reach
from tocsin.errors import UsageError
from tocsin.words.sizes import size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from tocsin.lake.catalog import Catalog
    from tocsin.lake.status import RollupStatus

app = typer.Typer(help="Look at the lake and keep it in order.", no_args_is_help=True)

_GAPS_SHOWN = 3


@app.command()
def status(
    lake: LakeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Tables, days, rows, bytes, rejects and days without data.

    Example: [bold]tocsin lake status --json[/bold]
    """
    import json

    from tocsin.lake.catalog import Catalog
    from tocsin.lake.status import lake_status

    where = reach(lake, "lake status", Use.READ, rescue, reason)
    catalog = Catalog(where)
    found = lake_status(catalog)
    catalog.close()
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
        return
    _show(found, where)


def _show(found: object, lake: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from tocsin.lake.status import LakeStatus

    assert isinstance(found, LakeStatus)
    console = Console()
    table = Table(title=f"Lake {lake}", title_justify="left", box=None, pad_edge=False)
    for name in ("table", "rows", "days", "from", "to", "files", "size", "undated", "gaps"):
        table.add_column(name, justify="right" if name in ("rows", "days", "files", "size", "undated") else "left")
    for entry in found.tables:
        gaps = [first if first == last else f"{first}…{last}" for first, last in entry.gaps[:_GAPS_SHOWN]]
        more = f" and {len(entry.gaps) - _GAPS_SHOWN} more" if len(entry.gaps) > _GAPS_SHOWN else ""
        table.add_row(
            entry.name,
            f"{entry.rows:,}",
            f"{entry.days:,}",
            entry.first_day,
            entry.last_day,
            f"{entry.files:,}",
            size_text(entry.bytes),
            f"{entry.undated:,}",
            ", ".join(gaps) + more,
        )
    console.print(table)
    if found.rollups:
        console.print(_rollup_table(found.rollups))
    console.print(
        f"\n{found.sources:,} sources, {found.records:,} records, {found.rejects:,} rejects, "
        f"{found.hits:,} stored hits, {size_text(found.bytes)} in all"
    )
    if found.unfinished:
        console.print(f"{found.unfinished} sources are not read to their end: scan them again to continue.")


def _rollup_table(rollups: "Sequence[RollupStatus]") -> "Table":
    from rich.table import Table

    table = Table(title="\nRollups: days, and weeks of what is older", title_justify="left", box=None, pad_edge=False)
    for name in ("rollup", "rows", "periods", "from", "to", "files", "size", "without raw events"):
        table.add_column(name, justify="left" if name in ("rollup", "from", "to") else "right")
    for each in rollups:
        table.add_row(
            each.name,
            f"{each.rows:,}",
            f"{each.periods:,}",
            each.first_day,
            each.last_day,
            f"{each.files:,}",
            size_text(each.bytes),
            f"{each.kept:,}",
        )
    return table


@app.command()
def publish(lake: LakeOption = None, rescue: LakeRescue = False, reason: LakeReason = "") -> None:
    """Write a Delta log beside the files, also of rollups, so that Spark, Trino or deltalake read consistent tables.

    Example: [bold]tocsin lake publish[/bold], then in Python [bold]deltalake.DeltaTable("LAKE/tables/windows")[/bold]
    """
    from tocsin.lake.catalog import Catalog
    from tocsin.lake.compact import respell
    from tocsin.lake.publish import publish as run
    from tocsin.lake.rollups import rollup_files

    where = reach(lake, "lake publish", Use.CHANGE, rescue, reason)
    catalog = Catalog(where)
    with catalog.writing():
        respell(catalog)
        for table in run(where, catalog.files(), clock.now(), rollup_files(catalog)):
            version = "unchanged" if table.version is None else f"version {table.version}"
            typer.echo(f"{table.table}: {version}, {table.added} files added, {table.removed} removed")
    catalog.close()


@app.command()
def compact(lake: LakeOption = None, rescue: LakeRescue = False, reason: LakeReason = "") -> None:
    """Merge small files of the same day; the rows stay the same.

    Example, after many small scans: [bold]tocsin lake compact[/bold]
    """
    from tocsin.lake.catalog import Catalog
    from tocsin.lake.compact import compact as run

    catalog = Catalog(reach(lake, "lake compact", Use.CHANGE, rescue, reason))
    with catalog.writing():
        before, after = run(catalog)
    catalog.close()
    typer.echo(f"{before} files became {after}.")


@app.command()
def rollup(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make every day anew whose raw events are there.")] = False,
    lake: LakeOption = None,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Bring the rollups (the long memory) up to date with what the lake holds. A scan does so by itself.

    Example: [bold]tocsin lake rollup --rebuild[/bold]
    """
    from tocsin.cli.progress import progress
    from tocsin.lake.catalog import Catalog
    from tocsin.lake.rollups import update_rollups
    from tocsin.node.conductor import Tally
    from tocsin.node.pipeline import Stage

    catalog = Catalog(reach(lake, "lake rollup", Use.CHANGE, rescue, reason))
    with catalog.writing(), progress(quiet=False) as observe:
        done = update_rollups(
            catalog,
            clock.now().date(),
            lambda read, total: observe(Stage("making rollups", Tally(read, total, read, 0), "rows")),
            rebuild=rebuild,
        )
    catalog.close()
    typer.echo(f"{done.periods:,} days and weeks were made from {done.rows_read:,} rows.")
    if done.kept:
        typer.echo(
            f"{done.kept:,} days and weeks keep what an older Tocsin made of them: their raw events have expired."
        )


@app.command()
def expire(
    keep_days: Annotated[int | None, typer.Option(min=1, help="Keep this many days of events up to today.")] = None,
    before: Annotated[str | None, typer.Option(help="Remove the events of the days before this (YYYY-MM-DD).")] = None,
    keep_rollup_days: Annotated[
        int | None, typer.Option(min=1, help="Keep this many days of rollups up to today.")
    ] = None,
    undated: Annotated[bool, typer.Option("--undated", help="Remove rows without a possible time too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    lake: LakeOption = None,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Remove old days of events, with their hits; rollups stay, unless their own retention is given.

    A scan does not read expired content again. Example: [bold]tocsin lake expire --keep-days 90 --keep-rollup-days 430
    --dry-run[/bold] says what would go.
    """
    from tocsin.lake.catalog import Catalog

    cutoff = _cutoff(keep_days, before, needed=keep_rollup_days is None)
    verb = "would remove" if dry_run else "removed"
    catalog = Catalog(reach(lake, "lake expire", Use.CHANGE, rescue, reason))
    with catalog.writing():
        if cutoff is not None:
            _expire_events(catalog, cutoff, undated, dry_run, verb)
        if keep_rollup_days is not None:
            _expire_rollups(catalog, clock.now().date() - timedelta(days=keep_rollup_days), dry_run, verb)
    catalog.close()


def _expire_events(catalog: "Catalog", cutoff: date, undated: bool, dry_run: bool, verb: str) -> None:
    from tocsin.lake.expire import expire as run
    from tocsin.node.upkeep.retention import held_in

    gone = run(catalog, cutoff, undated=undated, dry_run=dry_run, held=held_in(catalog.lake))
    if gone.held:
        typer.echo(f"{len(gone.held)} days stay: `tocsin evidence list` says who holds them and why", err=True)
    typer.echo(
        f"{verb} {gone.rows:,} rows in {gone.files} files ({size_text(gone.bytes)}) and {gone.hits:,} hits "
        f"from before {cutoff}"
    )


def _expire_rollups(catalog: "Catalog", cutoff: date, dry_run: bool, verb: str) -> None:
    from tocsin.lake.rollups import expire_rollups

    typer.echo(f"{verb} {expire_rollups(catalog, cutoff, dry_run=dry_run):,} rollup rows from before {cutoff}")


def _cutoff(keep_days: int | None, before: str | None, needed: bool) -> date | None:
    if keep_days is None and before is None and not needed:
        return None
    if (keep_days is None) == (before is None):
        raise UsageError("say what to expire", "Use --keep-days N or --before YYYY-MM-DD, or --keep-rollup-days N.")
    if keep_days is not None:
        return clock.now().date() - timedelta(days=keep_days)
    try:
        return date.fromisoformat(str(before))
    except ValueError as error:
        raise UsageError(f"--before: {before!r} is not a date", "Write it like 2026-11-23.") from error

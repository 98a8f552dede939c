"""`tocsin enrich …`: facts from outside for the analytics, as dated files."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.lakes import LakeOption, LakeReason, LakeRescue, Use, reach
from tocsin.errors import FactsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.lake.facts import FactRecord

app = typer.Typer(help="Bring facts from outside: networks, countries, clouds, your assets.", no_args_is_help=True)

_SHIPPED = "ships with Tocsin"


@app.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(help="Files of facts, or folders that hold them.", show_default=False)],
    kind: Annotated[
        str | None,
        typer.Option(
            help="What the files are, where their content does not say it: asn, country, hosting, cloud, cloud-names, "
            "suffixes, kev, assets or shared-address."
        ),
    ] = None,
    lake: LakeOption = None,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Take dated files of facts into the lake; each is recognised by its content (docs/enrich.md lists the forms).

    ASN and country tables, hosting and cloud ranges, the Public Suffix List, CISA's KEV catalogue, your assets,
    addresses that stand for many (docs/identity.md). A newer file of the same name takes the place of the older. A
    faulty file is refused with file and line, exit 3; the others are taken.
    Example: [bold]tocsin enrich import ip2asn-combined.tsv.gz public_suffix_list.dat assets.csv[/bold]
    """
    from tocsin.lake.catalog import Catalog
    from tocsin.lake.facts import KINDS, import_facts
    from tocsin.words.messages import say_many

    if kind is not None and kind not in KINDS:
        raise UsageError(f"--kind: there is no kind {kind!r}", f"It is one of {', '.join(KINDS)}.")
    catalog = Catalog(reach(lake, "enrich import", Use.CHANGE, rescue, reason), create=True)
    try:
        with catalog.writing():
            done = import_facts(catalog.lake, paths, kind or "")
    finally:
        catalog.close()
    for record in done.records:
        typer.echo(f"{record.name}: {record.rows:,} rows, {record.source}, {record.date} ({record.date_from})")
    for sentence in done.passed:
        _say(f"passed over: {sentence}")
    for lines in done.refused:
        for line in lines.splitlines():
            _say(line)
    if done.refused:
        told = say_many(
            "nothing was taken from one faulty file", "nothing was taken from {n} faulty files", len(done.refused)
        )
        raise FactsError(told, "Correct these lines, or get the file anew.")


@app.command("list")
def list_(
    lake: LakeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Name the facts that count: source, date and where the date is from, rows; and the kinds that are not there.

    Example: [bold]tocsin enrich list --json[/bold]
    """
    from tocsin.lake.facts import KINDS, Facts

    records = Facts(reach(lake, "enrich list", Use.READ, rescue, reason)).records
    missing = [kind for kind in KINDS.values() if kind.name not in {record.kind for record in records}]
    if as_json:
        typer.echo(
            json.dumps(
                {"facts": [asdict(each) for each in records], "missing": [each.name for each in missing]},
                indent=1,
                ensure_ascii=False,
            )
        )
        return
    _show(records)
    for kind in missing:
        typer.echo(f"not there: {kind.name}, {kind.tells}. What needs it is not assessed.")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The name, from `tocsin enrich list`.", show_default=False)],
    lake: LakeOption = None,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Remove an imported file of facts; what ships with Tocsin in its place counts again.

    Example: [bold]tocsin enrich remove asn-ip2asn-combined[/bold]
    """
    from tocsin.lake.catalog import Catalog
    from tocsin.lake.facts import remove_facts

    catalog = Catalog(reach(lake, "enrich remove", Use.CHANGE, rescue, reason))
    try:
        with catalog.writing():
            record = remove_facts(catalog.lake, name)
    finally:
        catalog.close()
    typer.echo(f"removed {record.name}: {record.rows:,} rows, {record.source}, {record.date}")


def _show(records: "Sequence[FactRecord]") -> None:
    from rich.console import Console
    from rich.table import Table

    from tocsin.sinks.terminal import safe

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "kind", "rows", "date", "date from", "source"):
        table.add_column(column, justify="right" if column == "rows" else "left")
    for each in records:
        source = f"{each.source} ({_SHIPPED})" if each.shipped else each.source
        table.add_row(*map(safe, (each.name, each.kind, f"{each.rows:,}", each.date, each.date_from, source)))
    Console(highlight=False, markup=False).print(table)


def _say(text: str) -> None:
    from tocsin.sinks.terminal import safe

    typer.echo(f"tocsin: {safe(text)}", err=True)

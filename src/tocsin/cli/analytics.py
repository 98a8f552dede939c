"""`tocsin analytics …`: list, show, test, run and begin analytics."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.lakes import LakeOption, LakeReason, LakeRescue, Use, reach
from tocsin.cli.values import read_period
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.detect.analytics import Analytic, AnalyticSet
    from tocsin.lake.catalog import Catalog
    from tocsin.model import Finding
    from tocsin.node.analysed import Analysed
    from tocsin.node.captures import CaptureResult

app = typer.Typer(help="Look at behaviour analytics, try them, write your own.", no_args_is_help=True)

FAILED = 1
Id = Annotated[str, typer.Argument(help="The analytic's id, from `tocsin analytics list`.", show_default=False)]
Folders = Annotated[
    list[Path] | None, typer.Option("--analytics", help="Folder with analytics of your own; may be repeated.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")]


@app.command("list")
def list_(analytics: Folders = None, as_json: AsJson = False) -> None:
    """Name every analytic: what it finds, how urgent, which ATT&CK techniques.

    Example: [bold]tocsin analytics list[/bold]
    """
    loaded = _load(analytics)
    if as_json:
        typer.echo(json.dumps([_entry(each) for each in loaded.analytics.values()], indent=1, ensure_ascii=False))
    else:
        from tocsin.console.analytics import print_analytics

        print_analytics(list(loaded.analytics.values()))
    for refused in loaded.refused:
        typer.echo(f"tocsin: {refused.reason}", err=True)


@app.command()
def show(
    id: Id, analytics: Folders = None, sql: Annotated[bool, typer.Option("--sql", help="Only the SQL.")] = False
) -> None:
    """Explain one analytic: meaning, thresholds with their sources, what speaks against it, what it misses, its SQL.

    Example: [bold]tocsin analytics show password-spray[/bold]
    """
    chosen = _load(analytics).chosen({id})
    analytic = chosen.analytics[id]
    if sql:
        typer.echo(chosen.statement(analytic))
        return
    from tocsin.console.analytics import page

    typer.echo(page(analytic, chosen.tuning.get(id, {})))


@app.command()
def test(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids; none means all.", show_default=False)] = None,
    analytics: Folders = None,
    update: Annotated[bool, typer.Option("--update", help="Write golden.json anew; read the difference.")] = False,
) -> None:
    """Try analytics on their captures: the attack must be found as recorded, the harmless one passed over.

    Exit 1 when one fails. Example: [bold]tocsin analytics test password-spray[/bold]
    """
    from tocsin.node.captures import try_captures

    loaded = _load(analytics)
    chosen = loaded.chosen(ids) if ids else loaded
    failed = 0
    for id, analytic in chosen.analytics.items():
        result = try_captures(analytic, analytics or (), update)
        failed += not result.passed
        typer.echo(f"{'passed' if result.passed else 'FAILED'} {id}: {_summary(result)}")
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def run(
    id: Id,
    lake: LakeOption = None,
    since: Annotated[str | None, typer.Option(help="Only events at or after this time (ISO 8601).")] = None,
    until: Annotated[
        str | None, typer.Option(help="Only events at or before this time; a day means all of it.")
    ] = None,
    analytics: Folders = None,
    as_json: AsJson = False,
    fingerprint: Annotated[
        Path | None,
        typer.Option(help="Folder for a DDoS Clearing House fingerprint (JSON) of each flood that was found."),
    ] = None,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Run one analytic over the lake and print its findings.

    Example: [bold]tocsin analytics run password-spray --since 2026-03-01[/bold]
    """
    from tocsin.lake.catalog import Catalog, Origin
    from tocsin.node.analysed import analyse

    start, end = read_period(since, until)
    chosen = _load(analytics).chosen({id})
    catalog = Catalog(reach(lake, "analytics run", Use.READ, rescue, reason))
    try:
        names = {source.id: source.name for source in catalog.sources()}
        found = analyse(catalog, chosen, names, Origin(), start, end)
        if fingerprint:
            _write_fingerprints(catalog, chosen.analytics[id], found, fingerprint)
    finally:
        catalog.close()
    outcome = found.outcomes[0] if found.outcomes else None
    if outcome and outcome.failed:
        raise UsageError(f"{id} did not run: {outcome.reason}", "`tocsin analytics show` prints its SQL.")
    if as_json:
        typer.echo(json.dumps([_finding(each) for each in found.findings], indent=1, ensure_ascii=False))
        return
    if outcome and outcome.reason:
        typer.echo(f"not assessed: {outcome.reason}", err=True)
    from tocsin.sinks.terminal import safe

    for each in found.findings:
        typer.echo(safe(f"{each.first:%Y-%m-%d %H:%M}  {each.rule.level:8}  {each.host or each.user}  {each.message}"))
    typer.echo(f"{len(found.findings):,} findings", err=True)


@app.command()
def new(
    id: Id,
    folder: Annotated[Path, typer.Option("--folder", help="Where your analytics lie.")] = Path("analytics"),
) -> None:
    """Begin an analytic of your own: a folder with a working example to change.

    Example: [bold]tocsin analytics new odd-logons && tocsin analytics test odd-logons --analytics analytics[/bold]
    """
    from tocsin.detect.analytics.start import write_start

    place = write_start(folder, id)
    typer.echo(f"{place}: change analytic.sql, put recordings into attack/ and benign/, then:")
    typer.echo(f"  tocsin analytics test {id} --analytics {folder} --update")


def _load(folders: list[Path] | None) -> "AnalyticSet":
    from tocsin.detect.analytics import load_analytics

    return load_analytics(tuple(folders or ()))


def _write_fingerprints(catalog: "Catalog", analytic: "Analytic", found: "Analysed", folder: Path) -> None:
    from tocsin.node.fingerprints import write_fingerprints

    hits = [hit for outcome in found.outcomes for hit in outcome.hits]
    for path in write_fingerprints(catalog, analytic, hits, folder):
        typer.echo(f"fingerprint: {path}", err=True)


def _summary(result: "CaptureResult") -> str:
    if result.benign:
        return f"the harmless capture gives {len(result.benign)} findings, first: {result.benign[0]['message']}"
    if not result.attack:
        return "the attack is not found"
    if result.attack != result.golden:
        return f"not as recorded: {json.dumps(result.attack[0], ensure_ascii=False)} (golden.json has other findings)"
    return str(result.attack[0]["message"])


def _entry(analytic: "Analytic") -> dict[str, object]:
    info = analytic.info
    thresholds = [
        {"name": each.name, "value": each.value, "unit": each.unit, "why": each.why} for each in analytic.thresholds
    ]
    return {
        "id": analytic.id, "title": info.title, "level": info.level, "status": info.status,
        "attack": list(info.attack), "tactics": list(info.tactics), "thresholds": thresholds, "path": analytic.path,
    }  # fmt: skip


def _finding(finding: "Finding") -> dict[str, object]:
    return {
        "level": finding.rule.level, "host": finding.host, "user": finding.user, "count": finding.count,
        "first": str(finding.first), "last": str(finding.last), "opened": str(finding.opened),
        "message": finding.message, "keys": list(finding.keys), "event_ids": list(finding.event_ids),
        "organisation": finding.organisation, "network": finding.network,
    }  # fmt: skip

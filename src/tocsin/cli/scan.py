"""`tocsin scan`: logs in, explained incidents out."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.choices import Level, OutputFormat, Part
from tocsin.cli.lakes import Use, reach
from tocsin.cli.places import cache_folder, rule_paths
from tocsin.cli.stdout import reader_may_leave
from tocsin.cli.values import check_writable, checked_mappings, read_period, read_values, read_zone, told_command
from tocsin.errors import UsageError
from tocsin.model import LEVELS

if TYPE_CHECKING:
    from tocsin.node.pipeline import ScanRequest

FOUND = 1

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        help="Files, folders or archives with logs, in any mix; '-' reads standard input.", show_default=False
    ),
]
Rules = Annotated[
    list[Path] | None,
    typer.Option("--rules", help="Sigma rules: a file or folder, may be repeated. Default: the baseline pack."),
]
Analytics = Annotated[
    list[Path] | None,
    typer.Option("--analytics", help="Folder with analytics of your own, or tuning.toml; may be repeated."),
]
Only = Annotated[Part | None, typer.Option("--only", help="Run only this part.", show_default=False)]
Lake = Annotated[
    Path | None, typer.Option("--lake", help="Where the lake is. Default: $TOCSIN_HOME or the user's data folder.")
]
Since = Annotated[
    str | None, typer.Option(help="Only what happened at or after this time (ISO 8601, UTC unless it says so).")
]
Until = Annotated[str | None, typer.Option(help="Only what happened at or before this time; a day means all of it.")]
Zone = Annotated[str, typer.Option("--tz", help="Zone of log times that carry none, e.g. Europe/Tirane.")]
MinLevel = Annotated[Level, typer.Option("--min-level", help="Leave out findings below this level.")]
Output = Annotated[OutputFormat, typer.Option("--format", help="What stdout gets.")]
Report = Annotated[Path | None, typer.Option(help="Write one self-contained HTML page.")]
HitsFile = Annotated[Path | None, typer.Option(help="Write one JSON line for every rule and event that match.")]
Rescan = Annotated[bool, typer.Option("--rescan", help="Evaluate all rules again over all of the lake.")]
Reader = Annotated[str | None, typer.Option(help="Read every source with this reader instead of detecting it.")]
Mapping = Annotated[
    list[Path] | None, typer.Option(help="Mapping file (TOML) for a text format of your own, may be repeated.")
]
Values = Annotated[Path | None, typer.Option(help="TOML file with values for rule placeholders (%name%).")]
Password = Annotated[list[str] | None, typer.Option(help="Password for encrypted zips, may be repeated.")]
Organisation = Annotated[str, typer.Option(help="Whose logs these are, written on every row.")]
Network = Annotated[str, typer.Option(help="Which network they come from, written on every row.")]
Sensor = Annotated[
    str, typer.Option(help="Which machine or sensor wrote them: written on every row, the host where a log names none.")
]
FailOn = Annotated[
    Level | None, typer.Option("--fail-on", help="Exit 1 when a finding reaches this level.", show_default=False)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Tell each step and each source on stderr.")]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the person wants to get."""

    form: OutputFormat
    report: Path | None
    hits: Path | None
    fail_on: Level | None
    quiet: bool
    verbose: bool


def scan(
    paths: Paths = None,
    rules: Rules = None,
    analytics: Analytics = None,
    only: Only = None,
    lake: Lake = None,
    since: Since = None,
    until: Until = None,
    tz: Zone = "UTC",
    min_level: MinLevel = Level.informational,
    output: Output = OutputFormat.table,
    report: Report = None,
    hits: HitsFile = None,
    rescan: Rescan = False,
    reader: Reader = None,
    mapping: Mapping = None,
    values: Values = None,
    password: Password = None,
    organisation: Organisation = "",
    network: Network = "",
    sensor: Sensor = "",
    fail_on: FailOn = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Find attacks in logs: read, evaluate rules, run analytics, group what fits together, explain.

    Formats are recognised by content: EVTX, Windows JSON and XML, Zeek, Suricata, syslog, auditd, web, cloud and more.
    What was read stays in the lake, so the same files answer at once next time.

    Examples: [bold]tocsin scan LOGS --report report.html[/bold]   [bold]journalctl -o json | tocsin scan -[/bold]
    """
    from tocsin.lake.catalog import Origin
    from tocsin.node.pipeline import ScanRequest

    start, end = read_period(since, until)
    request = ScanRequest(
        tuple(paths or ()), reach(lake, "scan", Use.FILL), rule_paths(rules), cache_folder(), read_values(values),
        start, end, read_zone(tz), min_level.value, reader, tuple(password or ()), checked_mappings(mapping), rescan,
        Origin(organisation, network, sensor), command=told_command(sys.argv[1:]),
        analytics=tuple(analytics or ()), only=only.value if only else "",
    )  # fmt: skip
    _run(request, Outputs(output, report, hits, fail_on, quiet, verbose))


def _run(request: "ScanRequest", wanted: Outputs) -> None:
    """Check what can be checked, scan, write what is wanted; results on stdout come last."""
    from tocsin.cli.output import refuse_nothing_read, write_hits, write_report, write_result
    from tocsin.cli.progress import progress, steps_told, tell_sources
    from tocsin.node.pipeline import scan as run
    from tocsin.telemetry.registry import reader_by_name

    if not request.paths and not request.rescan:
        raise UsageError("nothing to scan", "Name files or folders, or use --rescan to evaluate what the lake holds.")
    check_writable(wanted.report, wanted.hits)
    if request.reader is not None:
        reader_by_name(request.reader)
    with steps_told() if wanted.verbose else progress(wanted.quiet) as observe:
        result = run(request, observe)
    if wanted.verbose:
        tell_sources(result.report)
    if wanted.hits is not None:
        write_hits(result, wanted.hits, request)
    if wanted.report is not None:
        write_report(result.report, wanted.report)
    with reader_may_leave():
        write_result(result.report, wanted.form, wanted.report)
        sys.stdout.flush()
    refuse_nothing_read(result.report)
    floor = wanted.fail_on
    if floor is not None and any(_at_least(finding.rule.level, floor) for finding in result.report.findings):
        raise typer.Exit(FOUND)


def _at_least(level: str, floor: Level) -> bool:
    return level in LEVELS and LEVELS.index(level) >= LEVELS.index(floor.value)

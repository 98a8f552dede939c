"""`tocsin scan`: logs in, explained incidents out."""

import sys
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from tocsin.cli.choices import Level, OutputFormat
from tocsin.cli.places import cache_folder, default_lake, rule_paths
from tocsin.errors import UsageError
from tocsin.model import LEVELS

FOUND = 1


def scan(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders or archives with logs, in any mix; '-' reads standard input.", show_default=False
        ),
    ] = None,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="Sigma rules: a file or folder, may be repeated. Default: the baseline pack."),
    ] = None,
    lake: Annotated[
        Path | None, typer.Option("--lake", help="Where the lake is. Default: $TOCSIN_HOME or the user's data folder.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only what happened at or after this time (ISO 8601, UTC unless it says so).")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Only what happened at or before this time.")] = None,
    tz: Annotated[str, typer.Option("--tz", help="Zone of log times that carry none, e.g. Europe/Tirane.")] = "UTC",
    min_level: Annotated[
        Level, typer.Option("--min-level", help="Leave out findings below this level.")
    ] = Level.informational,
    output: Annotated[OutputFormat, typer.Option("--format", help="What stdout gets.")] = OutputFormat.table,
    report: Annotated[Path | None, typer.Option(help="Write one self-contained HTML page.")] = None,
    hits: Annotated[Path | None, typer.Option(help="Write one JSON line for every rule and event that match.")] = None,
    rescan: Annotated[bool, typer.Option("--rescan", help="Evaluate all rules again over all of the lake.")] = False,
    reader: Annotated[
        str | None, typer.Option(help="Read every source with this reader instead of detecting it.")
    ] = None,
    mapping: Annotated[
        list[Path] | None, typer.Option(help="Mapping file (TOML) for a text format of your own, may be repeated.")
    ] = None,
    values: Annotated[Path | None, typer.Option(help="TOML file with values for rule placeholders (%name%).")] = None,
    password: Annotated[list[str] | None, typer.Option(help="Password for encrypted zips, may be repeated.")] = None,
    organisation: Annotated[str, typer.Option(help="Whose logs these are, written on every row.")] = "",
    network: Annotated[str, typer.Option(help="Which network they come from, written on every row.")] = "",
    fail_on: Annotated[
        Level | None, typer.Option("--fail-on", help="Exit 1 when a finding reaches this level.", show_default=False)
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Find attacks in logs: read, evaluate rules, group what fits together, explain.

    Formats are recognised by content: EVTX, Windows JSON and XML, Zeek, Suricata, syslog, auditd, web, cloud and more.
    What was read stays in the lake, so the same files answer at once next time.

    Examples: [bold]tocsin scan LOGS --report report.html[/bold]   [bold]journalctl -o json | tocsin scan -[/bold]
    """
    from tocsin.cli.output import write_hits, write_report, write_result
    from tocsin.cli.progress import progress
    from tocsin.lake.append import Origin
    from tocsin.node.pipeline import ScanRequest
    from tocsin.node.pipeline import scan as run
    from tocsin.telemetry.registry import reader_by_name

    if not paths and not rescan:
        raise UsageError("nothing to scan", "Name files or folders, or use --rescan to evaluate what the lake holds.")
    request = ScanRequest(
        paths=tuple(paths or ()),
        lake=lake or default_lake(),
        rules=rule_paths(rules),
        cache_dir=cache_folder(),
        values=read_values(values),
        since=read_time(since, "--since"),
        until=read_time(until, "--until"),
        zone=read_zone(tz),
        min_level=min_level.value,
        reader=reader,
        passwords=tuple(password or ()),
        mappings=checked_mappings(mapping),
        rescan=rescan,
        origin=Origin(organisation, network),
        command="tocsin " + " ".join(sys.argv[1:]),
    )
    check_writable(report, hits)
    if reader is not None:
        reader_by_name(reader)
    with progress(quiet) as observe:
        result = run(request, observe)
    if hits is not None:
        write_hits(result, hits, request)
    if report is not None:
        write_report(result.report, report)
    write_result(result.report, output, report)
    if fail_on is not None and any(_at_least(finding.rule.level, fail_on) for finding in result.report.findings):
        raise typer.Exit(FOUND)


def _at_least(level: str, floor: Level) -> bool:
    return level in LEVELS and LEVELS.index(level) >= LEVELS.index(floor.value)


def read_time(text: str | None, option: str) -> datetime | None:
    """A time given on the command line."""
    from tocsin.node.found import moment
    from tocsin.telemetry.times import parse_time

    if text is None:
        return None
    parsed = parse_time(text if len(text) > len("2026-01-01") else f"{text}T00:00:00")
    if parsed is None:
        raise UsageError(f"{option}: {text!r} is not a time", "Write it like 2026-11-23 or 2026-11-23T14:30:00+01:00.")
    return moment(parsed)


def read_zone(name: str) -> tzinfo:
    """A time zone by its IANA name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"--tz: there is no zone {name!r}", "Use an IANA name such as Europe/Athens or UTC."
        ) from error


def read_values(path: Path | None) -> dict[str, list[str]]:
    """Placeholder values: a TOML file of `name = ["value", …]`."""
    import tomllib

    if path is None:
        return {}
    try:
        loaded = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"--values: {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"--values: {path}: {error}", 'Write lines such as: admins = ["alice", "bob"]') from error
    return {name: [str(v) for v in (value if isinstance(value, list) else [value])] for name, value in loaded.items()}


def checked_mappings(paths: list[Path] | None) -> tuple[Path, ...]:
    """The mapping files, each read once here so that a fault is told before the scan. Raises UsageError."""
    from tocsin.telemetry.mapping import load_mapping

    for path in paths or ():
        load_mapping(path)
    return tuple(paths or ())


def check_writable(*outputs: Path | None) -> None:
    """Refuse before a long scan what would fail after it. Raises UsageError."""
    for path in outputs:
        if path is not None and not path.parent.is_dir():
            raise UsageError(f"{path}: the folder {path.parent} does not exist")
        if path is not None and path.is_dir():
            raise UsageError(f"{path} is a folder", "Name a file.")

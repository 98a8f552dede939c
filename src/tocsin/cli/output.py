"""What a scan writes: the result on stdout, the report page, the hits."""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import duckdb

from tocsin.cli.choices import OutputFormat
from tocsin.console import formats
from tocsin.console.formats import Hit, hit_line
from tocsin.errors import SourceError, UsageError
from tocsin.model.report import ScanReport
from tocsin.node.found import moment, open_hits
from tocsin.node.pipeline import ScanRequest, ScanResult
from tocsin.words.messages import first_few, say, say_many

REASONS = 3  # told when nothing could be read
_HITS = "SELECT rule, event_id, source, record, time_us FROM hits ORDER BY source, record, rule"
_HIT_ROWS = 4_096


def write_hits(result: ScanResult, path: Path, request: ScanRequest) -> None:
    """One JSON line for every rule and event that match; the form is in docs/formats.md."""
    hits = open_hits(request.lake, result.hit_files, result.names, request.since, request.until)
    with _opened(path) as file:
        for line in _lines(hits, result.names):
            file.write(line)
    hits.close()


def _lines(hits: duckdb.DuckDBPyConnection, names: dict[str, str]) -> Iterator[str]:
    for batch in hits.sql(_HITS).to_arrow_reader(_HIT_ROWS):
        for row in batch.to_pylist():
            file = names.get(row["source"], row["source"])
            yield hit_line(Hit(row["rule"], row["event_id"], file, row["record"], moment(row["time_us"])))


def write_report(report: ScanReport, path: Path) -> None:
    """The self-contained HTML page."""
    from tocsin.console.report import report_html

    with _opened(path) as file:
        file.write(report_html(report))


def write_result(report: ScanReport, output: OutputFormat, page: Path | None) -> None:
    """The result on stdout in the wanted form."""
    if output is OutputFormat.table:
        from rich.console import Console

        from tocsin.console.terminal import print_summary

        print_summary(report, Console(highlight=False), str(page or ""))
        return
    writers = {
        OutputFormat.json: formats.findings_json,
        OutputFormat.ndjson: formats.findings_ndjson,
        OutputFormat.csv: formats.findings_csv,
    }
    for piece in writers[output](report.incidents, report.unjoined):
        sys.stdout.write(piece)


def refuse_nothing_read(report: ScanReport) -> None:
    """A scan that read no source at all has not looked for anything. Raises UsageError or SourceError."""
    if not report.paths or any(source.reader for source in report.sources):
        return
    if not report.sources:
        raise UsageError(f"there is no file in {', '.join(report.paths)}", "Name the folder that holds the logs.")
    reasons = Counter(source.problem or say("empty") for source in report.sources)
    told = first_few([f"{reason} ({count:,})" for reason, count in reasons.most_common()], REASONS)
    files = say_many("the one file", "all {n} files", len(report.sources))
    raise SourceError(
        say("no log was read from {files}: {reasons}", files=files, reasons=told),
        "`tocsin source test PATH` says why of each; --reader or --mapping reads a format by hand.",
    )


def _opened(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error

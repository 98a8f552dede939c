"""Progress on stderr: a bar with rate, time left and rejects on a terminal, nothing on a pipe."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tocsin import clock
from tocsin.cli.interrupts import heed_interrupts
from tocsin.model.report import ScanReport
from tocsin.node.pipeline import Observe, Stage
from tocsin.sinks.terminal import safe
from tocsin.words.dates import utc


@contextmanager
def progress(quiet: bool) -> Iterator[Observe]:
    """An observer for the pipeline that shows where it is; with each step it heeds Ctrl-C."""
    console = Console(file=sys.stderr)
    if quiet or not console.is_terminal:
        yield lambda _stage: heed_interrupts()
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    with bar:
        yield _Shown(bar)


@contextmanager
def steps_told() -> Iterator[Observe]:
    """An observer that writes a line a step on stderr (`-v`): for logs of a service and for finding a fault."""
    told: list[str] = []

    def tell(stage: Stage) -> None:
        heed_interrupts()
        if stage.name not in told:
            told.append(stage.name)
            print(f"tocsin: {utc(clock.now())} {stage.name}", file=sys.stderr)

    yield tell


def tell_sources(report: ScanReport) -> None:
    """A line for each source on stderr."""
    for source in report.sources:
        state = source.problem or ("known already" if source.known else "read")
        counts = f"{source.records:,} records, {source.rejects:,} rejects"
        print(f"tocsin: {safe(source.name)}: {source.reader or 'no reader'}, {counts}, {safe(state)}", file=sys.stderr)


class _Shown:
    """Keeps one line a stage."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task: TaskID | None = None
        self._name = ""
        self._started = 0.0

    def __call__(self, stage: Stage) -> None:
        heed_interrupts()
        if stage.name != self._name or self._task is None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(stage.name, total=None, counts="")
            self._name, self._started = stage.name, clock.monotonic()
        tally = stage.tally
        if tally is None:
            return
        seconds = max(clock.monotonic() - self._started, 0.001)
        counts = f"{tally.events:,} events ({tally.events / seconds:,.0f}/s)"
        if tally.rejects:
            counts += f", {tally.rejects:,} rejects"
        self._bar.update(self._task, completed=tally.done, total=max(tally.total, 1), counts=counts)

"""`tocsin evaluate`: detections against the ground truth of an exercise."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.choices import Part
from tocsin.cli.places import cache_folder, rule_paths
from tocsin.cli.stdout import reader_may_leave
from tocsin.cli.values import read_zone

if TYPE_CHECKING:
    from tocsin.model.trial import Trial
    from tocsin.node.pipeline import Stage


class TrialFormat(StrEnum):
    """What stdout gets."""

    table = "table"
    json = "json"


def evaluate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder that `tocsin exercise` wrote.", show_default=False)
    ],
    output: Annotated[TrialFormat, typer.Option("--format", help="What stdout gets.")] = TrialFormat.table,
    rules: Annotated[
        list[Path] | None,
        typer.Option("--rules", help="Sigma rules: a file or folder, may be repeated. Default: the baseline pack."),
    ] = None,
    only: Annotated[Part | None, typer.Option("--only", help="Run only this part.", show_default=False)] = None,
    lake: Annotated[
        Path | None, typer.Option("--lake", help="Keep the members' lakes here. Default: a folder that is removed.")
    ] = None,
    tz: Annotated[
        str, typer.Option("--tz", help="Zone of log times that carry none. Default: the member's, else UTC.")
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Compare detections with the ground truth of an exercise: found, missed, delay, false incidents.

    Every member's logs go through the ordinary scan, each as a node of its own. A stage counts as found when one of its
    events is among the ten evidence lines that a queued incident shows first. Exit 0 whenever it could evaluate.

    Example: [bold]tocsin exercise windows-intrusion --out trial && tocsin evaluate trial[/bold]
    """
    from tocsin.node.trial import TrialRequest, run_trial

    with _lake(lake) as place, _progress(quiet) as observe:
        zone = read_zone(tz) if tz else None
        part = only.value if only else ""
        trial = run_trial(TrialRequest(folder, place, rule_paths(rules), cache_folder(), only=part, zone=zone), observe)
    with reader_may_leave():
        _write(trial, output)
        sys.stdout.flush()


def _write(trial: "Trial", output: TrialFormat) -> None:
    from tocsin.console.trial import print_trial, trial_json

    if output is TrialFormat.json:
        sys.stdout.write(trial_json(trial))
        return
    from rich.console import Console

    print_trial(trial, Console(highlight=False))


@contextmanager
def _lake(kept: Path | None) -> Iterator[Path]:
    """The folder of the lakes."""
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="tocsin-evaluate-") as folder:
        yield Path(folder)


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[str, "Stage"], None]]:
    """The bar of a scan, with the member's name before each step."""
    from dataclasses import replace

    from tocsin.cli.progress import progress
    from tocsin.sinks.terminal import safe

    with progress(quiet) as observe:
        yield lambda member, stage: observe(replace(stage, name=f"{safe(member)}: {stage.name}"))

"""`tocsin exercise …`: writes telemetry of a made-up ministry with an attack in it, and the answer sheet."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tocsin.errors import UsageError

DEFAULT_EVENTS = 20_000


class Scenario(StrEnum):
    """The exercises there are."""

    windows_intrusion = "windows-intrusion"
    network_intrusion = "network-intrusion"


def exercise(
    scenario: Annotated[Scenario, typer.Argument(help="Which attack to write logs of.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder for the logs; new or empty.", show_default=False)],
    seed: Annotated[int, typer.Option("--seed", help="The same seed writes the same bytes.")] = 1,
    events: Annotated[int, typer.Option("--events", help="Records in all files together.")] = DEFAULT_EVENTS,
    benign: Annotated[bool, typer.Option("--benign", help="Only the ordinary week, without an attack.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Write realistic logs with an attack hidden in an ordinary week, to try Tocsin or to train on.

    windows-intrusion: Windows events (four shapes), IIS and Exchange logs of an intrusion that ends in wiping.

    network-intrusion: Zeek, Suricata, FortiGate, auditd, sshd, squid and web logs of an intrusion from scan to miner.

    ground-truth.json says what was planted where. These are logs of attacks, never working tools: names and
    addresses are reserved ones. Try: tocsin exercise windows-intrusion --out trial && tocsin scan trial
    """
    from tocsin.exercise import network_intrusion, windows_intrusion

    _refuse_occupied(out)
    write = windows_intrusion if scenario is Scenario.windows_intrusion else network_intrusion
    with _progress(quiet) as progress:
        truth = write(out, seed, events, progress, attack=not benign)
    if not quiet:
        typer.echo(f"{truth.events:,} records in {len(truth.files)} files under {out}, {truth.first} to {truth.last}")
        planted = (
            f"{len(truth.planted):,} of them planted in {len(truth.stages)} stages" if truth.stages else "no attack"
        )
        typer.echo(f"{planted}; the answer sheet is {out / 'ground-truth.json'}")


def _refuse_occupied(out: Path) -> None:
    """An exercise never mixes with other files."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out: {out} is a file", "Name a folder that is new or empty.")
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(f"--out: {out} is not empty", "Name a new folder, or empty this one first.")


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr where a person looks, nothing on a pipe."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=sys.stderr)
    if quiet or not console.is_terminal:
        yield lambda _written, _total: None
        return
    columns = (TextColumn("writing"), BarColumn(), TextColumn("{task.completed:,.0f} records"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("writing")
        yield lambda written, total: bar.update(task, completed=written, total=total)

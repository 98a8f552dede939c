"""`tocsin exercise …`: writes telemetry of a made-up alliance with an attack in it, and the answer sheet."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tocsin.errors import UsageError

DEFAULT_EVENTS = 20_000
DEFAULT_MEMBERS = 4
LIST = "list"
_PARTS = 1_000  # of the progress bar
Progress = Callable[[float, int], None]  # share that is done, records so far


def exercise(
    scenario: Annotated[
        str, typer.Argument(help="Which exercise to write; [bold]list[/bold] shows them all.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the logs; new or empty.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed writes the same bytes.")] = 1,
    members: Annotated[
        int | None,
        typer.Option("--members", help="Members of the alliance; default 4, with 1, 10, 30 and 59 % of the data."),
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", help="How long it lasts; the default is the exercise's own length.")
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option("--scale", help="Multiplies the hosts and so the harmless records; the attack stays as it is."),
    ] = None,
    events: Annotated[
        int | None,
        typer.Option("--events", help="Records in all files (windows-intrusion, network-intrusion); default 20,000."),
    ] = None,
    benign: Annotated[bool, typer.Option("--benign", help="Only what is harmless, without an attack.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Write realistic logs with an attack hidden in ordinary days, to try Tocsin or to train on.

    Most exercises play at an alliance of members that differ in size, sector, language and logging.

    windows-intrusion and network-intrusion are one week of one ministry; they take --events instead of --members,
    --days and --scale.

    ground-truth.json says what was planted where. These are logs of attacks, never working tools: names and
    addresses are reserved ones. Try: tocsin exercise quiet-month --out trial && tocsin scan trial
    """
    if scenario == LIST:
        _list()
        return
    from tocsin.exercise.listing import check_known

    check_known(scenario)
    folder = _free(out)
    ranged = {"--members": members, "--days": days, "--scale": scale}
    if scenario in ("windows-intrusion", "network-intrusion"):
        _refuse(scenario, ranged, "It is one week of one organisation; --events sets how dense it is.")
        _one_organisation(scenario, folder, seed, events or DEFAULT_EVENTS, benign, quiet)
    else:
        _refuse(scenario, {"--events": events}, "--scale and --days set how much is written.")
        _alliance(scenario, folder, seed, members, days, scale, benign, quiet)


def _one_organisation(scenario: str, out: Path, seed: int, events: int, benign: bool, quiet: bool) -> None:
    from tocsin.exercise import network_intrusion, windows_intrusion

    write = windows_intrusion if scenario == "windows-intrusion" else network_intrusion
    with _progress(quiet) as progress:
        truth = write(out, seed, events, lambda done, total: progress(done / total, done), attack=not benign)
    if not quiet:
        _say(out, truth.events, len(truth.files), (truth.first, truth.last), len(truth.planted), len(truth.stages))


def _alliance(
    scenario: str,
    out: Path,
    seed: int,
    members: int | None,
    days: int | None,
    scale: float | None,
    benign: bool,
    quiet: bool,
) -> None:
    from tocsin.exercise.range import play, scenario_by_id

    with _progress(quiet) as progress:
        truth = play(
            scenario_by_id(scenario),
            out,
            seed=seed,
            members=DEFAULT_MEMBERS if members is None else members,
            days=days,
            scale=1.0 if scale is None else scale,
            attack=not benign,
            progress=progress,
        )
    if quiet:
        return
    _say(out, truth.events, len(truth.files), (truth.first, truth.last), truth.planted_events, len(truth.stages))
    for member in truth.members:
        share = float(str(member["share"]))
        typer.echo(
            f"  {out / str(member['folder'])}: {member['name']}, {member['hosts']:,} hosts, {share:.0%} of the data"
        )


def _say(out: Path, events: int, files: int, span: tuple[str, str], planted: int, stages: int) -> None:
    typer.echo(f"{events:,} records in {files} files under {out}, {span[0]} to {span[1]}")
    attack = f"{planted:,} of them planted in {stages} stages" if stages else "no attack"
    typer.echo(f"{attack}; the answer sheet is {out / 'ground-truth.json'}")


def _list() -> None:
    """All exercises as a table."""
    from rich.console import Console
    from rich.table import Table

    from tocsin.exercise.listing import listed

    table = Table(box=None, pad_edge=False)
    for name, wrap in (("exercise", True), ("days", True), ("members", True), ("what it is about", False)):
        table.add_column(name, no_wrap=wrap, justify="right" if name in ("days", "members") else "left")
    for one in listed():
        about = f"{one.title}. {one.about}\n[dim]Facts: {one.source}[/dim]"
        table.add_row(one.id, f"{one.days:,}", one.members, about)
    Console().print(table)


def _refuse(scenario: str, options: Mapping[str, object], advice: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise UsageError(f"{name} does not fit {scenario}", advice)


def _free(out: Path | None) -> Path:
    """An exercise never mixes with other files."""
    if out is None:
        raise UsageError("--out is missing", "Name a folder that is new or empty: --out trial")
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out: {out} is a file", "Name a folder that is new or empty.")
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(f"--out: {out} is not empty", "Name a new folder, or empty this one first.")
    return out


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress]:
    """A bar on stderr where a person looks, nothing on a pipe."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=sys.stderr)
    if quiet or not console.is_terminal:
        yield lambda _share, _records: None
        return
    columns = (
        TextColumn("writing"),
        BarColumn(),
        TextColumn("{task.fields[records]:,} records"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("writing", total=_PARTS, records=0)
        yield lambda share, records: bar.update(task, completed=share * _PARTS, records=records)

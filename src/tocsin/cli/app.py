"""The command `tocsin`: its commands, its version, and how errors reach a person."""

import os
import sys
from typing import Annotated

import typer

from tocsin import __version__
from tocsin.cli import exercise, explain, hunt, lake, rules, scan, source
from tocsin.errors import TocsinError

INTERRUPTED = 130

app = typer.Typer(
    name="tocsin",
    help="Find attacks in your own logs, offline, and see why.\n\n"
    "Start with: tocsin scan PATH. The lake (what was read) is in $TOCSIN_HOME or your user data folder.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("scan")(scan.scan)
app.command("explain")(explain.explain)
app.command("hunt")(hunt.hunt)
app.command("exercise")(exercise.exercise)
app.add_typer(source.app, name="source")
app.add_typer(rules.app, name="rules")
app.add_typer(lake.app, name="lake")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tocsin {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Find attacks in your own logs, offline, and see why."""


def main() -> None:
    """Run the command line; errors of ours become one sentence and advice, never a traceback."""
    try:
        app()
    except TocsinError as error:
        _say(f"tocsin: {error}")
        if error.advice():
            _say(f"  {error.advice()}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:  # typer has turned Ctrl-C into its own exit, without a word
            _interrupted()
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of stdout has left: not an error
        sys.exit(0)


def _interrupted() -> None:
    _say("tocsin: stopped.")
    if "scan" in sys.argv:
        _say("  What was read so far is in the lake; the same command continues from there.")
    sys.exit(INTERRUPTED)


def _say(text: str) -> None:
    from tocsin.sinks.terminal import safe

    print(safe(text), file=sys.stderr)

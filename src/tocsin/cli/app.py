"""The command `tocsin`: its commands, its version, and how errors reach a person."""

import sys
import traceback
from collections.abc import Callable
from typing import Annotated

import typer

from tocsin import __version__
from tocsin.cli import (
    action,
    analytics,
    asset,
    clock,
    constituent,
    duty,
    enrich,
    evaluate,
    evidence,
    exercise,
    explain,
    hunt,
    incident,
    indicator,
    key,
    lake,
    ledger,
    login,
    node,
    notify,
    playbook,
    privacy,
    rules,
    scan,
    source,
    switches,
    tune,
    user,
)
from tocsin.cli.interrupts import heed_interrupts, interrupted, watch_interrupts
from tocsin.cli.stdout import ReaderLeft, forget_stdout, reader_may_leave, watch_stdout
from tocsin.errors import LAKE_CHANGED, TocsinError

FAILED, INTERRUPTED = 3, 130
_LAKE_LIBRARIES = frozenset({"duckdb", "_duckdb", "pyarrow"})

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
app.command("evaluate")(evaluate.evaluate)
app.add_typer(source.app, name="source")
app.add_typer(rules.app, name="rules")
app.add_typer(analytics.app, name="analytics")
app.add_typer(enrich.app, name="enrich")
app.add_typer(lake.app, name="lake")
app.add_typer(node.app, name="node")
app.add_typer(incident.app, name="incident")
app.command("handover")(duty.handover)
app.command("report")(duty.report)
app.add_typer(action.app, name="action")
app.add_typer(clock.app, name="clock")
app.add_typer(playbook.app, name="playbook")
app.add_typer(notify.app, name="notify")
app.add_typer(indicator.app, name="indicator")
app.add_typer(tune.app, name="tune")
app.add_typer(user.app, name="user")
app.command("login")(login.login)
app.command("logout")(login.logout)
app.command("whoami")(login.whoami)
app.command("stop")(switches.stop)
app.command("start")(switches.start)
app.add_typer(key.app, name="key")
app.add_typer(ledger.app, name="ledger")
app.add_typer(evidence.app, name="evidence")
app.add_typer(privacy.app, name="privacy")
app.add_typer(asset.app, name="asset")
app.add_typer(constituent.app, name="constituent")


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
    """Run the command line; errors become one sentence and advice, never a traceback (but with `-v`)."""
    watch_stdout()
    watch_interrupts()
    try:
        _flushed(app)
        heed_interrupts()
    except ReaderLeft:
        forget_stdout()
        sys.exit(0)
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as ended:
        if ended.code == INTERRUPTED or interrupted():  # typer turns Ctrl-C into its own exit, without a word
            _interrupted()
        raise
    except Exception as error:
        if interrupted():
            _interrupted()
        _failed(error)


def _flushed(command: Callable[[], None]) -> None:
    """Run the command; what it printed is out before its exit code counts."""
    try:
        command()
    except SystemExit as ended:
        with reader_may_leave():  # the work is done: its own code says how it went
            sys.stdout.flush()
        raise ended


def _failed(error: Exception) -> None:
    if isinstance(error, TocsinError):
        _fail(str(error), error.advice(), error.exit_code)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"{where}{error.strerror or error}", "Check that the place is there, writable and not full.", FAILED)
    _unexpected(error)


def _unexpected(error: Exception) -> None:
    """A fault of ours, or a lake that something damaged."""
    if {"-v", "--verbose"} & set(sys.argv):
        traceback.print_exc()
    module = type(error).__module__.partition(".")[0]
    first = str(error).partition("\n")[0]
    if module in _LAKE_LIBRARIES and "Memory" not in type(error).__name__:
        _fail(f"the lake cannot be read: {first}", LAKE_CHANGED, FAILED)
    _fail(f"stopped by a fault of its own: {type(error).__name__}: {first}", "Add -v to `scan` to see where.", FAILED)


def _fail(text: str, advice: str, code: int) -> None:
    _say(f"tocsin: {text}")
    if advice:
        _say(f"  {advice}")
    sys.exit(code)


def _interrupted() -> None:
    _say("tocsin: stopped.")
    if sys.argv[1:2] == ["scan"]:
        _say("  What was read so far is in the lake; the same command continues from there.")
    sys.exit(INTERRUPTED)


def _say(text: str) -> None:
    from tocsin.sinks.terminal import safe

    print(safe(text), file=sys.stderr)

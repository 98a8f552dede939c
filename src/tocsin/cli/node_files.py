"""Files that a command sends to a node as text, and what is wrong in them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import typer

from tocsin.errors import FactsError, LimitExceeded, UsageError

_STDIN = Path("-")


def text_of(path: Path, most: int) -> str:
    """The text of a file, `-` is stdin. UsageError where it is not read as UTF-8, LimitExceeded where it is longer."""
    try:
        with nullcontext(sys.stdin.buffer) if path == _STDIN else path.open("rb") as file:
            content = file.read(most + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", "Name a file that is there.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text (byte {error.start})", "Save it as UTF-8.") from error
    if len(content) > most:
        raise LimitExceeded(f"{path}: longer than {most:,} bytes", "Send it in parts, or less of it.")
    return text


@contextmanager
def line_by_line() -> Iterator[None]:
    """Tell faults of a file that come as lines of one error each on its own line, then refuse the file."""
    from tocsin.sinks.terminal import safe

    try:
        yield
    except (FactsError, UsageError) as error:
        faults = str(error).split("\n")
        if len(faults) == 1:
            raise
        for fault in faults:
            typer.echo(f"tocsin: {safe(fault)}", err=True)
        raise FactsError("nothing was taken from this file", error.advice()) from error

"""Text that a command writes to a file, or to the output: a file that is there is overwritten only on demand."""

import sys
from collections.abc import Iterable
from pathlib import Path

from tocsin.errors import UsageError


def check_new(path: Path | None, *, force: bool) -> None:
    """UsageError where a file is there already, before any work is done."""
    if path is not None and not force and path.exists():
        raise UsageError(f"--output: {path} is there already", "Name another file, or overwrite it with --force.")


def write_text(parts: Iterable[str], path: Path | None, *, force: bool) -> None:
    """Write the parts. UsageError where the file cannot be made, or somebody else just made it."""
    if path is None:
        sys.stdout.writelines(parts)
        return
    try:
        with path.open("w" if force else "x", encoding="utf-8", newline="") as file:
            file.writelines(parts)
    except OSError as error:
        raise UsageError(f"--output: {path}: {error.strerror}", "Name a file that can be made.") from error

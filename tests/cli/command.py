"""The command in a process of its own, as a shell runs it."""

import os
import subprocess
import sys
from pathlib import Path

COMMAND = (sys.executable, "-m", "tocsin")


def tocsin(*arguments: str | Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, check=False)


def tocsin_unread(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and stderr of the command when nobody reads its output: `tocsin … | true`."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)], stdout=write, stderr=subprocess.PIPE, text=True, timeout=120, check=False
        )
    finally:
        os.close(write)
    return done.returncode, done.stderr

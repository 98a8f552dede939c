"""The command line: one file a command. Results go to stdout, progress and logs to stderr.

Exit codes: 0 it ran, 1 findings at or above `--fail-on`, 2 the call was wrong, 3 it failed, 130 interrupted.
"""

from tocsin.cli.app import main

__all__ = ["main"]

"""Writes docs/commands.md from the command line itself: `python tools/command_docs.py`."""

from pathlib import Path
from typing import Any

import typer.main

from tocsin.cli.app import app

HEAD = """# Commands

Results go to stdout, progress and messages to stderr. Exit codes: 0 it ran, 1 findings at or above
`--fail-on` (or what the command says), 2 the call was wrong, 3 it failed, 130 interrupted.
`--lake` defaults to `$TOCSIN_HOME`/lake, else the user's data folder.

This page is written from the program: `python tools/command_docs.py`.
"""


def document() -> str:
    """The whole page."""
    root = typer.main.get_command(app)
    return HEAD + "".join(_command(["tocsin"], root))


def _command(path: list[str], command: Any) -> list[str]:
    children = getattr(command, "commands", {})
    parts = [] if children else [_section(path, command)]
    for name in sorted(children):
        parts += _command([*path, name], children[name])
    return parts


def _section(path: list[str], command: Any) -> str:
    lines = ["", f"## {' '.join(path)}", "", _plain(command.help or ""), ""]
    lines += ["| argument or option | meaning | default |", "|---|---|---|"]
    for parameter in command.params:
        if parameter.name == "help":
            continue
        names = getattr(parameter, "opts", [])
        is_argument = parameter.param_type_name == "argument"
        shown = parameter.name.upper() if is_argument else ", ".join([*names, *parameter.secondary_opts])
        lines.append(f"| `{shown}` | {_plain(getattr(parameter, 'help', '') or '')} | {_default(parameter)} |")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    joined = " ".join(text.split())
    return joined.replace("[bold]", "`").replace("[/bold]", "`").replace("|", "\\|")


def _default(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    value = parameter.default
    if value in (None, False, (), [], "") or callable(value):
        return "–"
    return f"`{getattr(value, 'value', value)}`"


if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs" / "commands.md").write_text(document(), "utf-8")

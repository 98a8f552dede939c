"""`docs/duty.md` and the table of README against the program: their commands are there, with the options they name."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tocsin.cli.app import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "duty.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
LINES = re.findall(r"^(?:\$ )?(tocsin .*)$", "\n".join(re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)), re.MULTILINE)
ROWS = re.findall(r"^\| (`tocsin [^|]*?(?:\\\|[^|]*?)*) \|", README, re.MULTILINE)


ROOT_COMMAND: Any = typer.main.get_command(app)


def reached(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words name, and what follows."""
    command = ROOT_COMMAND
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    if command.name == "tune" and words:  # `tocsin tune I-…` is `tocsin tune draw I-…`
        command = command.commands["draw"]
    return command, words


def named(row: str) -> Iterator[list[str]]:
    """The commands of a row in README: `tocsin incident new\\|list`, `asset import`, `--hits FILE` of the first one."""
    for told in re.findall(r"`([^`]+)`", row):
        words = shlex.split(told.replace("\\|", "|").removeprefix("tocsin ").replace("…", ""))
        before = next((number for number, word in enumerate(words) if "|" in word), len(words))
        for choice in words[before].split("|") if before < len(words) else [""]:
            yield [*words[:before], *([choice] if choice else []), *words[before + 1 :]]


def refusal(words: list[str]) -> str:
    """Why the program would not take the words; empty where it would. Nothing is run."""
    command, rest = reached(words)
    if getattr(command, "commands", {}):
        return f"{words} is no command"
    try:
        command.make_context("tocsin", rest)
    except Exception as error:  # the parser's own errors: their classes are hidden by typer
        return f"{words}: {error}"
    return ""


def test_the_page_has_the_day_from_hand_over_to_hand_over() -> None:
    kinds = [" ".join(line.split()[1:3]) for line in LINES]
    for wanted in (
        "incident list", "incident show", "incident acknowledge", "incident close", "incident new", "incident tell",
        "incident assign", "playbook start", "clock start", "clock draft", "clock done", "action propose",
        "action approve", "action write",
    ):  # fmt: skip
        assert wanted in kinds, wanted
    firsts = [line.split()[1] for line in LINES]
    assert firsts.index("handover") < firsts.index("tune") < len(firsts) - firsts[::-1].index("handover")
    assert {"explain", "report", "tune"} <= {*firsts}


@pytest.mark.parametrize("line", LINES)
def test_every_command_of_the_page_is_one_that_the_program_takes(line: str) -> None:
    words = shlex.split(line.replace("…", "0123456789ab"), comments=True)[1:]
    assert refusal(words) == ""


@pytest.mark.parametrize("row", ROWS)
def test_every_command_in_the_table_of_readme_exists(row: str) -> None:
    first, *_ = named(row)
    group = first[:1] if getattr(reached(first[:1])[0], "commands", {}) else []
    for words in named(row):
        if words[0].startswith("-"):
            command, _ = reached(first)
            assert words[0] in {name for each in command.params for name in each.opts}, words
            continue
        known = reached(words)[0] if reached(words)[0].name != "tocsin" else reached([*group, *words])[0]
        assert known.name != "tocsin" and not (getattr(known, "commands", {}) and len(words) > 1), words


def test_readme_names_every_command_of_the_daily_work() -> None:
    told = {" ".join(words[:2]) for row in ROWS for words in named(row)} | {w[0] for r in ROWS for w in named(r) if w}
    life = {f"incident {name}" for name in reached(["incident"])[0].commands}
    assert life - {"incident status", "incident restrict", "incident mark"} <= told
    assert {"tune", "indicator import", "asset import", "constituent import", "handover", "report", "login"} <= told

"""`tocsin exercise` for the range: the list, the sizes, what does not fit together."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tocsin.cli.exercise import exercise
from tocsin.errors import UsageError
from tocsin.exercise.listing import listed


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(exercise)
    return made


def test_the_list_names_every_exercise_with_its_source(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["list"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    text = " ".join(done.output.split())
    for one in listed():
        assert one.id in text and one.source in text and one.about in text


def test_an_alliance_is_written_and_its_members_are_told(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(
        app, ["quiet-month", "--days", "2", "--scale", "0.02", "--members", "2", "--seed", "9", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "nordland-energie" in done.output and "no attack" in done.output
    assert (out / "ground-truth.json").is_file() and (out / "velmora-gov").is_dir()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["quiet-month", "--events", "5000"], "--events does not fit quiet-month"),
        (["windows-intrusion", "--members", "3"], "--members does not fit windows-intrusion"),
        (["network-intrusion", "--days", "3"], "--days does not fit network-intrusion"),
        (["nothing-like-it"], "no exercise is called"),
        (["quiet-month", "--members", "0"], "--members"),
        (["quiet-month", "--scale", "0"], "--scale"),
    ],
)
def test_what_does_not_fit_is_refused(app: typer.Typer, tmp_path: Path, words: list[str], said: str) -> None:
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "out")])
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)
    assert done.exception.advice()


def test_without_a_folder_the_command_asks_for_one(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["quiet-month"])
    assert isinstance(done.exception, UsageError) and "--out" in str(done.exception)

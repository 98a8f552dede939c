"""Taking Tocsin off a machine takes no data with it, unless that is asked for by name."""

import fcntl
from pathlib import Path

import pytest
import typer
from bundles import Machine, machine
from typer.testing import CliRunner

from tocsin.cli import node_upgrade
from tocsin.errors import UpgradeError, UsageError
from tocsin.node.upkeep.installation import PROGRAM
from tocsin.node.upkeep.uninstall import Plan, plan_removal, remove


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    made = machine(tmp_path)
    made.place.command.parent.mkdir(parents=True)
    made.place.command.symlink_to(Path("../../../opt/tocsin/current", PROGRAM))
    made.place.unit.parent.mkdir(parents=True)
    made.place.unit.symlink_to(made.place.current / "tocsin.service")
    return made


def test_programs_go_and_data_stays(here: Machine) -> None:
    plan = plan_removal(here.place, here.node, None)
    assert plan == Plan((here.place.unit, here.place.command, here.place.root), (here.node,), elsewhere=False)
    remove(plan)
    assert not here.place.root.exists() and not here.place.command.is_symlink() and not here.place.unit.is_symlink()
    assert here.data == "1.0.0" and (here.node / "tocsin.toml").exists()
    remove(plan_removal(here.place, here.node, None))  # again: nothing is left to go


def test_data_goes_when_the_name_of_its_folder_is_typed(here: Machine) -> None:
    remove(plan_removal(here.place, here.node, "node"))
    assert not here.node.exists() and not here.place.root.exists()


@pytest.mark.parametrize("typed", ["", "yes", "Node", "/node", ".."])
def test_data_stays_when_another_name_is_typed(here: Machine, typed: str) -> None:
    with pytest.raises(UsageError, match="was not typed"):
        plan_removal(here.place, here.node, typed)


def test_data_is_not_removed_from_a_folder_that_is_not_a_node_s(here: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here.node))
    with pytest.raises(UsageError, match="not a folder of a node alone"):
        plan_removal(here.place, here.node, "node")


def test_data_inside_the_installation_is_not_lost_with_it(here: Machine) -> None:
    inside = here.place.root / "node"
    here.node.rename(inside)
    with pytest.raises(UsageError, match="within each other"):
        plan_removal(here.place, inside, None)


def test_a_database_elsewhere_is_told(here: Machine) -> None:
    (here.node / "tocsin.toml").write_text('[state]\nurl = "postgresql+psycopg://localhost/tocsin"\n', "utf-8")
    assert plan_removal(here.place, here.node, None).elsewhere


def test_data_needs_a_node(here: Machine) -> None:
    with pytest.raises(UsageError, match="no node's data"):
        plan_removal(here.place, None, "node")
    assert plan_removal(here.place, None, None).kept == ()


def test_a_running_node_is_not_removed(here: Machine) -> None:
    (here.node / "lake").mkdir()
    with (here.node / "lake" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UpgradeError, match="the node is running"):
            plan_removal(here.place, here.node, None)


def test_an_unfinished_upgrade_is_ended_first(here: Machine) -> None:
    here.place.journal.write_text("{}", "utf-8")
    with pytest.raises(UpgradeError, match="on its way"):
        plan_removal(here.place, here.node, None)


def test_a_command_and_a_unit_of_somebody_else_stay(here: Machine, tmp_path: Path) -> None:
    here.place.command.unlink()
    here.place.command.write_text("another program", "utf-8")
    here.place.unit.unlink()
    here.place.unit.symlink_to(tmp_path / "elsewhere")
    remove(plan_removal(here.place, here.node, None))
    assert here.place.command.exists() and here.place.unit.is_symlink()


def command(here: Machine, monkeypatch: pytest.MonkeyPatch, *arguments: str, text: str = "") -> tuple[int, str]:
    """`uninstall` as it runs from the installed version: exit code, output."""
    app = typer.Typer()
    app.command()(node_upgrade.uninstall)
    monkeypatch.setattr("sys.prefix", str(here.place.folder("1.0.0") / "venv"))
    done = CliRunner().invoke(app, arguments, input=text)
    return done.exit_code, done.output


def test_the_command_says_what_goes_and_what_stays(here: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    config = ("--node", str(here.node))
    code, said = command(here, monkeypatch, *config, "--dry-run")
    assert code == 0 and f"would remove {here.place.root}" in said and f"stays: {here.node}" in said
    assert here.place.root.exists()
    code, said = command(here, monkeypatch, *config, "--data", text="wrong\n")
    assert code != 0 and here.place.root.exists() and (here.node / "tocsin.toml").exists()
    code, said = command(here, monkeypatch, *config, "--data", text="node\n")
    assert code == 0 and not here.place.root.exists() and not here.node.exists()


def test_the_command_asks_which_node(here: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TOCSIN_NODE", raising=False)
    monkeypatch.setattr(node_upgrade, "USUAL", tmp_path / "absent")
    for arguments in ((), ("--no-node", "--node", str(here.node)), ("--node", str(tmp_path / "absent"))):
        assert command(here, monkeypatch, *arguments)[0] != 0
    assert here.place.root.exists()
    assert command(here, monkeypatch, "--no-node", "--dry-run")[0] == 0
    monkeypatch.setattr(node_upgrade, "USUAL", here.node)
    assert f"stays: {here.node}" in command(here, monkeypatch, "--dry-run")[1]

"""The commands around an upgrade, on a simulated machine and on a real node's data."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import typer
from bundles import KEY, Machine, machine
from click.testing import Result
from tools.bundle.assemble import seal
from typer.testing import CliRunner

from tocsin import __version__, limits
from tocsin.cli import node_upgrade
from tocsin.errors import BundleError, StateError, UpgradeError, UsageError
from tocsin.lake.catalog import CATALOG, Catalog, being_written
from tocsin.ledger.entry import Kind
from tocsin.node.store import ledger, migration
from tocsin.node.store.database import fill_store, open_store
from tocsin.node.upkeep import migrate as migrate_module
from tocsin.node.upkeep.installation import this_installation
from tocsin.node.upkeep.migrate import migrate
from tocsin.node.upkeep.shell import shell_actor


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine on which the installed version 1.0.0 is what runs."""
    made = machine(tmp_path)
    monkeypatch.setattr("sys.prefix", str(made.place.folder("1.0.0") / "venv"))
    return made


def command(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command()(node_upgrade.upgrade)
    return CliRunner().invoke(app, list(map(str, arguments)))


def trust(here: Machine) -> None:
    here.place.trust.parent.mkdir()
    here.place.trust.write_bytes(here.key.read_bytes())


def test_the_key_kept_at_installation_is_used(here: Machine) -> None:
    trust(here)
    done = command(here.bundle("1.1.0"), "--node", here.node)
    assert done.exit_code == 0 and "Version 1.1.0 counts" in done.stdout, done.output
    assert "backing up" in done.stderr and here.place.current_version() == "1.1.0"


def test_a_key_that_is_named_wins(here: Machine) -> None:
    trust(here)
    here.place.trust.write_text("no key", "utf-8")
    assert command(here.bundle("1.1.0"), "--node", here.node, "--key", here.key).exit_code == 0


def test_without_any_key_nothing_is_upgraded(here: Machine) -> None:
    done = command(here.bundle("1.1.0"), "--node", here.node)
    assert isinstance(done.exception, UsageError) and "--key" in done.exception.advice()


def test_a_downgrade_is_an_option(here: Machine) -> None:
    trust(here)
    done = command(here.bundle("0.9.0"), "--no-node")
    assert isinstance(done.exception, BundleError)
    assert command(here.folder / "bundle-0.9.0", "--no-node", "--allow-downgrade").exit_code == 0


def test_a_checkout_is_not_upgraded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.prefix", "/home/somebody/tocsin/.venv")
    with pytest.raises(UsageError, match="not installed from a bundle"):
        this_installation()


def test_the_installation_is_found_by_its_program_also_through_the_link(
    here: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert this_installation() == here.place
    monkeypatch.setattr("sys.prefix", str(here.place.current / "venv"))
    assert this_installation() == here.place


def test_state_and_lake_are_migrated_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    config = tmp_path / "tocsin.toml"
    config.write_text("", "utf-8")
    open_store(f"sqlite:///{tmp_path / 'state.sqlite'}", create=True).close()
    assert not migrate(tmp_path).lake
    Catalog(tmp_path / "lake", create=True).close()
    with closing(sqlite3.connect(tmp_path / "lake" / CATALOG)) as db, db:
        for column in ("organisation", "network", "sensor"):
            db.execute(f"ALTER TABLE sources DROP COLUMN {column}")
        db.execute("UPDATE meta SET value = '1' WHERE key = 'version'")
    first, second = migrate(tmp_path), migrate(tmp_path)
    assert first == second and first.lake and first.before == first.after
    with closing(sqlite3.connect(tmp_path / "lake" / CATALOG)) as db:
        assert db.execute("SELECT value FROM meta WHERE key = 'version'").fetchone() == ("2",)


def test_a_migration_is_in_the_ledger_once_a_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tocsin.toml").write_text("", "utf-8")
    with fill_store(f"sqlite:///{tmp_path / 'state.sqlite'}") as connection:
        migration.upgrade(connection, "0003")
    first, _ = migrate(tmp_path), migrate(tmp_path)
    monkeypatch.setattr(migrate_module, "__version__", "77.1")
    migrate(tmp_path)
    store = open_store(f"sqlite:///{tmp_path / 'state.sqlite'}")
    with store.read() as connection:
        entries = ledger.newest(connection, 10)
    store.close()
    assert {(each.kind, each.actor, each.subject) for each in entries} == {(Kind.UPGRADE, shell_actor(), "node")}
    assert [dict(each.detail) for each in reversed(entries)] == [
        {"before": "0003", "after": first.after, "tocsin": __version__},
        {"before": first.after, "after": first.after, "tocsin": "77.1"},
    ]


def test_state_is_set_aside_and_put_back_by_options_of_migrate(tmp_path: Path) -> None:
    (tmp_path / "tocsin.toml").write_text("", "utf-8")
    open_store(f"sqlite:///{tmp_path / 'state.sqlite'}", create=True).close()
    app = typer.Typer()
    app.command()(node_upgrade.migrate)
    node, file = str(tmp_path), str(tmp_path / "aside")
    told = [
        CliRunner().invoke(app, [node, *options])
        for options in (("--set-aside", file), ("--put-back", file), ("--set-aside", file, "--put-back", file))
    ]
    assert [each.exit_code for each in told[:2]] == [0, 0], told
    assert "1 rows are in" in told[0].stdout and "1 rows are back" in told[1].stdout
    assert isinstance(told[2].exception, UsageError)


def test_a_node_without_state_is_not_migrated(tmp_path: Path) -> None:
    config = tmp_path / "tocsin.toml"
    config.write_text("", "utf-8")
    with pytest.raises(StateError, match="no state database"):
        migrate(tmp_path)


def test_a_lake_is_being_written_while_its_lock_is_held(tmp_path: Path) -> None:
    assert not being_written(tmp_path / "lake")
    catalog = Catalog(tmp_path / "lake", create=True)
    with catalog.writing():
        assert being_written(tmp_path / "lake")
    assert not being_written(tmp_path / "lake")
    catalog.close()


def test_programs_see_nothing_of_the_caller_s_python(here: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    trust(here)
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("TOCSIN_HOME", "/elsewhere")
    bundle = here.bundle("1.1.0")
    program = bundle / "tocsin"
    program.write_text(
        program.read_text("utf-8").replace("set -eu\n", f"set -eu\nenv >{here.control}/seen\n", 1), "utf-8"
    )
    seal(bundle, KEY)
    assert command(bundle, "--node", here.node).exit_code == 0
    seen = dict(line.partition("=")[::2] for line in (here.control / "seen").read_text("utf-8").splitlines())
    assert seen["HOME"] == str(here.node)
    assert not {"PYTHONPATH", "TOCSIN_HOME"} & seen.keys()


def test_programs_run_as_the_owner_of_the_node_s_folder(here: Machine) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can run programs as others")
    trust(here)
    nobody = 65534
    for path in (here.node, *here.node.iterdir()):
        os.chown(path, nobody, nobody)
    for path in (here.folder, *here.folder.parents):
        if path.stat().st_uid == 0 and path != Path("/") and not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)
    here.control.chmod(0o777)
    assert command(here.bundle("1.1.0"), "--node", here.node).exit_code == 0
    owners = {path.name: path.stat().st_uid for path in here.node.iterdir()}
    assert set(owners.values()) == {nobody} and len(owners) == 3, owners


def test_a_program_that_hangs_is_ended(here: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    trust(here)
    monkeypatch.setattr(limits, "UPGRADE_STEP_SECONDS", 1)
    bundle = here.bundle("1.1.0")
    (bundle / "install.sh").write_text("exec sleep 60\n", "utf-8")
    seal(bundle, KEY)
    done = command(bundle, "--node", here.node)
    assert isinstance(done.exception, UpgradeError) and "timed out" in str(done.exception)
    assert here.place.current_version() == "1.0.0" and not here.place.journal.exists()


def test_what_the_journal_says_is_json_for_people(here: Machine) -> None:
    here.fault("fail-migrate-1.1.0")
    here.fault("fail-restore-1.1.0")
    trust(here)
    command(here.bundle("1.1.0"), "--node", here.node)
    told = json.loads(here.place.journal.read_text("utf-8"))
    assert (told["old"], told["new"], told["step"]) == ("1.0.0", "1.1.0", "restore") and told["backup"]

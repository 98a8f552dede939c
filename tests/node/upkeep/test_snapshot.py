"""What a migration can change is put back byte for byte."""

from pathlib import Path

import pytest

from tocsin.errors import UpgradeError
from tocsin.node.upkeep.snapshot import FOLDER, drop_snapshot, put_back, take_snapshot


def made(folder: Path, state: str = "state.sqlite", url: str = "") -> dict[str, Path]:
    """A node's files: state with its journal, catalog without one."""
    (folder / "lake").mkdir(parents=True)
    (folder / "tocsin.toml").write_text(f'[state]\nurl = "{url}"\n' if url else "", "utf-8")
    files = {"state": folder / state, "wal": folder / f"{state}-wal", "catalog": folder / "lake" / "catalog.sqlite"}
    for name, path in files.items():
        path.write_text(name, "utf-8")
    return files


def nobody(file: Path) -> None:
    raise AssertionError(f"no server is asked for {file}")


def test_the_state_of_a_server_is_what_its_program_wrote_and_a_snapshot_without_it_is_not_whole(tmp_path: Path) -> None:
    made(tmp_path, url="postgresql+psycopg://nobody@/nowhere")
    asked: list[Path] = []
    take_snapshot(tmp_path, asked.append)
    put_back(tmp_path, asked.append)
    assert asked == [tmp_path / FOLDER / "state.ndjson"] * 2
    with pytest.raises(AssertionError):
        take_snapshot(tmp_path, nobody)
    with pytest.raises(UpgradeError, match="not whole"):
        put_back(tmp_path, asked.append)


def test_changed_and_removed_files_are_as_they_were(tmp_path: Path) -> None:
    files = made(tmp_path)
    take_snapshot(tmp_path, nobody)
    files["state"].write_text("other", "utf-8")
    files["wal"].unlink()
    new = tmp_path / "lake" / "catalog.sqlite-wal"
    new.write_text("a journal of the new version", "utf-8")
    for _ in range(2):
        put_back(tmp_path, nobody)
        assert {name: path.read_text("utf-8") for name, path in files.items()} == {name: name for name in files}
        assert not new.exists()


def test_a_state_database_under_another_name_is_set_aside_too(tmp_path: Path) -> None:
    files = made(tmp_path / "node", "../elsewhere.sqlite", f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    take_snapshot(tmp_path / "node", nobody)
    files["state"].write_text("other", "utf-8")
    put_back(tmp_path / "node", nobody)
    assert files["state"].read_text("utf-8") == "state"


def test_half_a_snapshot_is_never_put_back(tmp_path: Path) -> None:
    files = made(tmp_path)
    take_snapshot(tmp_path, nobody)
    (tmp_path / FOLDER / "complete").unlink()
    files["state"].write_text("other", "utf-8")
    with pytest.raises(UpgradeError, match="not whole"):
        put_back(tmp_path, nobody)
    assert files["state"].read_text("utf-8") == "other"
    drop_snapshot(tmp_path)
    drop_snapshot(tmp_path)
    assert not (tmp_path / FOLDER).exists()

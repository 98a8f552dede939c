"""A node is named by its folder or by its configuration."""

from pathlib import Path

import pytest

from tocsin.cli.places import folder_of
from tocsin.errors import UsageError


def test_the_folder_of_a_configuration_is_the_node_s() -> None:
    assert folder_of(Path("/srv/node/tocsin.toml"), None) == Path("/srv/node")


def test_both_may_be_named_when_they_agree(tmp_path: Path) -> None:
    assert folder_of(tmp_path / "tocsin.toml", tmp_path) == tmp_path


@pytest.mark.parametrize(("config", "folder"), [("/srv/node/other.toml", None), ("/srv/node/tocsin.toml", "/srv/b")])
def test_another_configuration_is_refused(config: str, folder: str | None) -> None:
    with pytest.raises(UsageError, match="configuration"):
        folder_of(Path(config), Path(folder) if folder else None)

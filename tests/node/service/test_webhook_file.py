"""The URL of a webhook may hold a secret: then it stands in a file of its own and not in the configuration."""

from pathlib import Path

import pytest
from node_folders import NOW, make_folder

from tocsin.errors import ConfigError
from tocsin.node.service.config import load_config
from tocsin.node.store.database import open_store
from tocsin.node.upkeep.backup import named_files
from tocsin.node.upkeep.check_gather import gather
from tocsin.node.upkeep.notify import tells_secret
from tocsin.node.upkeep.outbound import destinations

URL = "https://chat.example/hooks/x8f2k1q9w7e3r5t1"
NAMED = '[notify]\nwebhook_file = "keys/webhook"\n'


def test_the_url_is_read_from_a_file_of_its_owner_alone(tmp_path: Path) -> None:
    folder, _, _ = make_folder(tmp_path / "node")
    folder.config.write_text(NAMED)
    with pytest.raises(ConfigError, match=r"notify\.webhook_file: .* cannot be read"):
        load_config(folder.config)
    file = folder.keys / "webhook"
    file.write_text(URL + "\n")
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="can be read by other users") as refused:
        load_config(folder.config)
    assert URL not in str(refused.value) and "mode 0600" in refused.value.advice()
    file.chmod(0o600)
    config = load_config(folder.config)
    assert config.notify.webhook == URL
    assert [str(each) for each in destinations(config)] == ["chat.example:443 (webhook)"]
    assert named_files(config) == ["keys/webhook"]


def test_one_url_stands_in_one_place(tmp_path: Path) -> None:
    folder, _, _ = make_folder(tmp_path / "node")
    folder.config.write_text(f'{NAMED}webhook = "{URL}"\n')
    with pytest.raises(ConfigError, match="two places"):
        load_config(folder.config)


def test_a_check_warns_of_a_secret_in_the_configuration_only(tmp_path: Path) -> None:
    folder, _, _ = make_folder(tmp_path / "node")
    open_store(f"sqlite:///{folder.path}/state.sqlite", create=True).close()
    folder.config.write_text(f'[notify]\nwebhook = "{URL}"\n')
    assert gather(folder, NOW).webhook_shown
    (folder.keys / "webhook").write_text(URL)
    (folder.keys / "webhook").chmod(0o600)
    folder.config.write_text(NAMED)
    assert not gather(folder, NOW).webhook_shown


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        (URL, True),
        ("https://chat.example/post?token=1", True),
        ("https://me:word@chat.example/", True),
        ("https://chat.example/hooks/alerts", False),
        ("", False),
        ("https://[", False),
    ],
)
def test_a_url_looks_as_if_it_held_a_secret(url: str, secret: bool) -> None:
    assert tells_secret(url) is secret

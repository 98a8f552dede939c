"""`tocsin node init`: a folder with configuration, keys, state database, lake and the first two accounts."""

import socket
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tocsin.errors import ConfigError
from tocsin.lake.catalog import Catalog
from tocsin.node.journal.records import JournalRecords
from tocsin.node.people.account_changes import Given, first_accounts
from tocsin.node.people.desk import Desk
from tocsin.node.people.keys import Keys
from tocsin.node.service.config import NodeFolder, load_config, state_url
from tocsin.node.store.database import open_store
from tocsin.node.upkeep.keys import load_secret, make_keys

TEMPLATE = Path(__file__).with_name("template.toml")


@dataclass(frozen=True, slots=True)
class Begun:
    """What is shown once: accounts with their passwords, and the key that opens backups."""

    folder: NodeFolder
    accounts: Sequence[Given]
    recovery_key: str


def begin(path: Path, name: str, organisation: str, port: int, state: str = "") -> Begun:
    """Make a node in a new or empty folder. ConfigError where something is in it."""
    folder = NodeFolder(path)
    if path.exists() and any(path.iterdir()):
        raise ConfigError(f"{path} is not empty", "Name a new folder; a node's folder holds nothing else.")
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    for each in (folder.keys, folder.journal, folder.spool, folder.run, folder.cache):
        each.mkdir(mode=0o700)
    folder.config.write_text(_configured(name, organisation, port or _free_port(), state), "utf-8")
    folder.config.chmod(0o600)
    config = load_config(folder.config)
    recovery = make_keys(folder, name)
    Catalog(folder.lake, create=True).close()
    JournalRecords(folder.journal).close()
    store = open_store(state_url(folder, config), create=True)
    try:
        words = tuple(word for word in (name, organisation) if word)
        accounts = first_accounts(Desk(store, Keys.derived(load_secret(folder)), words=words))
    finally:
        store.close()
    return Begun(folder, accounts, recovery)


def _free_port() -> int:
    """A port of this machine that nobody has at the moment."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _configured(name: str, organisation: str, port: int, state: str) -> str:
    """The commented template with what is known already."""
    values = {"NAME": name, "ORGANISATION": organisation, "STATE": state}
    text = TEMPLATE.read_text("utf-8").replace("@PORT@", str(port))
    for key, value in values.items():
        text = text.replace(f"@{key}@", value.replace("\\", "\\\\").replace('"', '\\"'))
    return text

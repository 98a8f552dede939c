"""Where things are on this machine: the lake, the rule cache, the baseline rules."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.node.service.config import NodeFolder


def default_lake() -> Path:
    """`$TOCSIN_HOME`/lake, else the user's data folder (XDG Base Directory)."""
    home = os.environ.get("TOCSIN_HOME")
    if home:
        return Path(home) / "lake"
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "tocsin" / "lake"


def cache_folder() -> Path:
    """The user's cache folder for compiled rules (XDG Base Directory)."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "tocsin"


def rule_paths(given: list[Path] | None) -> tuple[Path, ...]:
    """The rules to use: the given ones, else the baseline pack that ships with Tocsin."""
    from tocsin.rules import PACK

    return tuple(given) if given else (PACK,)


def folder_of(config: Path, folder: Path | None) -> Path:
    """The folder of a node by its configuration. UsageError where that is elsewhere or `folder` names another one."""
    from tocsin.errors import UsageError
    from tocsin.node.service.config import CONFIG

    if config.name != CONFIG:
        raise UsageError(
            f"a node's configuration is called {CONFIG}, not {config.name}", "It lies in the node's folder."
        )
    if folder is not None and folder.resolve() != config.parent.resolve():
        raise UsageError(f"{config} is not the configuration of the node in {folder}", "Name one of both.")
    return config.parent


def node_folder(given: Path | None) -> "NodeFolder":
    """The folder of a node: given, or $TOCSIN_NODE. ConfigError where there is none."""
    from tocsin.errors import ConfigError
    from tocsin.node.service.config import NodeFolder

    named = given or (Path(os.environ["TOCSIN_NODE"]) if os.environ.get("TOCSIN_NODE") else None)
    if named is None:
        raise ConfigError("no node's folder is named", "Name it, or set TOCSIN_NODE.")
    folder = NodeFolder(named)
    if not folder.config.is_file():
        raise ConfigError(f"there is no node in {named}", "Run `tocsin node init DIR` first.")
    return folder

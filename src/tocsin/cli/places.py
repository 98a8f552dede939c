"""Where things are on this machine: the lake, the rule cache, the baseline rules."""

import os
from pathlib import Path


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

"""More tables at the end of a node's configuration. Comments stay, and so do the file's owner and mode.

Steps: 1. the new text is checked as a whole, so that a node never finds a broken file; 2. it is written under a
dot-name and synced; 3. it takes the place of the old file (`lake.durable`).
"""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from tocsin.errors import ConfigError, UsageError
from tocsin.lake.durable import hidden, sync
from tocsin.node.service.config import Config, NodeFolder, parse_config, read_text

_DELETE = "\x7f"  # JSON writes it as it is, TOML v1.0.0 wants it escaped


def with_tables(folder: NodeFolder, tables: str) -> str:
    """The configuration's text with more tables (TOML text) at its end. ConfigError where it would be wrong."""
    text = f"{read_text(folder.config).rstrip()}\n\n{tables.strip()}\n"
    parse_config(folder.config, text)
    return text


def replace_text(folder: NodeFolder, text: str) -> Config:
    """Put another text in place; the configuration as it is then. ConfigError, nothing written, where it is wrong."""
    path = folder.config
    config = parse_config(path, text)
    try:
        _replace(path, text.encode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}", "Run this as the node's user.") from error
    return config


def table_text(heading: str, values: Mapping[str, str]) -> str:
    """A table of an array (TOML v1.0.0, "Array of Tables"); empty values are left out.

    >>> print(table_text("watch", {"path": "/var/log/a.log", "sensor": ""}))
    [[watch]]
    path = "/var/log/a.log"
    """
    return "\n".join([f"[[{heading}]]", *(f"{key} = {_quoted(value)}" for key, value in values.items() if value)])


def _quoted(value: str) -> str:
    """A basic string; the escapes of JSON are some of TOML's."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{value!r} is not Unicode", "Rename it, or write it into the configuration by hand."
        ) from error
    return json.dumps(value, ensure_ascii=False).replace(_DELETE, "\\u007f")


def _replace(path: Path, data: bytes) -> None:
    """Steps 2 and 3."""
    target = path.resolve()
    old, new = target.stat(), hidden(target)
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, stat.S_IRUSR | stat.S_IWUSR)
    with os.fdopen(handle, "wb") as file:
        if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(handle, old.st_uid, old.st_gid)
        os.fchmod(handle, stat.S_IMODE(old.st_mode))
        file.write(data)
        file.flush()
        os.fsync(handle)
    new.replace(target)
    sync(target.parent)

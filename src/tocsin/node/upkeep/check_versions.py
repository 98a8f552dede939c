"""The versions of the parts that a node is made of, and whether its data are of those that this Tocsin works with.

What cannot be opened at all has no version here: the lines of the state database and of the lake say why.
"""

import platform
import sqlite3
from contextlib import suppress

import duckdb

from tocsin import __version__
from tocsin.errors import TocsinError
from tocsin.lake.catalog import CATALOG, Catalog
from tocsin.node.service.config import NodeFolder, load_config, state_url
from tocsin.node.store import database, migration
from tocsin.node.upkeep.check_facts import Version


def versions(folder: NodeFolder) -> tuple[Version, ...]:
    """The program's parts, then the node's data."""
    found = [
        Version("Tocsin", __version__),
        Version("Python", platform.python_version()),
        Version("SQLite", sqlite3.sqlite_version),
        Version("DuckDB", duckdb.__version__),
    ]
    with suppress(TocsinError):
        found += _state(folder)
    with suppress(TocsinError):
        found += _lake(folder)
    return tuple(found)


def _state(folder: NodeFolder) -> list[Version]:
    there = database.versions(state_url(folder, load_config(folder.config)))
    try:
        migration.check_current(there.tables, str(folder.path))
        problem = ""
    except TocsinError as error:
        problem = f"{error}. {error.advice()}"
    server = [Version("PostgreSQL", there.server)] if there.server else []
    return [*server, Version("state", there.tables, problem)]


def _lake(folder: NodeFolder) -> list[Version]:
    if not (folder.lake / CATALOG).is_file():
        return []
    catalog = Catalog(folder.lake)
    try:
        return [Version("lake", catalog.version)]
    finally:
        catalog.close()

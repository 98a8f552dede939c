"""Who an event is about: the columns of each table that name the host, the user and the process.

The table is `entities.toml` beside this file. Resolving names to one asset is triage's work; here it is the text
that the event itself carries.
"""

import ipaddress
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
import pyarrow as pa

from tocsin.model import Batch
from tocsin.model.events import Codes

_PARTS = ("host", "far", "user", "process", "parent", "context")
REMEMBERED = 100_000  # addresses kept in memory

_INSIDE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
)


@dataclass(frozen=True, slots=True)
class EntityColumns:
    """Candidate columns, best first."""

    host: tuple[str, ...]
    far: tuple[str, ...]  # the other end of a connection
    user: tuple[str, ...]
    process: tuple[str, ...]
    parent: tuple[str, ...]
    context: tuple[str, ...]  # shown beside the fields that a rule read


@cache
def _table_entries() -> tuple[tuple[str, EntityColumns], ...]:
    text = files("tocsin.detect").joinpath("entities.toml").read_text("utf-8")
    return tuple(
        (
            entry["name"],
            EntityColumns(*(tuple(entry.get(part, ())) for part in _PARTS)),
        )
        for entry in tomllib.loads(text)["table"]
    )


@cache
def entity_columns(table: str) -> EntityColumns:
    """The candidates of a table; the last entry of the file fits every name."""
    return next(columns for pattern, columns in _table_entries() if fnmatchcase(table, pattern))


def whom(batch: Batch, who: EntityColumns, rows: Codes) -> tuple[pa.StringArray, pa.StringArray]:
    """Host and user of the given rows; of a connection from outside, the inside end and the outside address."""
    hosts, users = pick(batch, who.host, rows), pick(batch, who.user, rows)
    if not who.far:
        return hosts, users
    named = [
        (far, user or host) if inside(far) is True and inside(host) is False else (host, user)
        for host, far, user in zip(
            hosts.to_pylist(), pick(batch, who.far, rows).to_pylist(), users.to_pylist(), strict=True
        )
    ]
    return pa.array([host for host, _ in named], pa.string()), pa.array([user for _, user in named], pa.string())


@lru_cache(maxsize=REMEMBERED)
def inside(text: str) -> bool | None:
    """Whether an address belongs to a private network (RFC 1918, RFC 4193, link-local); None for other texts."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return any(address.version == network.version and address in network for network in _INSIDE)


def pick(batch: Batch, candidates: Sequence[str], rows: Codes) -> pa.StringArray:
    """For the given rows, the first candidate column's value, '' where none has one."""
    left = np.arange(len(rows))
    values: list[str] = [""] * len(rows)
    for name in candidates:
        column = batch.column(name)
        if column is None or not len(left):
            continue
        codes = column.codes[rows[left]]
        found = left[codes >= 0]
        texts = column.values.take(pa.array(codes[codes >= 0])).to_pylist()
        for index, text in zip(found.tolist(), texts, strict=True):
            values[index] = text
        left = left[codes < 0]
    return pa.array(values, pa.string())

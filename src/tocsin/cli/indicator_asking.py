"""What `tocsin indicator` asks, of a lake here or of a node through its API."""

import os
import sys
import zlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tocsin import limits
from tocsin.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from tocsin.cli.node_client import NodeClient
    from tocsin.lake.catalog import Catalog
    from tocsin.node.indicator_asked import Import
    from tocsin.node.indicator_import import Imported
    from tocsin.node.indicator_list import Listing

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the indicators are: a lake here, or a node."""

    lake: Path | None
    node: str | None
    ca: Path | None
    rescue: bool = False
    reason: str = ""

    @property
    def through_node(self) -> bool:
        """Whether a node is asked. UsageError where both are named."""
        if self.node is not None and self.lake is not None:
            raise UsageError("--lake and --node are two places", "Name one of them.")
        named = bool(os.environ.get("TOCSIN_NODE_URL") or os.environ.get("TOCSIN_NODE"))
        return self.node is not None or (self.lake is None and not self.rescue and named)

    @contextmanager
    def client(self) -> "Iterator[NodeClient]":
        """The node's API under the login that is kept here."""
        from tocsin.cli.rescue import through_api

        with through_api(self.node, self.ca, limits.CLIENT_ERRAND_SECONDS) as client:
            yield client

    @contextmanager
    def catalog(self, what: str, *, change: bool) -> "Iterator[Catalog]":
        """The lake here, once it may be used."""
        from tocsin.cli.lakes import Use, reach
        from tocsin.lake.catalog import Catalog

        path = reach(self.lake, f"indicator {what}", Use.CHANGE if change else Use.READ, self.rescue, self.reason)
        with closing(Catalog(path, create=change)) as catalog:
            yield catalog


def content(file: Path) -> bytes:
    """The file's bytes, bounded. UsageError where it cannot be read."""
    try:
        if str(file) == STANDARD_INPUT:
            data = sys.stdin.buffer.read(limits.INDICATOR_FILE_BYTES + 1)
        else:
            with file.open("rb") as opened:
                data = opened.read(limits.INDICATOR_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", "Name a file of indicators.") from error
    if len(data) > limits.INDICATOR_FILE_BYTES:
        raise UsageError(
            f"{file} is larger than {limits.INDICATOR_FILE_BYTES // limits.MIB} MiB", "Split it into several files."
        )
    return data


def asked(
    file: Path,
    source: str,
    marking: str,
    until: str | None,
    confidence: int | None,
    replace: bool,
    even_common: bool,
    dry_run: bool,
) -> "Import":
    """What is said of the file."""
    from tocsin.cli.values import read_period
    from tocsin.node.indicator_asked import Import

    name = "input" if str(file) == STANDARD_INPUT else file.name
    end = read_period(None, until)[1] if until else None
    said = {"source": source, "marking": marking}
    for option, text in said.items():
        if len(text) > limits.INDICATOR_SOURCE:
            raise UsageError(f"--{option} is too long", f"At most {limits.INDICATOR_SOURCE} characters.")
    return Import(
        name[: limits.INDICATOR_SOURCE], source, marking, end, confidence, replace, even_common, dry_run
    )  # fmt: skip


def import_file(place: Place, data: bytes, said: "Import") -> "Imported":
    """Import through the node, or into the lake here."""
    from tocsin import clock
    from tocsin.node.indicator_import import Imported, import_indicators
    from tocsin.node.upkeep.shell import shell_actor

    if place.through_node:
        sent = {"packed": b64encode(zlib.compress(data)).decode(), "asked": msgspec.to_builtins(said)}
        with place.client() as client:
            return client.post("/indicators", sent).part("imported", Imported)
    with place.catalog("import", change=not said.dry_run) as catalog:
        return import_indicators(catalog, data, said, shell_actor(), clock.now())


def listing(place: Place, kind: str, source: str, value: str, expired: bool, *, whole: bool) -> "Listing":
    """What is kept; all pages of it where it is wanted whole."""
    from tocsin.node.indicator_list import Listing

    found: Listing | None = None
    while found is None or (whole and len(found.rows) < found.total):
        page = _page(place, kind, source, value, expired, len(found.rows) if found else 0)
        found = Listing((*(found.rows if found else ()), *page.rows), page.total, page.kept, page.sources)
        if not page.rows:
            break
    return found


def remove(place: Place, what: str) -> int:
    """Remove a source or a value; returns how many indicators went."""
    from tocsin.node.indicator_list import removed

    if place.through_node:
        with place.client() as client:
            return client.post("/indicators/remove", {"what": what}).part("removed", int)
    with place.catalog("remove", change=True) as catalog:
        return removed(catalog.lake, what)


def sightings_of(place: Place, value: str) -> "pa.Table":
    """Where a value was seen."""
    from tocsin.cli.hunt_asking import Question, ask_lake, ask_node, tell
    from tocsin.lake.indicators import parse_indicator
    from tocsin.node.rule_hunt import Period

    question = Question(limits.HUNT_ROWS, limits.HUNT_SECONDS, Period(), indicators=(parse_indicator(value),))
    if place.through_node:
        found = ask_node(question, place.node, place.ca)
    else:
        with place.catalog("show", change=False) as catalog:
            found = ask_lake(question, catalog.lake)
    tell(found.told)
    return found.rows


def _page(place: Place, kind: str, source: str, value: str, expired: bool, skip: int) -> "Listing":
    from tocsin import clock
    from tocsin.node.indicator_asked import Wanted
    from tocsin.node.indicator_list import Listing, listed

    wanted = Wanted(kind, source, value, expired, limits.API_PAGE_ROWS, skip)
    if place.through_node:
        said = msgspec.to_builtins(wanted)
        with place.client() as client:
            return client.post("/indicators/list", said).part("indicators", Listing)
    with place.catalog("list", change=False) as catalog:
        return listed(catalog.lake, wanted, clock.now())

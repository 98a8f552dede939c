"""Findings are named from the lake: asks the sources, builds the directory, names the findings.

`identified` does it once, for a scan. `Identities` is for a node that asks again and again: it keeps its directory
while neither the names that are asked for nor the files behind the answers changed, and rests SHARE times as long as
the last one took before it makes a new one.
"""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tocsin import clock
from tocsin.lake.catalog import Catalog, FileRecord, Origin
from tocsin.lake.database import Opening, for_queries
from tocsin.lake.facts import Facts
from tocsin.lake.views import open_views
from tocsin.model import Finding
from tocsin.node.identities.asked import Asked, also, asked_of
from tocsin.node.identities.sources import Question, Told, ask, behind, every_table, possible
from tocsin.triage.who import (
    Claim,
    Directory,
    Kind,
    Shared,
    SharedAddresses,
    SharedKind,
    Source,
    called,
    handovers,
    leased,
    name_findings,
    plain,
    sighted,
    tunnelled,
)
from tocsin.words.messages import enumeration, say, say_many

AGAIN_SECONDS = 300.0  # a log that tells who it was may come later than the finding
SHARE = 20  # a directory is made anew after this many times the seconds that the last one took

_TEXT = pa.string()
_MOMENTS = pa.schema(
    [("outside", _TEXT), ("towards", _TEXT), ("listed", pa.bool_()), ("low_us", pa.int64()), ("high_us", pa.int64())]
)


@dataclass(frozen=True, slots=True)
class Identified:
    """The findings with who their names were, and what has to be told about the looking."""

    findings: list[Finding]
    notes: tuple[str, ...] = ()


def identified(
    catalog: Catalog, findings: Iterable[Finding], own: Origin | None = None, opening: Opening = for_queries
) -> Identified:
    """The findings named by what the lake holds; `own` is whose rows are that say nothing of it."""
    findings = list(findings)
    lists = _shared(Facts(catalog.lake))
    asked = asked_of(findings, SharedAddresses(lists))
    directory, notes = look_up(catalog, asked, lists, own or Origin(), opening)
    return Identified(name_findings(findings, directory), notes)


class Identities:
    """The same for the running node."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._directory = Directory()
        self._made_of: tuple[Asked, tuple[Shared, ...], frozenset[str]] | None = None
        self._next = self._again = 0.0  # by the monotonic clock: when it may look, and when it should
        self._put_off = False

    def named(self, catalog: Catalog, findings: Iterable[Finding], *, whole: bool) -> list[Finding]:
        """The findings named; with `whole` by all that the lake holds now."""
        findings = list(findings)
        lists = _shared(Facts(catalog.lake))
        asked = asked_of(findings, SharedAddresses(lists))
        self._put_off = not whole and clock.monotonic() < self._next
        if not self._put_off:
            self._look(catalog, asked, lists)
        return name_findings(findings, self._directory)

    @property
    def due(self) -> bool:
        """Whether findings have to be named though no finding is new: a look was put off, or a lease came late."""
        if self._made_of is None or not possible(self._made_of[0], every_table()):
            return False
        return clock.monotonic() >= (self._next if self._put_off else self._again)

    def _look(self, catalog: Catalog, asked: Asked, lists: tuple[Shared, ...]) -> None:
        there = catalog.files()
        questions = possible(asked, {file.table for file in there})
        read = (_files(catalog.lake, there, question, asked) for question in questions)
        files = frozenset(str(path) for tables in read for paths in tables.values() for path in paths)
        started = clock.monotonic()
        if self._made_of != (asked, lists, files):
            self._directory, _ = look_up(catalog, asked, lists, Origin(), self._opening)
            self._made_of = (asked, lists, files)
        ended = clock.monotonic()
        self._next = ended + SHARE * (ended - started)
        self._again = max(self._next, ended + AGAIN_SECONDS)


def look_up(
    catalog: Catalog, asked: Asked, lists: tuple[Shared, ...], own: Origin, opening: Opening
) -> tuple[Directory, tuple[str, ...]]:
    """The directory for what is asked, and sentences on what was left out."""
    files, told = catalog.files(), Told()
    for question in possible(asked, {file.table for file in files}):
        read = _files(catalog.lake, files, question, asked)
        if not read:
            continue
        with closing(opening(catalog.lake)) as connection:
            open_views(connection, read, question.views)
            for name, table in _asked_tables(asked).items():
                connection.register(name, table)
            ask(connection, question, asked, own, told)
        asked = also(asked, (each.inside for each in told.translations))
    directory = Directory(_claims(catalog, told, asked), SharedAddresses(lists, told.translations))
    return directory, _notes(asked, told, directory)


def _files(lake: Path, files: Iterable[FileRecord], question: Question, asked: Asked) -> dict[str, list[Path]]:
    """The files that a question reads, by table."""
    days, tables = {day.isoformat() for day in question.days(asked)}, behind(question)
    found: dict[str, list[Path]] = {}
    for file in files:
        if file.table in tables and file.day in days:
            found.setdefault(file.table, []).append(lake / file.path)
    return found


def _claims(catalog: Catalog, told: Told, asked: Asked) -> Iterable[Claim]:
    yield from leased(told.leases)
    yield from sighted(told.sightings, handovers(told.leases))
    yield from tunnelled(told.tunnels)
    yield from called(told.called)
    for key in Facts(catalog.lake).assets() if asked.addresses else ():
        address = plain(Kind.ADDRESS, key)
        for place in asked.places if address else ():
            yield Claim(*place, Kind.ADDRESS, address, Kind.ADDRESS, address, None, None, Source.ASSET)


def _asked_tables(asked: Asked) -> dict[str, pa.Table]:
    values = {
        "asked_addresses": asked.addresses, "asked_accounts": asked.accounts, "asked_identifiers": asked.identifiers,
    }  # fmt: skip
    tables = {name: pa.table({"value": pa.array(sorted(each), _TEXT)}) for name, each in values.items()}
    rows = [{name: getattr(each, name) for name in _MOMENTS.names} for each in asked.moments]
    return tables | {"asked_moments": pa.Table.from_pylist(rows, _MOMENTS)}


def _shared(facts: Facts) -> tuple[Shared, ...]:
    return tuple(
        Shared(each["organisation"] or "", each["network"] or "", str(each["address"]), SharedKind(str(each["kind"])))
        for each in facts.shared()
    )


def _notes(asked: Asked, told: Told, directory: Directory) -> tuple[str, ...]:
    notes = []
    if told.cut:
        sentence = "Who is who: only the newest rows of {sources} were taken; what is older may stay unresolved."
        notes.append(say(sentence, sources=enumeration(told.cut)))
    left = asked.dropped + directory.dropped
    if left:
        one = "Who is who: {n} name or claim did not fit into the bounds and was left out."
        many = "Who is who: {n} names or claims did not fit into the bounds and were left out."
        notes.append(say_many(one, many, left))
    return tuple(notes)

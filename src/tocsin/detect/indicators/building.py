"""From entries to the rows of a collection."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import pyarrow as pa

from tocsin import limits
from tocsin.detect.indicators.collection import CODES, SCHEMA
from tocsin.detect.indicators.entry import Entry, level_of
from tocsin.detect.indicators.rules import Warned
from tocsin.model import RuleInfo

_NOTHING = -1
_Row = tuple[object, ...]


class Rows:
    """Gathers entries as rows; `rules` begin with those that the collection has."""

    def __init__(self, rules: Sequence[Warned]) -> None:
        self._numbers = {rule: number for number, rule in enumerate(rules)}
        self._tables = [SCHEMA.empty_table()]
        self._waiting: list[_Row] = []
        self.count = 0

    def add(self, entry: Entry) -> None:
        """Take one entry."""
        indicator = entry.indicator
        warned = Warned(indicator.kind, level_of(entry.confidence), entry.source, entry.attack, entry.marking)
        rule = self._numbers.setdefault(warned, len(self._numbers))
        self._waiting.extend(_rows(entry, rule))
        self.count += 1
        if len(self._waiting) >= limits.INDICATOR_PORTION:
            self._settle()

    def table(self) -> pa.Table:
        """All rows; numbers of spellings and imports are not there yet."""
        self._settle()
        return pa.concat_tables(self._tables)

    @property
    def rules(self) -> tuple[Warned, ...]:
        """The rules that rows name by place."""
        return tuple(self._numbers)

    def _settle(self) -> None:
        columns = zip(*self._waiting, strict=True) if self._waiting else ([] for _ in SCHEMA)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
        self._tables.append(pa.table(arrays, schema=SCHEMA))
        self._waiting = []


def indexed(kind: str, spellings: Sequence[str]) -> tuple[str, ...]:
    """The spellings that events are compared with: of an IPv4 address the plain one is found in every other."""
    return tuple(spellings[:1]) if kind == "ip" and "." in spellings[0] else tuple(spellings)


def infos(rules: Iterable[Warned]) -> dict[str, RuleInfo]:
    """What people are told, by rule id."""
    return {rule.id: rule.info() for rule in rules}


def _rows(entry: Entry, rule: int) -> Iterator[_Row]:
    indicator = entry.indicator
    kind = indicator.kind
    first, *others = indexed(kind, indicator.spellings)
    yield _row(entry, kind, first, rule, alias=False)
    yield from (_row(entry, kind, other, rule, alias=True) for other in others)
    if kind == "uri":
        yield _row(entry, "host", first.partition("/")[0], rule, alias=True)


def _row(entry: Entry, kind: str, spelling: str, rule: int, *, alias: bool) -> _Row:
    return (
        0,
        CODES.index(kind),
        alias,
        spelling,
        entry.indicator.given if not alias and entry.indicator.given != spelling else None,
        rule,
        0,
        microseconds(entry.valid_from) if entry.valid_from else _NOTHING,
        microseconds(entry.valid_until),
        _NOTHING if entry.confidence is None else entry.confidence,
        entry.marking or None,
        entry.note[: limits.INDICATOR_NOTE] or None,
        entry.reference[: limits.INDICATOR_NOTE] or None,
    )


def microseconds(time: datetime) -> int:
    """Since 1970, UTC."""
    return round(time.timestamp() * 1_000_000)

"""Collections of indicators for tests; what a plain set would meet: the rules of `tokens` as regular expressions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tocsin.detect.indicators import Collection, Entry, Matcher, Origin, Rows, changing, merged, store
from tocsin.lake.indicators import parse_indicator
from tocsin.model import Batch

NOW = datetime(2026, 12, 1, tzinfo=UTC)
LATER = datetime(2040, 1, 1, tzinfo=UTC)
ORIGIN = Origin("feed", "feed.csv", "list", "account:anna", NOW.isoformat())


def entry(value: str, source: str = "feed", **said: object) -> Entry:
    """One indicator that counts for years."""
    return Entry(parse_indicator(value), source, **{"valid_until": LATER, **said})  # type: ignore[arg-type]


def collected(lake: Path, *entries: Entry) -> Collection:
    """The lake's indicators once these are added."""
    with changing(lake) as old:
        rows = Rows(old.rules)
        for each in entries:
            rows.add(each)
        return store(lake, merged(old, rows.table(), rows.rules, ORIGIN), rows.rules, [*old.origins, ORIGIN])


def met(collection: Collection, batch: Batch) -> set[tuple[int, str]]:
    """Rows and the spellings that they have."""
    spelling = collection.rows.column("spelling")
    return {(each.row, spelling[each.entry].as_py()) for rule in Matcher(collection).met(batch) for each in rule.met}


def naive_tokens(kind: str, text: str) -> set[str]:
    """What of a text is compared, one text at a time."""
    return set(_NAIVE[kind](text.lower()))


def _ip(text: str) -> Iterator[str]:
    for match in re.finditer(r"[0-9.]+", text):
        before, behind = text[: match.start()][-1:], text[match.end() :][:1]
        if not any(re.fullmatch(r"[a-z_\-]|[^\x00-\x7f]", side) for side in (before, behind)):
            word = _without_dots(match[0])
            if 7 <= len(word) <= 15:
                yield word
    for match in re.finditer(r"[0-9a-f.:]+", text):
        word = _without_dots(match[0])
        if word.count(":") > 1 and len(word) <= 45:
            yield word


def _domain(text: str) -> Iterator[str]:
    for match in re.finditer(r"(?:[a-z0-9\-_.]|[^\x00-\x7f])+", text):
        before, behind = text[: match.start()], text[match.end() :]
        inside = re.search(r"[/\\=?&%#+]$", before) and not before.endswith("://")
        word = _without_dots(match[0])
        if "." in word and not inside and not behind.startswith("@") and len(word.encode()) <= 253:
            labels = word.split(".")
            yield word
            yield from (".".join(labels[place:]) for place in range(1, len(labels) - 1))


def _file(text: str) -> Iterator[str]:
    yield text
    yield re.split(r"[/\\]", text)[-1] or text


def _account(text: str) -> Iterator[str]:
    for word in (text, *re.findall(r"[^ \t\r\n\f\v\",;<>\[\]]+", text)):
        yield word
        yield word.rpartition("\\")[2] or word


def _without_dots(word: str) -> str:
    return word.removeprefix(".").removesuffix(".")


_NAIVE: Mapping[str, object] = {
    "ip": _ip,
    "domain": _domain,
    "hash": lambda text: (run for run in re.findall(r"[0-9a-f]+", text) if len(run) in (32, 40, 64)),
    "file": _file,
    "account": _account,
    "service": lambda text: [text],
    "task": _file,
}


def naively_met(
    columns: Mapping[str, Sequence[str]], rows: Sequence[Mapping[str, str]], wanted: Mapping[str, str]
) -> set[int]:
    """The rows of which some column, by its kind, has one of the wanted values (value → kind)."""
    return {
        place
        for place, row in enumerate(rows)
        for kind, names in columns.items()
        for name in names
        if name in row and any(wanted.get(token) == kind for token in naive_tokens(kind, row[name]))
    }

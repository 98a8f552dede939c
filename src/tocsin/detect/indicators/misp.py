"""Indicators of MISP events as JSON: attributes that are meant for detection (`to_ids`), also inside objects."""

from collections.abc import Iterator, Mapping

from tocsin.detect.indicators.entry import Entry, Unread
from tocsin.detect.indicators.given import TYPES, Given, Said, entry_of, marking_in, techniques
from tocsin.words.messages import say

Object = Mapping[str, object]


def is_misp(document: object) -> bool:
    """Whether a JSON document holds MISP events."""
    return next(_events(document), None) is not None


def read_misp(document: object, given: Given) -> Iterator[Entry | Unread]:
    """What the events give."""
    for event in _events(document):
        source = event.get("Orgc") or event.get("Org")
        name = str(source.get("name", "")) if isinstance(source, dict) else ""
        tags = _tags(event)
        for attribute in _attributes(event):
            own = [*_tags(attribute), *tags]
            said = Said(
                source=name,
                marking=next(filter(None, map(marking_in, own)), ""),
                attack=techniques(_tags(attribute)),
                note=str(attribute.get("comment") or event.get("info") or ""),
                reference=str(attribute.get("uuid", "")),
            )
            yield from attribute_entries(
                str(attribute.get("type", "")),
                str(attribute.get("value", "")),
                bool(attribute.get("to_ids")),
                said,
                given,
            )


def attribute_entries(kind: str, value: str, to_ids: bool, said: Said, given: Given) -> Iterator[Entry | Unread]:
    """One attribute. `filename|sha256` is two values with one meaning: the hash says it; `domain|ip` are two values."""
    if not to_ids:
        yield Unread(value[:120], say("its source does not mean it for detection (to_ids)"))
        return
    parts = list(zip(kind.lower().split("|"), value.split("|"), strict=False))
    hashed = [part for part in parts if TYPES.get(part[0]) == "hash"]
    known = [(TYPES[name], part) for name, part in hashed or parts if name in TYPES]
    if not known:
        yield Unread(value[:120], say("the type {kind!r} is nothing that logs are matched with", kind=kind[:40]))
    for each, part in known:
        yield entry_of(part.strip(), each, said, given)


def _events(document: object) -> Iterator[Object]:
    if isinstance(document, list):
        for each in document:
            yield from _events(each)
    elif isinstance(document, dict):
        if isinstance(document.get("Event"), dict):
            yield document["Event"]
        elif isinstance(document.get("response"), list):
            yield from _events(document["response"])
        elif isinstance(document.get("Attribute"), list) and "info" in document:
            yield document


def _attributes(event: Object) -> Iterator[Object]:
    for holder in (event, *_list(event, "Object")):
        yield from _list(holder, "Attribute")


def _tags(holder: Object) -> list[str]:
    return [str(each.get("name", "")) for each in _list(holder, "Tag")]


def _list(holder: Object, name: str) -> list[Object]:
    found = holder.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

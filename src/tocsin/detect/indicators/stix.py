"""Indicators of STIX 2.1 documents, read as JSON: bundles, single objects, lists of objects.

Rules:
1. `indicator` objects (§4.7) with a STIX pattern that names values (`stix_pattern`), and cyber-observable objects (§6)
   that are such values. An object that gives none is told with its id.
2. Revoked objects are left out; `valid_until`, `confidence`, `name` are kept. The source is who created the object
   (`created_by_ref`); techniques are those that an `indicates` relationship leads to.
3. TLP is that of the marking definitions, those of STIX (§7.2.1.4) and of TLP 2.0 by their fixed ids.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from tocsin import limits
from tocsin.detect.indicators.entry import Entry, Unread
from tocsin.detect.indicators.given import Given, Said, entry_of, marking_in, techniques, time_in
from tocsin.detect.indicators.stix_pattern import NotUnderstood, values_of
from tocsin.errors import LimitExceeded
from tocsin.words.messages import say

Object = Mapping[str, object]
_TLP: Mapping[str, str] = MappingProxyType(
    {
        "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "TLP:CLEAR",
        "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "TLP:GREEN",
        "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "TLP:AMBER",
        "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "TLP:RED",
        "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "TLP:CLEAR",
        "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "TLP:GREEN",
        "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "TLP:AMBER",
        "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "TLP:AMBER+STRICT",
        "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "TLP:RED",
    }
)
_OBSERVABLES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "ipv4-addr": (("value", "ip"),),
        "ipv6-addr": (("value", "ip"),),
        "domain-name": (("value", "domain"),),
        "url": (("value", "uri"),),
        "email-addr": (("value", "account"),),
        "user-account": (("account_login", "account"), ("user_id", "account")),
        "file": (("name", "file"),),
    }
)
_HASHES = ("MD5", "SHA-1", "SHA-256")
_MOST_CONFIDENCE = 100


def is_stix(document: object) -> bool:
    """Whether a JSON document is one of these."""
    objects = list(_objects(document))
    return bool(objects) and all(isinstance(each.get("id"), str) and "--" in str(each["id"]) for each in objects[:10])


def read_stix(document: object, given: Given) -> Iterator[Entry | Unread]:
    """What the objects give: observables first, so that what an indicator says of the same value counts.

    Raises LimitExceeded for too many objects.
    """
    objects = list(_objects(document))
    if len(objects) > limits.INDICATOR_OBJECTS:
        raise LimitExceeded(f"more than {limits.INDICATOR_OBJECTS:,} STIX objects", "Split the file.")
    around = _around(objects)
    for each in objects:
        if each.get("type") in _OBSERVABLES:
            yield from _observable(each, around, given)
    for each in objects:
        if each.get("type") == "indicator":
            yield from _indicator(each, around, given)


@dataclass(frozen=True, slots=True)
class _Around:
    """What other objects tell: names by identity, TLP by marking, techniques by indicator."""

    names: Mapping[str, str]
    markings: Mapping[str, str]
    attack: Mapping[str, tuple[str, ...]]


def _objects(document: object) -> Iterator[Object]:
    if isinstance(document, list):
        for each in document:
            yield from _objects(each)
    elif isinstance(document, dict):
        if isinstance(document.get("objects"), list):
            yield from (each for each in document["objects"] if isinstance(each, dict))
        elif isinstance(document.get("type"), str):
            yield document


def _around(objects: Iterable[Object]) -> _Around:
    names: dict[str, str] = {}
    markings = dict(_TLP)
    patterns: dict[str, tuple[str, ...]] = {}
    links: list[tuple[str, str]] = []
    for each in objects:
        id, kind = str(each.get("id", "")), each.get("type")
        if kind == "identity":
            names[id] = str(each.get("name", ""))
        elif kind == "marking-definition":
            markings.setdefault(id, marking_in(f"{each.get('name', '')} tlp:{_in(each, 'definition', 'tlp')}"))
        elif kind == "attack-pattern":
            patterns[id] = techniques([str(each.get("external_references", ""))])
        elif kind == "relationship" and each.get("relationship_type") == "indicates":
            links.append((str(each.get("source_ref", "")), str(each.get("target_ref", ""))))
    attack: dict[str, tuple[str, ...]] = {}
    for source, target in links:
        attack[source] = tuple(sorted({*attack.get(source, ()), *patterns.get(target, ())}))
    return _Around(names, markings, attack)


def _in(each: Object, name: str, inner: str) -> object:
    within = each.get(name)
    return within.get(inner, "") if isinstance(within, dict) else ""


def _said(each: Object, around: _Around) -> Said:
    references = each.get("object_marking_refs")
    refs = [str(ref) for ref in references] if isinstance(references, list) else []
    marked = [around.markings.get(ref) or ref for ref in refs]
    confidence = each.get("confidence")
    is_number = isinstance(confidence, int) and not isinstance(confidence, bool) and 0 <= confidence <= _MOST_CONFIDENCE
    return Said(
        source=around.names.get(str(each.get("created_by_ref", "")), ""),
        marking=", ".join(marked)[: limits.INDICATOR_NOTE],
        valid_from=time_in(each.get("valid_from")),
        valid_until=time_in(each.get("valid_until")),
        confidence=int(str(confidence)) if is_number else None,
        attack=around.attack.get(str(each.get("id", "")), ()),
        note=_note(each),
        reference=str(each.get("id", "")),
    )


def _note(each: Object) -> str:
    types = each.get("indicator_types") or each.get("labels")
    told = ", ".join(map(str, types)) if isinstance(types, list) else ""
    name = str(each.get("name") or "")
    return f"{name} ({told})" if name and told else name or told


def _observable(each: Object, around: _Around, given: Given) -> Iterator[Entry | Unread]:
    said = _said(each, around)
    said = replace(said, note=said.note or say("observed; the source calls it no indicator"))
    for name, kind in _OBSERVABLES[str(each["type"])]:
        if isinstance(each.get(name), str) and each[name]:
            yield _told(entry_of(str(each[name]), kind, said, given), each)
            break
    hashes = each.get("hashes")
    if isinstance(hashes, dict):
        for name in _HASHES:
            if isinstance(hashes.get(name), str):
                yield _told(entry_of(hashes[name], "hash", said, given), each)


def _indicator(each: Object, around: _Around, given: Given) -> Iterator[Entry | Unread]:
    id = str(each.get("id", ""))
    if each.get("revoked") is True:
        yield Unread(id, say("its source revoked it"))
        return
    if each.get("pattern_type", "stix") != "stix" or not isinstance(each.get("pattern"), str):
        yield Unread(id, say("its pattern is {kind}, not STIX", kind=str(each.get("pattern_type"))[:40]))
        return
    try:
        values = values_of(str(each["pattern"]))
    except NotUnderstood as error:
        yield Unread(id, str(error))
        return
    said = _said(each, around)
    for kind, value in values:
        yield _told(entry_of(value, kind, said, given), each)


def _told(found: Entry | Unread, each: Object) -> Entry | Unread:
    """A value that is none, with the object's id."""
    return replace(found, what=f"{each.get('id', '')} {found.what}") if isinstance(found, Unread) else found

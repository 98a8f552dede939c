"""A slow Sigma evaluator: the independent witness for the fast engine.

Rules it keeps (Sigma 2 specification):
1. A search identifier is a map (all items hold), a list of maps (one holds) or a list of keywords (one is found in
   any value of the event). A map's value list means "one of them", with `all` "each of them".
2. A list in the event matches when any of its elements does.
3. `null` means the field is missing or null, `''` only the empty text. A test on a missing field is false, so its
   negation (`not`, `neq`) is true.
4. `exists` looks at presence only.
5. Field names are looked up without regard to case, and a name with spaces is also known without them.
6. What the specification leaves open is `Unsupported` and becomes the rule's `reason`; nothing is guessed silently.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from reference_conditions import Tree, parse_condition
from reference_logsources import Source, sources_of
from reference_tests import Test, make_test
from reference_values import Unsupported

Placeholders = Mapping[str, Sequence[object]]
Predicate = Callable[["View"], bool]


@dataclass(frozen=True)
class ReferenceRule:
    """One rule document. `reason` is empty when the rule can be evaluated."""

    id: str
    title: str
    name: str
    logsource: Mapping[str, object]
    detection: Mapping[str, object]
    path: str
    sources: tuple[Source, ...] = ()
    predicate: Predicate | None = None
    reason: str = ""


class View:
    """One event as a rule sees it: names folded, with the aliases of a log source."""

    def __init__(self, event: Mapping[str, object], aliases: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._fields: dict[str, object] = {}
        for name, value in event.items():
            self._fields.setdefault(name.lower(), value)
        for name, value in event.items():
            self._fields.setdefault(name.lower().replace(" ", ""), value)
        self._values = tuple(value for name, value in event.items() if not name.startswith("_"))
        self._aliases = aliases or {}

    def seen_by(self, source: Source) -> "View":
        """The same event with the names of a log source."""
        other = View.__new__(View)
        other._fields, other._values, other._aliases = self._fields, self._values, source.aliases
        return other

    def has(self, field: str) -> bool:
        """Whether the field is there at all, be it null."""
        return any(name in self._fields or self._inside(name) for name in self._names(field))

    def values(self, field: str) -> list[object]:
        """The values of a field that are not null: none, one, or the elements of a list."""
        for name in self._names(field):
            if self._fields.get(name) is not None:
                return list(_elements(self._fields[name]))
            inside = self._inside(name)
            if inside:
                return inside
        return []

    def _inside(self, name: str) -> list[object]:
        """What the objects of a list hold: `a.b` where `a` is a list."""
        head, dot, _ = name.rpartition(".")
        while dot:
            outer = self._fields.get(head)
            if isinstance(outer, list):
                return list(_elements(list(_reached(outer, name[len(head) + 1 :].split(".")))))
            head, dot, _ = head.rpartition(".")
        return []

    def is_null(self, field: str) -> bool:
        """Whether the field is missing or null."""
        return all(self._fields.get(name) is None and not self._inside(name) for name in self._names(field))

    def everything(self) -> Iterator[object]:
        """All values of the event, for keywords."""
        for value in self._values:
            yield from _leaves(value)

    def _names(self, field: str) -> tuple[str, ...]:
        return self._aliases.get(field.lower(), (field.lower(),))


def _reached(value: object, path: Sequence[str]) -> Iterator[object]:
    if isinstance(value, list):
        for element in value:
            yield from _reached(element, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name.lower() == path[0]:
                yield from _reached(inner, path[1:])


def _leaves(value: object) -> Iterator[object]:
    for element in _elements(value):
        if isinstance(element, dict):
            yield from _leaves(list(element.values()))
        else:
            yield element


def _elements(value: object) -> Iterator[object]:
    if isinstance(value, list | tuple):
        for element in value:
            yield from _elements(element)
    elif value is not None:
        yield value


def load(paths: Iterable[Path], placeholders: Placeholders | None = None) -> list[ReferenceRule]:
    """All rules below the paths in the order of their files, filters applied; correlations are not rules here."""
    documents = [(path, document) for path in _files(paths) for document in _documents(path)]
    filters = [document for _, document in documents if "filter" in document]
    rules = [(path, d) for path, d in documents if "filter" not in d and "correlation" not in d]
    return [_rule(path, document, filters, placeholders or {}) for path, document in rules]


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.rglob("*.yml")) if path.is_dir() else (path,)


def _documents(path: Path) -> Iterator[Mapping[str, object]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same language, read by C
    for document in yaml.load_all(path.read_text("utf-8"), Loader=loader):
        if isinstance(document, dict):
            yield document


def _rule(
    path: Path, document: Mapping[str, object], filters: list[Mapping[str, object]], placeholders: Placeholders
) -> ReferenceRule:
    logsource = _mapping(document.get("logsource"))
    rule = ReferenceRule(
        id=str(document.get("id", "")),
        title=str(document.get("title", "")),
        name=str(document.get("name", "")),
        logsource=logsource,
        detection=_mapping(document.get("detection")),
        path=str(path),
    )
    try:
        predicates = [_detection(rule.detection, placeholders)]
        predicates += [_detection(_mapping(f["filter"]), placeholders) for f in filters if _applies(f, rule)]
    except Unsupported as refusal:
        return replace(rule, reason=str(refusal))
    sources = sources_of(logsource)
    if sources is None:
        return replace(rule, reason="the reference does not know this log source")
    return replace(rule, sources=sources, predicate=lambda view: all(holds(view) for holds in predicates))


def _applies(document: Mapping[str, object], rule: ReferenceRule) -> bool:
    """A filter applies to the rules it names (or `any`) when every part of its log source is the rule's."""
    rules = _mapping(document["filter"]).get("rules")
    named = [rules] if isinstance(rules, str) else rules
    chosen = not named or "any" in named or bool({rule.id, rule.name} & set(named) - {""})  # type: ignore[operator, call-overload]
    wanted = {part: value for part, value in _mapping(document.get("logsource")).items() if part != "definition"}
    return chosen and all(rule.logsource.get(part) == value for part, value in wanted.items())


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _detection(detection: Mapping[str, object], placeholders: Placeholders) -> Predicate:
    """Search identifiers and condition as one predicate; several conditions are linked with OR."""
    conditions = detection.get("condition")
    found = {
        name: _search(body, placeholders)
        for name, body in detection.items()
        if name not in ("condition", "timeframe", "rules")
    }
    texts = conditions if isinstance(conditions, list) else [conditions]
    trees = [parse_condition(str(text), found) for text in texts if text is not None]
    if not trees:
        raise Unsupported("no condition")
    return lambda view: any(_holds(tree, found, view) for tree in trees)


def _holds(tree: Tree, searches: Mapping[str, Predicate], view: View) -> bool:
    operator, *operands = tree
    if operator == "name":
        return searches[str(operands[0])](view)
    results = (_holds(operand, searches, view) for operand in operands)  # type: ignore[arg-type]
    if operator == "not":
        return not next(results)
    return any(results) if operator == "or" else all(results)


def _search(body: object, placeholders: Placeholders) -> Predicate:
    """One search identifier: a map, or a list of maps and keywords."""
    if isinstance(body, dict):
        items = [_item(str(key), value, placeholders) for key, value in body.items()]
        if not items:
            raise Unsupported("an empty map")
        return lambda view: all(item(view) for item in items)
    if isinstance(body, list):
        if not body:
            raise Unsupported("an empty list")
        choices = [_search(element, placeholders) for element in body]
        return lambda view: any(choice(view) for choice in choices)
    return _item("", body, placeholders)


def _item(key: str, value: object, placeholders: Placeholders) -> Predicate:
    """One `field|modifier|…: values`; without a field it is a search in every value of the event."""
    field, *modifiers = key.split("|")
    values = value if isinstance(value, list) else [value]
    if not values:
        raise Unsupported(f"no value for {key!r}")
    groups = [make_test(element, modifiers, placeholders, bool(field)) for element in values]
    link = all if "all" in modifiers else any
    wanted = "neq" not in modifiers
    return lambda view: link(any(_passes(t, field, view) for t in group) for group in groups) == wanted


def _passes(test: Test, field: str, view: View) -> bool:
    if test.kind == "null":
        return view.is_null(field)
    if test.kind == "exists":
        return view.has(field) == test.expected
    if test.kind == "fieldref":
        others = view.values(str(test.expected))
        return any(test.relates(one, other) for one in view.values(field) for other in others)
    return any(test.accepts(value) for value in (view.values(field) if field else view.everything()))


def matches(rule: ReferenceRule, event: Mapping[str, object], table: str) -> bool:
    """Whether the rule fires on the event of that table."""
    return _fires(rule, View(event), table)


def matching(rules: Iterable[ReferenceRule], event: Mapping[str, object], table: str) -> list[ReferenceRule]:
    """The rules that fire on the event; the same as `matches` for each, with the event looked at once."""
    view = View(event)
    return [rule for rule in rules if rule.predicate and _fires(rule, view, table)]


def serves(rule: ReferenceRule, view: View, table: str) -> bool:
    """Whether the event is of the rule's log source."""
    return any(_is_from(source, view, table) for source in rule.sources)


def _fires(rule: ReferenceRule, view: View, table: str) -> bool:
    if rule.predicate is None:
        raise ValueError(f"{rule.title}: {rule.reason}")
    seen = (view.seen_by(source) for source in rule.sources if _is_from(source, view, table))
    return any(rule.predicate(one) for one in seen)


def _is_from(source: Source, view: View, table: str) -> bool:
    if source.table != table:
        return False
    return all(
        not wanted or any(str(value).lower() in wanted for value in view.values(name))
        for name, wanted in (("Channel", source.channels), ("EventID", source.event_ids))
    )

"""One value of a rule with its modifiers as tests (Sigma modifiers appendix 2.1), for the reference evaluator.

Modifiers are applied in the order written. A value may become several tests (windash, base64offset, placeholders):
they are alternatives of that one value, also under `all`.
"""

import base64
import ipaddress
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import re2
from reference_values import (
    ANY,
    Tokens,
    Unsupported,
    base64_offsets,
    fill_placeholders,
    find_placeholders,
    fold,
    make_pattern,
    number_of,
    parse_text,
    plain,
    text_of,
    time_parts,
    windash,
)

COMPARE = {"lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge}
TIME_PARTS = frozenset({"minute", "hour", "day", "week", "month", "year"})
REGEX_FLAGS = {"i": "i", "ignorecase": "i", "m": "m", "multiline": "m", "s": "s", "dotall": "s"}
ENCODINGS = {"wide": "utf-16-le", "utf16le": "utf-16-le", "utf16be": "utf-16-be", "utf16": "utf-16-le"}
AFFIXES = frozenset({"contains", "startswith", "endswith"})
WHOLE_ITEM = frozenset({"all", "neq"})  # handled where the values are linked


@dataclass(frozen=True)
class Test:
    """A test of one value: `accepts` for most kinds, `relates` for fieldref, `expected` for exists and fieldref."""

    kind: str
    accepts: Callable[[object], bool] = lambda value: False
    relates: Callable[[object, object], bool] = lambda one, other: False
    expected: object = None


@dataclass(frozen=True)
class _Text:
    tokens: Tokens
    data: bytes | None = None  # set by the UTF-16 modifiers, for base64


def make_test(
    value: object, modifiers: Sequence[str], placeholders: Mapping[str, Sequence[object]], has_field: bool
) -> list[Test]:
    """The alternatives that one rule value with its modifiers stands for."""
    chain = [m for m in modifiers if m not in WHOLE_ITEM]
    special = [m for m in chain if m in SPECIAL or m in COMPARE or m in TIME_PARTS]
    kind = next((m for m in special if m in TIME_PARTS), special[0] if special else "")
    if kind:
        return [_special(kind, value, [m for m in chain if m != kind], placeholders)]
    if value is None:
        return [_null(chain, has_field)]
    texts = [_Text(parse_text(text_of(value)))]
    for modifier in chain:
        if modifier != "cased":
            texts = [made for text in texts for made in _modify(text, modifier, placeholders)]
    return [_pattern_test(text, "cased" in chain, has_field) for text in texts]


def _null(chain: Sequence[str], has_field: bool) -> Test:
    if chain or not has_field:
        raise Unsupported("null takes no modifier and needs a field")
    return Test("null")


def _pattern_test(text: _Text, cased: bool, has_field: bool) -> Test:
    tokens = text.tokens if has_field else (ANY, *text.tokens, ANY)
    pattern = make_pattern(tokens, cased)
    return Test("text", lambda value: pattern.matches(text_of(value)))


def _modify(text: _Text, modifier: str, placeholders: Mapping[str, Sequence[object]]) -> list[_Text]:
    if modifier in AFFIXES:
        before = (ANY,) if modifier != "startswith" else ()
        after = (ANY,) if modifier != "endswith" else ()
        return [_Text((*before, *text.tokens, *after))]
    if modifier in ENCODINGS:
        mark = "\ufeff" if modifier == "utf16" else ""
        return [_encoded((mark + plain(text.tokens, modifier)).encode(ENCODINGS[modifier]))]
    if modifier in ("base64", "base64offset"):
        data = text.data if text.data is not None else plain(text.tokens, modifier).encode()
        forms = [base64.b64encode(data).decode()] if modifier == "base64" else base64_offsets(data)
        return [_Text(tuple(form)) for form in forms]
    if modifier == "windash":
        return [_Text(tokens) for tokens in windash(text.tokens)]
    if modifier == "expand":
        return [_Text(tokens) for tokens in fill_placeholders(find_placeholders(text.tokens), placeholders)]
    raise Unsupported(f"modifier {modifier!r}")


def _encoded(data: bytes) -> _Text:
    """Bytes for base64; as text they are seen the way a reader shows them, one character a byte."""
    return _Text(tuple(data.decode("latin-1")), data)


def _special(kind: str, value: object, rest: Sequence[str], placeholders: Mapping[str, Sequence[object]]) -> Test:
    if kind == "re":
        return _regex(value, rest)
    if kind == "fieldref":
        return _fieldref(value, rest)
    compared = len(rest) == 1 and kind in TIME_PARTS and rest[0] in COMPARE
    if rest and not compared:
        raise Unsupported(f"{kind} cannot be combined with {rest[0]}")
    if kind == "exists":
        if not isinstance(value, bool):
            raise Unsupported("exists needs true or false")
        return Test("exists", expected=value)
    if kind == "cidr":
        return _cidr(str(value))
    number = number_of(value)
    if number is None or isinstance(value, bool):
        raise Unsupported(f"{kind} needs a number, not {value!r}")
    return _compare(COMPARE[kind], number) if kind in COMPARE else _time_part(kind, number, rest[0] if rest else "")


def _regex(value: object, rest: Sequence[str]) -> Test:
    """Found anywhere unless anchored; `$` also before a last line feed, as in PCRE, the flavour that Sigma names."""
    if any(modifier not in REGEX_FLAGS for modifier in rest):
        raise Unsupported("re combines with i, m and s only")
    flags = "".join(sorted({REGEX_FLAGS[modifier] for modifier in rest}))
    text = str(value) if "m" in flags else _dollar_before_last_line_feed(str(value))
    options = re2.Options()
    options.log_errors = False
    try:
        expression = re2.compile(f"(?{flags}:{text})" if flags else text, options)
    except re2.error as error:
        raise Unsupported(f"regular expression: {error}") from None
    return Test("re", lambda event_value: expression.search(text_of(event_value)) is not None)


def _dollar_before_last_line_feed(expression: str) -> str:
    """RE2's `$` without `m` is the very end; PCRE's is also before a last line feed."""
    made, at, inside = [], 0, False
    while at < len(expression):
        here = expression[at]
        if here == "\\":
            made.append(expression[at : at + 2])
            at += 2
            continue
        if here == "[":
            inside = True
        elif here == "]":
            inside = False
        made.append(r"(?:\n?\z)" if here == "$" and not inside else here)
        at += 1
    return "".join(made)


def _fieldref(value: object, rest: Sequence[str]) -> Test:
    case: Callable[[str], str] = (lambda text: text) if "cased" in rest else fold
    rest = [modifier for modifier in rest if modifier != "cased"]
    if any(modifier not in AFFIXES for modifier in rest) or len(rest) > 1:
        raise Unsupported("fieldref combines with one of contains, startswith, endswith, and with cased")
    name = plain(parse_text(str(value)), "fieldref")
    relations: dict[str, Callable[[str, str], bool]] = {
        "": lambda one, other: one == other,
        "contains": lambda one, other: other in one,
        "startswith": str.startswith,
        "endswith": str.endswith,
    }
    relation = relations[rest[0] if rest else ""]
    return Test(
        "fieldref", relates=lambda one, other: relation(case(text_of(one)), case(text_of(other))), expected=name
    )


def _cidr(text: str) -> Test:
    try:
        network = ipaddress.ip_network(text, strict=True)
    except ValueError as error:
        raise Unsupported(f"cidr: {error}") from None

    def accepts(value: object) -> bool:
        try:
            return ipaddress.ip_address(text_of(value).strip()) in network
        except ValueError:
            return False

    return Test("cidr", accepts)


def _compare(relation: Callable[[Decimal, Decimal], bool], bound: Decimal) -> Test:
    def accepts(value: object) -> bool:
        number = number_of(value)
        return number is not None and relation(number, bound)

    return Test("compare", accepts)


def _time_part(part: str, wanted: Decimal, relation: str) -> Test:
    compare = COMPARE[relation] if relation else operator.eq
    return Test(
        "time", lambda value: any(name == part and compare(n, wanted) for name, n in time_parts(text_of(value)))
    )


SPECIAL = frozenset({"re", "fieldref", "exists", "cidr"})

"""Whether a value passes a test: one function a test, and one for all tests of a leaf together.

Rules:
1. `accepts(test)` is the meaning of a test; `leaf_predicate` joins many of them for speed and agrees with it.
2. Strings compare folded (texts.fold) unless the test is cased. `*` is any text, `?` any one character, both
   also across line ends.
3. A number test is false for text that is no number. Numbers are written `12`, `-1.5`, `1e3` or `0x1F` and compare
   exactly.
4. `cidr` is false for text that is no address; `::ffff:10.0.0.1` is also tested as 10.0.0.1.
5. Parts of a time are those that the text writes, whatever its zone; numbers since 1970 are UTC; weeks are ISO 8601's.
"""

import operator
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from tocsin.detect.sigma.program import NUMBER_OPERATORS, TIME_OPERATORS, Leaf, Test
from tocsin.detect.sigma.regexes import searcher

Predicate = Callable[[str, str], bool]
"""Takes the raw and the folded text of one value."""

Number = int | Decimal
COMPARE: dict[str, Callable[[Number, Number], bool]] = {
    "eq": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "ne": operator.ne,
}
ESCAPED = re.compile(r"\\(.)|([*?])|([^\\*?]+|\\)", re.DOTALL)
HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]+")
INTEGER = re.compile(r"[+-]?[0-9]+")
DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
CLOCK_PARTS = frozenset({"minute", "hour"})
BLANKS = " \t\r\n\f\v"
EPOCH_DIGITS = {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}  # digits of an epoch number → units a second
ADDRESSES_KEPT = 65_536  # parsed addresses held by one process
CIDR_ADDRESS_CHARACTERS = 64  # a longer text is no address
NUMBER_CHARACTERS = 64  # a longer text is no number
TIME_CHARACTERS = 64  # a longer text is no time


def accepts(test: Test) -> Predicate:
    """The meaning of one test that compares a present value with something written in the rule."""
    name, wanted = test.operator, test.value
    if name in {"exists", "any"}:
        return lambda _raw, _folded: True
    if name == "missing":
        return lambda _raw, _folded: False
    if name == "re":
        search = searcher(wanted)
        return lambda raw, _folded: bool(search(raw))
    if name == "cidr":
        network = ip_network(wanted)
        return lambda raw, _folded: _in_network(raw, network)
    if name in NUMBER_OPERATORS:
        return _number_test(name, wanted)
    if name in TIME_OPERATORS:
        return _time_test(name, wanted)
    return _string_test(name, wanted, test.cased)


def _string_test(name: str, wanted: str, cased: bool) -> Predicate:
    matches: Callable[[str], bool]
    if name == "exact":
        matches = wanted.__eq__
    elif name == "contains":
        matches = lambda text: wanted in text  # noqa: E731
    elif name == "startswith":
        matches = lambda text: text.startswith(wanted)  # noqa: E731
    elif name == "endswith":
        matches = lambda text: text.endswith(wanted)  # noqa: E731
    else:
        matches = glob_matcher(wanted)
    return (lambda raw, _folded: matches(raw)) if cased else (lambda _raw, folded: matches(folded))


def _number_test(name: str, wanted: str) -> Predicate:
    compare, bound = COMPARE[name], number(wanted)

    def test(raw: str, _folded: str) -> bool:
        value = number(raw)
        return value is not None and bound is not None and compare(value, bound)

    return test


def _time_test(part: str, wanted: str) -> Predicate:
    relation, _, number_text = wanted.rpartition(" ")
    compare, bound = COMPARE[relation or "eq"], int(number_text)

    def test(raw: str, _folded: str) -> bool:
        value = time_part(raw, part)
        return value is not None and compare(value, bound)

    return test


def number(text: str) -> Number | None:
    """The number that a text writes, exactly; None if it writes none. Blanks around it do not count."""
    if len(text) > NUMBER_CHARACTERS:
        return None
    text = text.strip(BLANKS)
    if HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    if INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if DECIMAL.fullmatch(text) else None


@lru_cache(maxsize=ADDRESSES_KEPT)
def _addresses(text: str) -> tuple[IPv4Address | IPv6Address, ...]:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return ()
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return (address, address.ipv4_mapped)
    return (address,)


def _in_network(text: str, network: IPv4Network | IPv6Network) -> bool:
    if len(text) > CIDR_ADDRESS_CHARACTERS:
        return False
    return any(address in network for address in _addresses(text))


def time_part(text: str, part: str) -> int | None:
    """The minute, hour, day, week, month or year of a time as written, None if the text is no time."""
    moment = _moment(text)
    if moment is None or (part in CLOCK_PARTS and _is_date(text.strip())):
        return None
    return moment.isocalendar().week if part == "week" else int(getattr(moment, part))


def _is_date(text: str) -> bool:
    """Whether a text is a day without a time of day."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _moment(text: str) -> datetime | None:
    text = text.strip()
    if len(text) > TIME_CHARACTERS:
        return None
    units = EPOCH_DIGITS.get(len(text)) if text.isascii() and text.isdigit() else None
    try:
        if units:
            return datetime.fromtimestamp(int(text) // units, UTC)
        return datetime.fromisoformat(_six_digits(text))
    except (ValueError, OverflowError):
        return None


def _six_digits(text: str) -> str:
    """ISO text with at most microseconds (Windows writes seven or nine digits)."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text)


class Wild(Enum):
    """The wildcards of a glob."""

    MANY = "*"
    ONE = "?"


def glob_tokens(pattern: str) -> list[str | Wild]:
    """A glob as literal texts and wildcards."""
    tokens: list[str | Wild] = []
    for escaped, special, plain in ESCAPED.findall(pattern):
        last = tokens[-1] if tokens else None
        if special:
            tokens.append(Wild(special))
        elif isinstance(last, str):
            tokens[-1] = last + (escaped or plain)
        else:
            tokens.append(escaped or plain)
    return tokens


def glob_matcher(pattern: str) -> Callable[[str], bool]:
    """A function that says whether a whole text fits the glob, in time linear in the text."""
    tokens = glob_tokens(pattern)
    if Wild.ONE in tokens:
        search = searcher("(?s)^" + "".join(_as_regex(token) for token in tokens) + r"\z")
        return lambda text: bool(search(text))
    parts = [token for token in tokens if isinstance(token, str)]
    if Wild.MANY not in tokens:
        return "".join(parts).__eq__
    open_start, open_end = tokens[0] is Wild.MANY, tokens[-1] is Wild.MANY
    return lambda text: _fits(parts, open_start, open_end, text)


def _as_regex(token: str | Wild) -> str:
    if isinstance(token, Wild):
        return ".*" if token is Wild.MANY else "."
    return re.sub(r"([^\w])", lambda match: rf"\x{{{ord(match[1]):x}}}", token)


def _fits(parts: list[str], open_start: bool, open_end: bool, text: str) -> bool:
    """Whether the parts occur one after the other, the first and last at the ends unless these are open."""
    position, end = 0, len(text)
    if not open_start:
        if not text.startswith(parts[0]):
            return False
        position, parts = len(parts[0]), parts[1:]
    if not open_end and parts:
        if not text.endswith(parts[-1]):
            return False
        end, parts = end - len(parts[-1]), parts[:-1]
    for part in parts:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return position <= end


def leaf_predicate(leaf: Leaf) -> Predicate:
    """Whether a present value passes any test of a leaf. Field references are not covered here."""
    groups: dict[tuple[str, bool], list[str]] = {}
    others: list[Predicate] = []
    for test in leaf.tests:
        if test.operator in {"exact", "contains", "startswith", "endswith"}:
            groups.setdefault((test.operator, test.cased), []).append(test.value)
        elif test.operator != "missing":
            others.append(accepts(test))
    predicates = [_group(name, tuple(texts), cased) for (name, cased), texts in groups.items()] + others
    if len(predicates) == 1:
        return predicates[0]
    return lambda raw, folded: any(predicate(raw, folded) for predicate in predicates)


def _group(name: str, texts: tuple[str, ...], cased: bool) -> Predicate:
    if name == "startswith":
        return (
            (lambda raw, _folded: raw.startswith(texts)) if cased else (lambda _raw, folded: folded.startswith(texts))
        )
    if name == "endswith":
        return (lambda raw, _folded: raw.endswith(texts)) if cased else (lambda _raw, folded: folded.endswith(texts))
    if name == "exact":
        wanted = frozenset(texts)
        return (lambda raw, _folded: raw in wanted) if cased else (lambda _raw, folded: folded in wanted)
    return _contains_any(texts, cased)


def _contains_any(texts: tuple[str, ...], cased: bool) -> Predicate:
    def test(raw: str, folded: str) -> bool:
        text = raw if cased else folded
        for wanted in texts:  # noqa: SIM110  (a loop is twice as fast as any() here)
            if wanted in text:
                return True
        return False

    return test

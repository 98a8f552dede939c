"""STIX 2.1 patterns (§9) that say "one of these values": comparisons by = and IN of single observables, joined by OR.

Everything else (AND, FOLLOWEDBY, LIKE, qualifiers, …) speaks of more than a value and is refused with its word.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from tocsin import limits
from tocsin.words.messages import say

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^'\\]|\\.)*')|(?P<sign>!=|<=|>=|[\[\]()=<>,])"
    r"|(?P<path>[a-z0-9-]+:(?:'[^']*'|\"[^\"]*\"|[^\s=!<>()\[\],'\"])+)|(?P<word>\w+))"
)
_PATHS: Mapping[str, str] = MappingProxyType(
    {
        "ipv4-addr:value": "ip",
        "ipv6-addr:value": "ip",
        "network-traffic:dst_ref.value": "",
        "network-traffic:src_ref.value": "",
        "domain-name:value": "domain",
        "url:value": "uri",
        "file:hashes.md5": "hash",
        "file:hashes.sha1": "hash",
        "file:hashes.sha-1": "hash",
        "file:hashes.sha256": "hash",
        "file:hashes.sha-256": "hash",
        "file:name": "file",
        "email-addr:value": "account",
        "email-message:from_ref.value": "account",
        "email-message:sender_ref.value": "account",
        "user-account:user_id": "account",
        "user-account:account_login": "account",
        "process:extensions.windows-service-ext.service_name": "service",
    }
)
_ONE = r"(?:p = s|p IN \( s(?: , s)* \))"
_GROUP = rf"(?:{_ONE}|\( {_ONE}(?: OR {_ONE})* \))"
_OBSERVED = rf"\[ {_GROUP}(?: OR {_GROUP})* \]"
_WHOLE = re.compile(rf"(?:{_OBSERVED}|\( {_OBSERVED}(?: OR {_OBSERVED})* \))(?: OR {_OBSERVED})*")


class NotUnderstood(ValueError):
    """A pattern that says more than a value; the text says what."""


def values_of(pattern: str) -> list[tuple[str, str]]:
    """Kind (empty where the value tells it) and value of each comparison. Raises NotUnderstood.

    >>> values_of("[ipv4-addr:value = '203.0.113.7' OR file:hashes.'SHA-256' IN ('aa', 'bb')]")
    [('ip', '203.0.113.7'), ('hash', 'aa'), ('hash', 'bb')]
    """
    if len(pattern) > limits.INDICATOR_PATTERN:
        raise NotUnderstood(say("the pattern is too long"))
    found: list[tuple[str, str]] = []
    form: list[str] = []
    path = ""
    for kind, text in _tokens(pattern):
        if kind == "path":
            path = text
        elif kind == "string":
            found.append((_kind(path), _unquoted(text)))
        form.append({"string": "s", "path": "p", "word": text.upper()}.get(kind, text))
    if len(found) > limits.INDICATOR_PATTERN_VALUES:
        raise NotUnderstood(say("the pattern has too many values"))
    if not _WHOLE.fullmatch(" ".join(form)):
        raise NotUnderstood(_reason(form))
    return found


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    place, end = 0, len(pattern.rstrip())
    while place < end:
        match = _TOKEN.match(pattern, place)
        if match is None or match.end() == place:
            raise NotUnderstood(say("it cannot be read from character {place} on", place=place + 1))
        yield str(match.lastgroup), match[str(match.lastgroup)]
        place = match.end()


def _kind(path: str) -> str:
    plain = path.replace("'", "").replace('"', "").lower()
    if plain not in _PATHS:
        raise NotUnderstood(
            say("{path} is nothing that logs are matched with", path=path[:80]) if path else say("a value stands alone")
        )
    return _PATHS[plain]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _reason(form: list[str]) -> str:
    """The word or sign that is more than "one of these"."""
    strange = [each for each in form if each not in {"s", "p", "=", "OR", "IN", "[", "]", "(", ")", ","}]
    return (
        say("the pattern says {word}, not only which value", word=strange[0][:40])
        if strange
        else say("the pattern is not well formed")
    )

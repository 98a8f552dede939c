"""An entry of the ledger: who decided what about which thing, and the digest that ties it to the entry before.

Rules:
1. `digest` is SHA-256 over the canonical JSON of all other fields, so it covers the digest of the entry before.
2. Canonical JSON is RFC 8785 restricted to objects, strings, integers up to 2^53 - 1 and booleans. Names are ASCII,
   so that sorting by code point is what RFC 8785 §3.2.3 asks for.
3. An entry holds ids and digests, no personal data. What a person could be known by (an address, an account's name,
   a value that was searched) is entered as `keyed_digest`, with a key that the ledger does not hold.
4. A draft that breaks these rules is refused before anything is written.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from tocsin import limits
from tocsin.errors import LedgerError

NODE = "node"  # the actor of what nobody in particular did
GENESIS = "0" * 64  # what the first entry has for the digest before it
LARGEST_INTEGER = 2**53 - 1  # RFC 8785 §3.2.2.3: larger ones differ between readers
TYPE = "entry"  # in the digest too, so that nothing else that is signed or digested can pass for an entry
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"

Value = str | int | bool

_ID = re.compile(r"[a-z][a-z_]*:[\x21-\x7e]+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ADVICE = "Enter ids and digests, short ones; a long or a foreign text belongs beside the ledger."


class Kind(StrEnum):
    """What an entry tells of."""

    DECISION = "decision"  # a person's, about an incident
    MODEL_VERDICT = "model verdict"  # that was used
    RELEASE = "release"
    HUNT = "hunt"
    RULE_CHANGE = "rule change"
    MODEL_CHANGE = "model change"
    EXPORT = "export"
    LOGIN = "login"
    LOGIN_FAILED = "failed login"
    LOGOUT = "logout"
    RESCUE = "shell rescue"
    SWITCH = "switch"
    ACCOUNT_CHANGE = "account change"
    TOKEN_CHANGE = "token change"
    KEY_CHANGE = "key change"
    CONFIGURATION_CHANGE = "configuration change"
    SOURCE_CHANGE = "source change"
    INDICATORS = "indicators"  # imported or removed
    PRIVACY = "privacy"
    EVIDENCE = "evidence"
    BACKUP = "backup"
    RESTORE = "restore"
    UPGRADE = "upgrade"
    START = "start"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be entered. `actor` and `subject` are ids such as `account:anna` and `incident:I-1`, or `node`."""

    kind: Kind
    actor: str
    subject: str
    detail: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Entry:
    """What was entered. `kind` is a text, because a later Tocsin may know kinds that this one does not."""

    sequence: int  # from 1 on, without a gap
    time: datetime  # UTC, by the clock of the node, which may have been wrong: the sequence is the order
    kind: str
    actor: str
    subject: str
    detail: Mapping[str, Value]
    previous: str  # digest of the entry before, GENESIS for the first
    digest: str


def keyed_digest(key: bytes, kind: str, text: str) -> str:
    """`kind:` and the HMAC-SHA-256 (RFC 2104) of kind and text: equal for equal values, silent without the key."""
    content = f"{kind}\x00{text}".encode("utf-8", "surrogatepass")
    return f"{kind}:{hmac.new(key, content, hashlib.sha256).hexdigest()}"


def canonical(value: Mapping[str, object]) -> bytes:
    """The canonical JSON of rule 2."""
    return json.dumps(dict(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def fields(entry: Entry) -> dict[str, object]:
    """All fields of an entry but its digest, as they are digested and exported."""
    return {
        "type": TYPE,
        "sequence": entry.sequence,
        "time": spelled(entry.time),
        "kind": str(entry.kind),
        "actor": entry.actor,
        "subject": entry.subject,
        "detail": dict(entry.detail),
        "previous": entry.previous,
    }


def digest_of(entry: Entry) -> str:
    """The digest that the entry's other fields give."""
    return hashlib.sha256(canonical(fields(entry))).hexdigest()


def spelled(time: datetime) -> str:
    """`2026-11-30T09:15:00.000000Z` (RFC 3339, UTC, always six decimals)."""
    return time.astimezone(UTC).strftime(_TIME_FORMAT)


def moment(text: str) -> datetime:
    """The time that `spelled` wrote; ValueError for any other spelling."""
    time = datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)
    if spelled(time) != text:
        raise ValueError(text)
    return time


def check_draft(draft: Draft) -> None:
    """Raise LedgerError where a draft breaks the rules of this module."""
    if draft.actor != NODE:
        _check_id("actor", draft.actor)
    if draft.subject != NODE:
        _check_id("subject", draft.subject)
    if len(draft.detail) > limits.LEDGER_DETAILS:
        raise LedgerError(
            f"a ledger entry has {len(draft.detail)} details, {limits.LEDGER_DETAILS} are the most", _ADVICE
        )
    for name, value in draft.detail.items():
        _check_detail(name, value)


def _check_id(what: str, text: str) -> None:
    if len(text) > limits.LEDGER_TEXT_CHARACTERS or _ID.fullmatch(text) is None:
        raise LedgerError(f"{text[:80]!r} is no {what} for a ledger entry", _ADVICE)


def _check_detail(name: str, value: object) -> None:
    if len(name) > limits.LEDGER_TEXT_CHARACTERS or _NAME.fullmatch(name) is None:
        raise LedgerError(f"{name[:80]!r} is no name for a detail of a ledger entry", _ADVICE)
    if isinstance(value, str):
        right = len(value) <= limits.LEDGER_TEXT_CHARACTERS and _is_unicode(value)
    else:
        right = isinstance(value, int) and abs(value) <= LARGEST_INTEGER
    if not right:
        raise LedgerError(f"the detail {name} of a ledger entry is no short text, number or truth value", _ADVICE)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)

"""The chain: each entry holds the digest of the one before, so none can be changed without changing all that follow."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType

from tocsin.ledger.entry import GENESIS, Draft, Entry, check_draft, digest_of


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: number and digest of its last entry."""

    sequence: int
    digest: str


EMPTY = Head(0, GENESIS)
"""The head of a chain without an entry."""


def append(head: Head, draft: Draft, time: datetime) -> Entry:
    """The entry that follows on a head. LedgerError where the draft is not fit for a ledger."""
    check_draft(draft)
    detail: Mapping[str, str | int | bool] = MappingProxyType(dict(draft.detail))
    entry = Entry(
        head.sequence + 1, time.astimezone(UTC), str(draft.kind), draft.actor, draft.subject, detail, head.digest, ""
    )
    return replace(entry, digest=digest_of(entry))


def head_of(entry: Entry) -> Head:
    """The head of a chain that ends with this entry."""
    return Head(entry.sequence, entry.digest)

"""Entries: canonical, without personal data, chained."""

import hashlib
import json

import pytest
from chains import BEGIN, DRAFTS
from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.errors import LedgerError
from tocsin.ledger.chain import EMPTY, append, head_of
from tocsin.ledger.entry import GENESIS, LARGEST_INTEGER, Draft, Kind, canonical, keyed_digest, moment, spelled


@given(DRAFTS)
def test_an_entry_holds_what_was_drafted(draft: Draft) -> None:
    entry = append(EMPTY, draft, BEGIN)
    assert (entry.kind, entry.actor, entry.subject, entry.detail) == (
        draft.kind, draft.actor, draft.subject, draft.detail
    )  # fmt: skip
    assert (entry.sequence, entry.time, entry.previous) == (1, BEGIN, GENESIS)
    following = append(head_of(entry), draft, BEGIN)
    assert (following.sequence, following.previous) == (2, entry.digest)
    assert following.digest != entry.digest


def test_the_digest_is_what_the_document_says() -> None:
    entry = append(EMPTY, Draft(Kind.LOGIN, "account:a", "session:1", {"e": "é\n"}), BEGIN)
    text = (
        '{"actor":"account:a","detail":{"e":"é\\n"},"kind":"login","previous":"' + GENESIS + '","sequence":1,'
        '"subject":"session:1","time":"2026-11-30T09:15:00.123456Z","type":"entry"}'
    )
    assert entry.digest == hashlib.sha256(text.encode()).hexdigest()


@given(st.dictionaries(st.from_regex(r"\A[a-z0-9_]{1,5}\Z"), st.text(st.characters(exclude_categories=("Cs",)))))
def test_canonical_json_is_json(value: dict[str, str]) -> None:
    assert json.loads(canonical(value)) == value


@pytest.mark.parametrize(
    "draft",
    [
        Draft(Kind.LOGIN, "anna", "session:1"),
        Draft(Kind.LOGIN, "account:", "session:1"),
        Draft(Kind.LOGIN, "account:Anna Example", "session:1"),
        Draft(Kind.LOGIN, "account:a", "session:1\n"),
        Draft(Kind.LOGIN, "account:" + "a" * limits.LEDGER_TEXT_CHARACTERS, "session:1"),
        Draft(Kind.LOGIN, "account:a", "session:1", {"Name": 1}),
        Draft(Kind.LOGIN, "account:a", "session:1", {"a" * (limits.LEDGER_TEXT_CHARACTERS + 1): 1}),
        Draft(Kind.LOGIN, "account:a", "session:1", {"name": "x" * (limits.LEDGER_TEXT_CHARACTERS + 1)}),
        Draft(Kind.LOGIN, "account:a", "session:1", {"name": "\ud800"}),
        Draft(Kind.LOGIN, "account:a", "session:1", {"name": LARGEST_INTEGER + 1}),
        Draft(Kind.LOGIN, "account:a", "session:1", {"name": 1.5}),  # type: ignore[dict-item]
        Draft(Kind.LOGIN, "account:a", "session:1", {f"n{n}": n for n in range(limits.LEDGER_DETAILS + 1)}),
    ],
)
def test_a_draft_that_is_not_fit_is_refused_with_advice(draft: Draft) -> None:
    with pytest.raises(LedgerError) as refused:
        append(EMPTY, draft, BEGIN)
    assert refused.value.advice()


def test_a_keyed_digest_tells_the_kind_and_nothing_else() -> None:
    digest = keyed_digest(b"k", "address", "203.0.113.7")
    assert digest == keyed_digest(b"k", "address", "203.0.113.7")
    assert digest.startswith("address:")
    assert len({digest, keyed_digest(b"l", "address", "203.0.113.7"), keyed_digest(b"k", "name", "203.0.113.7")}) == 3
    assert len(digest) < limits.LEDGER_TEXT_CHARACTERS
    assert keyed_digest(b"k", "name", "\ud800")


@pytest.mark.parametrize("text", ["2026-11-30T09:15:00Z", "2026-11-30 09:15:00.000000Z", ""])
def test_a_time_has_one_spelling(text: str) -> None:
    assert moment(spelled(BEGIN)) == BEGIN
    with pytest.raises(ValueError, match=r"does not match"):
        moment(text)


def test_a_time_with_fewer_decimals_is_another_spelling() -> None:
    with pytest.raises(ValueError, match=r"00\.1Z"):
        moment("2026-11-30T09:15:00.1Z")

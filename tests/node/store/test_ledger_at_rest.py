"""The ledger in the state database."""

from datetime import UTC, datetime

import pytest

from tocsin.errors import LedgerError
from tocsin.ledger.entry import GENESIS, Draft, Kind, digest_of
from tocsin.node.store import ledger
from tocsin.node.store.database import Store

NOW = datetime(2026, 11, 30, 9, 15, 0, 123456, tzinfo=UTC)


def draft(number: int) -> Draft:
    return Draft(Kind.LOGIN, "account:anna", f"session:{number}", {"totp": True, "tries": number, "by": "cli"})


def test_entries_come_back_as_they_were_recorded(store: Store) -> None:
    with store.write() as connection:
        recorded = [ledger.record(connection, draft(number), NOW) for number in range(3)]
    with store.read() as connection:
        assert list(ledger.entries(connection)) == recorded
        assert list(ledger.entries(connection, after=2)) == recorded[2:]
        assert ledger.head(connection).digest == recorded[-1].digest
    assert [entry.previous for entry in recorded] == [GENESIS, recorded[0].digest, recorded[1].digest]
    assert all(digest_of(entry) == entry.digest for entry in recorded)


def test_an_entry_goes_with_the_transaction_that_made_it(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as connection:
        ledger.record(connection, draft(1), NOW)
        _ = 1 // 0
    with store.read() as connection:
        assert list(ledger.entries(connection)) == []
        assert ledger.head(connection).sequence == 0


def test_a_text_that_may_be_personal_is_refused(store: Store) -> None:
    with pytest.raises(LedgerError) as refused, store.write() as connection:
        ledger.record(connection, Draft(Kind.LOGIN, "Anna Example", "session:1"), NOW)
    assert refused.value.advice()

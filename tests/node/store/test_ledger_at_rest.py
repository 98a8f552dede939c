"""The ledger in the state database."""

import io
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from tocsin.errors import LedgerError
from tocsin.ledger.chain import head_of
from tocsin.ledger.checkpoint import Key, public_bytes, sign, trust
from tocsin.ledger.entry import GENESIS, Draft, Entry, Kind, digest_of
from tocsin.ledger.lines import read_export
from tocsin.ledger.verify import Fault, verify, verify_stream
from tocsin.node.store import ledger
from tocsin.node.store.database import Store

NOW = datetime(2026, 11, 30, 9, 15, 0, 123456, tzinfo=UTC)
NODE = "node.example"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUST = trust(NODE, Key(public_bytes(KEY)))


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


def filled(store: Store, count: int = 5) -> list[Entry]:
    with store.write() as connection:
        return [ledger.record(connection, draft(number), NOW) for number in range(count)]


def checked(store: Store) -> Fault | None:
    with store.read() as connection:
        return verify(ledger.entries(connection), ledger.checkpoints(connection), TRUST).fault


def test_checkpoints_are_kept_until_the_witness_has_them(store: Store) -> None:
    points = [sign(KEY, NODE, head_of(entry), NOW) for entry in filled(store)]
    with store.write() as connection:
        assert ledger.last_witnessed(connection) is None
        for point in reversed(points):
            ledger.add_checkpoint(connection, point)
        ledger.mark_witnessed(connection, points[0], NOW)
        assert ledger.unwitnessed(connection, 3) == points[1:4]
        assert ledger.last_witnessed(connection) == (1, NOW)
        assert list(ledger.checkpoints(connection)) == points
    assert checked(store) is None


def test_an_export_verifies(store: Store) -> None:
    entries = filled(store)
    with store.write() as connection:
        ledger.add_checkpoint(connection, sign(KEY, NODE, head_of(entries[2]), NOW))
        exported = "".join(ledger.export(connection)).encode()
    verdict = verify_stream(read_export(io.BytesIO(exported)), TRUST)
    assert (verdict.holds, verdict.head, verdict.proved) == (True, head_of(entries[-1]), 3)


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE ledger SET actor = 'account:x' WHERE sequence = 3", 3),
        ("UPDATE ledger SET time_us = time_us + 1 WHERE sequence = 1", 1),
        ("UPDATE ledger SET time_us = 9000000000000000000 WHERE sequence = 2", 2),
        ("UPDATE ledger SET detail = '[' WHERE sequence = 4", 4),
        ("UPDATE ledger SET detail = '{ }' WHERE sequence = 4", 4),
        ("DELETE FROM ledger WHERE sequence = 2", 2),
        ("UPDATE ledger SET sequence = 99 WHERE sequence = 5", 5),
    ],
)
def test_what_root_does_to_the_rows_is_found(store: Store, statement: str, first: int) -> None:
    filled(store)
    with store.write() as connection:
        connection.execute(text(statement))
    fault = checked(store)
    assert fault is not None
    assert fault.sequence == first


def test_an_entry_that_cannot_be_read_is_not_exported_in_silence(store: Store) -> None:
    filled(store)
    with store.write() as connection:
        connection.execute(text("UPDATE ledger SET detail = '[' WHERE sequence = 5"))
        with pytest.raises(LedgerError) as told:
            list(ledger.export(connection))
        assert told.value.advice()
        with pytest.raises(LedgerError):
            ledger.newest(connection, 3)


def test_a_ledger_without_its_head_takes_no_entry(store: Store) -> None:
    with store.write() as connection:
        connection.execute(text("DELETE FROM ledger_head"))
    for attempt in (ledger.head, lambda connection: ledger.record(connection, draft(1), NOW)):
        with pytest.raises(LedgerError), store.write() as connection:
            attempt(connection)


def test_the_newest_entries_are_told_by_subject(store: Store) -> None:
    entries = filled(store)
    with store.read() as connection:
        assert ledger.newest(connection, 2) == entries[:2:-1]
        assert ledger.newest(connection, 9, "session:1") == [entries[1]]

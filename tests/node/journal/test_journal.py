"""The journal: what it acknowledged is there exactly once, whatever happens."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tocsin import clock, limits
from tocsin.errors import StateError
from tocsin.lake.catalog import Origin
from tocsin.node.journal import writer
from tocsin.node.journal.records import JOURNAL, JournalRecords, Stream
from tocsin.node.journal.writer import Journal, JournalFull, Receipt, stream_id

SENSOR = Stream(stream_id("push", "1"), "push/sensor-1", Origin("Ministry", "office", "sensor-1"))
SECONDS = 20


@contextmanager
def journal(folder: Path, most_bytes: int = limits.JOURNAL_BYTES) -> Iterator[Journal]:
    opened = Journal(folder, most_bytes)
    opened.add_stream(SENSOR)
    try:
        yield opened
    finally:
        opened.close()


def text(folder: Path) -> bytes:
    records = JournalRecords(folder)
    whole = b"".join((folder / each.file).read_bytes()[: each.committed] for each in records.segments())
    records.close()
    return whole


def test_lines_are_on_the_disk_in_their_order_when_they_are_acknowledged(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        answers = [opened.append(SENSOR.id, b'{"n": %d}\n' % number) for number in range(50)]
        assert [answer.result(SECONDS) for answer in answers] == [Receipt(1)] * 50
        assert text(tmp_path) == b"".join(b'{"n": %d}\n' % number for number in range(50))


def test_a_body_without_a_line_end_gets_one(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        opened.append(SENSOR.id, b"a\nb").result(SECONDS)
        opened.append(SENSOR.id, b"c\n").result(SECONDS)
    assert text(tmp_path) == b"a\nb\nc\n"


def test_a_known_key_adds_nothing_also_after_a_restart(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        both: list[Future[Receipt]] = [opened.append(SENSOR.id, b"a\n", "k1") for _ in range(2)]
        assert sorted(each.result(SECONDS).repeated for each in both) == [False, True]
    with journal(tmp_path) as opened:
        assert opened.append(SENSOR.id, b"a\n", "k1").result(SECONDS) == Receipt(1, repeated=True)
        assert opened.append(SENSOR.id, b"b\n", "k2").result(SECONDS) == Receipt(1)
    assert text(tmp_path) == b"a\nb\n"


def test_a_key_of_another_stream_is_another_key(tmp_path: Path) -> None:
    other = Stream(stream_id("push", "2"), "push/sensor-2", Origin())
    with journal(tmp_path) as opened:
        opened.add_stream(other)
        opened.append(SENSOR.id, b"a\n", "k").result(SECONDS)
        assert not opened.append(other.id, b"a\n", "k").result(SECONDS).repeated


def test_bytes_that_were_never_acknowledged_are_cut_off(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        opened.append(SENSOR.id, b"whole\n").result(SECONDS)
    file = tmp_path / SENSOR.id / "00000001.log"
    with file.open("ab") as stream:
        stream.write(b"half of a li")
    with journal(tmp_path) as opened:
        opened.append(SENSOR.id, b"next\n").result(SECONDS)
    assert file.read_bytes() == b"whole\nnext\n"


def test_a_segment_number_never_comes_twice(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        opened.append(SENSOR.id, b"x" * limits.SEGMENT_BYTES).result(SECONDS)
    records = JournalRecords(tmp_path)
    (segment,) = records.segments()
    assert segment.closed
    records.forget([segment])
    records.close()
    with journal(tmp_path) as opened:
        opened.append(SENSOR.id, b"y\n").result(SECONDS)
    records = JournalRecords(tmp_path)
    assert [each.number for each in records.segments()] == [2]
    records.close()


def test_a_full_journal_tells_the_sender_to_wait_and_takes_again_when_the_lake_has_read(tmp_path: Path) -> None:
    with journal(tmp_path, most_bytes=1_000) as opened:
        opened.append(SENSOR.id, b"x" * 400).result(SECONDS)
        with pytest.raises(JournalFull) as told:
            opened.append(SENSOR.id, b"x" * 400).result(SECONDS)
        assert "Send it again" in told.value.advice()
    records = JournalRecords(tmp_path)
    records.note_read([(SENSOR.id, 1, 401)])
    records.close()
    with journal(tmp_path, most_bytes=1_000) as opened:
        opened.append(SENSOR.id, b"x" * 400).result(SECONDS)


def test_one_stream_cannot_take_all_the_room(tmp_path: Path) -> None:
    other = Stream(stream_id("push", "2"), "push/sensor-2", Origin())
    with journal(tmp_path, most_bytes=1_000) as opened:
        opened.add_stream(other)
        opened.append(SENSOR.id, b"x" * 450).result(SECONDS)
        with pytest.raises(JournalFull):
            opened.append(SENSOR.id, b"x" * 100).result(SECONDS)
        opened.append(other.id, b"x" * 300).result(SECONDS)


def test_a_locked_database_loses_nothing_and_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.node.journal.records._BUSY_SECONDS", 0.2)
    with journal(tmp_path) as opened, closing(sqlite3.connect(tmp_path / JOURNAL, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateError, match="cannot be written"):
            opened.append(SENSOR.id, b"refused\n", "k").result(SECONDS)
        other.execute("ROLLBACK")
        assert opened.append(SENSOR.id, b"taken\n", "k").result(SECONDS) == Receipt(1)
    assert (tmp_path / SENSOR.id / "00000001.log").read_bytes() == b"taken\n"


def test_a_full_disk_adds_nothing_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        opened.append(SENSOR.id, b"first\n", "k0").result(SECONDS)
        database = opened._records._db
        database.execute("PRAGMA max_page_count = 1")  # as many pages as there are: SQLite calls the disk full
        refused = 0
        for number in range(200):
            try:
                opened.append(SENSOR.id, b"%d\n" % number, f"key {number} {'x' * 200}").result(SECONDS)
            except StateError:
                refused += 1
        assert refused > 1, "full once is full until there is room"
        database.execute("PRAGMA max_page_count = 100000")
        assert opened.append(SENSOR.id, b"last\n", "k1").result(SECONDS) == Receipt(1)
    lines = text(tmp_path).split()
    assert len(lines) == 202 - refused and len(set(lines)) == len(lines)


def test_new_streams_and_bodies_at_once_get_each_into_a_transaction_of_its_own(tmp_path: Path) -> None:
    with journal(tmp_path) as opened, ThreadPoolExecutor(4) as pool:
        streams = [Stream(stream_id("push", str(number)), f"push/{number}", Origin()) for number in range(100)]
        adding = [pool.submit(opened.add_stream, each) for each in streams]
        answers = [opened.append(SENSOR.id, b"%d\n" % number) for number in range(300)]
        assert all(answer.result(SECONDS) == Receipt(1) for answer in answers)
        assert [each.result(SECONDS) for each in adding] == [None] * 100
    assert len(text(tmp_path).split()) == 300


def test_a_clock_that_jumps_forgets_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true = clock.now()
    for days in (0, 300, -300):
        monkeypatch.setattr(clock, "now", lambda days=days: true + timedelta(days=days))
        with journal(tmp_path) as opened:
            assert opened.append(SENSOR.id, b"a\n", "k").result(SECONDS).repeated == (days != 0)
    assert text(tmp_path) == b"a\n"


def test_a_key_is_forgotten_when_the_journal_was_open_long_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = clock.monotonic()
    with journal(tmp_path) as opened:
        opened.append(SENSOR.id, b"a\n", "old").result(SECONDS)
        monkeypatch.setattr(clock, "monotonic", lambda: began + limits.RECEIPT_SECONDS - 60)
        opened.append(SENSOR.id, b"b\n", "new").result(SECONDS)
        assert opened.append(SENSOR.id, b"a\n", "old").result(SECONDS).repeated
        monkeypatch.setattr(clock, "monotonic", lambda: began + limits.RECEIPT_SECONDS + 3_600)
        opened.append(SENSOR.id, b"c\n", "newer").result(SECONDS)
        assert not opened.append(SENSOR.id, b"a\n", "old").result(SECONDS).repeated
        assert opened.append(SENSOR.id, b"b\n", "new").result(SECONDS).repeated


def test_a_segment_ends_by_its_age_whichever_way_the_clock_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = clock.now()
    for days in (0, -300, -300):
        monkeypatch.setattr(clock, "now", lambda days=days: true + timedelta(days=days))
        with journal(tmp_path) as opened:
            opened.append(SENSOR.id, b"a\n").result(SECONDS)
    with closing(JournalRecords(tmp_path)) as records:
        assert [(each.number, each.closed) for each in records.segments()] == [(1, True), (2, False)]


def test_the_last_segment_of_who_falls_silent_is_closed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_AGED_SECONDS", 0.05)
    with journal(tmp_path) as opened:
        opened.append(SENSOR.id, b"a\n").result(SECONDS)
        monkeypatch.setattr(limits, "SEGMENT_SECONDS", 0)
        end = time.monotonic() + SECONDS
        with closing(JournalRecords(tmp_path)) as records:
            while not all(each.closed for each in records.segments()):
                assert time.monotonic() < end
                time.sleep(0.01)
        monkeypatch.undo()
        opened.append(SENSOR.id, b"b\n").result(SECONDS)
        assert len(opened.files()) == 2 and text(tmp_path) == b"a\nb\n"


def test_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    with journal(tmp_path / "journal") as opened:
        opened.append(SENSOR.id, b"a\n").result(SECONDS)
    assert (tmp_path / "journal").stat().st_mode & 0o077 == 0
    assert (tmp_path / "journal" / SENSOR.id / "00000001.log").stat().st_mode & 0o077 == 0


def test_closed_segments_hold_what_came_before_and_nothing_that_comes_later(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        assert opened.close_segments().result(SECONDS) == frozenset()
        before = opened.append(SENSOR.id, b"a\n")
        closing = opened.close_segments()
        after = opened.append(SENSOR.id, b"b\n")
        assert [each.result(SECONDS).lines for each in (before, after)] == [1, 1]
        (file,) = closing.result(SECONDS)
        assert (tmp_path / file).read_bytes() == b"a\n"
        assert len(opened.files()) == 2 and text(tmp_path) == b"a\nb\n"
    with journal(tmp_path) as opened:
        opened.append(SENSOR.id, b"c\n").result(SECONDS)
        assert len(opened.files()) == 2 and text(tmp_path) == b"a\nb\nc\n"

"""What is fed live is in the lake exactly once, and is what a scan of the same lines gives."""

import gzip
import json
import os
import sqlite3
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from live_engine import SENSOR, Node, hits, run_down, run_until, stored, wait_for_nothing
from scans import event, run, write_events

from tocsin import limits
from tocsin.lake.catalog import Catalog
from tocsin.node.journal.records import JournalRecords, Segment, Stream
from tocsin.node.journal.writer import stream_id
from tocsin.node.live.segments import raw_file, segment_source
from tocsin.node.live.watching import Watched

EVENTS = [event(number, minute=number % 60) for number in range(40)]
LINES = [json.dumps(each).encode() + b"\n" for each in EVENTS]
WHOLE = b"".join(LINES)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_nothing(monkeypatch)


def scanned(folder: Path, *texts: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"log{number}.json").write_bytes(text)
    run(folder, *(folder / f"log{number}.json" for number in range(len(texts))), only="rules")
    return folder / "lake"


@settings(max_examples=15)
@given(cuts=st.lists(st.integers(1, len(LINES) - 1), max_size=6), restarts=st.lists(st.booleans(), min_size=7))
def test_any_portions_and_restarts_give_what_a_scan_gives(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], restarts: list[bool]
) -> None:
    folder = tmp_path_factory.mktemp("live")
    node = Node(folder)
    bounds = [0, *sorted(set(cuts)), len(LINES)]
    bodies = [b"".join(LINES[low:high]) for low, high in pairwise(bounds)]
    for body, restart in zip(bodies, restarts, strict=False):
        node.push(body)
        with node.engine() as engine:
            engine.step()
            if not restart:  # else what was read and not written is read again
                engine.flush()
    with node.engine() as engine:
        run_down(engine)
    assert stored(node.lake) == stored(scanned(folder / "scan", WHOLE))
    assert hits(node.lake) == hits(folder / "scan" / "lake")


def test_rows_take_their_origin_from_the_stream(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.push(WHOLE)
    with node.engine() as engine:
        run_down(engine)
    catalog = Catalog(node.lake)
    rows = [row for file in catalog.files() for row in pq.ParquetFile(node.lake / file.path).read().to_pylist()]
    catalog.close()
    assert {(row["organisation"], row["network"], row["sensor"]) for row in rows} == {
        ("Ministry", "office", "sensor-1")
    }
    assert len(rows) == len(LINES)


def test_equal_lines_of_two_senders_stay_two(tmp_path: Path) -> None:
    node = Node(tmp_path)
    with node.journal() as journal:
        other = another_sender("2")
        journal.add_stream(other)
        for stream in (SENSOR, other):
            journal.append(stream.id, WHOLE).result(20)
    with node.engine() as engine:
        run_down(engine)
    assert len(stored(node.lake)) == 2 * len(LINES)


def another_sender(number: str) -> Stream:
    return replace(SENSOR, id=stream_id("push", number), name=f"push/sensor-{number}")


def test_a_closed_segment_that_is_in_the_lake_is_kept_packed_and_leaves_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SEGMENT_BYTES", 1_000)
    node = Node(tmp_path)
    node.push(WHOLE)
    with node.engine() as engine:
        run_until(engine, lambda: not list((tmp_path / "journal").glob("*/*.log")))
    (packed,) = (tmp_path / "raw").rglob("*.zst")
    assert zstandard.ZstdDecompressor().decompressobj().decompress(packed.read_bytes()) == WHOLE


def test_a_growing_file_is_followed_over_renames_and_compression(tmp_path: Path) -> None:
    node = Node(tmp_path)
    logs = tmp_path / "logs"
    log = write_events(logs / "eve.json", EVENTS[:10])
    watched = [Watched(logs)]
    with node.engine(watched) as engine:
        run_down(engine)
        with log.open("ab") as stream:
            stream.write(b"".join(LINES[10:20]) + LINES[20][:30])
        run_down(engine)
        with log.open("ab") as stream:
            stream.write(LINES[20][30:])
        log.rename(logs / "eve.json.1")
        write_events(log, EVENTS[21:30])
        run_down(engine)
        (logs / "eve.json.1.gz").write_bytes(gzip.compress((logs / "eve.json.1").read_bytes()))
        (logs / "eve.json.1").unlink()
        for _ in range(3):
            run_down(engine)
    with node.engine(watched) as engine:
        with log.open("ab") as stream:
            stream.write(b"".join(LINES[30:]))
        for _ in range(3):
            run_down(engine)
    expected = stored(scanned(tmp_path / "scan", b"".join(LINES[:21]), b"".join(LINES[21:])))
    assert stored(node.lake) == expected


def test_a_full_disk_leaves_nothing_behind_and_the_rows_come_once_there_is_room(tmp_path: Path) -> None:
    node = Node(tmp_path)
    node.push(WHOLE)
    with node.engine() as engine:
        database = engine._catalog._db
        database.execute("PRAGMA max_page_count = 1")  # as many pages as there are: SQLite calls the disk full
        database.execute("CREATE TEMP TRIGGER full BEFORE INSERT ON sources BEGIN INSERT INTO rejects "
                         "VALUES (new.id, 1, 1, 'r', zeroblob(100000)); END")  # fmt: skip
        for _ in range(3):
            with pytest.raises(sqlite3.OperationalError, match="full"):
                run_down(engine)
            engine.restart()
        assert list((node.lake / "tables").rglob("*.parquet")) == []
        database.execute("PRAGMA max_page_count = 100000")
        run_down(engine)
        database.execute("DELETE FROM rejects")
    assert stored(node.lake) == stored(scanned(tmp_path / "scan", WHOLE))


def test_a_link_out_of_a_watched_folder_is_told_and_not_read(tmp_path: Path) -> None:
    node, logs, secret = Node(tmp_path), tmp_path / "logs", tmp_path / "secret"
    (logs / "pods").mkdir(parents=True)
    (secret / "more").mkdir(parents=True)
    (secret / "keys.json").write_bytes(LINES[0])
    (secret / "more" / "keys.json").write_bytes(LINES[1])
    (logs / "pods" / "own.json").write_bytes(LINES[2] + LINES[3])
    (logs / "pods" / "out.json").symlink_to(secret / "keys.json")
    (logs / "up.json").symlink_to(Path("..", "secret", "keys.json"))
    (logs / "folder").symlink_to(secret, target_is_directory=True)
    (logs / "round").symlink_to(logs / "round")
    os.mkfifo(logs / "pipe.json")
    (tmp_path / "current").symlink_to(logs, target_is_directory=True)
    (tmp_path / "one.json").symlink_to(secret / "more" / "keys.json")
    (logs / "inside.json").symlink_to(Path("pods", "own.json"))
    with node.engine([Watched(tmp_path / "current"), Watched(tmp_path / "one.json")]) as engine:
        run_down(engine)
        run_down(engine)
        problems = engine._feeders[1].problems  # type: ignore[attr-defined]
    assert sorted(row["record"] for row in stored(node.lake)) == [1, 1, 2], "what is watched, and what is below it"
    told = {Path(name).name for name, why in problems.items() if "out of the watched folder" in why}
    assert told == {"out.json", "up.json", "folder"}


def test_a_truncated_file_begins_anew(tmp_path: Path) -> None:
    node = Node(tmp_path)
    log = write_events(tmp_path / "logs" / "eve.json", EVENTS[:10])
    with node.engine([Watched(log)]) as engine:
        run_down(engine)
        log.write_bytes(b"".join(LINES[10:15]))
        run_down(engine)
    expected = stored(scanned(tmp_path / "scan", b"".join(LINES[:10]), b"".join(LINES[10:15])))
    assert stored(node.lake) == expected


def test_a_scan_of_a_followed_file_adds_nothing(tmp_path: Path) -> None:
    node = Node(tmp_path)
    log = write_events(tmp_path / "logs" / "eve.json", EVENTS)
    with node.engine([Watched(log)]) as engine:
        run_down(engine)
    before = stored(node.lake)
    run(tmp_path, log)
    assert stored(node.lake) == before
    assert hits(node.lake) == hits(scanned(tmp_path / "scan", WHOLE))


def test_two_logs_that_begin_alike_stay_two(tmp_path: Path) -> None:
    header = b"#separator \\x09\n#path\tconn\n#fields\tts\tuid\n#types\ttime\tstring\n"
    node = Node(tmp_path)
    for name in ("a", "b"):
        (tmp_path / "logs" / name).mkdir(parents=True)
        (tmp_path / "logs" / name / "conn.log").write_bytes(header + b"1596810725.1\tC0\n")
    with node.engine([Watched(tmp_path / "logs")]) as engine:
        run_down(engine)
        for name in ("a", "b"):
            with (tmp_path / "logs" / name / "conn.log").open("ab") as stream:
                stream.write(f"1596810726.1\tC{name}\n1596810727.1\tD{name}\n".encode())
        run_down(engine)
    uids = sorted(str(row["uid"]) for row in stored(node.lake))
    assert [uid for uid in uids if uid != "C0"] == ["Ca", "Cb", "Da", "Db"]


def test_a_source_id_of_a_segment_differs_between_journals(tmp_path: Path) -> None:
    one, two = JournalRecords(tmp_path / "a"), JournalRecords(tmp_path / "b")
    segment = Segment(SENSOR.id, 1)
    assert segment_source(one.nonce, segment) != segment_source(two.nonce, segment)
    assert raw_file(tmp_path, "ab12").name == "ab12.log.zst"
    one.close()
    two.close()


def test_a_busy_channel_gives_a_bounded_portion(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(limits, "FOLLOW_BATCH_BYTES", 500)
    node = Node(tmp_path)
    node.push(WHOLE)
    with node.engine() as engine:
        assert engine.step()
        engine.flush()
        assert 0 < len(stored(node.lake)) < 10
        run_down(engine)
    assert len(stored(node.lake)) == len(LINES)

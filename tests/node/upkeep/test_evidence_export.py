"""Evidence: kept while it is held, and handed over so that it can be checked with sha256sum and openssl."""

import json
import re
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from live_engine import Node, run_down
from node_folders import NOW, OpenNode, make_folder

from tocsin.errors import Conflict, NotFound, UsageError
from tocsin.lake.catalog import Catalog
from tocsin.lake.expire import expire
from tocsin.lake.records import Flush
from tocsin.model import Evidence, Finding, Incident, Reject, RuleInfo
from tocsin.node.live.segments import raw_file
from tocsin.node.live.watching import Watched
from tocsin.node.service.config import LakeTable
from tocsin.node.store import findings, ledger
from tocsin.node.store.database import Store, open_store
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.holds import days_of, held, hold, holds, release
from tocsin.node.store.incident_state import Opened
from tocsin.node.store.incidents import open_incident
from tocsin.node.upkeep.evidence import Exported, export_evidence
from tocsin.node.upkeep.retention import held_in, retain

SHELL = "shell:1000"
MORNING = datetime(2026, 11, 23, 9, 31, 4, tzinfo=UTC)


def line(number: int) -> bytes:
    told = {
        "ts": f"2026-11-23T09:{number // 60:02d}:{number % 60:02d}Z",
        "uid": f"C{number}",
        "query": f"host{number}.example",
        "x": "é",
    }
    return json.dumps(told, ensure_ascii=number % 2 == 0).encode() + b"\r\n"


LINES = b"".join(map(line, range(120)))  # enough to recognise the format at once


def finding(*events: str, first: datetime | None = MORNING, last: datetime | None = MORNING) -> Finding:
    rule = RuleInfo("r", "A rule", "high")
    shown = tuple(Evidence(event, first, "f", 1, {}, also=()) for event in events[:1])
    return Finding(rule, "PC", "anna", len(events) + 2, first, last, events, shown)


def begin(store: Store, found: Finding, incident: str = "I-1") -> None:
    shown = Incident(incident, "T", "high", (), (), NOW, NOW, (), (), (), (), (), ())
    with store.write() as connection:
        findings.put(connection, [StoredFinding(f"f-{incident}", found, NOW)])
        open_incident(connection, incident, Opened(shown, (f"f-{incident}",)), NOW)


@pytest.fixture
def fed(tmp_path: Path) -> tuple[OpenNode, Path]:
    """A node that was sent some lines and watches a file of the same format."""
    folder, config, _ = make_folder(tmp_path / "node")
    watched = tmp_path / "watched.log"
    watched.write_bytes(LINES.replace(b"host", b"name"))
    live = Node(folder.path)
    live.push(LINES)
    with live.engine([Watched(watched)]) as engine:
        run_down(engine)
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", create=True)
    return OpenNode(folder, config, store), watched


def sources(node: OpenNode) -> dict[str, str]:
    """Sent and watched → source id."""
    catalog = Catalog(node.folder.lake)
    found = {"sent" if each.name.startswith("push/") else "watched": each.id for each in catalog.sources()}
    catalog.close()
    return found


def events_of(to: Path) -> dict[str, dict[str, object]]:
    return {each["event"]: each for each in json.loads((to / "manifest.json").read_text())["events"]}


def test_an_export_has_the_lines_as_they_came_in(fed: tuple[OpenNode, Path], tmp_path: Path) -> None:
    node, _ = fed
    ids = sources(node)
    begin(node.store, finding(f"{ids['sent']}-3", f"{ids['sent']}-20", f"{ids['watched']}-7", "gone-1"))
    to = tmp_path / "case"
    assert export_evidence(node, "I-1", to, SHELL, NOW) == Exported(4, 3)
    told = events_of(to)
    for event, number in ((f"{ids['sent']}-3", 2), (f"{ids['sent']}-20", 19)):
        assert (to / str(told[event]["file"])).read_bytes() == line(number)
        assert told[event]["row"] is True and told[event]["sensor"] == "sensor-1"
    watched = told[f"{ids['watched']}-7"]
    assert (to / str(watched["file"])).read_bytes() == line(6).replace(b"host", b"name")
    assert told["gone-1"]["no_original"] and told["gone-1"]["row"] is False
    rows = [json.loads(each) for each in (to / "rows.ndjson").read_text().splitlines()]
    assert {row["row"]["query"] for row in rows if "row" in row} == {"host2.example", "host19.example", "name6.example"}
    assert json.loads((to / "manifest.json").read_text())["unnamed_events"] == 2


def test_an_export_is_checked_by_the_commands_that_it_names(fed: tuple[OpenNode, Path], tmp_path: Path) -> None:
    node, _ = fed
    begin(node.store, finding(f"{sources(node)['sent']}-3"))
    to = tmp_path / "case"
    export_evidence(node, "I-1", to, SHELL, NOW)
    readme = (to / "README.txt").read_text()
    commands = re.findall(r"^     (\S.*)$", readme, re.MULTILINE)
    assert len(commands) == 4
    checks = commands[:3]

    def passed() -> list[bool]:
        runs = [
            subprocess.run(["sh", "-c", each], cwd=to, capture_output=True, text=True, check=False) for each in checks
        ]
        return [run.returncode == 0 for run in runs]

    assert passed() == [True, True, True]
    shown = subprocess.run(["sh", "-c", commands[3]], cwd=to, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() in readme
    for name, broken in (("events/000001.bin", 2), ("custody.ndjson", 2), ("manifest.json", 0), ("SHA256SUMS", 1)):
        whole = (to / name).read_bytes()
        (to / name).write_bytes(whole.replace(b"1", b"2", 1) if b"1" in whole else whole + b"x")
        assert passed()[broken] is False, name
        (to / name).write_bytes(whole)
    assert passed() == [True, True, True]


def test_the_custody_log_tells_of_the_export_itself(fed: tuple[OpenNode, Path], tmp_path: Path) -> None:
    node, _ = fed
    begin(node.store, finding("gone-1"))
    with node.store.write() as connection:
        hold(connection, "I-1", SHELL, "a case", NOW)
    export_evidence(node, "I-1", tmp_path / "case", SHELL, NOW)
    told = [json.loads(each) for each in (tmp_path / "case" / "custody.ndjson").read_text().splitlines()]
    assert [(each["actor"], each["detail"]["change"]) for each in told] == [(SHELL, "held"), (SHELL, "exported")]


def test_what_is_still_in_the_journal_is_found_there(tmp_path: Path) -> None:
    folder, config, _ = make_folder(tmp_path / "node")
    live = Node(folder.path)
    live.push(LINES)
    with live.engine() as engine:
        engine.step()
        engine.flush()
    assert list(folder.journal.rglob("*.log"))
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", create=True)
    node = OpenNode(folder, config, store)
    event = f"{sources(node)['sent']}-3"
    begin(store, finding(event))
    export_evidence(node, "I-1", tmp_path / "case", SHELL, NOW)
    told = events_of(tmp_path / "case")[event]
    assert (tmp_path / "case" / str(told["file"])).read_bytes() == line(2)
    assert str(told["from"]).startswith("journal/") or str(told["from"]).startswith("raw/")
    store.close()


@pytest.mark.parametrize("changed", [b"something else\n" * 99, None])
def test_a_watched_file_that_changed_gives_no_line_and_says_so(
    fed: tuple[OpenNode, Path], tmp_path: Path, changed: bytes | None
) -> None:
    node, watched = fed
    if changed is None:
        watched.unlink()
    else:
        watched.write_bytes(changed)
    event = f"{sources(node)['watched']}-7"
    begin(node.store, finding(event))
    assert export_evidence(node, "I-1", tmp_path / "case", SHELL, NOW) == Exported(1, 0)
    told = events_of(tmp_path / "case")[event]
    assert "no longer" in str(told["no_original"]) and told["row"] is True


def test_an_export_is_never_written_over_something(fed: tuple[OpenNode, Path], tmp_path: Path) -> None:
    node, _ = fed
    begin(node.store, finding("gone-1"))
    with pytest.raises(UsageError):
        export_evidence(node, "I-1", tmp_path, SHELL, NOW)
    with pytest.raises(NotFound):
        export_evidence(node, "I-2", tmp_path / "case", SHELL, NOW)
    assert not (tmp_path / "case").exists()


def test_a_hold_stands_once_and_is_released_with_a_reason(store: Store) -> None:
    begin(store, finding("s-1", "s-2", last=MORNING + timedelta(days=1)))
    with store.write() as connection:
        hold(connection, "I-1", SHELL, "a case", NOW)
        with pytest.raises(Conflict):
            hold(connection, "I-1", SHELL, "again", NOW)
        with pytest.raises(NotFound):
            hold(connection, "I-2", SHELL, "a case", NOW)
        found = held(connection)
        assert (found.days, found.events) == ({"2026-11-23", "2026-11-24"}, {"s-1", "s-2"})
        with pytest.raises(UsageError):
            release(connection, "I-1", SHELL, "  ", NOW)
        release(connection, "I-1", SHELL, "closed", NOW)
        with pytest.raises(Conflict):
            release(connection, "I-1", SHELL, "closed", NOW)
        assert not held(connection).days
        hold(connection, "I-1", SHELL, "opened again", NOW)
        assert [each.released for each in holds(connection)].count(None) == 1
        entries = ledger.newest(connection, 9, "incident:I-1")
    assert [entry.detail["change"] for entry in entries] == ["held", "released", "held"]


def test_events_without_a_time_are_held_too() -> None:
    assert days_of([finding("s-1", first=None, last=None)]) == {"1970-01-01"}


def test_the_day_of_a_second_record_around_midnight_is_kept_too() -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    counted = finding("s-1", first=midnight - timedelta(seconds=2), last=midnight - timedelta(seconds=2))
    shown = (Evidence("s-1", counted.first, "f", 1, {}, also=("t-1",)),)
    assert days_of([counted]) == {"2026-11-23"}
    assert days_of([replace(counted, evidence=shown)]) == {"2026-11-23", "2026-11-24"}


def test_retention_leaves_held_days_and_their_hits(fed: tuple[OpenNode, Path]) -> None:
    node, _ = fed
    catalog = Catalog(node.folder.lake)
    with catalog.writing():
        days = {file.day for file in catalog.files()}
        kept = expire(catalog, date(2030, 1, 1), undated=True, held=days)
        assert (kept.files, kept.rows, set(kept.held)) == (0, 0, days)
        assert all((catalog.lake / file.path).is_file() for file in catalog.files())
        rows = sum(pq.read_metadata(catalog.lake / file.path).num_rows for file in catalog.all_hit_files())
        assert kept.hits == 0
        gone = expire(catalog, date(2030, 1, 1), undated=True)
        assert (gone.rows, gone.hits, gone.held) == (240, rows, ())
        assert catalog.files() == []
    catalog.close()


def test_retention_of_a_node_asks_its_holds_and_takes_original_lines_along(fed: tuple[OpenNode, Path]) -> None:
    node, _ = fed
    config = msgspec.structs.replace(node.config, lake=LakeTable(keep_days=1))
    catalog = Catalog(node.folder.lake)
    with catalog.writing():
        (sent,) = (each for each in catalog.sources() if each.name.startswith("push/"))
        lines = raw_file(node.folder.path, sent.id)
        lines.parent.mkdir(parents=True, exist_ok=True)
        lines.write_bytes(b"packed")
        day = min(file.day for file in catalog.files())
        at = datetime.fromisoformat(f"{day}T12:00:00+00:00")
        begin(node.store, finding(f"{sent.id}-1", first=at, last=at))
        with node.store.write() as connection:
            hold(connection, "I-1", SHELL, "a case", NOW)
        late = date(2030, 1, 1)
        assert retain(node.folder, node.config, node.store, catalog, late) is None
        kept = retain(node.folder, config, node.store, catalog, late)
        assert kept is not None and day in kept.lake.held and kept.originals == 0
        assert {file.day for file in catalog.files()} == {day} and lines.is_file()
        with node.store.write() as connection:
            release(connection, "I-1", SHELL, "closed", NOW)
        gone = retain(node.folder, config, node.store, catalog, late)
        assert gone is not None and gone.lake.rows > 0 and gone.originals == 1
        assert not lines.exists()
    catalog.close()
    assert held_in(node.folder.lake.parent.parent / "elsewhere") == frozenset()


def test_lines_of_a_source_that_never_gave_an_event_go_by_when_they_came(fed: tuple[OpenNode, Path]) -> None:
    node, _ = fed
    config = msgspec.structs.replace(node.config, lake=LakeTable(keep_days=1))
    catalog = Catalog(node.folder.lake)
    with catalog.writing():
        (sent,) = (each for each in catalog.sources() if each.name.startswith("push/"))
        unread = replace(
            sent, id="0" * 16, records=0, rejects=1, last_us=None, first_us=None, done=True,
            ingested_at="2029-12-31T01:00:00+00:00",
        )  # fmt: skip
        sample = Reject(1, 0, "no JSON", "what nobody could read")
        catalog.commit(Flush((), (), (unread,), {}, {unread.id: [sample]}, ""))
        lines = raw_file(node.folder.path, unread.id)
        lines.parent.mkdir(parents=True, exist_ok=True)
        lines.write_bytes(b"packed")
        retain(node.folder, config, node.store, catalog, date(2030, 1, 1))
        assert lines.is_file() and catalog.rejects.samples()
        retain(node.folder, config, node.store, catalog, date(2030, 1, 2))
        assert not lines.exists() and not catalog.rejects.samples()
    catalog.close()


def test_a_lake_in_a_nodes_folder_asks_that_nodes_holds(node: OpenNode) -> None:
    begin(node.store, finding("s-1"))
    with node.store.write() as connection:
        hold(connection, "I-1", SHELL, "a case", NOW)
    assert held_in(node.folder.lake) == {"2026-11-23"}

"""A person's value is found everywhere it is kept, and goes from there, but for what a hold keeps."""

import json
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from live_engine import SECONDS, Node, run_down, stored
from node_folders import NOW, OpenNode, make_folder
from test_evidence_export import MORNING, begin, events_of, finding

from tocsin.errors import LakeError, StateError, UsageError
from tocsin.lake.catalog import Catalog
from tocsin.lake.rollups import update_rollups
from tocsin.lake.value import Value
from tocsin.ledger.entry import Kind
from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.node.store import findings, ledger, oncall, outbox, tickets
from tocsin.node.store.database import Store, open_store
from tocsin.node.store.erasure import erase_from_state, find_in_state
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.holds import Held, held, hold
from tocsin.node.store.incident_check import faults
from tocsin.node.store.incident_state import Noted
from tocsin.node.store.incidents import Decision, change, present
from tocsin.node.upkeep.evidence import export_evidence
from tocsin.node.upkeep.privacy import erase, find
from tocsin.triage.on_call import Duty

SHELL = "shell:1000"
ANNA = "anna.k@example.org"
LINES = 120


def line(number: int) -> bytes:
    who = ANNA if number % 10 == 3 else f"joanna.k@example.org{number}" if number % 10 == 4 else "nobody"
    told = {
        "ts": 1795426200 + number, "uid": f"C{number}", "id.orig_h": f"192.0.2.{number % 9}", "id.orig_p": 1000,
        "id.resp_h": "192.0.2.200", "id.resp_p": 80, "method": "GET", "host": "h.example", "uri": f"/?m={who}",
        "user_agent": "x", "status_code": 200, "username": who,
    }  # fmt: skip
    return json.dumps(told).encode() + b"\n"


@pytest.fixture
def fed(tmp_path: Path) -> OpenNode:
    """A node that was sent lines, a tenth of which name a person, with rollups over them."""
    folder, config, _ = make_folder(tmp_path / "node")
    live = Node(folder.path)
    live.push(b"".join(map(line, range(LINES))))
    with live.engine() as engine:
        run_down(engine)
    close_segments(live)
    catalog = Catalog(folder.lake)
    with catalog.writing():
        update_rollups(catalog, NOW.date())
    catalog.close()
    return OpenNode(folder, config, open_store(f"sqlite:///{tmp_path}/state.sqlite", create=True))


def close_segments(live: Node) -> None:
    """Take the open segment out of the journal as the engine does once it is closed."""
    import sqlite3

    from tocsin.node.journal.records import JOURNAL

    with closing(sqlite3.connect(live.folder / "journal" / JOURNAL)) as db, db:
        db.execute("UPDATE segments SET closed = 1")
    with live.engine() as engine:
        run_down(engine)


def raw(node: OpenNode) -> list[bytes]:
    (path,) = (node.folder.path / "raw").glob("*/*.zst")
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as lines:
        return lines.read().splitlines(keepends=True)


def source(node: OpenNode) -> str:
    catalog = Catalog(node.folder.lake)
    (found,) = catalog.sources()
    catalog.close()
    return found.id


def test_what_is_found_is_what_goes_and_nothing_else(fed: OpenNode) -> None:
    before = stored(fed.folder.lake)
    seen = find(fed, ANNA, SHELL, NOW)
    assert sum(seen.lake.tables.values()) == seen.lines == LINES // 10
    assert stored(fed.folder.lake) == before
    gone = erase(fed, ANNA, "request 17", SHELL, NOW)
    assert (gone.lake.tables, gone.lines) == (seen.lake.tables, seen.lines)
    assert stored(fed.folder.lake) == [row for row in before if ANNA not in row.values()]
    again = find(fed, ANNA, SHELL, NOW)
    assert again.found == 0 and sum(again.lake.rollups.values()) == 0
    lines = raw(fed)
    assert len(lines) == LINES
    assert all(each == (b"[erased]\n" if n % 10 == 3 else line(n)) for n, each in enumerate(lines))


def test_what_rests_on_a_hold_stays_and_is_counted(fed: OpenNode) -> None:
    event = f"{source(fed)}-4"
    begin(fed.store, finding(event))
    with fed.store.write() as connection:
        hold(connection, "I-1", SHELL, "a case", NOW)
    gone = erase(fed, ANNA, "request 17", SHELL, NOW)
    assert (sum(gone.lake.tables.values()), gone.lake.kept, gone.lines_kept) == (LINES // 10 - 1, 1, 1)
    assert raw(fed)[3] == line(3) and raw(fed)[13] == b"[erased]\n"
    assert sum(ANNA in row.values() for row in stored(fed.folder.lake)) == 1


def test_an_event_that_a_held_finding_only_shows_stays_too(fed: OpenNode, tmp_path: Path) -> None:
    shown, second, counted = (f"{source(fed)}-{number}" for number in (4, 14, 24))
    evidence = (Evidence(shown, MORNING, "f", 4, {}, also=(second,)),)
    begin(fed.store, replace(finding(counted), evidence=evidence))
    with fed.store.write() as connection:
        hold(connection, "I-1", SHELL, "a case", NOW)
        assert held(connection).events == {shown, second, counted}
    gone = erase(fed, ANNA, "request 17", SHELL, NOW)
    assert (gone.lake.kept, gone.lines_kept) == (3, 3)
    export_evidence(fed, "I-1", tmp_path / "case", SHELL, NOW)
    assert set(events_of(tmp_path / "case")) == {shown, second, counted}


def test_the_ledger_tells_that_it_was_done_and_not_what(fed: OpenNode) -> None:
    find(fed, ANNA, SHELL, NOW)
    erase(fed, ANNA.upper(), "request 17 of Anna", SHELL, NOW)
    with fed.store.read() as connection:
        looked, erased = reversed(ledger.newest(connection, 2))
        text = "".join(ledger.export(connection)).casefold()
    assert (looked.kind, looked.detail["change"], erased.detail["change"]) == (Kind.PRIVACY, "searched", "erased")
    assert looked.subject == erased.subject and looked.subject.startswith("value:")
    assert "anna" not in text and "request" not in text


def test_erasing_waits_for_a_node_that_ended_and_took_in_what_was_sent(fed: OpenNode) -> None:
    with pytest.raises(UsageError):
        erase(fed, ANNA, " ", SHELL, NOW)
    catalog = Catalog(fed.folder.lake)
    with catalog.writing(), pytest.raises(LakeError, match="another"):
        erase(fed, ANNA, "request", SHELL, NOW)
    catalog.close()
    Node(fed.folder.path).push(line(3))
    assert find(fed, ANNA, SHELL, NOW).journal == len(line(3))
    with pytest.raises(StateError, match="journal"):
        erase(fed, ANNA, "request", SHELL, NOW)


def test_a_node_that_is_paused_erases_although_lines_wait_and_says_how_many(fed: OpenNode) -> None:
    Node(fed.folder.path).push(line(3))
    gone = erase(fed, ANNA, "request", SHELL, NOW, paused=True)
    assert (gone.lines, gone.journal) == (LINES // 10, len(line(3)))


def test_a_lake_that_another_lets_go_soon_is_waited_for(fed: OpenNode) -> None:
    with closing(Catalog(fed.folder.lake)) as other, closing(Catalog(fed.folder.lake)) as catalog:
        holding = other.writing()
        holding.__enter__()
        with pytest.raises(LakeError, match="another"), catalog.writing(0.1):
            pass
        letting_go = threading.Timer(0.3, holding.__exit__, (None, None, None))
        letting_go.start()
        with catalog.writing(SECONDS):
            letting_go.join()


def work(store: Store) -> None:
    rule = RuleInfo("r", "A rule", "high")
    evidence = Evidence("s-1", MORNING, "f", 1, {"User": f"EX\\{ANNA}"})
    with store.write() as connection:
        other = Finding(rule, "PC", ANNA, 1, MORNING, MORNING, ("s-1",), (evidence,))
        findings.put(connection, [StoredFinding("f-9", other, NOW)])
        outbox.put(connection, "webhook", "test", json.dumps({"text": ANNA}), NOW)
    begin(store, finding("s-1"))
    with store.write() as connection:
        change(connection, Decision("I-1", 1, "account:a", NOW, f"asked {ANNA}"), Noted(f"called {ANNA} twice"))
        change(connection, Decision("I-1", 2, "account:a", NOW, "b"), Noted("another note"))


def test_findings_notes_and_messages_lose_it_and_the_check_of_incidents_holds(store: Store) -> None:
    work(store)
    value = Value(ANNA)
    with store.read() as connection:
        seen = find_in_state(connection, value, Held())
        assert (seen.findings, seen.incidents, seen.messages) == (1, 1, 1)
    with store.write() as connection:
        assert erase_from_state(connection, value, Held(), SHELL, NOW) == seen
    with store.read() as connection:
        assert find_in_state(connection, value, Held()).findings == 0
        (cleaned,) = findings.by_ids(connection, ["f-9"])
        assert (cleaned.finding.user, cleaned.finding.evidence[0].fields["User"]) == ("[erased]", "EX\\[erased]")
        notes = [note.text for note in present(connection, "I-1", "node").notes]
        assert notes == ["called [erased] twice", "another note"]
        assert list(faults(connection)) == []
        assert outbox.messages(connection, 9) == []


def test_who_is_erased_is_off_the_on_call_list_and_gets_no_message(store: Store) -> None:
    anna, boris = Duty("Anna K", ANNA), Duty("Boris", "boris@example.org")
    with store.write() as connection:
        oncall.replace_all(connection, [anna, boris, Duty("Anna K", "other@example.org", 2)], SHELL, NOW)
        outbox.put(connection, "mail", "incident", '{"node":"n","person":"Anna K"}', NOW)
        tickets.hear(connection, "I-1", "opened", NOW)
        tickets.set_number(connection, "I-1", f"call {ANNA}")
    for value, places in ((ANNA, (1, 0, 1)), ("Anna K", (1, 1, 0))):
        with store.write() as connection:
            seen = find_in_state(connection, Value(value), Held())
            assert (seen.duties, seen.messages, seen.reasons) == places
            assert erase_from_state(connection, Value(value), Held(), SHELL, NOW) == seen
    with store.read() as connection:
        assert oncall.duties(connection) == [boris]
        assert outbox.messages(connection, 9) == []
        known = tickets.ticket(connection, "I-1")
        assert known is not None and known.number == "call [erased]"


def test_an_incident_that_is_held_keeps_what_it_says(store: Store) -> None:
    work(store)
    with store.write() as connection:
        hold(connection, "I-1", SHELL, "a case", NOW)
        done = erase_from_state(connection, Value(ANNA), held(connection), SHELL, NOW)
        assert (done.incidents, done.kept) == (0, 1)
        assert present(connection, "I-1", "node").notes[0].text == f"called {ANNA} twice"


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("10.0.0.5", True), ("from 10.0.0.5:80", True), ("10.0.0.55", False), ("110.0.0.5", False), ("", False),
        ("10a0b0c5", False), ('{"ip":"10.0.0.5"}', True), ("x10.0.0.5", False), ("é10.0.0.5", False),
    ],
)  # fmt: skip
def test_a_value_counts_as_a_word_in_columns_and_in_texts_alike(text: str, holds: bool) -> None:
    value = Value("10.0.0.5")
    table = pa.table({"n": [1, 2], "t": pa.array([None, text]), "d": pa.array([None, text]).dictionary_encode()})
    assert value.rows(table).to_pylist() == [False, holds]
    assert value.is_in(text) is holds
    assert not value.is_in(value.without(text))


@given(st.text('aé ß"\\/.\x07\u20ac😀', max_size=6).map(lambda text: f"x{text}x1"))
def test_a_value_is_found_in_json_as_it_is_written_there(text: str) -> None:
    for plain in (True, False):
        written = json.dumps({"a": f"to {text}, twice"}, ensure_ascii=plain)
        assert Value(text).is_in(written)
        assert Value(text).rows(pa.table({"t": [written]})).to_pylist() == [True]


@pytest.mark.parametrize("text", ["", "ab", "  a ", "two\nlines"])
def test_a_value_that_would_be_everywhere_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Value(text)


def test_a_value_is_not_shown_by_accident() -> None:
    assert "anna" not in repr(Value("anna"))

"""A backup is whole, sealed and of one moment; what was changed is refused before anything is written."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from node_folders import NOW, enter, make_folder

from tocsin.errors import StateError, TocsinError, UsageError
from tocsin.lake.catalog import Catalog, FileRecord, Flush
from tocsin.lake.durable import write_parquet
from tocsin.ledger.entry import Kind
from tocsin.ledger.verify import verify
from tocsin.model import Finding, Incident, RuleInfo
from tocsin.node.journal.records import JournalRecords, Segment
from tocsin.node.people.accounts import Account, Role
from tocsin.node.service.config import NodeFolder
from tocsin.node.store import findings, ledger, outbox
from tocsin.node.store import people as rows
from tocsin.node.store.database import Store, open_store
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_state import Noted, Opened
from tocsin.node.store.incidents import Decision, change, listed, open_incident
from tocsin.node.upkeep.backup import Wanted, back_up
from tocsin.node.upkeep.backup_index import Index, is_safe
from tocsin.node.upkeep.documents import DocumentError
from tocsin.node.upkeep.keys import TRUST, load_secret, load_trust, read_recovery_key, read_trust
from tocsin.node.upkeep.restore import Restored, restore, verify_backup
from tocsin.node.upkeep.sealing import (
    CHUNK_BYTES,
    PassphraseSeal,
    SealingReader,
    Unopened,
    open_with_passphrase,
    open_with_recovery,
    sealed_size,
    unseal_file,
)
from tocsin.node.upkeep.shell import OpenNode

SHELL = "shell:1000"
PHRASE = "correct horse battery staple"
Work = tuple[OpenNode, str]


@pytest.fixture
def work(tmp_path: Path, store: Store) -> Work:
    """A node with an incident, a person and a message, on both databases, and its recovery key."""
    text = '[api]\ncertificate = "tls.pem"\nkey = "/elsewhere/tls.key"\n'
    folder, config, recovery = make_folder(tmp_path / "node", text)
    (folder.path / "tls.pem").write_text("a certificate")
    finding = Finding(RuleInfo("r", "A \x00 rule \ud800", "high"), "PC\x00", "anna", 1, NOW, NOW, ("e-1",))
    shown = Incident("I-1", "T", "high", (), (), NOW, NOW, (), (), (), (), (), ())
    with store.write() as connection:
        findings.put(connection, [StoredFinding("f-1", finding, NOW)])
        open_incident(connection, "I-1", Opened(shown, ("f-1",)), NOW)
        change(connection, Decision("I-1", 1, "account:a", NOW, "b"), Noted("a note"))
        rows.add_account(connection, Account("a", "anna", Role.LEAD, True, 0), "$argon2id$x", 0)
        rows.set_account(connection, "a", {"totp": b"\x00\xff"})
        outbox.put(connection, "webhook", "test", "{}", NOW)
    return OpenNode(folder, config, store), recovery


def opener(recovery: str) -> Callable[[Index], bytes]:
    return lambda index: open_with_recovery(index.seals[0], read_recovery_key(recovery), index.context)  # type: ignore[arg-type]


def restored(file: Path, to: Path, recovery: str) -> Restored:
    return restore(file, to, opener(recovery), SHELL, NOW, url=f"sqlite:///{to}/state.sqlite")


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def test_a_restored_node_has_the_same_incidents_people_keys_and_ledger(work: Work, tmp_path: Path) -> None:
    node, recovery = work
    index = back_up(node, tmp_path / "b.tar", Wanted(), SHELL, NOW)
    to = tmp_path / "elsewhere"
    done = restored(tmp_path / "b.tar", to, recovery)
    assert done.index == index and done.rows > 5
    with node.store.read() as connection:
        before = listed(connection, "node", 9), findings.by_incident(connection, "I-1"), rows.accounts(connection)
        secrets = rows.secrets_of(connection, "a")
    store = open_store(f"sqlite:///{to}/state.sqlite")
    with store.read() as connection:
        assert (
            listed(connection, "node", 9),
            findings.by_incident(connection, "I-1"),
            rows.accounts(connection),
        ) == before
        assert rows.secrets_of(connection, "a") == secrets
        found = verify(ledger.entries(connection), ledger.checkpoints(connection), load_trust(NodeFolder(to)))
        last = ledger.newest(connection, 1)[0]
    assert found.holds and found.proved == index.entries
    assert (last.kind, last.subject, last.sequence) == (Kind.RESTORE, f"backup:{index.id}", index.entries + 1)
    with store.write() as connection:
        assert outbox.put(connection, "webhook", "test", "{}", NOW) == 2
    store.close()
    assert load_secret(NodeFolder(to)) == load_secret(node.folder)
    assert (to / "tls.pem").read_text() == "a certificate"
    assert {path.stat().st_mode & 0o077 for path in to.rglob("*") if path.is_file() and "sqlite" not in path.name} == {
        0
    }
    assert not (to / "state.ndjson").exists() and list(node.folder.spool.iterdir()) == []


def test_playbooks_clocks_and_the_never_block_list_come_along(work: Work, tmp_path: Path) -> None:
    node, recovery = work
    for name in ("playbooks/ours.json", "clocks/nis2.toml", "never-block.txt"):
        (node.folder.path / name).parent.mkdir(exist_ok=True)
        (node.folder.path / name).write_text(f"this is {name}")
    (node.folder.playbooks / "link.json").symlink_to(node.folder.config)
    back_up(node, tmp_path / "b.tar", Wanted(), SHELL, NOW)
    restored(tmp_path / "b.tar", tmp_path / "to", recovery)
    there = NodeFolder(tmp_path / "to")
    assert (there.playbooks / "ours.json").read_text() == "this is playbooks/ours.json"
    assert (there.clocks / "nis2.toml").is_file() and there.never_block.is_file()
    assert not (there.playbooks / "link.json").exists()


def test_a_backup_of_either_database_goes_into_either(
    work: Work, tmp_path: Path, url: str, request: pytest.FixtureRequest
) -> None:
    node, recovery = work
    back_up(node, tmp_path / "b.tar", Wanted(), SHELL, NOW)
    if node.store.kind == "postgresql":
        with pytest.raises(StateError, match="not empty"):
            restore(tmp_path / "b.tar", tmp_path / "to", opener(recovery), SHELL, NOW, url=url)
        assert list((tmp_path / "to").iterdir()) == []
        with node.store.write() as connection:
            from sqlalchemy import text

            schema = connection.execute(text("SELECT current_schema()")).scalar()
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        restore(tmp_path / "b.tar", tmp_path / "to", opener(recovery), SHELL, NOW, url=url)
        store = open_store(url)
        with store.write() as connection:
            assert outbox.put(connection, "webhook", "test", "{}", NOW) == 2
            assert [state.id for state in listed(connection, "node", 9)] == ["I-1"]
        store.close()


def test_that_it_was_taken_is_in_the_ledger_and_what_is_missing_is_said(work: Work, tmp_path: Path) -> None:
    node, _ = work
    index = back_up(node, tmp_path / "b.tar", Wanted(), SHELL, NOW)
    with node.store.read() as connection:
        entry = ledger.last_of(connection, Kind.BACKUP)
    assert entry is not None and entry.subject == f"backup:{index.id}" and entry.actor == SHELL
    missing = " ".join(index.missing)
    assert "Sessions" in missing and "--lake" in missing and "/elsewhere/tls.key" in missing


def test_nothing_in_the_file_is_readable_without_a_key(work: Work, tmp_path: Path) -> None:
    node, recovery = work
    back_up(node, tmp_path / "b.tar", Wanted(passphrase=PHRASE), SHELL, NOW)
    data = (tmp_path / "b.tar").read_bytes()
    private = next(node.folder.keys.glob("ledger-*.pem")).read_bytes()
    for secret in (load_secret(node.folder), private[30:70], b"a note", b"anna", b"argon2id$x", PHRASE.encode()):
        assert secret not in data
    assert recovery.rpartition("-")[2].encode() not in data
    assert (tmp_path / "b.tar").stat().st_mode & 0o777 == 0o600


def test_a_passphrase_opens_a_backup_too(work: Work, tmp_path: Path) -> None:
    node, _ = work
    back_up(node, tmp_path / "b.tar", Wanted(passphrase=PHRASE), SHELL, NOW)

    def by_phrase(phrase: str) -> Callable[[Index], bytes]:
        return lambda index: open_with_passphrase(index.seals[1], phrase, index.context)  # type: ignore[arg-type]

    with pytest.raises(Unopened):
        restore(tmp_path / "b.tar", tmp_path / "to", by_phrase(PHRASE.title()), SHELL, NOW)
    assert not (tmp_path / "to").exists()
    url = f"sqlite:///{tmp_path}/to/state.sqlite"
    assert restore(tmp_path / "b.tar", tmp_path / "to", by_phrase(PHRASE), SHELL, NOW, url=url).rows
    with pytest.raises(UsageError):
        back_up(node, tmp_path / "c.tar", Wanted(passphrase="short"), SHELL, NOW)
    assert not (tmp_path / "c.tar").exists()


def test_another_recovery_key_does_not_open_it(work: Work, tmp_path: Path) -> None:
    node, _ = work
    _, _, other = make_folder(tmp_path / "other")
    back_up(node, tmp_path / "b.tar", Wanted(), SHELL, NOW)
    with pytest.raises(Unopened, match="was sealed to"):
        restored(tmp_path / "b.tar", tmp_path / "to", other)


def test_nothing_is_written_over(work: Work, tmp_path: Path) -> None:
    node, recovery = work
    back_up(node, tmp_path / "b.tar", Wanted(), SHELL, NOW)
    with pytest.raises(UsageError):
        back_up(node, tmp_path / "b.tar", Wanted(), SHELL, NOW)
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").touch()
    with pytest.raises(UsageError):
        restored(tmp_path / "b.tar", full, recovery)
    assert [path.name for path in full.iterdir()] == ["mine"]


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    found = members(file)
    change(found)
    wrong = file.with_name("wrong.tar")
    with tarfile.open(wrong, "w:") as tar:
        for name, data in found.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
    return wrong


def flipped(found: dict[str, bytes], name: str) -> None:
    found[name] = found[name][:-1] + bytes([found[name][-1] ^ 1])


def reindexed(found: dict[str, bytes], old: str, new: str) -> None:
    found["index.json"] = found["index.json"].replace(old.encode(), new.encode())


CHANGES: list[Callable[[dict[str, bytes]], None]] = [
    lambda found: flipped(found, "state.ndjson"),
    lambda found: flipped(found, "keys/secret"),
    lambda found: found.pop("keys/secret") and None,
    lambda found: found.update({"keys/more": b"x"}),
    lambda found: found.update({"../outside": b"x"}),
    lambda found: found.pop("index.json") and None,
    lambda found: found.pop("trust.json") and None,
    lambda found: found.update({"index.json": b"{}"}),
    lambda found: reindexed(found, '"lake": false', '"lake": true'),
    lambda found: reindexed(found, "keys/secret", "../x/secret"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_backup_that_was_changed_is_refused_before_anything_is_written(
    tmp_path: Path, change: Callable[[dict[str, bytes]], None], node: OpenNode
) -> None:
    enter(node.store)
    back_up(node, tmp_path / "b.tar", Wanted(), SHELL, NOW)
    wrong = rewritten(tmp_path / "b.tar", change)
    with pytest.raises(TocsinError) as told:
        restore(wrong, tmp_path / "to", lambda _: pytest.fail("nothing is opened"), SHELL, NOW)
    assert told.value.advice()
    assert not (tmp_path / "to").exists()


@pytest.mark.parametrize("size", [0, 100, 5_000])
def test_a_backup_that_was_cut_off_or_is_none_is_refused(tmp_path: Path, size: int, node: OpenNode) -> None:
    back_up(node, tmp_path / "b.tar", Wanted(), SHELL, NOW)
    data = (tmp_path / "b.tar").read_bytes()
    for wrong in (data[:size], b"x" * size):
        (tmp_path / "wrong.tar").write_bytes(wrong)
        with pytest.raises(DocumentError):
            verify_backup(tmp_path / "wrong.tar")


def test_a_forged_backup_is_told_by_keys_from_elsewhere(tmp_path: Path, node: OpenNode) -> None:
    back_up(node, tmp_path / "b.tar", Wanted(), SHELL, NOW)
    other, _, _ = make_folder(tmp_path / "other")
    assert verify_backup(tmp_path / "b.tar", read_trust(node.folder.keys / TRUST)).entries == 0
    with pytest.raises(DocumentError):
        verify_backup(tmp_path / "b.tar", read_trust(other.keys / TRUST))


def fill_lake(folder: NodeFolder) -> None:
    catalog = Catalog(folder.lake, create=True)
    with catalog.writing():
        path = "tables/web/day=2026-11-30/a.parquet"
        size = write_parquet(folder.lake / path, pa.table({"event_id": ["s-1"]}))
        record = FileRecord(path, "web", "2026-11-30", 1, size, 1, 1, ("event_id",), ("s",))
        catalog.commit(Flush((record,), (), (), {}, {}, "r"))
    catalog.close()
    (folder.lake / "tables" / "web" / "orphan.parquet").write_bytes(b"of a killed run")
    records = JournalRecords(folder.journal)
    with records.writing():
        records.put_segment(Segment("s", 1, committed=4, lines=1))
        records.put_segment(Segment("s", 2))
    records.close()
    (folder.journal / "s").mkdir()
    (folder.journal / "s" / "00000001.log").write_bytes(b"abc\nnever acknowledged")
    raw = folder.path / "raw" / "ab"
    raw.mkdir(parents=True)
    (raw / "abcd.log.zst").write_bytes(b"packed")


def test_the_lake_comes_along_as_the_catalog_lists_it(tmp_path: Path) -> None:
    folder, config, recovery = make_folder(tmp_path / "node")
    fill_lake(folder)
    store = open_store(f"sqlite:///{folder.path}/state.sqlite", create=True)
    index = back_up(OpenNode(folder, config, store), tmp_path / "b.tar", Wanted(lake=True), SHELL, NOW)
    store.close()
    to = tmp_path / "to"
    restored(tmp_path / "b.tar", to, recovery)
    names = {member.name for member in index.members}
    assert "lake/tables/web/orphan.parquet" not in names
    catalog = Catalog(to / "lake")
    (record,) = catalog.files()
    catalog.close()
    assert (to / "lake" / record.path).read_bytes() == (folder.lake / record.path).read_bytes()
    assert (to / "journal" / "s" / "00000001.log").read_bytes() == b"abc\n"
    assert (to / "raw" / "ab" / "abcd.log.zst").read_bytes() == b"packed"
    records = JournalRecords(to / "journal")
    assert [segment.number for segment in records.segments()] == [1, 2]
    records.close()


def test_a_lake_whose_files_are_gone_is_told(tmp_path: Path, node: OpenNode) -> None:
    fill_lake(node.folder)
    (node.folder.lake / "tables" / "web" / "day=2026-11-30" / "a.parquet").unlink()
    with pytest.raises(TocsinError, match="faster"):
        back_up(node, tmp_path / "b.tar", Wanted(lake=True), SHELL, NOW)
    assert not (tmp_path / "b.tar").exists() and list(node.folder.spool.iterdir()) == []


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_sealed_file_comes_back_and_no_chunk_can_be_moved_or_cut(size: int) -> None:
    key, data = bytes(32), bytes(range(256)) * (size // 256 + 1)
    sealed = SealingReader(io.BytesIO(data), size, key, "a").read(10 * CHUNK_BYTES)
    assert len(sealed) == sealed_size(size)
    target = io.BytesIO()
    unseal_file(io.BytesIO(sealed), target, key, "a")
    assert target.getvalue() == data[:size]
    step = CHUNK_BYTES + 16
    for wrong in (sealed[:-1], sealed + b"x", sealed[:step], sealed[step:] + sealed[:step], b""):
        if wrong != sealed:
            with pytest.raises(Unopened):
                unseal_file(io.BytesIO(wrong), io.BytesIO(), key, "a")
    with pytest.raises(Unopened):
        unseal_file(io.BytesIO(sealed), io.BytesIO(), key, "b")


def test_a_file_that_becomes_shorter_is_told() -> None:
    with pytest.raises(StateError):
        SealingReader(io.BytesIO(b"abc"), 4, bytes(32), "a").read(99)


@pytest.mark.parametrize(
    "more", [{"passes": 0}, {"passes": 11}, {"memory_kib": 2**21}, {"lanes": 17}, {"memory_kib": 1}]
)
def test_a_backup_that_asks_for_too_much_work_is_refused(more: dict[str, int]) -> None:
    sealed = PassphraseSeal(**{"salt": "00" * 16, "passes": 1, "memory_kib": 64, "lanes": 1, "sealed": "00", **more})  # type: ignore[arg-type]
    with pytest.raises(Unopened, match="impossible"):
        open_with_passphrase(sealed, PHRASE, "c")


@given(st.text(st.sampled_from("a./\\\x00"), max_size=12))
def test_a_safe_name_stays_below_its_folder(name: str) -> None:
    if is_safe(name):
        assert Path("/to", name).resolve().is_relative_to("/to") and Path("/to", name) != Path("/to")
    assert not is_safe("/" + name) and not is_safe("../" + name) and not is_safe(name + "/..")


def test_the_index_tells_nothing_that_was_seen(work: Work, tmp_path: Path) -> None:
    node, _ = work
    back_up(node, tmp_path / "b.tar", Wanted(), SHELL, NOW)
    index = json.loads(members(tmp_path / "b.tar")["index.json"])["document"]
    assert set(index) == {
        "type", "node", "id", "time", "tocsin", "schema", "database", "entries", "head", "lake", "members", "seals",
        "missing",
    }  # fmt: skip

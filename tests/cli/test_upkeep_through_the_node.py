"""`tocsin key`, `ledger`, `evidence`, `privacy`, `node check` and `hunt` through the node, under a login."""

import csv
import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from keepers import ANNA, INCIDENT, Keeper, line
from nodes import command

from tocsin import clock, limits
from tocsin.ledger.entry import Kind
from tocsin.node.people.accounts import Account, Role
from tocsin.node.store import ledger
from tocsin.node.upkeep.checkpoints import add_checkpoint
from tocsin.node.upkeep.documents import read_document
from tocsin.node.upkeep.keys import Purpose, load_trust

HANDED_SECONDS = 10
RULE = """\
title: Host three
id: 22222222-2222-4222-8222-222222222222
level: high
logsource: {product: windows, category: dns_query}
detection:
  selection:
    QueryName: host3.example
  condition: selection
"""


def entries(keeper: Keeper, kind: Kind) -> list[tuple[str, str, dict[str, object]]]:
    with keeper.api.desk.store.read() as connection:
        found = ledger.newest_of(connection, kind, 100)
    return [(each.actor, each.subject, dict(each.detail)) for each in found]


def test_keys_are_looked_at_by_many_and_changed_by_an_admin(keeper: Keeper) -> None:
    keeper.log_in(Role.ANALYST)
    before = json.loads(command("key", "list", "--json").out)["keys"]
    assert [key["signs"] for key in before] == ["ledger", "documents"]
    assert "may not do this" in command("key", "rotate", "documents").err
    admin = keeper.log_in(Role.ADMIN)
    assert command("key", "rotate", "documents").code == 0
    assert "is revoked" in command("key", "revoke", before[0]["id"]).out
    states = [row.split()[2] for row in command("key", "list").out.splitlines()]
    assert sorted(states) == ["in", "in", "replaced", "revoked"]
    assert {actor for actor, _, _ in entries(keeper, Kind.KEY_CHANGE)} == {admin.actor}


def test_the_ledger_is_verified_and_exported_by_an_auditor(keeper: Keeper, tmp_path: Path) -> None:
    auditor = keeper.log_in(Role.AUDITOR)
    file, keys = tmp_path / "ledger.ndjson", tmp_path / "trust.json"
    assert command("ledger", "export", file, "--keys", keys).code == 0
    assert entries(keeper, Kind.EXPORT) == [(auditor.actor, "node", {"what": "ledger"})]
    done = command("ledger", "verify", file, "--keys", keys)
    assert done.code == 0 and "signed up to entry 1." in done.out
    done = command("ledger", "verify")
    assert done.code == 0 and "The ledger holds: 1 entries, signed up to entry 1." in done.out


def test_the_witness_is_compared_with_what_the_node_exports(keeper: Keeper, tmp_path: Path) -> None:
    from sqlalchemy import delete, select, update

    from tocsin.ledger.witness import witness_line

    keeper.log_in(Role.AUDITOR)
    witness = tmp_path / "witness.log"
    command("ledger", "export", tmp_path / "a")
    command("ledger", "export", tmp_path / "b")
    store = keeper.api.desk.store
    with store.read() as connection:
        kept = ledger.unwitnessed(connection, 10)
    witness.write_text("".join(witness_line(each) + "\n" for each in kept))
    done = command("ledger", "verify", "--witness", witness)
    assert done.code == 0 and "The witness proves it up to entry 2." in done.out
    with store.write() as connection:
        first = connection.execute(select(ledger.ENTRIES.c.digest).where(ledger.ENTRIES.c.sequence == 1)).scalar_one()
        connection.execute(delete(ledger.ENTRIES).where(ledger.ENTRIES.c.sequence > 1))
        connection.execute(delete(ledger.CHECKPOINTS).where(ledger.CHECKPOINTS.c.sequence > 1))
        connection.execute(update(ledger.HEAD).values(sequence=1, digest=first))
    add_checkpoint(keeper.folder, store, clock.now())
    assert command("ledger", "verify").code == 0
    done = command("ledger", "verify", "--witness", witness)
    assert done.code == 1 and "entry 2" in done.out


def test_rescues_are_shown_to_an_auditor_with_their_reasons(keeper: Keeper) -> None:
    keeper.log_in(Role.AUDITOR)
    assert command("key", "list", "--rescue", "--reason", "the API was down", "--dir", keeper.folder.path).code == 0
    told = command("ledger", "rescues").out
    assert "key list: the API was down" in told and "shell:" in told


def test_evidence_is_held_exported_and_released(keeper: Keeper, tmp_path: Path) -> None:
    keeper.open()
    analyst = keeper.log_in(Role.ANALYST)
    assert "is held" in command("evidence", "hold", INCIDENT, "--why", "a case").out
    assert command("evidence", "hold", INCIDENT, "--why", "again").code == 3
    assert "held  a case" in command("evidence", "list").out
    assert "may not do this" in command("evidence", "export", INCIDENT, "--to", tmp_path / "no").err
    lead = keeper.log_in(Role.LEAD)
    case = tmp_path / "case"
    done = command("evidence", "export", INCIDENT, "--to", case)
    assert done.code == 0 and "holds 2 events, 2 with their original line" in done.out, done.err
    assert sorted(each.read_bytes() for each in (case / "events").iterdir()) == sorted((line(2), line(19)))
    assert {each.stat().st_mode & 0o077 for each in case.rglob("*") if each.is_file()} == {0}
    assert command("evidence", "export", INCIDENT, "--to", case).code == 2
    assert command("evidence", "release", INCIDENT, "--why", "over").code == 0
    told = [(actor, detail["change"]) for actor, _, detail in entries(keeper, Kind.EVIDENCE)]
    assert told == [(lead.actor, "released"), (lead.actor, "exported"), (analyst.actor, "held")]
    until = time.monotonic() + HANDED_SECONDS  # the client has its answer before the server has tidied up behind it
    while list(keeper.folder.spool.glob("handed-*")) and time.monotonic() < until:
        time.sleep(0.05)
    assert list(keeper.folder.spool.glob("handed-*")) == []


def test_a_persons_data_is_found_and_erased_by_a_lead(keeper: Keeper) -> None:
    lead = keeper.log_in(Role.LEAD)
    done = command("privacy", "find", ANNA)
    assert done.code == 0 and "It is in 12 rows of windows." in done.out, done.err
    ((actor, subject, detail),) = entries(keeper, Kind.PRIVACY)
    assert (actor, detail) == (lead.actor, {"change": "searched"}) and ANNA not in subject
    assert command("privacy", "erase", ANNA, "--why", "request 17").code == 2
    assert command("privacy", "erase", ANNA, "--why", " ", "--yes").code == 2
    assert command("privacy", "erase", "ab", "--why", "request 17", "--yes").code == 2
    assert json.loads(command("privacy", "find", ANNA, "--json").out)["lake"]["tables"] == {"windows": 12}
    done = command("privacy", "erase", ANNA, "--why", "request 17", "--yes")
    assert done.code == 0 and "It was erased from 12 rows of windows." in done.out, done.err
    assert "bytes in the journal were not looked through" in done.out
    erased = entries(keeper, Kind.PRIVACY)[0]
    assert erased[0] == lead.actor and erased[1] == subject and erased[2]["change"] == "erased"
    assert json.loads(command("privacy", "find", ANNA, "--json").out)["found"] == 0
    keeper.log_in(Role.AUDITOR)
    assert "may not do this" in command("privacy", "erase", ANNA, "--why", "request 17", "--yes").err


def test_the_check_comes_signed(keeper: Keeper) -> None:
    keeper.log_in(Role.AUDITOR)
    done = command("node", "check")
    assert done.code == 1 and "FAIL  backup: There was never a backup." in done.out
    signed = command("node", "check", "--format", "json").out.encode()
    assert read_document(signed, load_trust(keeper.folder, Purpose.DOCUMENTS), "check")["in_order"] is False


def test_a_hunt_asks_the_node_and_is_in_the_ledger(keeper: Keeper, tmp_path: Path) -> None:
    analyst = keeper.log_in(Role.ANALYST)
    done = command("hunt", "SELECT QueryName FROM windows WHERE QueryName = 'host7.example'", "--format", "csv")
    assert done.code == 0 and done.out.split() == ["QueryName", "host7.example"], done.err
    done = command("hunt", "--indicator", "host3.example", "--indicator", "evil.example", "--format", "csv")
    assert "Seen: 1 of 2. Not seen: evil.example." in done.err
    assert {row["count"] for row in csv.DictReader(io.StringIO(done.out))} == {"1"}
    rule = tmp_path / "my rule.yml"
    rule.write_text(RULE)
    done = command("hunt", "--rule", rule, "--format", "csv", "--since", "2026-11-01")
    assert done.code == 0, done.err
    assert [(row["rule"], row["count"]) for row in csv.DictReader(io.StringIO(done.out))] == [("Host three", "1")]
    told = [(actor, detail["by"]) for actor, _, detail in entries(keeper, Kind.HUNT)]
    assert told == [(analyst.actor, by) for by in ("rules", "indicators", "sql")]
    with keeper.api.desk.store.read() as connection:
        assert "host7" not in "".join(ledger.export(connection))
    assert list(keeper.folder.spool.glob("handed-*")) == []


def test_a_hunt_has_bounds_and_says_what_was_wrong(keeper: Keeper, tmp_path: Path) -> None:
    keeper.log_in(Role.ANALYST)
    done = command("hunt", "SELECT QueryName FROM windows", "--limit", "5", "--format", "csv")
    assert len(done.out.splitlines()) == 6 and "Only the first 5 rows" in done.err
    for query in ("DELETE FROM windows", "SELECT * FROM read_csv('/etc/passwd')", "SELECT nothing FROM nowhere"):
        assert command("hunt", query).code == 2, query
    slow = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b"
    done = command("hunt", slow, "--timeout", "1")
    assert done.code == 2 and "did not end within 1 seconds" in done.err
    bad = tmp_path / "bad.yml"
    bad.write_text("title: nothing\n")
    done = command("hunt", "--rule", bad)
    assert "no rule could be loaded" in done.err and str(keeper.folder.path) not in done.err


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        (Role.LEAD, lambda to: ("privacy", "find", ANNA)),
        (Role.LEAD, lambda to: ("hunt", "SELECT 1")),
        (Role.AUDITOR, lambda to: ("node", "check")),
    ],
)
def test_who_belongs_to_one_organisation_does_not_look_at_the_whole_node(
    keeper: Keeper, tmp_path: Path, role: Role, wanted: Callable[[Path], tuple[str, ...]]
) -> None:
    keeper.log_in(role, organisation="examplia")
    done = command(*wanted(tmp_path))
    assert done.code == 3 and "belongs to one organisation" in done.err


def test_evidence_of_an_incident_that_is_not_seen_does_not_exist(keeper: Keeper, tmp_path: Path) -> None:
    keeper.open()
    keeper.log_in(Role.LEAD)
    assert command("evidence", "hold", INCIDENT, "--why", "a case").code == 0
    keeper.log_in(Role.LEAD, organisation="other")
    for wanted in (
        ("evidence", "hold", INCIDENT, "--why", "x"),
        ("evidence", "release", INCIDENT, "--why", "x"),
        ("evidence", "export", INCIDENT, "--to", tmp_path / "case"),
    ):
        done = command(*wanted)
        assert done.code == 3 and f"there is no incident {INCIDENT}" in done.err
    assert command("evidence", "list").out == ""
    assert not (tmp_path / "case").exists()


def test_without_a_login_or_a_node_both_ways_on_are_said(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    for wanted in (("key", "list"), ("ledger", "verify"), ("evidence", "list"), ("privacy", "find", "x")):
        done = command(*wanted)
        assert done.code == 3 and "nobody is logged in" in done.err
        assert "tocsin login" in done.err and "--rescue --reason" in done.err
    keeper.log_in(Role.AUDITOR)
    account: Account = keeper.log_in(Role.AUDITOR)
    with keeper.api.desk.store.write() as connection:
        from tocsin.node.store import people

        people.end_sessions(connection, account.id)
    assert "--rescue --reason" in command("key", "list").err
    monkeypatch.setenv("TOCSIN_NODE_URL", "http://127.0.0.1:1")
    keeper.url = "http://127.0.0.1:1"
    keeper.log_in(Role.AUDITOR)
    done = command("key", "list")
    assert "no node answers" in done.err and "--rescue --reason" in done.err


def test_an_errand_that_takes_too_long_is_ended(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper.log_in(Role.ANALYST)
    monkeypatch.setattr(limits, "ERRAND_SPARE_SECONDS", -1)
    done = command("hunt", "SELECT 1", "--timeout", "1.4")
    assert done.code == 3 and "did not end within 0 seconds" in done.err, done.err

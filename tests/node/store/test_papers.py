"""Playbooks, actions and clocks in the state database: kept, locked, in the ledger, erased."""

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import insert, select
from state_samples import ANNA, BORIS, NOW, begin

from tocsin import limits
from tocsin.errors import Conflict, LimitExceeded, NotFound, UsageError
from tocsin.lake.value import Value
from tocsin.ledger.entry import Kind
from tocsin.node.store import actions, ledger, legal_clocks, migration, papers, playbook_runs
from tocsin.node.store.actions import ACTIONS, By
from tocsin.node.store.database import Store, fill_store, open_store, upgrade_store
from tocsin.node.store.erasure import erase_from_state, find_in_state
from tocsin.node.store.holds import Held
from tocsin.node.store.incident_check import faults
from tocsin.triage import actions as steps
from tocsin.triage.actions import Action, ActionKind, Form, Seen
from tocsin.triage.clocks import Clock, Step
from tocsin.triage.playbooks import Match, NumberedStep, Playbook

CLOCK = Clock("nis2", "t", "l", "s", "to", (Step("warning", "W", "1", hours=24),))
BOOK = Playbook(
    "wiper",
    "playbook--1",
    "Wiper",
    "",
    "2026-12-01",
    tuple(NumberedStep(number, f"step {number}", "", ("look at INCIDENT",), "the analyst") for number in (1, 2)),
    Match(),
)
DIGEST = "action:" + "0" * 64
BY = By(BORIS, NOW)


def proposed(*values: str, form: Form = Form.NFTABLES, incident: str = "I-1", **more: object) -> Action:
    made = Action(
        papers.new_id("A"),
        incident,
        ActionKind.BLOCK,
        form,
        values or ("203.0.113.7",),
        ANNA,
        "beacon of anna.k",
        NOW,
        NOW + timedelta(days=7),
        Seen(0),
    )
    return msgspec.structs.replace(made, **more)


def entered(store: Store) -> list[tuple[str, str, str]]:
    with store.read() as connection:
        found = ledger.newest_of(connection, Kind.DECISION, 50)
    return [(each.actor, each.subject.partition(":")[0], str(each.detail["change"])) for each in reversed(found)]


@pytest.fixture
def begun(store: Store) -> Store:
    begin(store, "I-1", "f-1")
    return store


def test_a_clock_runs_once_is_done_step_by_step_and_can_be_started_anew(begun: Store) -> None:
    with begun.write() as connection:
        running = legal_clocks.start(connection, "I-1", CLOCK, NOW, ANNA, "the phone report", NOW)
        with pytest.raises(Conflict):
            legal_clocks.start(connection, "I-1", CLOCK, NOW, BORIS, "", NOW)
        done = legal_clocks.done(connection, "I-1", "nis2", "warning", NOW, BORIS, "sent", NOW)
        assert legal_clocks.running(connection) == [done] and done.id == running.id
        legal_clocks.stop(connection, "I-1", "nis2", ANNA, "not significant", NOW)
        assert legal_clocks.running(connection) == []
        with pytest.raises(NotFound):
            legal_clocks.stop(connection, "I-1", "nis2", ANNA, "again", NOW)
        legal_clocks.start(connection, "I-1", CLOCK, NOW, ANNA, "significant after all", NOW)
        assert len(legal_clocks.of_incidents(connection, ["I-1"])) == 2
        assert list(faults(connection)) == []
    assert entered(begun) == [
        (ANNA, "clock", "started"),
        (BORIS, "clock", "done"),
        (ANNA, "clock", "stopped"),
        (ANNA, "clock", "started"),
    ]


def test_a_playbook_is_begun_once_and_skipping_needs_a_reason(begun: Store) -> None:
    with begun.write() as connection:
        playbook_runs.start(connection, "I-1", BOOK, ANNA, NOW)
        with pytest.raises(Conflict):
            playbook_runs.start(connection, "I-1", BOOK, BORIS, NOW)
        run = playbook_runs.step(connection, "I-1", "", 1, "done", "memory saved", BORIS, NOW)
        assert run.steps[1].commands == ("look at I-1",)
        assert (run.open, run.steps[0].state, run.steps[0].actor, run.steps[0].note) == (
            1,
            "done",
            BORIS,
            "memory saved",
        )
        with pytest.raises(UsageError, match="reason"):
            playbook_runs.step(connection, "I-1", "", 2, "skipped", " ", BORIS, NOW)
        assert playbook_runs.step(connection, "I-1", "wiper", 2, "skipped", "no backups here", ANNA, NOW).open == 0
        for name, number in (("", 3), ("", 0), ("flood", 1)):
            with pytest.raises(NotFound):
                playbook_runs.step(connection, "I-1", name, number, "done", "", ANNA, NOW)
    assert [change for _, kind, change in entered(begun) if kind == "playbook"] == ["started", "done", "skipped"]


def test_of_two_playbooks_one_has_to_be_named(begun: Store) -> None:
    with begun.write() as connection:
        for name in ("wiper", "flood"):
            playbook_runs.start(connection, "I-1", Playbook(name, "", name, "", "", BOOK.steps, Match()), ANNA, NOW)
        with pytest.raises(UsageError, match="several"):
            playbook_runs.step(connection, "I-1", "", 1, "done", "", ANNA, NOW)
        assert playbook_runs.step(connection, "I-1", "flood", 1, "done", "", ANNA, NOW).playbook == "flood"


def test_an_action_goes_its_way_and_each_step_is_in_the_ledger(begun: Store) -> None:
    with begun.write() as connection:
        made = actions.propose(connection, proposed(), DIGEST)
        with pytest.raises(UsageError):
            actions.propose(connection, proposed(why=" "), DIGEST)
        actions.change(connection, made.id, "approved", BY, lambda a: steps.approve(a, BORIS, NOW, lambda x, y: True))
        written = actions.change(
            connection, made.id, "written", BY, lambda a: steps.write(a, BORIS, NOW), file="file:1"
        )
        assert actions.listed(connection, standing=True) == [written] == actions.of_incidents(connection, ["I-1"])
        actions.change(connection, made.id, "undone", BY, lambda a: steps.undo(a, BORIS, "clean", NOW))
        assert actions.listed(connection, standing=True) == [] and len(actions.listed(connection, standing=False)) == 1
        with pytest.raises(NotFound):
            actions.present(connection, "A-0")
        (first, *_) = reversed(ledger.newest_of(connection, Kind.DECISION, 4))
        assert first.detail["about"] == DIGEST and "203.0.113.7" not in str(first.detail)
    assert [each[2] for each in entered(begun)] == ["proposed", "approved", "written", "undone"]


def test_numbers_of_suricata_rules_never_meet_and_end(begun: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with begun.write() as connection:
        first = actions.propose(connection, proposed("a.example", "203.0.113.7", form=Form.SURICATA), DIGEST)
        second = actions.propose(connection, proposed("b.example", form=Form.SURICATA), DIGEST)
        assert (first.sid, second.sid) == (limits.SURICATA_FIRST_SID, limits.SURICATA_FIRST_SID + 4)
        assert actions.propose(connection, proposed(), DIGEST).sid == 0
        monkeypatch.setattr(actions, "_PAST", second.sid + 5)
        with pytest.raises(LimitExceeded):
            actions.propose(connection, proposed("c.example", form=Form.SURICATA), DIGEST)


def test_a_policy_zone_has_the_others_that_were_written_and_stand(
    begun: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {
        "new.example": {},
        "standing.example": {"written": NOW},
        "over.example": {"written": NOW, "until": NOW},
        "undone.example": {"written": NOW, "ended": NOW},
    }
    with begun.write() as connection:
        made = {
            name: actions.propose(connection, proposed(name, form=Form.RPZ, **more), DIGEST)
            for name, more in names.items()
        }
        assert [each.values for each in actions.in_the_zone(connection, NOW, made["new.example"].id)] == [
            ("standing.example",)
        ]
        assert actions.in_the_zone(connection, NOW, made["standing.example"].id) == []
        monkeypatch.setattr(limits, "ACTION_ZONE_NAMES", 0)
        with pytest.raises(LimitExceeded):
            actions.in_the_zone(connection, NOW, "")


def test_a_person_is_erased_from_all_papers_but_not_where_a_hold_keeps_it(begun: Store) -> None:
    begin(begun, "I-2", "f-2")
    with begun.write() as connection:
        for incident in ("I-1", "I-2"):
            actions.propose(connection, proposed("anna.k", incident=incident, kind=ActionKind.DISABLE_ACCOUNT), DIGEST)
            legal_clocks.start(connection, incident, CLOCK, NOW, ANNA, "anna.k called", NOW)
            playbook_runs.start(connection, incident, BOOK, ANNA, NOW)
            playbook_runs.step(connection, incident, "", 1, "done", "spoke to anna.k", ANNA, NOW)
        held = Held(incidents=frozenset({"I-2"}))
        assert find_in_state(connection, Value("anna.k"), held).papers == 3
        places = erase_from_state(connection, Value("anna.k"), held, ANNA, NOW)
        assert (places.papers, places.kept) == (3, 3)
        (action,) = actions.of_incidents(connection, ["I-1"])
        assert action.values == ("[erased]",) and action.why == "beacon of [erased]"
        (run,) = playbook_runs.of_incidents(connection, ["I-1"])
        assert run.steps[0].note == "spoke to [erased]" and run.steps[0].state == "done"
        assert legal_clocks.of_incidents(connection, ["I-1"])[0].why == "[erased] called"
        assert actions.of_incidents(connection, ["I-2"])[0].values == ("anna.k",)


def test_a_damaged_paper_is_told(begun: Store) -> None:
    with begun.write() as connection:
        row = {"id": "A-1", "incident": "I-1", "name": "x", "standing": True, "changed_us": 1, "body": "{}"}
        connection.execute(insert(ACTIONS).values(**row))
        with pytest.raises(Exception, match="actions A-1 of the state database"):
            actions.present(connection, "A-1")


def test_a_state_of_before_is_upgraded(url: str) -> None:
    with fill_store(url) as connection:
        migration.upgrade(connection, "0005")
    assert upgrade_store(url) == ("0005", migration.newest())
    store = open_store(url)
    with store.read() as connection:
        assert connection.execute(select(ACTIONS)).all() == []
    store.close()

"""Findings and incidents to test the store with, and a check that everything derived agrees with the events."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from sqlalchemy import select

from tocsin.model import AccountRole, Evidence, Finding, Incident, RuleInfo, ScorePart, Step
from tocsin.node.store import findings
from tocsin.node.store.database import Store
from tocsin.node.store.findings import FINDINGS, StoredFinding
from tocsin.node.store.incident_rows import INCIDENTS, READERS, digest, history, state_of
from tocsin.node.store.incident_state import Opened, derive
from tocsin.node.store.incidents import Decision, open_incident
from tocsin.node.store.ledger import entries

NOW = datetime(2026, 11, 30, 9, 15, 0, 123456, tzinfo=UTC)
ANNA, BORIS, CARLA = "account:anna", "account:boris", "account:carla"

_TEXT = st.text(st.characters(), max_size=8)  # with lone surrogates and NUL: logs hold both
_TIMES = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
_TEXTS = st.lists(_TEXT, max_size=3).map(tuple)
RULES = st.builds(RuleInfo, _TEXT, _TEXT, st.sampled_from(["low", "high"]), attack=_TEXTS, falsepositives=_TEXTS)
EVIDENCE = st.builds(
    Evidence, _TEXT, _TIMES, _TEXT, st.integers(0, 2**62), st.dictionaries(_TEXT, _TEXT, max_size=3), also=_TEXTS
)
FINDING_VALUES = st.builds(
    Finding,
    rule=RULES,
    host=_TEXT,
    user=_TEXT,
    count=st.integers(1, 2**62),
    first=_TIMES,
    last=_TIMES,
    event_ids=_TEXTS,
    evidence=st.lists(EVIDENCE, max_size=2).map(tuple),
    organisation=_TEXT,
    message=_TEXT,
    opened=_TIMES,
    keys=_TEXTS,
    account_role=st.none() | st.sampled_from(AccountRole),
    since=_TIMES,
)


def finding(host: str = "PC-1", rule: str = "rule-1", **more: object) -> Finding:
    info = RuleInfo(rule, "A rule", "high")
    return Finding(info, host, "anna", 1, NOW, NOW, ("e-1",), **more)  # type: ignore[arg-type]


def shown(title: str = "Something happened", points: int = 50, level: str = "high") -> Incident:
    """What the node says of an incident, without its findings."""
    step = Step("execution", "A rule", level, NOW, NOW + timedelta(hours=1), ("PC-1",), 1)
    return Incident(
        "I-0", title, level, ("PC-1",), ("anna",), NOW, NOW, (), (ScorePart("level", points, "it is high"),),
        ("T1059",), ("execution",), ("why",), ("against",), stages=(step,), routine=frozenset({"rule-1"}),
    )  # fmt: skip


def opened(*ids: str, title: str = "Something happened", points: int = 50) -> Opened:
    return Opened(shown(title, points), ids)


def decision(incident: str, version: int, actor: str = ANNA, why: str = "because") -> Decision:
    return Decision(incident, version, actor, NOW + timedelta(minutes=version), why)


def begin(store: Store, incident: str = "I-1", *ids: str, points: int = 50) -> None:
    """An incident with findings that are in the store."""
    with store.write() as connection:
        findings.put(connection, [StoredFinding(id, finding(), NOW) for id in ids])
        open_incident(connection, incident, opened(*ids, points=points), NOW)


def agrees(store: Store) -> int:
    """Check that state, columns, readers, findings and ledger are what the events say; returns how many events."""
    with store.read() as connection:
        rows = connection.execute(select(INCIDENTS)).all()
        recorded = {(e.subject, e.detail["version"]): e.detail["digest"] for e in entries(connection) if e.detail}  # type: ignore[union-attr]
        owner_of = dict(connection.execute(select(FINDINGS.c.id, FINDINGS.c.incident)).all())  # type: ignore[arg-type]
        events = 0
        for row in rows:
            told = history(connection, row.id)
            assert [event.version for event in told] == list(range(1, len(told) + 1))
            state = derive(told)
            assert state_of(row) == state
            assert (row.version, row.title, row.score) == (state.version, state.title, state.score)
            assert (row.status, row.owner, row.merged_into) == (state.status, state.owner, state.merged_into)
            readers = connection.scalars(select(READERS.c.account).where(READERS.c.incident == row.id))
            assert tuple(sorted(readers)) == state.readers
            assert row.restricted == bool(state.readers)
            assert all(owner_of.get(id, row.id) == row.id for id in state.findings)
            for event in told:
                if event.by_person:
                    entered = recorded.pop((f"incident:{row.id}", event.version))
                    assert entered == digest(connection, row.id, event.version)
            events += len(told)
        assert recorded == {}
        return events

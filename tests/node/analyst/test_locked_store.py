"""What the analyst could not write because the state database was locked is written when it is free again."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alert_captures import SURICATA
from live_engine import Node, run_down
from scans import event

from tocsin import limits
from tocsin.detect.analytics import load_analytics
from tocsin.errors import StateError
from tocsin.node.analyst.analyst import Analyst
from tocsin.node.live import followed
from tocsin.node.store.database import open_store

LINES = {name: json.dumps(record).encode() + b"\n" for name, record in (("rule", event(1)), ("alert", SURICATA))}


@pytest.mark.parametrize("kind", LINES)
def test_what_a_lock_held_back_is_told_when_it_ends(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "BEGIN_SECONDS", 0.0)
    monkeypatch.setattr(limits, "FOLLOW_IDLE_SECONDS", 0.0)
    monkeypatch.setattr(limits, "STATE_LOCK_SECONDS", 0.1)
    node = Node(tmp_path)
    node.push(LINES[kind])
    with node.engine() as engine:
        run_down(engine)
    store = open_store(f"sqlite:///{tmp_path / 'state.sqlite'}", create=True)
    analyst = Analyst(node.lake, store, node.rules, load_analytics(()))
    with closing(sqlite3.connect(tmp_path / "state.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(2):
            with pytest.raises(StateError, match="locked"):
                analyst.look_at_rules()
        other.execute("ROLLBACK")
    assert analyst.look_at_rules() == 1
    assert analyst.group() == 1
    store.close()

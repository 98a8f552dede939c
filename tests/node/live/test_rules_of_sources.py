"""Which rules a source was evaluated with: one row of the catalog, asked where it is not known."""

import gzip
import json
from contextlib import closing
from pathlib import Path

import pytest
from live_engine import Node, run_down, wait_for_nothing
from scans import event

from tocsin import limits
from tocsin.lake.catalog import Catalog
from tocsin.node.evaluation import Evaluator
from tocsin.node.live.engine import Engine, Rules
from tocsin.node.live.watching import Watched
from tocsin.telemetry.reader import CHUNK_BYTES

LINES = [json.dumps(event(number, minute=number)).encode() + b"\n" for number in range(8)]
OTHER = "other"  # fingerprint of rules that came later


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_nothing(monkeypatch)


def append(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(lines))


def evaluated(node: Node) -> dict[str, set[str]]:
    """Rule set → names of the logs that are evaluated with all of it."""
    with closing(Catalog(node.lake)) as catalog:
        names = {source.id: Path(source.name).stem for source in catalog.sources()}
        sets = (node.rules.fingerprint, OTHER)
        return {rules: {names[source] for source in catalog.evaluated(rules)} for rules in sets}


def use_other(node: Node, engine: Engine) -> None:
    engine.use(Rules(OTHER, Evaluator(node.rules).hits))


def test_a_flush_reads_no_more_of_what_was_evaluated_than_it_asks_for(tmp_path: Path) -> None:
    node, log = Node(tmp_path / "node"), tmp_path / "log.json"
    with node.engine([Watched(log)]) as engine:
        asked: list[str] = []
        engine._catalog._db.set_trace_callback(asked.append)
        for line in LINES:
            append(log, line)
            run_down(engine)
        questions = [each for each in asked if each.startswith("SELECT") and "FROM evaluated" in each]
        assert 0 < len(questions) <= len(LINES), "one for each flush of a source that goes on"
        plans = [engine._catalog._db.execute(f"EXPLAIN QUERY PLAN {each}").fetchall() for each in questions]
    assert all("source_id=? AND rules=?" in row["detail"] for plan in plans for row in plan)


def test_a_log_that_goes_on_under_other_rules_is_evaluated_as_a_whole_with_neither(tmp_path: Path) -> None:
    node, log, later = Node(tmp_path / "node"), tmp_path / "log.json", tmp_path / "later.json"
    append(log, LINES[0])
    with node.engine([Watched(log), Watched(later)]) as engine:
        run_down(engine)
        use_other(node, engine)
        append(log, LINES[1])
        append(later, LINES[2])
        run_down(engine)
        append(log, LINES[3])
        append(later, LINES[4])
        run_down(engine)
    assert evaluated(node) == {node.rules.fingerprint: set(), OTHER: {"later"}}
    with node.engine([Watched(log), Watched(later)]) as engine:
        use_other(node, engine)
        append(log, LINES[5])
        append(later, LINES[6])
        run_down(engine)
    assert evaluated(node) == {node.rules.fingerprint: set(), OTHER: {"later"}}


def test_a_whole_file_that_is_read_over_several_flushes_counts_as_evaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FOLLOW_BATCH_BYTES", 1)
    monkeypatch.setattr(limits, "LIVE_BATCH_BYTES", 1)  # a flush for each portion
    node, log = Node(tmp_path / "node"), tmp_path / "whole.json.gz"
    long = json.dumps({"long": "x" * (CHUNK_BYTES // 4)})[1:]
    log.write_bytes(gzip.compress(b"".join(line.rstrip(b"}\n") + f", {long}\n".encode() for line in LINES)))
    with node.engine([Watched(log)]) as engine:
        run_down(engine)
        run_down(engine)
        flushes = engine.counts.flushes
    assert flushes > 1
    assert evaluated(node)[node.rules.fingerprint] == {"whole.json"}


def test_what_is_in_the_lake_is_not_remembered(tmp_path: Path) -> None:
    node = Node(tmp_path / "node")
    logs = [tmp_path / f"{number}.json" for number in range(4)]
    with node.engine([Watched(log) for log in logs]) as engine:
        for log, line in zip(logs, LINES, strict=False):
            append(log, line)
            run_down(engine)
        assert engine._rules_of == {}

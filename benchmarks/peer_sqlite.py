"""(d) The SQLite way that Zircolite goes: rules by pysigma-backend-sqlite, events in one sqlite3 table.

Runs under an environment of its own (pysigma-backend-sqlite pins pySigma < 2): `make .venv-peer/ready`.
`python peer_sqlite.py RULES EVENTS.json`: prints events, rules, rule start seconds, query seconds.
"""

import json
import sqlite3
import sys
import time
from pathlib import Path

from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError
from sigma.pipelines.sysmon import sysmon_pipeline
from sigma.pipelines.windows import windows_audit_pipeline, windows_logsource_pipeline


def queries(rules: Path) -> list[str]:
    backend = sqliteBackend(sysmon_pipeline() + windows_logsource_pipeline())
    audit = sqliteBackend(windows_audit_pipeline() + windows_logsource_pipeline())
    found = []
    for path in sorted(rules.rglob("*.yml")):
        try:
            rule = SigmaCollection.from_yaml(path.read_text("utf-8"))
        except SigmaError:
            continue
        for each in (backend, audit):
            try:
                found += each.convert(rule)
            except (SigmaError, NotImplementedError, AttributeError, TypeError, ValueError):
                continue
    return [
        query.replace("<TABLE_NAME>", "logs").replace("FROM <TABLE>", "FROM logs") for query in dict.fromkeys(found)
    ]


def load(path: Path) -> sqlite3.Connection:
    events = [json.loads(line) for line in path.open("rb")]
    columns: dict[str, str] = {}
    for event in events:
        for name in event:
            columns.setdefault(name.lower(), name)
    connection = sqlite3.connect(":memory:")
    connection.create_function("REGEXP", 2, _regexp)
    names = ", ".join(f'"{name}" TEXT COLLATE NOCASE' for name in columns.values())
    connection.execute(f"CREATE TABLE logs ({names})")
    marks = ", ".join("?" * len(columns))
    connection.executemany(
        f"INSERT INTO logs VALUES ({marks})",
        [[None if event.get(name) is None else str(event.get(name)) for name in columns.values()] for event in events],
    )
    connection.execute("CREATE INDEX by_event ON logs (EventID)")
    return connection


def _regexp(pattern: str, text: object) -> bool:
    import re

    return text is not None and re.search(pattern, str(text)) is not None


def main() -> None:
    started = time.perf_counter()
    wanted = queries(Path(sys.argv[1]))
    start = time.perf_counter() - started
    started = time.perf_counter()
    connection = load(Path(sys.argv[2]))
    count = connection.execute("SELECT count(*) FROM logs").fetchone()[0]
    hits = failed = 0
    for query in wanted:
        try:
            hits += len(connection.execute(query).fetchall())
        except sqlite3.OperationalError:
            failed += 1  # a column that no event has: the rule cannot match
    seconds = time.perf_counter() - started
    print(
        json.dumps(
            {"events": count, "rules": len(wanted), "failed": failed, "hits": hits, "start": start, "seconds": seconds}
        )
    )


if __name__ == "__main__":
    main()

"""Rollups at full size: what a day of 10 million events costs, and what 14 months of 50,000 hosts take on disk.

`python -m benchmarks.rollups [--short] [--hosts N] [--events N]` prints Markdown. Steps: 1 raw days of a made-up
network are written as the readers would leave them; 2 the rollups of one day are made, in a process of its own whose
memory is measured; 3 late events come for the same day and it is made again; 4 as many events, spread over 14 months,
are rolled up in one go, as a first scan does; 5 three daily rollups and one week of seven days are made from other raw
days, which gives the bytes of a day and of a week; 6 the bytes of 14 months are 35 days and 55 weeks of these.

The network: every host talks to popular destinations (300, drawn by Zipf) and to 40 of its own, a tenth of which
change every week; half of the events are connections, a quarter DNS, a tenth HTTP, a tenth program starts, a twentieth
logons. Addresses and names are reserved ones (RFC 2544, 3849, 2606).
"""

import argparse
import sys
import tempfile
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.machine import describe, run
from tocsin.lake.catalog import Catalog, FileRecord, Flush
from tocsin.lake.database import connect
from tocsin.lake.rollup_records import day_number
from tocsin.lake.rollups import rollup_files
from tocsin.limits import GIB, MIB

LAST = date(2026, 11, 22)  # a Sunday
DAYS, WEEKS = 35, 55  # of 14 months
HOSTS, EVENTS = 50_000, 10_000_000
MONTHS_DAYS = 420
MEASURED = 3  # days whose rollups are weighed
SHORT_SHARE = 50
FILE_ROWS = 1_000_000

_TIME = "make_timestamp({start} + CAST((6 + 6 * (u(i, 1) + u(i, 2)) + 5.9 * (u(i, 3) - 0.5)) * 3600e6 AS BIGINT))"
_PRELUDE = """
CREATE MACRO u(i, salt) AS (hash(i, salt, {seed}) % 1000003) / 1000003.0;
CREATE MACRO host(i) AS hash(i, 'host', {seed}) % {hosts};
CREATE MACRO address(h) AS '10.' || (h // 65536) || '.' || (h // 256 % 256) || '.' || (h % 256);
CREATE MACRO slot(i) AS floor(40 * u(i, 4) * u(i, 5));
CREATE MACRO own(h, i) AS hash(h, slot(i), if(slot(i) % 10 = 0, {week}, 0)) % (4 * {hosts});
CREATE MACRO popular(i) AS CAST(floor(300 * power(u(i, 6), 3)) AS BIGINT);
CREATE MACRO size(i) AS CAST(exp(5 + 2.5 * (u(i, 7) + u(i, 8) + u(i, 9))) AS BIGINT);
"""
_TABLES = {
    "zeek_conn": (
        0.50,
        """address(host(i)) AS "id.orig_h", CAST(49152 + i % 16000 AS VARCHAR) AS "id.orig_p",
        if(u(i, 10) < 0.7, '198.18.' || (popular(i) // 250) || '.' || (popular(i) % 250 + 1),
           '2001:db8::' || printf('%x', own(host(i), i))) AS "id.resp_h",
        CAST(if(u(i, 10) < 0.7, [443, 53, 88, 389, 445, 80][popular(i) % 6 + 1], if(own(host(i), i) % 9 = 0, 80, 443))
          AS VARCHAR) AS "id.resp_p", if(popular(i) % 6 = 1, 'udp', 'tcp') AS proto,
        CAST(u(i, 11) * 60 AS VARCHAR) AS duration, CAST(size(i) AS VARCHAR) AS orig_bytes,
        CAST(size(i + 1) AS VARCHAR) AS resp_bytes, 'SF' AS conn_state""",
    ),
    "zeek_dns": (
        0.25,
        """address(host(i)) AS "id.orig_h", '198.18.0.53' AS "id.resp_h", '53' AS "id.resp_p", 'udp' AS proto,
        'n' || (i % 5) || if(u(i, 10) < 0.7, '.site' || popular(i), '.own' || own(host(i), i)) || '.example' AS query,
        if(i % 50 = 0, 'NXDOMAIN', 'NOERROR') AS rcode_name, 'A' AS qtype_name""",
    ),
    "zeek_http": (
        0.10,
        """address(host(i)) AS "id.orig_h", '198.18.0.80' AS "id.resp_h", '80' AS "id.resp_p",
        if(i % 40 = 0, 'POST', 'GET') AS method, 'site' || popular(i) || '.example' AS host,
        '/part' || CAST(floor(200 * u(i, 10) * u(i, 11)) AS BIGINT) || '/page.html' AS uri,
        if(i % 30 = 0, '404', '200') AS status_code, CAST(size(i) AS VARCHAR) AS response_body_len,
        'agent' || (host(i) % 40) AS user_agent""",
    ),
    "windows": (
        0.15,
        """'ws' || host(i) || '.corp.example' AS "Computer", if(i % 3 = 0, 'Security',
          'Microsoft-Windows-Sysmon/Operational') AS "Channel", if(i % 3 = 0, '4624', '1') AS "EventID",
        if(i % 3 > 0, 'C:\\Program Files\\Maker\\' || if(u(i, 10) < 0.97, 'tool' || popular(i),
          'own' || (own(host(i), i) % 9000)) || '.exe', NULL) AS "Image",
        if(i % 3 > 0, 'C:\\Windows\\parent' || popular(i + 1) // 20 || '.exe', NULL) AS "ParentImage",
        if(i % 3 > 0, 'SHA256=' || sha256('tool' || popular(i)), NULL) AS "Hashes",
        if(i % 3 > 0, 'tool.exe --job ' || i % 1000, NULL) AS "CommandLine",
        if(i % 3 = 0, 'user' || if(u(i, 12) < 0.9, host(i), popular(i)), NULL) AS "TargetUserName",
        if(i % 3 = 0, ['2', '3', '3', '5', '11'][i % 5 + 1], NULL) AS "LogonType",
        if(i % 3 = 0, address(hash(host(i), i % 4) % {hosts}), NULL) AS "IpAddress" """,
    ),
}


def write_day(lake: Path, day: date, hosts: int, events: int, seed: int = 1, part: str = "") -> None:
    """One raw day of the network, committed."""
    records = []
    with connect(2 * GIB, 2, lake / "spill", 20 * GIB) as engine:
        for statement in _PRELUDE.format(seed=seed, hosts=hosts, week=day_number(day) // 7).split(";"):
            if statement.strip():
                engine.execute(statement)
        for table, (share, columns) in _TABLES.items():
            rows = int(share * events)
            for number, first in enumerate(range(0, rows, FILE_ROWS)):
                path = f"tables/{table}/day={day}/b{part}{number:03d}.parquet"
                records.append(_write(engine, lake, path, table, day, columns.format(hosts=hosts), first, rows))
    catalog = Catalog(lake, create=True)
    catalog.commit(Flush(tuple(records), (), (), {}, {}, ""))
    catalog.close()


def _write(
    engine: duckdb.DuckDBPyConnection, lake: Path, path: str, table: str, day: date, columns: str, first: int, rows: int
) -> FileRecord:
    start = day_number(day) * 86_400_000_000
    last = min(first + FILE_ROWS, rows)
    (lake / path).parent.mkdir(parents=True, exist_ok=True)
    shift = day_number(day) * 1_000_003  # other days, other events
    engine.execute(
        f"COPY (SELECT time, epoch_us(time) AS time_us, time AS ingest_time, 's-' || i AS event_id, 's' AS source, "
        f"'' AS sensor, '' AS organisation, '' AS network, * EXCLUDE (i, time) FROM (SELECT i, "
        f"{_TIME.format(start=start)} AS time, {columns} FROM range({first + shift}, {last + shift}) AS r(i))) "
        f"TO '{lake / path}' (COMPRESSION zstd)"
    )
    size = (lake / path).stat().st_size
    names = tuple(str(row[0]) for row in engine.execute(f"DESCRIBE FROM '{lake / path}'").fetchall())
    return FileRecord(path, table, str(day), last - first, size, start, start + 86_399_999_999, names[8:], ("s",))


def update(lake: Path) -> tuple[str, str]:
    """Bring the rollups up to date in a process of its own; returns the table cells: seconds, peak."""
    code = (
        "import sys; from datetime import date; from pathlib import Path; from tocsin.lake.catalog import Catalog; "
        "from tocsin.lake.rollups import update_rollups; catalog = Catalog(Path(sys.argv[1]))\n"
        "with catalog.writing(): print(update_rollups(catalog, date.fromisoformat(sys.argv[2])))"
    )
    found = run([sys.executable, "-c", code, str(lake), str(LAST)], memory=True)
    if found.code:
        raise SystemExit(found.output)
    return f"{found.seconds:.1f} s", f"{found.peak_mib:,.0f} MiB"


def sizes(lake: Path) -> dict[str, tuple[int, int]]:
    """Rows and bytes by rollup."""
    with closing(Catalog(lake)) as catalog:
        return {
            name: (sum(file.rows for file in files), sum(file.bytes for file in files))
            for name, files in rollup_files(catalog).items()
        }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help=f"a {SHORT_SHARE}th of hosts and events")
    parser.add_argument("--hosts", type=int, default=HOSTS)
    parser.add_argument("--events", type=int, default=EVENTS)
    options = parser.parse_args()
    share = SHORT_SHARE if options.short else 1
    hosts, events = options.hosts // share, options.events // share
    print(f"{describe()}. {events:,} events a day, {hosts:,} hosts; measured {datetime.now(UTC):%Y-%m-%d}.\n")
    with tempfile.TemporaryDirectory(prefix="tocsin-rollups-") as name:
        _one_day(Path(name) / "day", hosts, events)
        _months(Path(name) / "months", hosts, events)


def _one_day(lake: Path, hosts: int, events: int) -> None:
    print("| step | time | peak memory |\n|---|---|---|")
    write_day(lake, LAST, hosts, events)
    print("| rollups of one day", *update(lake), sep=" | ", end=" |\n")
    write_day(lake, LAST, hosts, 1_000, seed=2, part="late")
    print("| the day again after 1,000 late events", *update(lake), sep=" | ", end=" |\n")
    print("| nothing new", *update(lake), sep=" | ", end=" |\n")
    spread = lake.with_name("spread")
    for number in range(MONTHS_DAYS):
        write_day(spread, LAST - timedelta(days=number), max(1, hosts // MONTHS_DAYS), max(40, events // MONTHS_DAYS))
    files = len(list((spread / "tables").rglob("*.parquet")))
    print(f"| {MONTHS_DAYS} days at once, {files:,} raw files", *update(spread), sep=" | ", end=" |\n")
    made = len(list((spread / "rollups").rglob("*.parquet")))
    print(f"\nThe rollups of these {MONTHS_DAYS} days are {made} files.")


def _months(lake: Path, hosts: int, events: int) -> None:
    for number in range(MEASURED):
        write_day(lake, LAST - timedelta(days=number), hosts, events)
    update(lake)
    daily = {name: (rows / MEASURED, size / MEASURED) for name, (rows, size) in sizes(lake).items()}
    monday = LAST - timedelta(days=6 + 7 * 8)
    old = lake.with_name("week")
    write_day(old, LAST, 1, 100)
    for number in range(7):
        write_day(old, monday + timedelta(days=number), hosts, events)
    update(old)
    weekly = sizes(old)
    print(
        "\n| rollup | rows a day | MiB a day | rows a week | MiB a week | MiB of 14 months |\n|---|---|---|---|---|---|"
    )
    total = 0.0
    for name, (rows, size) in sorted(daily.items()):
        week_rows, week_size = weekly.get(name, (0, 0))
        months = (DAYS * size + WEEKS * week_size) / MIB
        total += months
        print(f"| {name} | {rows:,.0f} | {size / MIB:.2f} | {week_rows:,} | {week_size / MIB:.2f} | {months:,.0f} |")
    print(f"| all | | | | | {total:,.0f} |")


if __name__ == "__main__":
    main()

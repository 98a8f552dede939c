"""Lakes that grow in a test, and what their rollups say."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

from tocsin.lake.append import write_batch
from tocsin.lake.catalog import Catalog, Flush, Origin
from tocsin.lake.database import connect
from tocsin.lake.expire import expire
from tocsin.lake.rollup_files import Rollup, parse_rollup
from tocsin.lake.rollup_records import day_of
from tocsin.lake.rollups import RollupUpdate, open_rollups, update_rollups
from tocsin.limits import MIB
from tocsin.model import Chunk
from tocsin.telemetry.builder import BatchBuilder

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
TODAY = date(2026, 11, 23)  # a Monday
NEWEST = (TODAY - date(1970, 1, 1)).days

TEXT = """\
-- title: Who called whom
-- about: For tests.
-- column: src VARCHAR key: who called
-- column: dst VARCHAR key: who was called
-- column: port BIGINT key: on which port
-- column: bytes BIGINT sum: how much
-- column: longest BIGINT max: the most at once
-- column: least BIGINT min: the least at once
-- entity: src
-- shared: dst

SELECT
  organisation,
  network,
  time_us // 86400000000 AS day,
  src_endpoint_ip AS src,
  dst_endpoint_ip AS dst,
  dst_endpoint_port AS port,
  sum(traffic_bytes_out) AS bytes,
  max(traffic_bytes_out) AS longest,
  min(traffic_bytes_out) AS least,
  occurrence()
FROM network_activity
GROUP BY ALL
"""
CALLS = parse_rollup("calls", TEXT)

Row = dict[str, object]


def call(day: int, src: str = "a", dst: str = "b", size: int = 1, hour: int = 0, port: str = "443") -> Row:
    """One connection as Zeek writes it."""
    return {
        "_time_us": day * DAY_US + hour * HOUR_US + 7, "id.orig_h": src, "id.resp_h": dst, "id.resp_p": port,
        "orig_bytes": str(size),
    }  # fmt: skip


class Lake:
    """A lake whose rollups are `rollups`."""

    def __init__(self, path: Path, rollups: Sequence[Rollup] = (CALLS,)) -> None:
        self.path, self.rollups = path, rollups
        self.sources = 0

    def add(self, events: Sequence[Row], table: str = "zeek_conn", origin: Origin = Origin()) -> None:  # noqa: B008
        """Commit some events as one source."""
        self.sources += 1
        builder = BatchBuilder(table)
        builder.add(Chunk(table, range(1, len(events) + 1), [dict(event) for event in events]), f"s{self.sources}")
        batch, name, ingested = builder.build(), f"f{self.sources}", datetime(2026, 1, 1, tzinfo=UTC)
        with self.writing() as catalog:
            files = write_batch(self.path, batch, name, dict.fromkeys(batch.source_ids, origin), ingested)
            catalog.commit(Flush(tuple(files), (), (), {}, {}, ""))

    def writing(self) -> "Opened":
        """The catalog with the write lock, closed at the end."""
        return Opened(self.path)

    def update(self, today: date = TODAY, *, rebuild: bool = False) -> RollupUpdate:
        """Bring the rollups up to date."""
        with self.writing() as catalog:
            return update_rollups(catalog, today, rebuild=rebuild, rollups=self.rollups)

    def expire(self, first_day: int) -> None:
        """Let the raw rows of the days before one go."""
        with self.writing() as catalog:
            expire(catalog, day_of(first_day), rollups=self.rollups)

    def rows(self, rollup: str = "calls", columns: str = "*") -> list[Row]:
        """All rows of a rollup, sorted."""
        with closing(Catalog(self.path, create=True)) as catalog, connect(256 * MIB, 1, None) as connection:
            open_rollups(connection, catalog, rollups=self.rollups)
            found = connection.sql(f"SELECT {columns} FROM {rollup}").to_arrow_table().to_pylist()
        return sorted(found, key=str)

    def files(self) -> list[str]:
        """The rollups' files on disk, hidden ones too."""
        return sorted(str(path.relative_to(self.path)) for path in (self.path / "rollups").rglob("*.parquet"))


class Opened:
    """A catalog that is open for writing."""

    def __init__(self, path: Path) -> None:
        self._catalog = Catalog(path, create=True)
        self._lock = self._catalog.writing()

    def __enter__(self) -> Catalog:
        return self._lock.__enter__()

    def __exit__(self, *error: object) -> None:
        self._lock.__exit__(None, None, None)
        self._catalog.close()


def expected(events: Sequence[Mapping[str, object]], newest: int) -> Iterator[Row]:
    """The rows that `calls` must have, worked out event by event."""
    groups: dict[tuple[int, str, str, int], list[tuple[int, int]]] = {}
    for event in events:
        time = int(str(event["_time_us"]))
        day = time // DAY_US
        monday = day - (day + 3) % 7
        period = monday if monday + 6 <= newest - 35 else day
        key = (period, str(event["id.orig_h"]), str(event["id.resp_h"]), int(str(event["id.resp_p"])))
        groups.setdefault(key, []).append((time, int(str(event["orig_bytes"]))))
    for (day, src, dst, port), found in groups.items():
        times, sizes = [time for time, _ in found], [size for _, size in found]
        yield {
            "organisation": "", "network": "", "day": day, "src": src, "dst": dst, "port": port, "bytes": sum(sizes),
            "longest": max(sizes), "least": min(sizes), "days": len({time // DAY_US for time in times}),
            "n": len(found), "first_us": min(times), "last_us": max(times),
            "hours": _bits(time % DAY_US // HOUR_US for time in times),
            "weekdays": _bits((time // DAY_US + 3) % 7 for time in times),
        }  # fmt: skip


def _bits(numbers: Iterator[int]) -> int:
    return sum(1 << number for number in set(numbers))

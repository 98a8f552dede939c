"""A Delta Lake log beside the files, so that Spark, Trino, Athena and deltalake read a consistent table.

Rules (Delta Transaction Log Protocol):
1. The log follows the catalog: after `publish`, replaying `<lake>/tables/<table>/_delta_log/*.json` gives exactly the
   live files; rollups have theirs in `<lake>/rollups/<rollup>/`, with the columns as stored (`rollup_store`). A later
   publish writes the difference as the next version, or nothing when nothing changed.
2. A version is written under a dot-name, synced, then linked to its final name, which must not exist: a killed publish
   leaves no half version, and two at once cannot both win ("Atomicity", put-if-absent).
3. Column names stay native. Delta forbids some characters in names (blank , ; { } ( ) = tab, line end) unless columns
   are mapped; from the first such column on the table has `delta.columnMapping.mode = name` with the Parquet names as
   physical names (reader version 2, writer version 5), until then reader 1, writer 2.
4. A column never leaves the schema and never changes its type. All are nullable; `day` is the partition of a table, a
   rollup has none.
"""

import json
import os
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.errors import LakeError
from tocsin.lake.catalog import ROLLUPS, TABLES, FileRecord
from tocsin.lake.durable import sync
from tocsin.lake.rollup_records import RollupFile

LOG = "_delta_log"
PARTITION = "day"

_NAMESPACE = uuid.UUID("6f1c2a52-0d7e-5b0c-9a51-7d8e2f3b4c5d")  # table ids are made from names in it
_FORBIDDEN = re.compile(r"[ ,;{}()\n\t=]")
_MAPPING = "delta.columnMapping."
_TYPES = {pa.int64(): "long", pa.int32(): "integer", pa.float64(): "double", pa.bool_(): "boolean", pa.date32(): "date"}
_VERSION_NAME = re.compile(r"^(\d{20})\.json$")
_MILLISECONDS = 1_000  # in a second, and microseconds in one

Action = dict[str, object]


@dataclass(frozen=True, slots=True)
class Published:
    """What one publish did to one table. `version` is None where nothing changed."""

    table: str
    version: int | None
    added: int
    removed: int


@dataclass
class LogState:
    """A log, replayed: live paths relative to the table's folder, schema (name → Delta type), mapping of names."""

    version: int = -1
    live: set[str] = field(default_factory=set)
    schema: dict[str, str] = field(default_factory=dict)
    mapped: bool = False


@dataclass(frozen=True, slots=True)
class _Live:
    """A file that the log has to name. `path` is relative to the lake."""

    path: str
    bytes: int
    partition: Mapping[str, str]
    stats: Mapping[str, object]


def publish(
    lake: Path, files: Sequence[FileRecord], now: datetime, rollups: Mapping[str, Sequence[RollupFile]] | None = None
) -> list[Published]:
    """Bring the Delta logs of all tables, and of the rollups given, up to these live files.

    Raises LakeError when another publish won.
    """
    tables: dict[str, list[_Live]] = {path.parent.name: [] for path in sorted(lake.glob(f"{TABLES}/*/{LOG}"))}
    for file in files:
        tables.setdefault(file.table, []).append(_of_table(file))
    done = [
        _publish_table(lake, lake / TABLES / name, live, now, (PARTITION,)) for name, live in sorted(tables.items())
    ]
    if rollups is not None:
        kept: dict[str, list[_Live]] = {path.parent.name: [] for path in sorted(lake.glob(f"{ROLLUPS}/*/{LOG}"))}
        for name, each in rollups.items():
            kept[name] = [_of_rollup(lake, file) for file in each]
        done += [_publish_table(lake, lake / ROLLUPS / name, live, now, ()) for name, live in sorted(kept.items())]
    return done


def _of_table(file: FileRecord) -> _Live:
    stats = {
        "numRecords": file.rows,
        "minValues": {"time_us": file.min_time_us},
        "maxValues": {"time_us": file.max_time_us},
        "nullCount": {"time_us": 0},
    }
    return _Live(file.path, file.bytes, {PARTITION: file.day}, stats)


def _of_rollup(lake: Path, file: RollupFile) -> _Live:
    path = Path(file.path)
    inside = path.relative_to(lake.resolve()) if path.is_absolute() else path
    return _Live(inside.as_posix(), file.bytes, {}, {"numRecords": file.rows})


def replay(folder: Path) -> LogState:
    """The state that a reader of the table in `folder` sees."""
    state = LogState()
    for version, path in _versions(folder):
        for line in path.read_text("utf-8").splitlines():
            _apply(state, json.loads(line))
        state.version = version
    return state


def _versions(folder: Path) -> Iterator[tuple[int, Path]]:
    for path in sorted((folder / LOG).glob("*.json")):
        match = _VERSION_NAME.match(path.name)
        if match:
            yield int(match[1]), path


def _apply(state: LogState, action: Mapping[str, Mapping[str, str]]) -> None:
    if "add" in action:
        state.live.add(action["add"]["path"])
    elif "remove" in action:
        state.live.discard(action["remove"]["path"])
    elif "metaData" in action:
        fields = json.loads(action["metaData"]["schemaString"])["fields"]
        state.schema = {each["name"]: each["type"] for each in fields}
        state.mapped = any(f"{_MAPPING}id" in each["metadata"] for each in fields)


def _publish_table(
    lake: Path, folder: Path, files: Sequence[_Live], now: datetime, partition: Sequence[str]
) -> Published:
    state = replay(folder)
    wanted = {_path(lake, folder, file): file for file in files}
    added = [file for path, file in wanted.items() if path not in state.live]
    removed = sorted(state.live - set(wanted))
    if not added and not removed:
        return Published(folder.name, None, 0, 0)
    millis = int(now.timestamp() * _MILLISECONDS)
    actions: list[Action] = [{"commitInfo": {"timestamp": millis, "operation": "WRITE", "engineInfo": "tocsin"}}]
    actions += _schema_actions(lake, folder.name, state, added, millis, partition)
    actions += [_add(path, file, millis) for path, file in wanted.items() if path not in state.live]
    actions += [{"remove": {"path": path, "deletionTimestamp": millis, "dataChange": True}} for path in removed]
    _write_version(folder, state.version + 1, actions)
    return Published(folder.name, state.version + 1, len(added), len(removed))


def _path(lake: Path, folder: Path, file: _Live) -> str:
    """The file as the log names it: relative to the table's folder, percent-encoded (protocol, "Add File")."""
    return quote((lake / file.path).relative_to(folder).as_posix(), safe="/=-_.~")


def _schema_actions(
    lake: Path, table: str, state: LogState, added: Iterable[_Live], millis: int, partition: Sequence[str]
) -> Iterator[Action]:
    """`protocol` and `metaData`, only where the schema grows; a table's first version always has both."""
    schema = dict(state.schema) or dict.fromkeys(
        partition, "date"
    )  # the order never changes: column ids count along it
    taken = {name.lower() for name in schema}
    for file in added:
        for name, kind in _columns(lake / file.path):
            if name.lower() not in taken:
                taken.add(name.lower())
                schema[name] = kind
    if schema == state.schema:
        return
    mapped = state.mapped or any(_FORBIDDEN.search(name) for name in schema)
    if mapped != state.mapped or state.version < 0:
        yield {"protocol": {"minReaderVersion": 2 if mapped else 1, "minWriterVersion": 5 if mapped else 2}}
    yield {"metaData": _metadata(table, schema, mapped, millis, partition)}


def _columns(path: Path) -> Iterator[tuple[str, str]]:
    """Names and Delta types of a Parquet file's columns."""
    for each in pq.read_schema(path):
        yield each.name, "timestamp" if pa.types.is_timestamp(each.type) else _TYPES.get(each.type, "string")


def _metadata(table: str, schema: Mapping[str, str], mapped: bool, millis: int, partition: Sequence[str]) -> Action:
    fields = [
        {"name": name, "type": kind, "nullable": True, "metadata": _mapping(name, number) if mapped else {}}
        for number, (name, kind) in enumerate(schema.items(), 1)
    ]
    settings = {f"{_MAPPING}mode": "name", f"{_MAPPING}maxColumnId": str(len(fields))} if mapped else {}
    return {
        "id": str(uuid.uuid5(_NAMESPACE, table)),
        "name": table,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps({"type": "struct", "fields": fields}),
        "partitionColumns": list(partition),
        "configuration": settings,
        "createdTime": millis,
    }


def _mapping(name: str, number: int) -> Action:
    return {f"{_MAPPING}id": number, f"{_MAPPING}physicalName": name}


def _add(path: str, file: _Live, millis: int) -> Action:
    return {
        "add": {
            "path": path,
            "partitionValues": dict(file.partition),
            "size": file.bytes,
            "modificationTime": millis,
            "dataChange": True,
            "stats": json.dumps(file.stats),
        }
    }


def _write_version(folder: Path, version: int, actions: Sequence[Action]) -> None:
    """Write one version, all of it or nothing."""
    log = folder / LOG
    log.mkdir(parents=True, exist_ok=True)
    final = log / f"{version:020}.json"
    hidden = log / f".{final.name}.{os.getpid()}"
    try:
        with hidden.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(action, separators=(",", ":")) + "\n" for action in actions)
            file.flush()
            os.fsync(file.fileno())
        os.link(hidden, final)
    except FileExistsError as error:
        raise LakeError(
            f"another process published version {version} of {folder.name} at the same time", "Publish again."
        ) from error
    finally:
        with suppress(FileNotFoundError):
            hidden.unlink()
    sync(log)

"""The floors that a scan is measured against, each run as a process of its own.

`project FOLDER`: (a) DuckDB reads every NDJSON file projected to 44 columns and touches each value, nothing is kept.
`write FOLDER OUT`: (a') DuckDB writes each file's own columns, all of them, as Parquet (zstd), one COPY a file, two
worker processes with one thread each. Prints two figures: with a first pass that finds out which columns a file has,
as DuckDB needs it, and the writing alone, as if somebody had known them.
`evtx FOLDER`: the evtx library iterates all records as JSON text, nothing is kept.
"""

import sys
import time
from multiprocessing import get_context
from pathlib import Path

import duckdb

COLUMNS = [
    "EventID",
    "Channel",
    "SourceName",
    "Hostname",
    "Image",
    "CommandLine",
    "ParentImage",
    "ParentCommandLine",
    "User",
    "TargetFilename",
    "TargetObject",
    "Details",
    "ImageLoaded",
    "Hashes",
    "OriginalFileName",
    "Company",
    "Description",
    "Product",
    "CurrentDirectory",
    "IntegrityLevel",
    "LogonId",
    "ProcessId",
    "ProcessGuid",
    "ParentProcessId",
    "DestinationIp",
    "DestinationPort",
    "DestinationHostname",
    "Initiated",
    "SourceIp",
    "QueryName",
    "PipeName",
    "CallTrace",
    "GrantedAccess",
    "SourceImage",
    "TargetImage",
    "ScriptBlockText",
    "Payload",
    "ContextInfo",
    "HostApplication",
    "SubjectUserName",
    "TargetUserName",
    "LogonType",
    "ServiceName",
    "Message",
]
WORKERS = 2


def files(folder: Path, suffix: str = ".json") -> list[Path]:
    return sorted((path for path in folder.rglob(f"*{suffix}")), key=lambda path: -path.stat().st_size)


def project(folder: Path) -> None:
    connection = duckdb.connect(config={"threads": WORKERS})
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    touched = ", ".join(f'max(length("{name}"))' for name in COLUMNS)
    names = [str(path) for path in files(folder)]
    connection.execute(
        f"SELECT count(*), {touched} FROM read_ndjson(?, columns = {{{columns}}}, ignore_errors = true)", [names]
    ).fetchall()


def write(folder: Path, out: Path) -> float:
    """Returns the seconds of the writing alone."""
    out.mkdir(parents=True, exist_ok=True)
    sources = [str(path) for path in files(folder)]
    with get_context("fork").Pool(WORKERS) as pool:
        columns = pool.map(_own_columns, sources, chunksize=1)
        todo = [(source, str(out / f"{number}.parquet"), columns[number]) for number, source in enumerate(sources)]
        began = time.perf_counter()
        for _ in pool.imap_unordered(_write_one, todo, chunksize=1):
            pass
        return time.perf_counter() - began


def _own_columns(source: str) -> list[str]:
    connection = duckdb.connect(config={"threads": 1})
    folded: dict[str, str] = {}
    for (name,) in connection.execute(
        "SELECT DISTINCT unnest(json_keys(json)) FROM read_ndjson_objects(?, ignore_errors = true)", [source]
    ).fetchall():
        folded.setdefault(name.lower(), name)
    connection.close()
    return list(folded.values())


def _write_one(job: tuple[str, str, list[str]]) -> None:
    source, target, names = job
    connection = duckdb.connect(config={"threads": 1})
    columns = ", ".join("'" + name.replace("'", "''") + "': 'VARCHAR'" for name in names)
    connection.execute(
        f"COPY (SELECT * FROM read_ndjson('{source}', columns = {{{columns}}}, ignore_errors = true)) "
        f"TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
    )
    connection.close()


def evtx(folder: Path) -> None:
    from evtx import PyEvtxParser

    count = 0
    for path in files(folder, ".evtx"):
        for _ in PyEvtxParser(str(path)).records_json():
            count += 1
    print(count)


if __name__ == "__main__":
    started = time.perf_counter()
    alone = {"project": project, "write": write, "evtx": evtx}[sys.argv[1]](*map(Path, sys.argv[2:]))
    print(f"{time.perf_counter() - started:.3f}", *([] if alone is None else [f"{alone:.3f}"]))

"""Facts that a lake keeps, and those that came with Tocsin: import, list, remove.

Rules:
1. A file is kept as `facts/<name>.parquet` below the lake, with its record inside: it is there whole or not at all
   (`durable`), and needs no list beside it. The name comes from kind and content, so a newer file replaces an older.
2. What came with Tocsin (`shipped/`, the same forms as an import) counts until a file of the same name is imported.
3. A folder is searched for files of any kind; what is none is told and passed over. A file that is one but is faulty
   is refused whole; the others are taken.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from importlib.resources import as_file, files
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin import limits
from tocsin.errors import FactsError, LakeError, UsageError
from tocsin.lake.durable import write_parquet
from tocsin.lake.facts.kinds import KINDS, FactRecord
from tocsin.lake.facts.reading import FactFile, Unrecognised, read_facts

FACTS = "facts"
_NOTE = "tocsin_facts"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `refused` has the wrong lines of each faulty file, `passed` a sentence on each other."""

    records: tuple[FactRecord, ...]
    refused: tuple[str, ...]
    passed: tuple[str, ...]


class Facts:
    """The facts that count in a lake: what was imported, beside what came with Tocsin."""

    def __init__(self, lake: Path) -> None:
        self._folder = lake / FACTS

    @cached_property
    def records(self) -> tuple[FactRecord, ...]:
        """Every file of facts, by kind and name. Raises LakeError for a damaged file."""
        kept = {record.name: record for record in map(_record, sorted(self._folder.glob("[!.]*.parquet")))}
        return tuple(
            sorted(
                [*kept.values(), *(each.record for each in _shipped() if each.record.name not in kept)],
                key=lambda record: (list(KINDS).index(record.kind), record.name),
            )
        )

    def version(self) -> frozenset[tuple[str, int, int]]:
        """What changes with every import and removal; asked without reading a file."""
        there = ((path.name, path.stat()) for path in self._folder.glob("[!.]*.parquet"))
        return frozenset((name, found.st_mtime_ns, found.st_ino) for name, found in there)

    def tables(self, kind: str, with_file: FactFile | None = None) -> list[pa.Table]:
        """The rows of each file of a kind, the newest first; with a file as if it were kept."""
        records = {record.name: record for record in self.records if record.kind == kind}
        at_hand = {
            each.record.name: each.parsed.table for each in _shipped() if records.get(each.record.name) == each.record
        }
        if with_file is not None:
            records[with_file.record.name] = with_file.record
            at_hand[with_file.record.name] = with_file.parsed.table
        ordered = sorted(sorted(records.values(), key=lambda each: each.name), key=lambda each: each.date, reverse=True)
        return [
            at_hand[each.name] if each.name in at_hand else _rows(_path(self._folder, each.name)) for each in ordered
        ]

    def assets(self, with_file: FactFile | None = None) -> dict[str, dict[str, str | None]]:
        """Every asset once, by its key; where two files name one, the newer counts.

        With a file they are what they would be once it was kept.
        """
        return {
            asset["key"]: asset for table in reversed(self.tables("assets", with_file)) for asset in table.to_pylist()
        }

    def shared(self) -> list[dict[str, str | None]]:
        """Every address or network that stands for many, of the newest file first."""
        return [row for table in self.tables("shared-address") for row in table.to_pylist()]


def import_facts(lake: Path, paths: Sequence[Path], kind: str = "") -> Imported:
    """Take files, and what folders hold. The caller holds the lake's lock.

    Raises UsageError for a path that is not there, FactsError where not one file held facts.
    """
    records: dict[str, FactRecord] = {}
    refused, passed = [], []
    (lake / FACTS).mkdir(exist_ok=True)
    for path in _files(paths):
        try:
            found = read_facts(path, kind)
        except Unrecognised as error:
            passed.append(str(error))
        except FactsError as error:
            refused.append(str(error))
        except OSError as error:
            refused.append(f"{path}: cannot be read: {error.strerror}")
        else:
            keep_facts(lake, found)
            records[found.record.name] = found.record
    if not records and not refused:
        told = "; ".join(passed[: limits.FACTS_FAULTS]) or f"there is no file in {', '.join(map(str, paths))}"
        raise FactsError(told, "`tocsin enrich import --help` says which files there are; --kind says what a file is.")
    return Imported(tuple(records.values()), tuple(refused), tuple(passed))


def keep_facts(lake: Path, found: FactFile) -> None:
    """Keep a file that was read; the caller sees to it that nobody else writes facts at the same time."""
    (lake / FACTS).mkdir(exist_ok=True)
    note = json.dumps(asdict(found.record), ensure_ascii=False)
    write_parquet(_path(lake / FACTS, found.record.name), found.parsed.table, {_NOTE: note})


def remove_facts(lake: Path, name: str) -> FactRecord:
    """Remove an imported file of facts. Raises UsageError where there is none of that name."""
    facts = Facts(lake)
    record = next((each for each in facts.records if each.name == name), None)
    if record is None:
        raise UsageError(f"there are no facts {name!r}", "`tocsin enrich list` names them.")
    if record.shipped:
        raise UsageError(f"{name} came with Tocsin", "Import a file of the same kind and name in its place.")
    _path(lake / FACTS, name).unlink()
    return record


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))
        elif path.is_file():
            yield path
        else:
            raise UsageError(f"there is no file {path}", "Name files of facts, or a folder that holds them.")


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"


def _record(path: Path) -> FactRecord:
    try:
        notes = pq.read_metadata(path).metadata or {}
        return FactRecord(**json.loads(notes[_NOTE.encode()]))
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise LakeError(f"{path} is damaged: {error}", "Remove this file and import its facts again.") from error


def _rows(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise LakeError(f"{path} is damaged: {error}", "Remove this file and import its facts again.") from error


@cache
def _shipped() -> tuple[FactFile, ...]:
    """What came with Tocsin, read as an import reads it."""
    with as_file(files("tocsin.lake.facts") / "shipped") as folder:
        return tuple(read_facts(path, shipped=True) for path in sorted(folder.glob("*.json")))

"""What `tocsin hunt` asks, of a lake here or of a node's through its API. Rows come back; sentences go to stderr."""

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from tocsin import limits
from tocsin.errors import NodeUnreachable, UsageError

if TYPE_CHECKING:
    from tocsin.lake.indicators import Indicator
    from tocsin.node.hunting import Hunted
    from tocsin.node.rule_hunt import Period

_RULES = ("*.yml", "*.yaml")


@dataclass(frozen=True, slots=True)
class Question:
    """One question: `sql`, `indicators`, or `rules` (files, folders); rows and seconds at most; from when to when."""

    rows: int
    seconds: float
    period: "Period"
    sql: str = ""
    indicators: "tuple[Indicator, ...]" = ()
    rules: tuple[Path, ...] = ()


def ask_lake(asked: Question, lake: Path) -> "Hunted":
    """Ask a lake of this machine. Raises HuntError, RuleError, UsageError, LakeError."""
    from tocsin.cli.places import cache_folder
    from tocsin.cli.progress import progress
    from tocsin.lake.catalog import Catalog
    from tocsin.node.hunting import ask_indicators, ask_rules, ask_sql
    from tocsin.node.pipeline import Stage

    with closing(Catalog(lake)) as catalog:
        if asked.indicators:
            return ask_indicators(catalog, asked.indicators, asked.period, asked.rows)
        if not asked.rules:
            return ask_sql(catalog, asked.sql, asked.rows, asked.seconds)
        with progress(quiet=False) as observe:
            return ask_rules(
                catalog, asked.rules, cache_folder(), asked.period, asked.rows,
                lambda tally: observe(Stage("evaluating", tally, "events")),
            )  # fmt: skip


def ask_node(asked: Question, node: str | None, ca: Path | None) -> "Hunted":
    """Ask a node's lake through its API, under the login that is kept here."""
    from tocsin.cli.rescue import through_api

    ends = {"since": asked.period.since, "until": asked.period.until}
    said: dict[str, object] = {name: end.isoformat() for name, end in ends.items() if end}
    said |= {"rows": min(asked.rows, limits.HUNT_ROWS)}
    said |= {"seconds": max(1, min(round(asked.seconds), limits.API_HUNT_SECONDS))}
    if asked.indicators:
        said["indicators"] = [each.given for each in asked.indicators]
    elif asked.rules:
        said["rules"] = rule_texts(asked.rules)
    else:
        said["sql"] = asked.sql
    with (
        through_api(node, ca, limits.CLIENT_ERRAND_SECONDS) as client,
        client.receive("POST", "/hunt", limits.CLIENT_HUNT_BYTES, said) as parts,
    ):
        return _received(parts)


def indicators_in(given: Sequence[str], file: Path | None) -> "tuple[Indicator, ...]":
    """The indicators that are asked for; lines of the file that are none are told. UsageError where there is none."""
    from tocsin.node.hunting import few, read_indicators

    wanted, refused = read_indicators(given, _lines(file) if file is not None else ())
    if refused:
        tell([f"{len(refused):,} lines of {file} are no indicators and were left out: {few(refused)}."])
    return tuple(wanted)


def rule_texts(paths: Iterable[Path]) -> dict[str, str]:
    """Rules by the name of their file, which has a number in front so that no two are one. UsageError without any."""
    found = [each for path in paths for each in (_below(path) if path.is_dir() else [path])]
    if not found or len(found) > limits.HUNT_RULE_FILES:
        raise UsageError(
            f"{len(found):,} files of rules", f"Name 1 to {limits.HUNT_RULE_FILES:,} through a node, or use --lake."
        )
    return {f"{number}_{_plain(path)}.yml": _text(path) for number, path in enumerate(found, 1)}


def tell(sentences: Iterable[str]) -> None:
    """Say something beside the rows."""
    from tocsin.sinks.terminal import safe

    for sentence in sentences:
        print(f"tocsin: {safe(sentence)}", file=sys.stderr)


def _received(parts: "Iterable[bytes]") -> "Hunted":
    import pyarrow as pa

    from tocsin.cli.receiving import Arriving
    from tocsin.node.hunting import TOLD, Hunted

    try:
        with pa.ipc.open_stream(cast(BinaryIO, BufferedReader(Arriving(iter(parts))))) as stream:
            rows = stream.read_all()
        told = json.loads((rows.schema.metadata or {})[TOLD])
    except (pa.ArrowException, KeyError, ValueError) as error:
        raise NodeUnreachable(
            f"the node's rows cannot be read: {error}", "Compare the versions here and there."
        ) from error
    return Hunted(rows.replace_schema_metadata(None), tuple(map(str, told)))


def _below(folder: Path) -> list[Path]:
    return sorted(path for pattern in _RULES for path in folder.rglob(pattern) if path.is_file())


def _plain(path: Path) -> str:
    """The stem of a file's name in characters that any file may have."""
    return "".join(each if each.isascii() and (each.isalnum() or each in "-_") else "_" for each in path.stem)[:60]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "Name a file of Sigma rules in UTF-8.") from error


def _lines(file: Path) -> list[str]:
    try:
        if file.stat().st_size > limits.INDICATOR_FILE_BYTES:
            raise UsageError(
                f"{file} is larger than {limits.INDICATOR_FILE_BYTES // limits.MIB} MiB", "Split it into several files."
            )
        return file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}", "Name a text file in UTF-8.") from error

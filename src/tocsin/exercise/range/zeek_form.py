"""Zeek's logs as lines: TSV with its header, or JSON lines, by the member's sensor.

`values` has `uid`, `orig_h`, `orig_p`, `resp_h`, `resp_p` and the log's own fields; what is not given is unset.
Truths are "T" or "F", sets and vectors are texts with commas. A field that only some records have needs a batch of
its own.
"""

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from tocsin.exercise.network.zeek import LogType, log_types
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.batches import Batch
from tocsin.exercise.range.columns import Escape, Line
from tocsin.exercise.range.times import epoch
from tocsin.exercise.range.windows_form import escape_json

PREFIX = "zeek_"
_IDS = {"uid": "uid", "id.orig_h": "orig_h", "id.orig_p": "orig_p", "id.resp_h": "resp_h", "id.resp_p": "resp_p"}
_ID_TYPES = ("time", "string", "addr", "port", "addr", "port")
_HEADER = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n#open\t{open}\n"
    "#fields\t{fields}\n#types\t{types}\n"
)
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\x09", "\n": "\\x0a"})
_UNQUOTED = ("count", "port", "interval", "time")


@cache
def zeek_logs() -> Mapping[str, LogType]:
    """All logs by name."""
    rows = tomllib.loads(Path(__file__).with_name("zeek.toml").read_text(encoding="utf-8"))
    own = {
        name: LogType(name, ("ts", *_IDS, *row["fields"].split()), (*_ID_TYPES, *row["types"].split()), json=False)
        for name, row in rows.items()
    }
    return {**log_types(), **own}


@lru_cache(maxsize=100_000)
def escape_tsv(text: str) -> str:
    """The text as Zeek writes it between tabs."""
    return text.translate(_ESCAPES) or "-"


def _truth(text: str) -> str:
    return {"T": "true", "F": "false"}[text]


@lru_cache(maxsize=10_000)
def _list(text: str) -> str:
    if text == "(empty)":
        return "[]"
    return "[" + ",".join(f'"{escape_json(one)}"' for one in text.split(",")) + "]"


def is_json(member: Member) -> bool:
    """Whether the member's Zeek writes JSON: that of the best logging quality."""
    return member.logging.quality == "full"


def zeek_header(stream: str, opened: str) -> str:
    """The header of a TSV log; `opened` is when, as `2026-03-02-00-00-00`."""
    log = zeek_logs()[stream.removeprefix(PREFIX)]
    return _HEADER.format(path=log.name, open=opened, fields="\t".join(log.fields), types="\t".join(log.types))


def zeek_lines(member: Member, batch: Batch) -> list[str]:
    """The lines of a batch in the member's form."""
    log = zeek_logs()[batch.stream.removeprefix(PREFIX)]
    return (_json_lines if is_json(member) else _tsv_lines)(log, batch)


def _tsv_lines(log: LogType, batch: Batch) -> list[str]:
    line = Line(escape_tsv)
    line.value(epoch(batch.times))
    literal = ""  # most fields are the same in all records
    for name in log.fields[1:]:
        column = batch.values.get(_IDS.get(name, name))
        literal += "\t"
        if column is None or isinstance(column, str):
            literal += line.none if column is None else escape_tsv(column)
            continue
        line.text(literal).value(column)
        literal = ""
    return line.text(literal + "\n").lines(len(batch))


def _json_lines(log: LogType, batch: Batch) -> list[str]:
    line = Line(escape_json)
    line.text('{"ts":').value(epoch(batch.times))
    literal = ""
    for name, type_ in zip(log.fields[1:], log.types[1:], strict=True):
        column = batch.values.get(_IDS.get(name, name))
        if column is None or (isinstance(column, str) and column == "-"):
            continue
        bare = type_ == "bool" or type_.startswith(("set", "vector"))
        quote = "" if bare or type_ in _UNQUOTED else '"'
        line.escape = _of(type_) if bare else escape_json
        literal += f',"{name}":{quote}'
        if isinstance(column, str):
            literal += line.escape(column) + quote
            continue
        line.text(literal).value(column)
        literal = quote
    return line.text(literal + "}\n").lines(len(batch))


def _of(type_: str) -> Escape:
    return _truth if type_ == "bool" else _list

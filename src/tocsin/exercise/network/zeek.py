"""Zeek's logs: TSV with the header Zeek writes, some as JSON lines, one folder a day.

Rules of Zeek: `-` is unset, `(empty)` an empty set, backslashes and tabs inside values are escaped as \\xHH, times have
six decimals. A line is written when the event is over, so conn.log is in the order of ends and not of starts.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from tocsin.exercise.calendar import moment
from tocsin.exercise.chance import MICROSECONDS
from tocsin.exercise.network.flows import Flow
from tocsin.exercise.output import MICROSECONDS_PER_DAY, DayNames, Folder

_ID_FIELDS = ("ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p")
_ID_TYPES = ("time", "string", "addr", "port", "addr", "port")
_HEADER = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n#open\t{open}\n"
    "#fields\t{fields}\n#types\t{types}\n"
)
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\x09", "\n": "\\x0a"})
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class LogType:
    """One of Zeek's logs."""

    name: str
    fields: tuple[str, ...]
    types: tuple[str, ...]
    json: bool


@cache
def log_types() -> dict[str, LogType]:
    """The log types of the data file."""
    rows = tomllib.loads(Path(__file__).with_name("zeek_logs.toml").read_text(encoding="utf-8"))
    return {
        name: LogType(
            name,
            (*_ID_FIELDS, *row["fields"].split()),
            (*_ID_TYPES, *row["types"].split()),
            bool(row.get("json", False)),
        )
        for name, row in rows.items()
    }


@dataclass(frozen=True, slots=True)
class ZeekRecord:
    """What one line says, beside the connection it belongs to. `ts_us` is its `ts`."""

    flow: Flow
    ts_us: int
    values: Mapping[str, object]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.translate(_ESCAPES) if value else "-"
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, float):
        return f"{value:.6f}"
    if isinstance(value, list):
        return ",".join([_text(one).replace(",", "\\x2c") for one in value]) or "(empty)"
    return str(value)


class ZeekLog:
    """One log type of the sensor."""

    def __init__(self, type_: LogType, folder: Folder) -> None:
        self._type = type_
        self._folder = folder
        directory = "zeek-json" if type_.json else "zeek"
        self._days = DayNames(f"network/{directory}/%Y-%m-%d/{type_.name}.log")

    def write(self, time_us: int, payload: object) -> tuple[str, int]:
        """Writes a ZeekRecord."""
        assert isinstance(payload, ZeekRecord)
        one = payload.flow
        row: dict[str, object] = {
            "ts": payload.ts_us / MICROSECONDS,
            "uid": one.uid,
            "id.orig_h": one.source,
            "id.orig_p": one.source_port,
            "id.resp_h": one.target,
            "id.resp_p": one.target_port,
            **payload.values,
        }
        if self._type.json:
            file = self._folder.file(self._days.name(time_us))
            return file.name, file.write(
                _encode({name: value for name, value in row.items() if value is not None}) + b"\n"
            )
        file = self._folder.file(self._days.name(time_us), lambda: self._header(time_us), lambda: _closed(time_us))
        line = "\t".join([_text(row.get(name)) for name in self._type.fields])
        return file.name, file.write(line.encode() + b"\n")

    def _header(self, time_us: int) -> bytes:
        kind = self._type
        fields, types = "\t".join(kind.fields), "\t".join(kind.types)
        return _HEADER.format(path=kind.name, open=_opened(time_us).decode(), fields=fields, types=types).encode()


def _closed(time_us: int) -> bytes:
    """Files are rotated at midnight UTC."""
    midnight = (time_us // MICROSECONDS_PER_DAY + 1) * MICROSECONDS_PER_DAY
    return b"#close\t" + _opened(midnight) + b"\n"


def _opened(time_us: int) -> bytes:
    return moment(time_us).strftime("%Y-%m-%d-%H-%M-%S").encode()


def connection(one: Flow, local: bool, local_target: bool) -> dict[str, object]:
    """The fields of conn.log."""
    return {
        "proto": one.protocol,
        "service": None if one.service == "-" else one.service,
        "duration": None if one.state in ("S0", "REJ") else one.duration_us / MICROSECONDS,
        "orig_bytes": None if one.state == "S0" else one.sent,
        "resp_bytes": None if one.state == "S0" else one.received,
        "conn_state": one.state,
        "local_orig": local,
        "local_resp": local_target,
        "missed_bytes": 0,
        "history": one.history,
        "orig_pkts": one.packets_sent,
        "orig_ip_bytes": one.wire_sent,
        "resp_pkts": one.packets_received,
        "resp_ip_bytes": one.wire_received,
        "tunnel_parents": None,
        "community_id": one.community,
    }

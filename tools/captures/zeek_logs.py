"""Zeek's tab-separated logs, for captures: times are seconds after a Monday morning."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tools.captures import write_capture

MONDAY = 1_772_409_600  # 2026-03-02 00:00 UTC
_ENDS = ("ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p")
FIELDS: Mapping[str, Sequence[str]] = {
    "conn": (
        *_ENDS,
        "proto",
        "service",
        "duration",
        "orig_bytes",
        "resp_bytes",
        "conn_state",
        "orig_pkts",
        "resp_pkts",
    ),
    "ssl": (*_ENDS, "version", "server_name", "ja3", "established"),
    "http": (*_ENDS, "method", "host", "uri", "user_agent", "request_body_len", "response_body_len", "status_code"),
}
Row = Mapping[str, object]
TimedRow = tuple[float, Sequence[object]]  # when, and what comes after the time
CONN = "uid id.orig_h id.orig_p id.resp_h id.resp_p proto orig_bytes resp_bytes conn_state orig_pkts resp_pkts"
CONN_TYPES = "string addr port addr port enum count count string count count"
_TYPES = {"ts": "time", "id.orig_h": "addr", "id.resp_h": "addr", "id.orig_p": "port", "id.resp_p": "port",
          "duration": "interval", "established": "bool"}  # fmt: skip
_COUNTS = {"orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "request_body_len", "response_body_len", "status_code"}


def write(folder: Path, log: str, rows: Iterable[Row]) -> None:
    """Write `<log>.log` in order of time; `at` of a row is its seconds, what a row lacks is unset."""
    _, *fields = FIELDS[log]
    types = [_TYPES.get(name, "count" if name in _COUNTS else "string") for name in fields]
    ordered = sorted(rows, key=lambda each: (_seconds(each), str(each["id.orig_h"])))
    told = ((MONDAY + _seconds(row), [row.get(name, "-") for name in fields]) for row in ordered)
    write_capture(folder / f"{log}.log", zeek_log(log, fields, types, told))


def zeek_log(path: str, fields: Iterable[str], types: Iterable[str], rows: Iterable[TimedRow]) -> str:
    """A log in Zeek's TSV form; `fields` and `types` are those after `ts`."""
    head = (
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
        f"#path\t{path}\n#fields\tts\t" + "\t".join(fields) + "\n#types\ttime\t" + "\t".join(types)
    )
    ordered = sorted(rows, key=lambda row: row[0])
    return "\n".join([head, *("\t".join(map(str, (f"{at:.6f}", *rest))) for at, rest in ordered)]) + "\n"


def conn_log(rows: Iterable[TimedRow]) -> str:
    """conn.log with the fields of `CONN`."""
    return zeek_log("conn", CONN.split(), CONN_TYPES.split(), rows)


def connection(
    at: float, src: str, dst: str, port: int, sent: int, seconds: float = 0.4, protocol: str = "tcp"
) -> dict[str, object]:
    """A row of conn.log: one finished connection; three times what was sent comes back."""
    return {
        "at": round(at, 3), "uid": f"C{src.rpartition('.')[2]}x{at:.3f}", "id.orig_h": src,
        "id.orig_p": 40_000 + int(at * 7) % 20_000, "id.resp_h": dst, "id.resp_p": port, "proto": protocol,
        "duration": f"{seconds:.3f}", "orig_bytes": sent, "resp_bytes": sent * 3, "conn_state": "SF",
        "orig_pkts": 6, "resp_pkts": 7,
    }  # fmt: skip


def _seconds(row: Row) -> float:
    return float(str(row["at"]))

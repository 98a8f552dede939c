"""Zeek's tab-separated logs, for captures: times are seconds after a Monday morning."""

import gzip
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

MONDAY = 1_772_409_600  # 2026-03-02 00:00 UTC
PACKED_BYTES = 200_000  # a larger log is packed
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
_TYPES = {"ts": "time", "id.orig_h": "addr", "id.resp_h": "addr", "id.orig_p": "port", "id.resp_p": "port",
          "duration": "interval", "established": "bool"}  # fmt: skip
_COUNTS = {"orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "request_body_len", "response_body_len", "status_code"}


def write(folder: Path, log: str, rows: Iterable[Row]) -> None:
    """Write `<log>.log` in order of time; `at` of a row is its seconds, what a row lacks is unset."""
    fields = FIELDS[log]
    types = [_TYPES.get(name, "count" if name in _COUNTS else "string") for name in fields]
    lines = [
        "#separator \\x09",
        "#set_separator\t,",
        "#empty_field\t(empty)",
        "#unset_field\t-",
        f"#path\t{log}",
        "\t".join(["#fields", *fields]),
        "\t".join(["#types", *types]),
    ]
    for row in sorted(rows, key=lambda each: (_seconds(each), str(each["id.orig_h"]))):
        values = {**row, "ts": f"{MONDAY + _seconds(row):.6f}"}
        lines.append("\t".join(str(values.get(name, "-")) for name in fields))
    data = ("\n".join(lines) + "\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    for old in (folder / f"{log}.log", folder / f"{log}.log.gz"):
        old.unlink(missing_ok=True)
    if len(data) > PACKED_BYTES:
        (folder / f"{log}.log.gz").write_bytes(gzip.compress(data, mtime=0))
    else:
        (folder / f"{log}.log").write_bytes(data)


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

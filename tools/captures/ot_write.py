"""Captures of `ot-write`: what Zeek writes of a small pumping station's control network over five days."""

import gzip
import json
from pathlib import Path

from tools.captures import PACK

BEGIN = 1772409600  # 2026-03-02 00:00 UTC
DAYS = 5
SERVER, LAPTOP, STRANGER = "10.9.0.5", "10.9.0.20", "10.9.0.77"
CONTROLLERS = ("10.9.1.11", "10.9.1.12", "10.9.1.13", "10.9.1.14")
READ, SET = "READ_HOLDING_REGISTERS", "WRITE_SINGLE_REGISTER"


def attack(folder: Path) -> None:
    """On the fifth day a stranger switches coils of three controllers and rewrites their registers."""
    begin = 4 * 86400 + 2 * 3600
    blows = [
        _modbus(begin + number * 40 + place * 7, STRANGER, target, function)
        for place, target in enumerate(CONTROLLERS[:3])
        for number, function in enumerate(("WRITE_SINGLE_COIL", "WRITE_MULTIPLE_REGISTERS", "WRITE_SINGLE_COIL"))
    ]
    write(folder, [*_routine(), *blows])


def benign(folder: Path) -> None:
    """The control server sets values all day; the laptop that wrote on the first day is back on the fifth."""
    visits = [
        _modbus(day * 86400 + 9 * 3600 + place * 60, LAPTOP, target, function)
        for day in (0, 4)
        for place, target in enumerate(CONTROLLERS)
        for function in (READ, "WRITE_MULTIPLE_REGISTERS")
    ]
    write(folder, [*_routine(), *visits])


def _routine() -> list[dict[str, object]]:
    """The control server reads every twenty minutes and sets a value every six hours."""
    rows = []
    for place, target in enumerate(CONTROLLERS):
        for at in range(place, DAYS * 86400, 1200):
            rows += [_modbus(at, SERVER, target, READ), _modbus(at, SERVER, target, READ, answer=True)]
        rows += [_modbus(at, SERVER, target, SET) for at in range(300 + place, DAYS * 86400, 21600)]
    return rows


def _modbus(at: int, source: str, target: str, function: str, *, answer: bool = False) -> dict[str, object]:
    return {
        "_path": "modbus", "ts": BEGIN + at, "uid": f"C{source[-2:]}{target[-2:]}{at // 3600}", "id.orig_h": source,
        "id.orig_p": 40000 + at % 9000, "id.resp_h": target, "id.resp_p": 502, "tid": at % 65536, "unit": 1,
        "func": function, "pdu_type": "RESP" if answer else "REQ",
    }  # fmt: skip


def write(folder: Path, rows: list[dict[str, object]], name: str = "modbus.log.gz") -> None:
    """The rows in order of time, as Zeek writes JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, separators=(",", ":")) for row in sorted(rows, key=lambda row: float(str(row["ts"])))]
    (folder / name).write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))


if __name__ == "__main__":
    attack(PACK / "ot-write" / "attack")
    benign(PACK / "ot-write" / "benign")

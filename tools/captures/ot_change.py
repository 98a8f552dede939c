"""Captures of `ot-change`: DNP3 between a control centre and its substations, as Zeek writes it, over five days."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.ot_write import BEGIN, write

DAYS = 5
CENTRE, SPARE, STRANGER = "10.8.0.5", "10.8.0.6", "10.8.0.90"
STATIONS = tuple(f"10.8.1.{number}" for number in range(11, 17))


def attack(folder: Path) -> None:
    """On the fifth day an unknown computer reads all six substations and asks for their files."""
    begin = 4 * 86400 + 3 * 3600
    asked = [
        _row(begin + place * 20 + number, STRANGER, station, function)
        for place, station in enumerate(STATIONS)
        for number, function in enumerate(("READ", "DELAY_MEASURE", "GET_FILE_INFO"))
    ]
    write(folder, [*_routine(), *asked], "dnp3.log.gz")


def benign(folder: Path) -> None:
    """The spare centre takes over on the fifth day, as it did on the first; a substation is put into service."""
    spare = [
        _row(day * 86400 + 8 * 3600 + at, SPARE, station, "READ")
        for day in (0, 4)
        for at in range(0, 7200, 900)
        for station in STATIONS
    ]
    new = [_row(3 * 86400 + at, CENTRE, "10.8.1.30", "READ") for at in range(0, 86400, 1800)]
    write(folder, [*_routine(), *spare, *new], "dnp3.log.gz")


def _routine() -> list[dict[str, object]]:
    """The centre reads every half an hour, and sets the clock once a day."""
    rows = []
    for place, station in enumerate(STATIONS):
        rows += [_row(at + place, CENTRE, station, "READ") for at in range(0, DAYS * 86400, 1800)]
        rows += [_row(at + place, CENTRE, station, "WRITE") for at in range(700, DAYS * 86400, 86400)]
    return rows


def _row(at: int, source: str, target: str, function: str) -> dict[str, object]:
    return {
        "_path": "dnp3", "ts": BEGIN + at, "uid": f"C{source[-2:]}{target[-2:]}{at // 3600}", "id.orig_h": source,
        "id.orig_p": 30000 + at % 9000, "id.resp_h": target, "id.resp_p": 20000, "fc_request": function,
        "fc_reply": "RESPONSE", "iin": 0,
    }  # fmt: skip


if __name__ == "__main__":
    attack(PACK / "ot-change" / "attack")
    benign(PACK / "ot-change" / "benign")

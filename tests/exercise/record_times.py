"""Reads the exercise's files back in the plainest way: record by record, with the time that each record states.

Independent of the writers and of Tocsin's readers, so that both can be wrong only in different ways.
"""

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Tirane")
_NAMESPACE = "{http://schemas.microsoft.com/win/2004/08/events/event}"
_COMBINED = re.compile(r"\[([^\]]+)\]")
_AUDIT = re.compile(r"audit\((\d+\.\d{3}):")


def records(path: Path) -> Iterator[tuple[int, datetime, str]]:
    """(position, stated time in UTC, text) of every record."""
    if path.suffix == ".xml":
        yield from _xml(path)
        return
    fields: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.startswith("#fields\t"):
            fields = line.split("\t")[1:]
        if not line or line.startswith(("#", '"ObjectModified"')):
            continue
        yield number, _time(path, line, fields), line


def _xml(path: Path) -> Iterator[tuple[int, datetime, str]]:
    root = ElementTree.parse(path).getroot()
    for number, event in enumerate(root, 1):
        stated = event.find(f"{_NAMESPACE}System/{_NAMESPACE}TimeCreated")
        assert stated is not None
        yield number, datetime.fromisoformat(stated.attrib["SystemTime"]), ElementTree.tostring(event, "unicode")


def _time(path: Path, line: str, fields: list[str]) -> datetime:
    if line.startswith("{"):
        return _json_time(json.loads(line))
    if fields:
        row = dict(zip(fields, line.split("\t"), strict=True))
        return datetime.fromtimestamp(_ended(float(row["ts"]), row.get("duration", "-"), path), UTC)
    if path.suffix == ".csv":
        return datetime.strptime(next(csv.reader([line]))[8], "%m/%d/%Y %H:%M:%S").replace(tzinfo=ZONE)
    return _line_time(path, line)


def _ended(start: float, duration: str, path: Path) -> float:
    """conn.log is in the order in which connections end."""
    return start + (0.0 if duration == "-" or path.name != "conn.log" else float(duration))


def _json_time(row: dict[str, object]) -> datetime:
    if "ts" in row:
        return datetime.fromtimestamp(float(str(row["ts"])), UTC)
    event = row.get("Event")
    if isinstance(event, dict):
        return datetime.fromisoformat(event["System"]["TimeCreated"]["#attributes"]["SystemTime"])
    return datetime.fromisoformat(str(row.get("@timestamp") or row["timestamp"]))


def _line_time(path: Path, line: str) -> datetime:
    if path.name == "audit.log":
        found = _AUDIT.search(line)
        assert found
        return datetime.fromtimestamp(float(found[1]), UTC)
    if "iis" in path.parts:
        return datetime.fromisoformat(line[:19]).replace(tzinfo=UTC)
    if "squid" in path.parts:
        return datetime.fromtimestamp(float(line.split(maxsplit=1)[0]), UTC)
    if "web" in path.parts:
        found = _COMBINED.search(line)
        assert found
        return datetime.strptime(found[1], "%d/%b/%Y:%H:%M:%S %z")
    if "fortigate" in path.parts:
        values = dict(part.split("=", 1) for part in line.split(">", 1)[1].split(" ")[:6])
        return datetime.fromtimestamp(int(values["eventtime"]) / 1e9, UTC)
    return datetime.strptime("2026 " + line[:15], "%Y %b %d %H:%M:%S").replace(tzinfo=ZONE)

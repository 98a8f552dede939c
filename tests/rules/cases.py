"""Events that each rule of the pack must and must not match, read from cases/<folder>.yml.

A case file maps a rule's file name to:
- `event: sysmon 1` (also security, system, powershell, defender, exchange): a Windows event, or `table:` for another
- `base:` fields that every event of the case has
- `match:` and `no_match:` lists of events, flat or nested as the source writes them
For a correlation each list is one story, its events ten milliseconds apart; `repeat: N` tells each event N times,
except those with `once: true`, and `{n}` in a text is the number of the repetition.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "cases"
CHANNELS = {
    "sysmon": "Microsoft-Windows-Sysmon/Operational",
    "security": "Security",
    "system": "System",
    "powershell": "Microsoft-Windows-PowerShell/Operational",
    "defender": "Microsoft-Windows-Windows Defender/Operational",
    "exchange": "MSExchange Management",
}
BEGIN_US = 1_795_000_000_000_000  # some second of November 2026
STEP_US = 10_000

Event = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """The events of one rule file."""

    folder: str
    name: str
    table: str
    base: Event
    repeat: int
    match: tuple[Event, ...]
    no_match: tuple[Event, ...]

    def event(self, own: Event) -> Event:
        """One event with the fields of the base; nested objects are merged."""
        return merged(self.base, {key: value for key, value in own.items() if key != "once"})

    def story(self, events: tuple[Event, ...]) -> list[Event]:
        """The events in their order with times, repeated as the case says."""
        told = [
            numbered(self.event(own), number)
            for own in events
            for number in range(1 if own.get("once") else self.repeat)
        ]
        return [{**event, "_time_us": BEGIN_US + STEP_US * place} for place, event in enumerate(told)]


def merged(base: Event, own: Event) -> Event:
    """Both objects in one; `own` wins."""
    result = dict(base)
    for key, value in own.items():
        under = result.get(key)
        result[key] = merged(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return result


def numbered(value: Any, number: int) -> Any:
    """The value with `{n}` in its texts replaced by the number."""
    if isinstance(value, dict):
        return {key: numbered(each, number) for key, each in value.items()}
    return value.replace("{n}", str(number)) if isinstance(value, str) else value


def read_case(folder: str, name: str, data: Mapping[str, Any]) -> Case:
    """One entry of a case file."""
    base: Event = dict(data.get("base", {}))
    if "event" in data:
        channel, number = data["event"].split()
        base = {"Channel": CHANNELS[channel], "EventID": int(number), **base}
    return Case(
        folder,
        name,
        data.get("table", "windows"),
        base,
        data.get("repeat", 1),
        tuple(data["match"]),
        tuple(data["no_match"]),
    )


def read_cases() -> Iterator[Case]:
    """All cases of all folders."""
    for file in sorted(FOLDER.glob("*.yml")):
        for name, data in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            yield read_case(file.stem, name, data)


@cache
def all_cases() -> tuple[Case, ...]:
    """All cases, read once."""
    return tuple(read_cases())

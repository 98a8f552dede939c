"""Times as logs write them, to microseconds since 1970 UTC."""

from tocsin.telemetry.times.arrays import parse_times
from tocsin.telemetry.times.order import EventClock, LocalClock, Yearless
from tocsin.telemetry.times.text import (
    EARLIEST_US,
    LATEST_US,
    NO_TIME,
    Stamp,
    parse_filetime,
    parse_time,
    read_stamp,
    zone_note,
)

__all__ = [
    "EARLIEST_US",
    "LATEST_US",
    "NO_TIME",
    "EventClock",
    "LocalClock",
    "Stamp",
    "Yearless",
    "parse_filetime",
    "parse_time",
    "parse_times",
    "read_stamp",
    "zone_note",
]

"""Times as logs write them, to microseconds since 1970 UTC."""

from tocsin.telemetry.times.arrays import parse_times
from tocsin.telemetry.times.order import EventClock, LocalClock, Yearless
from tocsin.telemetry.times.text import NO_TIME, Stamp, parse_filetime, parse_time, read_stamp, zone_note

__all__ = [
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

"""Values that options accept."""

from enum import StrEnum


class Level(StrEnum):
    """Sigma's levels, weakest first."""

    informational = "informational"
    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"


class OutputFormat(StrEnum):
    """What `tocsin scan` writes to stdout."""

    table = "table"
    json = "json"
    ndjson = "ndjson"
    csv = "csv"


class Part(StrEnum):
    """The parts of detection that can run alone."""

    rules = "rules"
    analytics = "analytics"

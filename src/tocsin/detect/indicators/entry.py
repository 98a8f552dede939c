"""One indicator that a lake keeps: a value, who warned about it, and how long and how surely.

Rules:
1. What nobody dated stops counting after a time that its kind gives it (`LASTS`): addresses change hands soon, names
   later, a hash stays what it is but nobody meets it for ever.
2. The level of what is found comes from the source's confidence (0 to 100, STIX 2.1 §4.7 and appendix A: below 30 low,
   below 70 medium, else high); where the source gives none, it is medium.
3. All indicators of one kind, level, source and ATT&CK techniques are one rule (`rules`): so a source can be judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from tocsin.lake.indicators import Indicator

LASTS: Mapping[str, timedelta] = MappingProxyType(
    {
        "ip": timedelta(days=30),
        "domain": timedelta(days=180),
        "uri": timedelta(days=90),
        "hash": timedelta(days=730),
        "file": timedelta(days=180),
        "account": timedelta(days=180),
        "service": timedelta(days=365),
        "task": timedelta(days=365),
    }
)
"""How long an indicator counts where its source does not say."""
LOW_BELOW, MEDIUM_BELOW = 30, 70  # confidence


@dataclass(frozen=True, slots=True)
class Entry:
    """An indicator as a source gave it. Times are UTC; `valid_from` is told, `valid_until` decides."""

    indicator: Indicator
    source: str
    valid_until: datetime
    valid_from: datetime | None = None
    confidence: int | None = None
    marking: str = ""  # TLP or what the source calls it
    attack: tuple[str, ...] = ()  # techniques that the source names
    note: str = ""
    reference: str = ""  # the source's own id of it


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a file that gives no indicator: where or which, and why."""

    what: str
    why: str


def level_of(confidence: int | None) -> str:
    """Rule 2."""
    if confidence is None:
        return "medium"
    return "low" if confidence < LOW_BELOW else "medium" if confidence < MEDIUM_BELOW else "high"

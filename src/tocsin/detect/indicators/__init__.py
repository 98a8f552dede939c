"""Indicators: values that somebody warned about, kept beside the lake and met in every new event."""

from tocsin.detect.indicators.building import Rows, infos
from tocsin.detect.indicators.collection import (
    Collection,
    Origin,
    changing,
    empty,
    merged,
    open_collection,
    place_of,
    store,
)
from tocsin.detect.indicators.entry import Entry, Unread
from tocsin.detect.indicators.matching import Matcher, Met, RuleMet
from tocsin.detect.indicators.rules import PAST, PREFIX, Warned

__all__ = [
    "PAST",
    "PREFIX",
    "Collection",
    "Entry",
    "Matcher",
    "Met",
    "Origin",
    "Rows",
    "RuleMet",
    "Unread",
    "Warned",
    "changing",
    "empty",
    "infos",
    "merged",
    "open_collection",
    "place_of",
    "store",
]

"""What is asked about indicators, as the API and its errands carry it."""

from datetime import datetime
from typing import Annotated

import msgspec

from tocsin import limits

Text = Annotated[str, msgspec.Meta(max_length=limits.INDICATOR_NOTE)]
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Import(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of a file that is imported."""

    file: Annotated[str, msgspec.Meta(max_length=limits.INDICATOR_SOURCE)] = ""
    """Its name: the source where neither the file nor `source` names one."""
    source: Annotated[str, msgspec.Meta(max_length=limits.INDICATOR_SOURCE)] = ""
    marking: Text = ""
    valid_until: Time | None = None
    confidence: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    replace: bool = False
    """Whether what the same sources gave before goes."""
    even_common: bool = False
    """Whether addresses of clouds, names that everybody calls and the like are taken too."""
    dry_run: bool = False
    """Whether it is only told what would be taken."""


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which indicators are listed; what is empty does not narrow."""

    kind: Text = ""
    source: Text = ""
    value: Annotated[str, msgspec.Meta(max_length=limits.INDICATOR_BYTES)] = ""
    expired: bool = False
    """Whether only those are listed that no longer count."""
    most: Annotated[int, msgspec.Meta(ge=1, le=limits.API_PAGE_ROWS)] = limits.API_PAGE_ROWS
    skip: Annotated[int, msgspec.Meta(ge=0)] = 0

"""Pages of long lists: `most` and `skip` of a query."""

import re
from collections.abc import Mapping

from tocsin import limits
from tocsin.errors import UsageError

_NUMBER = re.compile(r"[0-9]{1,6}")


def page(query: Mapping[str, str]) -> tuple[int, int]:
    """How many at most, and how many are passed over before. UsageError where that is no number, or too many."""
    most, skip = number(query, "most", limits.API_PAGE_ROWS), number(query, "skip", 0)
    if most > limits.API_PAGE_ROWS:
        raise UsageError("this is too long a list", f"Ask for at most {limits.API_PAGE_ROWS} and `skip` to the next.")
    return most, skip


def number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    """A number of a query. UsageError where it is none."""
    text = query.get(name)
    if text is None:
        return otherwise
    if not _NUMBER.fullmatch(text):
        raise UsageError(f"{name} is no number", "Write it in digits.")
    return int(text)

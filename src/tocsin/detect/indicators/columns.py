"""Which columns of a table hold which kinds of indicators: `columns.toml`, made from the views.

`host`, `path` and `url` are the parts of URLs.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def _all() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    text = files("tocsin.detect.indicators").joinpath("columns.toml").read_text("utf-8")
    return {
        table: {kind: tuple(names) for kind, names in kinds.items()} for table, kinds in tomllib.loads(text).items()
    }


def columns_of(table: str) -> Mapping[str, tuple[str, ...]]:
    """Kind → native columns; nothing for a table that no view reads."""
    return _all().get(table, {})

"""The start of an analytic of one's own: a folder with a working example."""

import re
from importlib import resources
from pathlib import Path

from tocsin.detect.analytics.pack import FILE
from tocsin.errors import UsageError

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def write_start(folder: Path, id: str) -> Path:
    """Write `<folder>/<id>/` and return it. Raises UsageError for a bad id or a folder that is there already."""
    if not _ID.fullmatch(id):
        raise UsageError(f"{id!r} is no id", "Use lower-case letters, digits and single hyphens, such as odd-logons.")
    place = folder / id
    if place.exists():
        raise UsageError(f"{place} is there already", "Choose another id, or remove it first.")
    for name in ("attack", "benign"):
        (place / name).mkdir(parents=True)
    text = (resources.files("tocsin.detect.analytics") / "start.sql").read_text("utf-8")
    (place / FILE).write_text(text, encoding="utf-8")
    return place

"""The pages of the analytics are those that their headers give."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_pages_of_the_analytics_are_made_from_their_headers() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    from analytics_docs import documents

    folder = ROOT / "docs" / "analytics"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    assert written == documents(), "run `make docs`"

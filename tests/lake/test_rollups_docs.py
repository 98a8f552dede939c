from pathlib import Path

from tocsin.lake.rollups_docs import DOCUMENT, document

ROOT = Path(__file__).parents[2]


def test_the_page_about_rollups_is_what_the_sql_says() -> None:
    assert (ROOT / DOCUMENT).read_text("utf-8") == document(), "run: python -m tocsin.lake.rollups_docs"

"""Writes docs/analytics/ from the headers of the analytics: `python tools/analytics_docs.py`."""

from pathlib import Path

from tocsin.console.analytics import page
from tocsin.detect.analytics import load_analytics

FOLDER = Path(__file__).parents[1] / "docs" / "analytics"
HEAD = """# Analytics

Behaviour that no single event shows. Each is one `.sql` file; [analytics.md](../analytics.md) says how they work
and how to write one. These pages are made from the headers by `python tools/analytics_docs.py`.

| analytic | finds | level | techniques |
|---|---|---|---|
"""


def documents() -> dict[str, str]:
    """The pages by file name."""
    analytics = load_analytics().analytics
    rows = [
        f"| [{id}]({id}.md) | {each.info.title} | {each.info.level} | {' '.join(each.info.attack)} |"
        for id, each in analytics.items()
    ]
    pages = {f"{id}.md": page(each) for id, each in analytics.items()}
    return {"README.md": HEAD + "\n".join(rows) + "\n", **pages}


def main() -> None:
    """Write all pages, remove those of analytics that are gone."""
    FOLDER.mkdir(exist_ok=True)
    pages = documents()
    for old in set(FOLDER.glob("*.md")) - {FOLDER / name for name in pages}:
        old.unlink()
    for name, text in pages.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

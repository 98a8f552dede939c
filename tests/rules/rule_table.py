"""docs/rules.md from the rule files: `python tests/rules/rule_table.py` writes it, a test compares it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tocsin.rules import PACK

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
FOLDERS = {
    "windows": "Windows, Active Directory and Exchange",
    "linux": "Linux",
    "web": "Web servers and proxies",
    "network": "Network sensors: Zeek and Suricata",
    "cloud": "Cloud and identity",
}
HEAD = """# The baseline rules

Tocsin brings its own Sigma rules, so that a scan finds things without any download. They were written for this
project from what is publicly known about attackers' behaviour, first of all the attacks on Albania in 2022 and the
wipers of the last years, and stand under the Apache License 2.0. Other trees are added with `--rules`.

A rule's file says what a hit means, what speaks against it, and which ATT&CK techniques it belongs to (version 19).
**Level** is how sure and how bad a hit is by itself: critical and high deserve a look now, medium a look today, low and
informational are pieces for incidents and for rules that count. Rules marked ∑ are correlations: they look at several
events. The base rules that they count and that raise nothing themselves are not listed.
"""


def documents(folder: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The last rule of each file: what the file is about."""
    for file in sorted((PACK / folder).glob("*.yml")):
        yield file, list(yaml.safe_load_all(file.read_text(encoding="utf-8")))[-1]


def source(document: dict[str, Any]) -> str:
    """`windows · process_creation`, for a correlation its type and span."""
    if "correlation" in document:
        correlation = document["correlation"]
        return f"∑ {correlation['type']}, {correlation['timespan']}"
    logsource = document["logsource"]
    return " · ".join(logsource[part] for part in ("product", "category", "service") if part in logsource)


def techniques(document: dict[str, Any]) -> str:
    """ATT&CK technique ids of the rule's tags."""
    tags = (tag.removeprefix("attack.") for tag in document["tags"])
    return ", ".join(tag.upper() for tag in tags if tag[1:2].isdigit())


def rows(folder: str) -> Iterator[str]:
    """One table row a rule file."""
    for file, document in documents(folder):
        link = f"[{document['title']}](../src/tocsin/rules/{folder}/{file.name})"
        yield f"| {document['level']} | {link} | {techniques(document)} | {source(document)} |"


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for folder, title in FOLDERS.items():
        table = "\n".join(rows(folder))
        parts.append(f"## {title}\n\n| level | rule | ATT&CK | log source |\n|---|---|---|---|\n{table}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

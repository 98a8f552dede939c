"""Documents against the program."""

import importlib.util
import re
from pathlib import Path

from tocsin.telemetry.registry import READERS

ROOT = Path(__file__).parents[2]


def test_commands_page_is_what_the_program_says() -> None:
    spec = importlib.util.spec_from_file_location("command_docs", ROOT / "tools" / "command_docs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "commands.md").read_text("utf-8") == module.document()


def test_readers_page_lists_every_reader_and_no_other() -> None:
    text = (ROOT / "docs" / "readers.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([a-z0-9-]+)` \|", text, re.MULTILINE))
    assert listed == {reader.name for reader in READERS}


def test_every_link_between_documents_leads_somewhere() -> None:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        prose = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)  # SQL has brackets of its own
        for target in re.findall(r"\]\(([^)#]+)", prose):
            if not target.startswith(("http:", "https:")):
                assert (page.parent / target).exists(), f"{page.name} → {target}"

"""docs/rules.md says what the files say."""

from rule_table import FOLDERS, PAGE, page

from tocsin.rules import PACK


def test_the_page_is_what_the_rule_files_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/rules/rule_table.py"


def test_every_folder_of_rules_has_its_part_of_the_page() -> None:
    assert {folder.name for folder in PACK.iterdir() if any(folder.glob("*.yml"))} == set(FOLDERS)

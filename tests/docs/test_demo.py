"""`make demo-campaign` says what it does: its commands fit the program, and its last words name what they leave."""

import json
import re
import shlex
from pathlib import Path

from tocsin.exercise.range import play, scenario_by_id
from tocsin.node.trial import folder_name

ROOT = Path(__file__).parents[2]
RULE = re.search(r"^demo-campaign:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
assert RULE is not None
LINES = RULE[1].replace("\\\n", " ").replace("$(DEMO)-campaign", "demo").replace("$(BIN)/", "").splitlines()
COMMANDS = [shlex.split(line) for line in LINES if line.strip().startswith("tocsin ")]
WORDS = " ".join(line for line in LINES if "@echo" in line)


def after(option: str, command: list[str]) -> str:
    return command[command.index(option) + 1]


def test_it_writes_an_exercise_at_its_defaults_evaluates_it_and_makes_a_report() -> None:
    written, evaluated, scanned = COMMANDS
    assert [command[1] for command in COMMANDS] == ["exercise", "evaluate", "scan"]
    assert scenario_by_id(written[2]).id == "albania-2022"
    assert not {"--scale", "--days", "--members"} & {*written}
    assert evaluated[2] == after("--out", written)
    assert Path(scanned[2]).parent == Path(after("--out", written))
    assert after("--lake", scanned).startswith(after("--lake", evaluated) + "/")


def test_the_report_is_of_the_member_and_the_lake_that_the_evaluation_left(tmp_path: Path) -> None:
    truth = play(scenario_by_id("albania-2022"), tmp_path, days=1, scale=0.75)
    names = {str(member["folder"]): str(member["name"]) for member in truth.members}
    written, _, scanned = COMMANDS
    member = names[Path(scanned[2]).name]
    assert after("--organisation", scanned) == member
    assert Path(after("--lake", scanned)).name == folder_name(member)
    assert {stage["member"] for stage in json.loads((tmp_path / "ground-truth.json").read_text("utf-8"))["stages"]} == {
        Path(scanned[2]).name
    }
    assert "four members" in WORDS and len(names) == 4
    assert f"{after('--out', written)}/ground-truth.json" in WORDS


def test_its_last_words_name_the_report_and_pages_that_are_there() -> None:
    assert after("--report", COMMANDS[-1]) in WORDS
    pages = re.findall(r"docs/[\w.]+\.md", WORDS)
    assert pages and all((ROOT / page).is_file() for page in pages)

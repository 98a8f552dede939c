"""`tocsin evaluate` as a person meets it."""

import json
from pathlib import Path

import pytest
from command import tocsin


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network exercise, written once."""
    out = tmp_path_factory.mktemp("exercise") / "out"
    done = tocsin("exercise", "network-intrusion", "--out", out, "--seed", "5", "--events", "4000", "-q")
    assert done.returncode == 0, done.stderr
    return out


def test_an_exercise_is_evaluated_and_nothing_is_left_behind(exercise: Path, tmp_path: Path) -> None:
    before = sorted(exercise.rglob("*"))
    done = tocsin("evaluate", exercise, "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert "of 10 stages found" in done.stdout
    assert sorted(exercise.rglob("*")) == before


def test_the_json_finds_and_misses_every_stage_once(exercise: Path, tmp_path: Path) -> None:
    done = tocsin("evaluate", exercise, "--format", "json", "--lake", tmp_path / "lake")
    record = json.loads(done.stdout)
    planted = {stage["id"] for stage in json.loads((exercise / "ground-truth.json").read_text("utf-8"))["stages"]}
    told = [entry["stage"] for entry in (*record["found"], *record["missed"])]
    assert sorted(told) == sorted(planted)
    assert len(record["found"]) >= 4
    assert (tmp_path / "lake" / "network-intrusion").is_dir()


def test_a_folder_without_ground_truth_is_a_wrong_call(tmp_path: Path) -> None:
    done = tocsin("evaluate", tmp_path)
    assert done.returncode == 2
    assert "holds no ground truth" in done.stderr and "tocsin exercise" in done.stderr


def test_a_missed_attack_is_no_failure(exercise: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(
        "title: Nothing\nid: 11111111-1111-4111-8111-111111111112\nlevel: high\nlogsource: {product: windows}\n"
        "detection:\n  a:\n    EventID: 424242\n  condition: a\n",
        "utf-8",
    )
    done = tocsin("evaluate", exercise, "--rules", rules, "--only", "rules", "-q")
    assert done.returncode == 0
    assert done.stdout.startswith("network-intrusion: 0 of 10 stages found, 0 false incidents.")

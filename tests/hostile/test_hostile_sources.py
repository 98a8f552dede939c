"""Hostile sources end to end: no crash, no hang, an honest neighbour is still read, and the damage is told."""

import os
import socket
import zipfile
from pathlib import Path

import pytest

from hostile import line, sources, tell

SOURCES = sources()


def test_a_folder_of_hostile_sources_is_scanned_and_the_honest_one_is_found(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for name, content in SOURCES.items():
        (logs / name).write_bytes(content)
    (logs / "honest.json").write_text(line(Computer="HONEST"), "utf-8")
    told = tell(tmp_path, logs)
    assert told.code == 0, told.err
    assert "Traceback" not in told.err
    assert "HONEST" in told.out
    assert not list(tmp_path.rglob("escaped.json"))


@pytest.mark.parametrize(
    ("name", "records", "said"),
    [
        ("cut.json.gz", 1, "cut off"),
        ("bad_utf8.json", 3, ""),
        ("deep.json", 0, "could not be read"),
        ("nul.json", 2, "could not be read"),
        ("utf16.json", 3, ""),
        ("counts.log", 0, "could not be read"),
        ("bomb.xml", 0, ""),
    ],
)
def test_damage_is_counted_or_named_and_what_is_whole_is_read(
    tmp_path: Path, name: str, records: int, said: str
) -> None:
    (tmp_path / name).write_bytes(SOURCES[name])
    told = tell(tmp_path, tmp_path / name)
    assert told.code == 0, told.err
    assert told.status["records"] >= records
    assert said in told.out


@pytest.mark.parametrize(
    ("name", "said"), [("nested.zip", "packed more"), ("empty.json", "empty"), ("cut.pcap", "packet capture")]
)
def test_where_nothing_at_all_can_be_read_the_scan_fails_and_says_why(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).write_bytes(SOURCES[name])
    told = tell(tmp_path, tmp_path / name)
    assert told.code == 3 and "no log was read" in told.err
    assert said in told.out and said in told.err


@pytest.mark.parametrize("year", ["1601", "2106"])
def test_an_event_of_an_impossible_time_is_kept_on_the_undated_day(tmp_path: Path, year: str) -> None:
    (tmp_path / "log.json").write_text(line(UtcTime=f"{year}-01-02 03:04:05.000"), "utf-8")
    told = tell(tmp_path, tmp_path / "log.json")
    assert told.code == 0, told.err
    assert "Whoami" in told.out
    assert told.status["tables"][0]["undated"] == 1
    assert list((tmp_path / "lake").rglob("day=1970-01-01"))


def test_a_loop_a_pipe_and_a_socket_do_not_hang_a_scan(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "loop").symlink_to(logs)
    os.mkfifo(logs / "pipe")
    (logs / "honest.json").write_text(line(Computer="HONEST"), "utf-8")
    here = Path.cwd()
    with socket.socket(socket.AF_UNIX) as made:
        os.chdir(logs)
        try:
            made.bind("socket")
        finally:
            os.chdir(here)
        told = tell(tmp_path, logs)
    assert told.code == 0, told.err
    assert "HONEST" in told.out and told.status["records"] == 1


def test_an_archive_is_not_unpacked_outside_the_lake(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("../../escaped.json", line())
    assert tell(tmp_path, tmp_path / "t.zip").code == 0
    assert not list(tmp_path.parent.rglob("escaped.json"))


@pytest.mark.slow
def test_a_line_of_a_hundred_megabytes_costs_itself_only(tmp_path: Path) -> None:
    with (tmp_path / "long.json").open("w") as file:
        file.write(line())
        for _ in range(100):
            file.write("x" * 1_000_000)
        file.write("\n" + line(RecordNumber=2))
    told = tell(tmp_path, tmp_path / "long.json")
    assert told.code == 0, told.err
    assert (told.status["records"], told.status["rejects"]) == (2, 1)


HOSTILE_RULES = {
    "catastrophic.yml": "Image|re: '(a+)+$'",
    "backreference.yml": "Image|re: '(a)\\1'",
    "aliases.yml": "Image: &a x\n    User: *a",
}


def test_hostile_rules_are_refused_or_run_in_linear_time(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    for name, test in HOSTILE_RULES.items():
        (rules / name).write_text(
            f"title: {name}\nlogsource: {{category: process_creation, product: windows}}\n"
            f"detection:\n  selection:\n    {test}\n  condition: selection\n",
            "utf-8",
        )
    (rules / "huge.yml").write_text("title: huge\ndescription: " + "x" * 2_000_000, "utf-8")
    (rules / "broken.yml").write_text("title: [\n", "utf-8")
    (tmp_path / "log.json").write_text(line(Image="a" * 50_000 + "b"), "utf-8")
    told = tell(tmp_path, tmp_path / "log.json")
    assert told.code == 0, told.err
    assert "4 rules were refused" in told.out


def test_nothing_foreign_acts_on_the_terminal_the_page_or_a_spreadsheet(tmp_path: Path) -> None:
    evil = "\x1b[2J\u202e<script>alert(1)</script>=cmd()"
    (tmp_path / "log.json").write_text(line(Computer=evil, User="=HYPERLINK(1)", CommandLine=evil), "utf-8")
    page = tmp_path / "page.html"
    told = tell(tmp_path, tmp_path / "log.json", more=("--report", str(page)))
    assert told.code == 0, told.err
    assert "\x1b" not in told.out and "\u202e" not in told.out
    html = page.read_text("utf-8")
    assert "<script>alert" not in html and "\x1b" not in html
    table = tell(tmp_path, tmp_path / "log.json", form="csv").out
    assert ",=HYPERLINK" not in table and ',"=HYPERLINK' not in table

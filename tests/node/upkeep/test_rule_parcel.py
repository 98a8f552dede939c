"""Rule files that travel: what is no name below a folder, what is a link or too long, never gets into a request."""

from pathlib import Path

import pytest

from tocsin import limits
from tocsin.errors import LimitExceeded, UsageError
from tocsin.node.upkeep.rule_parcel import check_parcel, parcel_of, unpack

HOSTILE = [
    "../x.yml", "/etc/x.yml", "a/../x.yml", "a//x.yml", "./x.yml", "a/.x.yml", ".git/x.yml", "x.txt", "x.yml/", "",
    "x.yml\x00.yml", "a\nb.yml", "a\\..\\x.yml", "\ud800.yml", "x" * 256 + ".yml", "é" * 126 + ".yml",
    "a/" * limits.RULE_NAME_PARTS + "x.yml", "a/" * limits.RULE_NAME_CHARACTERS + "x.yml",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_name_below_a_folder_does_not_travel(name: str) -> None:
    with pytest.raises(UsageError, match="no name of a rule file") as told:
        check_parcel({"good.yml": "", name: ""})
    assert "no `..`" in told.value.advice()


def test_a_file_is_no_folder_of_another() -> None:
    with pytest.raises(UsageError, match="a file and a folder"):
        check_parcel({"a.yml": "", "a.yml/b.yml": ""})


def test_files_their_sizes_and_their_number_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no rule file"):
        check_parcel({})
    monkeypatch.setattr(limits, "RULE_FILE_BYTES", 4)
    monkeypatch.setattr(limits, "RULE_SET_BYTES", 6)
    monkeypatch.setattr(limits, "RULE_SET_FILES", 3)
    check_parcel({"a.yml": "éé", "b.yml": "12"})
    for files in ({"a.yml": "ééx"}, {"a.yml": "1234", "b.yml": "123"}, {f"{n}.yml": "" for n in range(4)}):
        with pytest.raises(LimitExceeded):
            check_parcel(files)


def test_a_folder_travels_whole_and_arrives_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "ü 1.yml").write_text("title: é\r\n", "utf-8", newline="")
    (folder / "b.yaml").write_text("b", "utf-8")
    (folder / "README.md").write_text("not a rule", "utf-8")
    (folder / ".git").mkdir()
    (folder / ".git" / "c.yml").write_text("c", "utf-8")
    sent = parcel_of(folder)
    assert sent == {"deep/ü 1.yml": "title: é\r\n", "b.yaml": "b"}
    unpack(sent, tmp_path / "there")
    assert parcel_of(tmp_path / "there") == sent
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "there").rglob("*")} == {0}
    assert parcel_of(folder / "b.yaml") == {"b.yaml": "b"}


def test_links_and_what_is_no_text_do_not_travel(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "a.yml").write_bytes(b"title: \xff")
    with pytest.raises(UsageError, match="cannot be read"):
        parcel_of(folder)
    (tmp_path / "secret").write_text("secret", "utf-8")
    (folder / "a.yml").unlink()
    (folder / "a.yml").symlink_to(tmp_path / "secret")
    with pytest.raises(UsageError, match="is a link"):
        parcel_of(folder)


def test_nothing_is_written_over_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(FileExistsError):
        unpack({"a.yml": "a"}, tmp_path / "there")

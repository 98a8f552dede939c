"""`tocsin indicator …` on a lake and through the node: imported, listed, exported, shown, removed, entered."""

import json
import zlib
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keepers import Keeper
from nodes import command

from tocsin import clock, limits
from tocsin.cli.indicator_output import csv_lines
from tocsin.detect.indicators import Entry
from tocsin.detect.indicators.given import Given
from tocsin.detect.indicators.reading import read_file
from tocsin.ledger.entry import Kind
from tocsin.node.indicator_list import Listed
from tocsin.node.people.accounts import Role
from tocsin.node.store import ledger

FEED = "see hxxp://bad[.]example/x and 203[.]0[.]113[.]7, not 10.0.0.1\n"


@pytest.fixture
def feed(home: Path) -> Path:
    path = home / "report.txt"
    path.write_text(FEED, "utf-8")
    return path


def entries(keeper: Keeper) -> list[tuple[str, dict[str, object]]]:
    with keeper.api.desk.store.read() as connection:
        return [(each.actor, dict(each.detail)) for each in ledger.newest_of(connection, Kind.INDICATORS, 10)]


def test_on_a_lake_without_a_node_an_import_tells_what_it_took_and_what_not(feed: Path, home: Path) -> None:
    lake = home / "lake"
    dry = command("indicator", "import", feed, "--lake", lake, "--source", "ESET", "--dry-run")
    assert dry.code == 3 and "no lake" in dry.err  # a dry run makes none
    done = command("indicator", "import", feed, "--lake", lake, "--source", "ESET", "--tlp", "TLP:GREEN")
    assert done.code == 0 and "text: 2 taken (1 ip, 1 uri), 2 new, from ESET." in done.out, done.err
    assert "left out 1: the address is private or reserved (10.0.0.1)" in done.out
    assert "None of the new ones was seen before" in done.out
    listed = command("indicator", "list", "--lake", lake)
    assert "203[.]0[.]113[.]7" in listed.out and "hxxp://bad[.]example/x" in listed.out and "TLP:GREEN" in listed.out
    assert "ESET: 2 indicators." in listed.err
    shown = command("indicator", "show", "203[.]0[.]113[.]7", "--lake", lake, "--json")
    told = json.loads(shown.out)
    assert [each["source"] for each in told["warned"]] == ["ESET"] and told["seen"] == []
    assert command("indicator", "remove", "ESET", "--lake", lake).out == "2 indicators were removed.\n"
    assert "no indicators yet" in command("indicator", "list", "--lake", lake).err


def test_what_is_listed_as_csv_is_imported_as_it_was(feed: Path, home: Path) -> None:
    lake, other = home / "lake", home / "other"
    command(
        "indicator", "import", feed, "--lake", lake, "--source", "ESET", "--confidence", "80", "--until", "2035-01-01"
    )
    exported = home / "eset.csv"
    exported.write_text(command("indicator", "list", "--lake", lake, "--csv").out, "utf-8")
    command("indicator", "import", exported, "--lake", other)

    def rows(place: Path) -> list[dict[str, object]]:
        told = json.loads(command("indicator", "list", "--lake", place, "--json").out)["rows"]
        return [{name: row[name] for name in row if name not in {"at", "file"}} for row in told]

    assert rows(lake) == rows(other) and rows(lake)[0]["level"] == "high"


KIND_VALUES = st.sampled_from(
    [
        ("ip", "203.0.113.7"),
        ("domain", "evil.example"),
        ("uri", 'http://evil.example/a,b?c="d"'),
        ("file", "=cmd.exe"),
        ("account", "@mallory"),
        ("account", "DOM\\mallory"),
        ("service", "-evil svc"),
        ("task", "\\evil"),
        ("hash", "a" * 64),
    ]
)


@given(
    st.lists(st.tuples(KIND_VALUES, st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=20)), min_size=1)
)
def test_values_and_notes_come_through_a_csv_as_they_were(told: list[tuple[tuple[str, str], str]]) -> None:
    now = clock.now()
    until = now.replace(year=now.year + 1)
    rows = [
        Listed(kind, value, "S", "medium", None, until, None, "TLP:RED", ("T1566",), note, "ref", "", "", "")
        for (kind, value), note in told
    ]
    found = list(read_file("".join(csv_lines(rows)).encode(), Given(now)).found)
    assert all(isinstance(each, Entry) for each in found), found
    back = [(each.indicator.kind, each.indicator.given, each.note) for each in found if isinstance(each, Entry)]
    assert back == [(kind, value, " ".join(note.split())) for (kind, value), note in told]


def test_a_person_imports_through_the_node_and_the_ledger_has_it(keeper: Keeper, home: Path) -> None:
    feed = home / "feed.csv"
    feed.write_text(
        "indicator,type,comment\nhost3.example,domain,C2\nhost4.example,domain,\n203.0.113.7,ip,\n", "utf-8"
    )
    keeper.log_in(Role.ADMIN)
    assert "may not do this" in command("indicator", "import", feed).err
    person = keeper.log_in(Role.ANALYST)
    done = command("indicator", "import", feed, "--source", "CERT-X", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["taken"], told["new"], told["seen"]) == (3, 3, 1)
    assert "2 times" in told["past"][0]["message"] and told["past"][0]["host"] == "WS01"
    ((actor, detail),) = entries(keeper)
    assert actor == person.actor and detail["sources"] == "CERT-X" and detail["taken"] == 3
    assert "host3" not in json.dumps(detail)
    listed = command("indicator", "list", "--kind", "domain", "--csv")
    assert "host3.example,domain,CERT-X" in listed.out and "203.0.113.7" not in listed.out
    shown = command("indicator", "show", "host3.example")
    assert "CERT-X" in shown.out and "WS01" in shown.out
    assert command("indicator", "remove", "host3.example").out == "1 indicator was removed.\n"
    assert [detail["did"] for _, detail in entries(keeper)] == ["removed", "imported"]
    assert "no source and no indicator" in command("indicator", "remove", "nobody").err


def test_what_is_wrong_with_a_call_is_said(keeper: Keeper, home: Path) -> None:
    keeper.log_in(Role.LEAD)
    pdf = home / "a.pdf"
    pdf.write_bytes(b"%PDF-1.7")
    assert "this is a PDF, not text" in command("indicator", "import", pdf).err
    assert "cannot be read" in command("indicator", "import", home / "nothing").err
    assert "no kind 'planet'" in command("indicator", "list", "--kind", "planet").err
    assert "two places" in command("indicator", "list", "--lake", home, "--node", keeper.url).err
    headers = keeper.api.person(Role.LEAD)
    for said, told in (({"packed": "no base64"}, "not packed"), ({"packed": "", "asked": {"x": 1}}, "unknown field")):
        answer = keeper.api.call("POST", "/api/v1/indicators", headers, json=said)
        assert answer.status_code == 400 and told in answer.text, answer.text
    assert keeper.api.call("POST", "/api/v1/indicators/list", headers, json={"most": 0}).status_code == 400
    assert (
        keeper.api.call("POST", "/api/v1/indicators/list", keeper.api.person(Role.LEADER), json={}).status_code == 403
    )


def test_a_file_that_grows_when_it_is_unpacked_is_bounded(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "INDICATOR_FILE_BYTES", 1_000)
    packed = b64encode(zlib.compress(b"x" * 1_001)).decode()
    answer = keeper.api.call("POST", "/api/v1/indicators", keeper.api.person(Role.LEAD), json={"packed": packed})
    assert "larger than" in answer.text and answer.status_code in (400, 413)

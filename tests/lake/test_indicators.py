"""What an indicator is, and where the lake has seen it: in rollups and in events."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rollup_lakes import DAY_US, NEWEST, Lake, Row, call

from tocsin import limits
from tocsin.errors import UsageError
from tocsin.lake.catalog import Catalog
from tocsin.lake.indicators import KINDS, parse_indicator, parse_list
from tocsin.lake.rollup_files import load_rollups
from tocsin.lake.sightings import ROLLUP_PLACES, Sightings, sightings, view_places

SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS1"}
SHA256, MD5 = "ab" * 32, "cd" * 16


@pytest.mark.parametrize(
    ("text", "kind", "spelling"),
    [
        ("203.0.113.9", "ip", "203.0.113.9"),
        ("203[.]0.113[.]9", "ip", "203.0.113.9"),
        ("::ffff:203.0.113.9", "ip", "203.0.113.9"),
        ("2001:DB8::1", "ip", "2001:db8:0:0:0:0:0:1"),
        ("Evil[.]Example.", "domain", "evil.example"),
        ("*.evil.example", "domain", "evil.example"),
        ("bücher.example", "domain", "xn--bcher-kva.example"),
        ("hxxps://evil.example:8443/A/b?c=d", "uri", "evil.example/a/b"),
        ("http://evil.example", "uri", "evil.example/"),
        (SHA256.upper(), "hash", SHA256),
        ("evil.exe", "file", "evil.exe"),
        ("C:\\Temp\\Evil.exe", "file", "c:\\temp\\evil.exe"),
        ("/tmp/.x", "file", "/tmp/.x"),
        ("CORP\\Ana", "account", "ana"),
        ("ana@corp.example", "account", "ana@corp.example"),
        ("account:ana", "account", "ana"),
        ("domain:evil.zip", "domain", "evil.zip"),
        ("url:evil.example/x", "uri", "evil.example/x"),
        ("sha256:00", "hash", "00"),
        ("service:PsExeSvc", "service", "psexesvc"),
    ],
)
def test_an_indicator_is_told_by_its_form_or_by_its_prefix(text: str, kind: str, spelling: str) -> None:
    found = parse_indicator(text)
    assert (found.kind, found.given) == (kind, text)
    assert spelling in found.spellings


@pytest.mark.parametrize("text", ["", "   ", "ana", "domain:*.", "two words", "ip:nowhere", "x" * 3_000, "http://[::1"])
def test_what_could_be_anything_is_refused_with_advice(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_indicator(text)
    assert caught.value.advice()


@given(st.text(max_size=60))
def test_no_text_does_more_than_be_an_indicator_or_be_refused(text: str) -> None:
    try:
        found = parse_indicator(text)
    except UsageError:
        return
    assert found.kind in KINDS and all(found.spellings)


def test_a_list_leaves_out_comments_and_doubles_and_says_what_is_no_indicator() -> None:
    lines = ["# feed", "", "203.0.113.9  # seen in May", '"203.0.113.9",', "no idea", "evil.example"]
    found, refused = parse_list(lines)
    assert [each.given for each in found] == ["203.0.113.9", "evil.example"]
    assert refused == ["no idea"]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """One old day whose events have expired and one new one, the same things on both."""
    lake = Lake(tmp_path_factory.mktemp("lake"), load_rollups())
    for day in (NEWEST - 100, NEWEST):
        at = {"_time_us": day * DAY_US + 5}
        lake.add([call(day, "10.0.0.5", "203.0.113.9"), call(day, "198.51.100.1", "10.0.0.5", port="22")])
        dns = {"id.orig_h": "10.0.0.5", "query": "Bad.Evil.Example", "answers": '["203.0.113.9", "203.0.113.10"]'}
        lake.add([at | dns], "zeek_dns")
        web = {"id.orig_h": "10.0.0.6", "host": "evil.example:8080", "method": "POST", "uri": "/Drop.php?id=1"}
        lake.add([at | web], "zeek_http")
        started = {"EventID": "1", "Image": "C:\\Temp\\Evil.exe", "User": "CORP\\Ana", "ParentImage": "C:\\cmd.exe"}
        service = {"Channel": "System", "EventID": "7045", "Computer": "WS1", "ServiceName": "BadSvc"}
        logon = {"Channel": "Security", "EventID": "4624", "Computer": "DC1", "TargetUserName": "Ana"}
        logon |= {"LogonType": "3", "IpAddress": "203.0.113.9"}
        hashes = {"Hashes": f"MD5={MD5.upper()},SHA256={SHA256.upper()},IMPHASH={'00' * 16}"}
        lake.add([at | SYSMON | started | hashes, at | service | {"ImagePath": "c:\\x.exe"}, at | logon], "windows")
    lake.update()
    lake.expire(NEWEST)
    return lake


def ask(lake: Lake, *indicators: str, **bounds: object) -> Sightings:
    with closing(Catalog(lake.path)) as catalog:
        return sightings(catalog, [parse_indicator(text) for text in indicators], **bounds)  # type: ignore[arg-type]  # of the test


def places(found: Sequence[Row]) -> set[tuple[object, ...]]:
    return {
        (row["place"], row["field"], row["who"], row["days"], row["count"], bool(row["event_ids"])) for row in found
    }


@pytest.mark.parametrize(
    ("indicator", "seen"),
    [
        (
            "203.0.113.9",
            {
                ("pair_days", "dst", "10.0.0.5", 2, 2, False), ("user_days", "src_ip", "ana", 2, 2, False),
                ("network_activity", "dst_endpoint_ip", "10.0.0.5", 1, 1, True),
                ("dns_activity", "answers", "10.0.0.5", 1, 1, True),
                ("authentication", "src_endpoint_ip", "DC1", 1, 1, True),
            },
        ),
        (
            "198.51.100.1",
            {
                ("pair_days", "src", "10.0.0.5", 2, 2, False),
                ("network_activity", "src_endpoint_ip", "10.0.0.5", 1, 1, True),
            },
        ),
        (
            "evil.example",
            {
                ("domain_days", "domain", "10.0.0.5", 2, 2, False), ("domain_days", "domain", "10.0.0.6", 2, 2, False),
                ("uri_days", "site", "10.0.0.6", 2, 2, False),
                ("dns_activity", "query_hostname", "10.0.0.5", 1, 1, True),
                ("http_activity", "http_request_url_hostname", "10.0.0.6", 1, 1, True),
            },
        ),
        (
            "http://evil.example/drop.php",
            {
                ("uri_days", "path", "10.0.0.6", 2, 2, False),
                ("http_activity", "http_request_url_path", "10.0.0.6", 1, 1, True),
            },
        ),
        (
            SHA256,
            {
                ("file_days", "sha256", "ws1", 2, 2, False),
                ("process_activity", "process_file_hashes", "WS1", 1, 1, True),
            },
        ),
        (
            MD5,
            {
                ("file_days", "sha256", "ws1", 2, 2, False),
                ("process_activity", "process_file_hashes", "WS1", 1, 1, True),
            },
        ),
        (
            "evil.exe",
            {
                ("file_days", "name", "ws1", 2, 2, False), ("process_days", "process", "ws1", 2, 2, False),
                ("process_activity", "process_name", "WS1", 1, 1, True),
                ("process_activity", "process_file_path", "WS1", 1, 1, True),
            },
        ),
        (
            "CORP\\ana",
            {
                ("user_days", "user", "dc1", 2, 2, False), ("process_days", "user", "ws1", 2, 2, False),
                ("authentication", "user_name", "203.0.113.9", 1, 1, True),
                ("process_activity", "process_user_name", "WS1", 1, 1, True),
                ("process_activity", "actor_user_name", "WS1", 1, 1, True),
            },
        ),
        (
            "service:badsvc",
            {
                ("persistence_days", "name", "ws1", 2, 2, False),
                ("windows_service_activity", "service_name", "WS1", 1, 1, True),
            },
        ),
    ],
)  # fmt: skip
def test_rollups_tell_of_all_months_and_events_of_what_is_still_there(
    lake: Lake, indicator: str, seen: set[tuple[object, ...]]
) -> None:
    found = ask(lake, indicator)
    assert places(found.rows.to_pylist()) == seen
    assert not found.truncated


def test_a_sighting_says_first_and_last_when(lake: Lake) -> None:
    [row] = [row for row in ask(lake, "203.0.113.9").rows.to_pylist() if row["place"] == "pair_days"]
    assert (row["last"] - row["first"]).days == 100
    assert row["detail"] == "443"


def test_a_period_leaves_out_what_lies_beside_it(lake: Lake) -> None:
    day = datetime.fromtimestamp((NEWEST - 100) * 86_400, UTC)
    found = ask(lake, "203.0.113.9", until=day.replace(hour=23)).rows.to_pylist()
    assert {(row["place"], row["days"]) for row in found} == {("pair_days", 1), ("user_days", 1)}


def test_another_indicator_is_not_seen_and_a_part_of_a_name_is_not_the_name(lake: Lake) -> None:
    assert ask(lake, "192.0.2.1", "vil.example", "sha256:ab", "account:an").rows.num_rows == 0


def test_a_name_below_the_registered_domain_is_told_as_what_the_rollup_keeps(lake: Lake) -> None:
    found = {(row["place"], row["value"]) for row in ask(lake, "bad.evil.example").rows.to_pylist()}
    assert found == {("domain_days", "evil.example"), ("dns_activity", "Bad.Evil.Example")}


def test_details_are_bounded_and_the_rest_is_counted(tmp_path: Path) -> None:
    scanned = Lake(tmp_path, load_rollups())
    scanned.add([call(NEWEST, "198.51.100.1", "10.0.0.5", port=str(port)) for port in range(1, 9)])
    scanned.update()
    [row] = [row for row in ask(scanned, "198.51.100.1").rows.to_pylist() if row["place"] == "pair_days"]
    assert row["detail"] == "1, 2, 3, 4, 5 and 3 more"


def test_event_ids_are_the_first_ones_and_bounded(tmp_path: Path) -> None:
    many = Lake(tmp_path, load_rollups())
    many.add([call(NEWEST, "198.51.100.1", "10.0.0.5", hour=hour) for hour in range(20)])
    [row] = ask(many, "198.51.100.1").rows.to_pylist()
    assert row["count"] == 20
    assert row["event_ids"].split() == [f"s1-{number}" for number in range(1, limits.SIGHTING_EVENTS + 1)]


def test_the_domain_of_a_sender_is_seen(tmp_path: Path) -> None:
    mails = Lake(tmp_path, load_rollups())
    sender = {"from": "Anna <anna@mail.evil.example>", "id.orig_h": "198.51.100.1"}
    mails.add([{"_time_us": NEWEST * DAY_US} | sender], "zeek_smtp")
    assert [row["field"] for row in ask(mails, "evil.example").rows.to_pylist()] == ["email_from"]


def test_rows_are_bounded_and_that_is_said(lake: Lake) -> None:
    found = ask(lake, "203.0.113.9", rows=2)
    assert found.rows.num_rows == 2 and found.truncated


def test_a_thousand_indicators_are_one_question(lake: Lake) -> None:
    many = [f"192.0.2.{number}" for number in range(250)] + [f"other{number}.example" for number in range(250)]
    found = ask(lake, *many, "203.0.113.9", "evil.example").rows.to_pylist()
    alone = ask(lake, "203.0.113.9", "evil.example").rows.to_pylist()
    assert found == alone and {row["indicator"] for row in found} == {"203.0.113.9", "evil.example"}


def test_every_kind_is_looked_for_in_rollups_and_in_events() -> None:
    assert {place.kind for place in ROLLUP_PLACES} == {place.kind for place in view_places()} == set(KINDS)
    assert limits.SIGHTING_EVENTS <= limits.EVIDENCE_EVENTS

"""Indicators in batches: what is met is what a plain set would meet; validity, URLs, several sources."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indicator_support import collected, entry, met, naively_met
from sigma_support import batch_of

from tocsin.detect.indicators import Collection, Matcher
from tocsin.detect.indicators.columns import columns_of

INDICATORS = {
    "203.0.113.7": "ip",
    "198.51.100.9": "ip",
    "evil.example": "domain",
    "c2.bad.example": "domain",
    "a" * 64: "hash",
    "evil.exe": "file",
    "mallory": "account",
    "evilsvc": "service",
}
VALUES = st.sampled_from(
    [
        "203.0.113.7",
        "::ffff:198.51.100.9",
        "198.51.100.90",
        "www.evil.example",
        "Evil.Example.",
        "notevil.example",
        "bad.example",
        "C2.bad.example",
        f"MD5=1,SHA256={'A' * 64}",
        "C:\\Temp\\EVIL.exe",
        "C:\\evil.exe\\x",
        "DOM\\Mallory",
        "mallory-2",
        "EvilSvc",
        "-",
        "",
    ]
)
COLUMNS = ("SourceIp", "QueryName", "Hashes", "Image", "User", "ServiceName", "CommandLine")
ROWS = st.lists(st.dictionaries(st.sampled_from(COLUMNS), VALUES, max_size=4), min_size=1, max_size=8)


@given(rows=ROWS, chosen=st.sets(st.sampled_from(sorted(INDICATORS)), min_size=1))
@settings(max_examples=60)
def test_what_is_met_is_what_a_plain_set_meets(rows: list[dict[str, str]], chosen: set[str]) -> None:
    wanted = {value: INDICATORS[value] for value in chosen}
    with TemporaryDirectory() as folder:
        collection = collected(Path(folder), *(entry(f"{kind}:{value}") for value, kind in wanted.items()))
        found = {row for row, _ in met(collection, batch_of([dict(row) for row in rows]))}
    assert found == naively_met(columns_of("windows"), rows, wanted)


HTTP: list[Mapping[str, object]] = [
    {"id.orig_h": "10.0.0.5", "host": "www.bad.example", "uri": "/a/b.php?id=7"},
    {"id.orig_h": "10.0.0.5", "host": "www.bad.example:8080", "uri": "/A/b.php"},
    {"id.orig_h": "10.0.0.5", "host": "www.bad.example", "uri": "/a/b.phpx"},
    {"id.orig_h": "10.0.0.5", "host": "other.example", "uri": "/a/b.php"},
    {"id.orig_h": "10.0.0.5", "host": "203.0.113.7", "uri": "/"},
]


@pytest.mark.parametrize(
    ("url", "rows"),
    [
        ("http://www.bad.example/a/b.php", {0, 1}),
        ("hxxps://www[.]bad[.]example/a/b.php?other=1", {0, 1}),
        ("http://203.0.113.7", {4}),
        ("http://bad.example/a/b.php", set()),
    ],
)
def test_a_url_is_met_by_host_and_path_without_scheme_port_and_query(tmp_path: Path, url: str, rows: set[int]) -> None:
    collection = collected(tmp_path, entry(url))
    assert {row for row, _ in met(collection, batch_of(HTTP, "zeek_http"))} == rows


def test_a_whole_url_in_one_column_is_met_too(tmp_path: Path) -> None:
    collection = collected(tmp_path, entry("http://bad.example/x"))
    rows = [{"c-uri": "http://bad.example:80/x?y"}, {"c-uri": "http://good.example/?u=http://bad.example/x"}]
    assert {row for row, _ in met(collection, batch_of(rows, "proxy_squid"))} == {0}


def test_an_indicator_counts_until_it_expires_by_the_time_of_the_event(tmp_path: Path) -> None:
    until = datetime(2026, 6, 1, tzinfo=UTC)
    collection = collected(tmp_path, entry("203.0.113.7", valid_until=until))
    first = int(until.timestamp() * 1_000_000)
    times = (first - 1, first + 1, 0)
    rows = [{"SourceIp": "203.0.113.7", "_time_us": time} for time in times]
    assert {row for row, _ in met(collection, batch_of(rows))} == {0, 2}


def test_each_source_that_warned_is_a_rule_of_its_own_and_an_event_is_told_once_a_rule(tmp_path: Path) -> None:
    collection = collected(
        tmp_path,
        entry("203.0.113.7", "A", confidence=90),
        entry("203.0.113.7", "B"),
        entry("198.51.100.9", "A", confidence=90),
    )
    batch = batch_of([{"SourceIp": "203.0.113.7", "DestinationIp": "198.51.100.9"}])
    found = {rule.rule.id: len(rule.met) for rule in Matcher(collection).met(batch)}
    assert found == {"indicator:ip:high:A": 1, "indicator:ip:medium:B": 1}


def test_columns_that_hold_no_such_kind_are_not_looked_at(tmp_path: Path) -> None:
    collection = collected(tmp_path, entry("203.0.113.7"))
    assert met(collection, batch_of([{"CommandLine": "ping 203.0.113.7"}])) == set()
    matcher = Matcher(collection)
    assert "SourceIp" in matcher.columns("windows") and "Hashes" not in matcher.columns("windows")
    assert matcher.columns("no_such_table") == frozenset()


def test_two_texts_with_one_number_are_not_mistaken(tmp_path: Path) -> None:
    kept = collected(tmp_path, entry("203.0.113.7"))
    place = kept.rows.schema.get_field_index("spelling")
    other = kept.rows.set_column(place, "spelling", pa.array(["198.51.100.9"]))  # under the number of another text
    batch = batch_of([{"SourceIp": "203.0.113.7"}, {"SourceIp": "198.51.100.9"}])
    assert met(kept, batch) == {(0, "203.0.113.7")}
    assert met(Collection(other, kept.rules, kept.origins), batch) == set()


def test_the_table_of_columns_is_what_the_views_say() -> None:
    tool = Path(__file__).parents[2] / "tools" / "indicator_columns.py"
    done = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

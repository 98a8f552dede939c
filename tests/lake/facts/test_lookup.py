"""What is known of addresses and names: narrow before wide, newer before older, NULL for not assessed."""

import ipaddress
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
from fact_files import ASSETS, CLOUD, COUNTRY, HOSTING, IPTOASN, KEV, PFX2AS, SUFFIXES, lake_with, opened, told
from hypothesis import given
from hypothesis import strategies as st

from tocsin.lake.facts import address_columns, name_columns
from tocsin.lake.facts.addresses import numbers, packed, prefix
from tocsin.lake.facts.ranges import disjoint, locate
from tocsin.lake.facts.suffixes import Suffixes

ALL = "scope, asn, as_name, country, latitude, longitude, hosting, cloud"


def test_without_facts_an_address_has_its_scope_and_nothing_is_guessed(tmp_path: Path) -> None:
    facts = opened(lake_with(tmp_path), ["203.0.113.7", "240.1.2.3", "10.0.0.1", "ws01", "224.0.0.1"])
    assert told(facts, ALL, "203.0.113.7") == ("public", *[None] * 7)
    assert told(facts, ALL, "240.1.2.3") == ("public", *[None] * 7)
    assert told(facts, "scope", "10.0.0.1") == ("private",)
    assert told(facts, "scope", "224.0.0.1") == ("special",)
    assert told(facts, ALL, "ws01") == (None,) * 8
    assert facts.sql("SELECT count(*) FROM facts_known WHERE fact IN ('asn', 'country')").fetchall() == [(0,)]


def test_both_families_and_the_mapped_form_are_found(tmp_path: Path) -> None:
    facts = opened(
        lake_with(tmp_path, a__tsv=IPTOASN, b__csv=COUNTRY),
        ["203.0.113.7", "::ffff:203.0.113.7", "2001:db8::1", "2001:DB8:8000::1", "203.0.113.200", "203.0.114.1"],
    )
    known = (64500, "EXAMPLE-NET Example, Inc.", "AL", 41.33, 19.82)
    assert told(facts, "asn, as_name, country, latitude, longitude", "203.0.113.7") == known
    assert told(facts, "asn, as_name, country, latitude, longitude", "::ffff:203.0.113.7") == known
    assert told(facts, "asn, country, latitude", "2001:db8::1") == (64501, "DE", None)
    assert told(facts, "asn, country", "2001:DB8:8000::1") == (64501, None)
    assert told(facts, "asn, country", "203.0.113.200") == (None, "AL")
    assert told(facts, "asn, country", "203.0.114.1") == (None, None)


def test_the_narrower_range_counts_in_one_file_and_over_several(tmp_path: Path) -> None:
    wide = "198.51.100.0\t198.51.100.255\t64520\tAL\tOLDER\n198.51.100.64\t198.51.100.64\t64521\tAL\tONE\n"
    facts = opened(
        lake_with(tmp_path, p__pfx2as=PFX2AS, z__tsv="# date: 2020-01-01\n" + wide),
        ["198.51.7.7", "198.51.100.7", "198.51.101.7", "198.51.100.64"],
    )
    assert [told(facts, "asn", ip)[0] for ip in ("198.51.7.7", "198.51.101.7")] == [64510, 64510]
    assert told(facts, "asn", "198.51.100.7") == (64511,)  # equally wide: the newer file, the first of two origins
    assert told(facts, "asn", "198.51.100.64") == (64521,)


def test_hosting_is_false_only_where_lists_of_hosters_say_so(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, c__json=json.dumps(CLOUD))
    facts = opened(lake, ["192.0.2.200", "203.0.113.1"])
    assert told(facts, "hosting, cloud", "192.0.2.200") == (True, "Cloudflare")
    assert told(facts, "hosting, cloud", "203.0.113.1") == (None, None)
    facts = opened(lake_with(tmp_path, h__csv=HOSTING), ["192.0.2.200", "203.0.113.1", "198.51.100.1", "host"])
    assert told(facts, "hosting", "203.0.113.1") == (False,)
    assert told(facts, "hosting", "198.51.100.1") == (True,)
    assert told(facts, "hosting", "host") == (None,)


def test_the_clouds_that_ship_with_tocsin_are_known(tmp_path: Path) -> None:
    facts = opened(lake_with(tmp_path), ["3.5.140.1", "13.107.6.152"], ["outlook.office365.com"])
    assert told(facts, "cloud, hosting", "3.5.140.1") == ("Amazon AWS", True)
    assert told(facts, "cloud", "13.107.6.152")[0] in {"Microsoft 365", "Microsoft Azure"}
    assert facts.sql("SELECT cloud FROM domain_facts").fetchall() == [("Microsoft 365",)]


def test_names_have_their_registered_domain(tmp_path: Path) -> None:
    names = ["WWW.Ministry.gov.al.", "gov.al", "a.b.example.co.uk", "192.0.2.1", "ws01", "me.github.io"]
    facts = opened(lake_with(tmp_path, s__dat=SUFFIXES), [], names)
    found = {row[0]: row[1:] for row in facts.sql("SELECT name, registered, suffix FROM domain_facts").fetchall()}
    assert found == {
        "WWW.Ministry.gov.al.": ("ministry.gov.al", "gov.al"),
        "www.ministry.gov.al": ("ministry.gov.al", "gov.al"),
        "gov.al": ("gov.al", "gov.al"),
        "a.b.example.co.uk": ("example.co.uk", "co.uk"),
        "192.0.2.1": (None, None),
        "ws01": (None, None),
        "me.github.io": ("me.github.io", "github.io"),
    }


def test_without_the_public_suffix_list_no_name_is_assessed(tmp_path: Path) -> None:
    facts = opened(lake_with(tmp_path), [], ["www.ministry.gov.al"])
    assert facts.sql("SELECT registered, suffix, cloud FROM domain_facts").fetchall() == [(None, None, None)]


def test_wildcards_exceptions_and_punycode_follow_the_lists_algorithm() -> None:
    suffixes = Suffixes(["al", "*.ck", "!www.ck", "рф"])
    assert suffixes.parts("a.b.other.ck") == ("b.other.ck", "other.ck")
    assert suffixes.parts("a.www.ck") == ("www.ck", "ck")
    assert suffixes.parts("www.example.xn--p1ai") == ("example.xn--p1ai", "xn--p1ai")
    assert suffixes.parts("www.example.unknown") == ("example.unknown", "unknown")
    assert suffixes.parts("a..al") is None


def test_assets_and_known_exploited_vulnerabilities_are_tables(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, a__csv=ASSETS, k__json=json.dumps(KEV))
    newer = "# date: 2099-01-01\nkey,mission\nplc-07,sewage\n"
    facts = opened(lake_with(tmp_path, b__csv=newer), [])
    assert facts.sql("SELECT key, mission, domain FROM assets ORDER BY key").fetchall() == [
        ("192.0.2.9", "satellite link", "space"),
        ("plc-07", "sewage", None),
    ]
    assert facts.sql("SELECT cve, product FROM known_exploited").fetchall() == [("CVE-2026-12345", "Gateway")]
    assert ("kev", "2026-03-01") in facts.sql("SELECT fact, date FROM facts_known").fetchall()
    assert lake.is_dir()


def test_columns_of_addresses_and_of_names_are_told_by_their_names() -> None:
    columns = [
        "src_endpoint_ip",
        "device_hostname",
        "query_hostname",
        "client",
        "dst",
        "domain",
        "user_domain",
        "count",
    ]
    assert address_columns(columns) == ["src_endpoint_ip", "client", "dst"]
    assert name_columns(columns) == ["query_hostname", "domain"]


def test_places_are_told_apart_from_countries(tmp_path: Path) -> None:
    facts = opened(lake_with(tmp_path, p__csv="# date: 2026-02-01\n" + COUNTRY), [])
    known = facts.sql("SELECT fact, date FROM facts_known WHERE fact IN ('country', 'location')").fetchall()
    assert known == [("country", "2026-02-01"), ("location", "2026-02-01")]


BLOCKS = st.lists(st.tuples(st.integers(0, 255), st.integers(0, 8)), min_size=1, max_size=20)


@given(BLOCKS)
def test_nested_networks_are_found_as_the_longest_prefix(blocks: list[tuple[int, int]]) -> None:
    bounds = [prefix(f"192.0.2.{start >> bits << bits}", str(32 - bits)) for start, bits in blocks]
    first, last = b"".join(low for low, _ in bounds), b"".join(high for _, high in bounds)
    table = disjoint(first, last, pa.table({"row": list(range(len(blocks)))}))
    wanted, _ = numbers([f"192.0.2.{host}" for host in range(256)])
    at = locate([table], wanted)
    found = [None if each < 0 else table.column("row")[int(each)].as_py() for each in at]
    for host in range(256):
        holding = [(bits, -row) for row, (start, bits) in enumerate(blocks) if start >> bits == host >> bits]
        assert found[host] == (-min(holding)[1] if holding else None)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), min_size=1, max_size=12))
def test_ranges_that_cross_become_disjoint_and_lose_no_address(spans: list[tuple[int, int]]) -> None:
    first = b"".join(packed(f"2001:db8::{start:x}") for start, _ in spans)
    last = b"".join(packed(f"2001:db8::{start + length:x}") for start, length in spans)
    table = disjoint(first, last, pa.table({"row": list(range(len(spans)))}))
    low, high = (np.frombuffer(table.column(name).combine_chunks().buffers()[1], "S16") for name in ("first", "last"))
    assert (low <= high).all() and (high[:-1] < low[1:]).all()
    wanted, _ = numbers([f"2001:db8::{host:x}" for host in range(100)])
    held = {host for start, length in spans for host in range(start, start + length + 1)}
    assert {int(place) for place in np.flatnonzero(locate([table], wanted) >= 0)} == held


@given(st.ip_addresses())
def test_every_address_has_the_number_that_python_gives_it(address: ipaddress.IPv4Address) -> None:
    found, known = numbers([str(address), "x"])
    whole = address.packed if address.version == 6 else b"\0" * 10 + b"\xff\xff" + address.packed
    assert known.tolist() == [True, False]
    assert found.tobytes()[:16] == whole


@given(st.text())
def test_any_text_is_a_name_and_no_name_is_a_fault(name: str) -> None:
    suffixes = Suffixes(["al", "*.ck", "!www.ck"])
    parts = suffixes.parts(name)
    assert parts is None or (name.endswith(parts[0]) and parts[0].endswith(parts[1]))
